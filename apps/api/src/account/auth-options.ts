import { betterAuth } from 'better-auth';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Environment } from '#config/environment.js';
import type { AuthMailKind } from './auth-mails.js';
import { LOCALES, THEMES } from './me.dto.js';
import { isTimeZone } from './time-zone.js';

/** Header in which our own controller tells better-auth the caller's address; what a caller sends under this name is dropped. */
export const CLIENT_ADDRESS_HEADER = 'x-clawkeep-client-address';
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;
const DAY_SECONDS = 86_400;

export interface AuthParts {
  readonly environment: Pick<Environment, 'PUBLIC_URL' | 'AUTH_SECRET' | 'TRUSTED_ORIGINS' | 'CLAWKEEP_SANDBOX'>;
  readonly pool: Pool;
  readonly sendMail: (kind: AuthMailKind, user: { email: string; name: string }, url: string) => void;
  readonly userCreated: (user: { id: string; name: string }) => Promise<void>;
  readonly log: (level: 'error' | 'warn', message: string) => void;
}

/** Where requests may come from: PUBLIC_URL, TRUSTED_ORIGINS, and on a sandbox both names of loopback. */
export function trustedOrigins({ PUBLIC_URL, TRUSTED_ORIGINS, CLAWKEEP_SANDBOX }: AuthParts['environment']): string[] {
  const url = new URL(PUBLIC_URL);
  const loopback = ['localhost', '127.0.0.1'];
  const twins = CLAWKEEP_SANDBOX && loopback.includes(url.hostname) ? loopback.map((host) => `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`) : [];
  return [...new Set([url.origin, ...twins, ...TRUSTED_ORIGINS])];
}

/**
 * better-auth with e-mail and password. Build it only when the schema is in place: it remembers its first look at it for ever.
 * Passwords are hashed by its own scrypt (N 16384, r 16). The cookie is the session's random token, signed: a copy of the database alone signs nobody in.
 * Rate limits are ours (auth.controller.ts).
 */
export function createAuth({ environment, pool, sendMail, userCreated, log }: AuthParts) {
  const { PUBLIC_URL, AUTH_SECRET } = environment;
  return betterAuth({
    appName: 'Clawkeep',
    baseURL: PUBLIC_URL,
    basePath: '/api/auth',
    secret: AUTH_SECRET,
    database: pool,
    trustedOrigins: trustedOrigins(environment),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: 'warn', log: (level, message) => log(level === 'error' ? 'error' : 'warn', message) },
    emailAndPassword: {
      enabled: true, requireEmailVerification: true, minPasswordLength: PASSWORD_MIN, maxPasswordLength: PASSWORD_MAX,
      revokeSessionsOnPasswordReset: true, resetPasswordTokenExpiresIn: 3_600,
      sendResetPassword: async ({ user, url }) => sendMail('reset', user, url),
      onExistingUserSignUp: async ({ user }) => sendMail('already_registered', user, `${new URL(PUBLIC_URL).origin}/sign-in`),
    },
    emailVerification: {
      sendOnSignUp: true, sendOnSignIn: true, autoSignInAfterVerification: true, expiresIn: DAY_SECONDS,
      sendVerificationEmail: async ({ user, url }) => sendMail('verify', user, url),
    },
    user: {
      additionalFields: {
        role: { type: 'string', required: false, defaultValue: 'member', input: false },
        locale: { type: 'string', required: false, defaultValue: 'en', validator: { input: z.enum(LOCALES) } },
        timeZone: { type: 'string', required: false, defaultValue: 'UTC', validator: { input: z.string().refine(isTimeZone) } },
        theme: { type: 'string', required: false, defaultValue: 'auto', validator: { input: z.enum(THEMES) } },
      },
    },
    session: { expiresIn: 30 * DAY_SECONDS, updateAge: DAY_SECONDS },
    advanced: { cookiePrefix: 'clawkeep', ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] } },
    databaseHooks: { user: { create: { after: async (user) => userCreated(user) } } },
  });
}

export type Auth = ReturnType<typeof createAuth>;
