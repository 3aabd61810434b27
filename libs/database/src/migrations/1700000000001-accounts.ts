import type { MigrationInterface, QueryRunner } from 'typeorm';

/** better-auth's tables (text ids, quoted camelCase). A test asks better-auth whether anything is missing. */
export class Accounts1700000000001 implements MigrationInterface {
  name = 'Accounts1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Accounts are not taken back: drop the database instead.');
  }
}

const STATEMENTS = [
  `CREATE TABLE "user" (
    "id" text NOT NULL PRIMARY KEY, "name" text NOT NULL, "email" text NOT NULL UNIQUE, "emailVerified" boolean NOT NULL,
    "image" text, "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL, "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "role" text NOT NULL DEFAULT 'member' CHECK ("role" IN ('member','support','finance','operator')),
    "locale" text NOT NULL DEFAULT 'en', "timeZone" text NOT NULL DEFAULT 'UTC', "theme" text NOT NULL DEFAULT 'auto'
  )`,
  `CREATE TABLE "session" (
    "id" text NOT NULL PRIMARY KEY, "expiresAt" timestamptz NOT NULL, "token" text NOT NULL UNIQUE,
    "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL, "updatedAt" timestamptz NOT NULL, "ipAddress" text, "userAgent" text,
    "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
  )`,
  `CREATE TABLE "account" (
    "id" text NOT NULL PRIMARY KEY, "accountId" text NOT NULL, "providerId" text NOT NULL,
    "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE, "accessToken" text, "refreshToken" text, "idToken" text,
    "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz, "scope" text, "password" text,
    "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL, "updatedAt" timestamptz NOT NULL
  )`,
  `CREATE TABLE "verification" (
    "id" text NOT NULL PRIMARY KEY, "identifier" text NOT NULL, "value" text NOT NULL, "expiresAt" timestamptz NOT NULL,
    "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL, "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL
  )`,
  `CREATE INDEX "session_userId_idx" ON "session" ("userId")`,
  `CREATE INDEX "account_userId_idx" ON "account" ("userId")`,
  `CREATE INDEX "verification_identifier_idx" ON "verification" ("identifier")`,
];
