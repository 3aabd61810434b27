import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { loadEnvironment, type Environment } from '#config/environment.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { createApplication } from '../src/application.js';
import { Database } from '../src/database/database.js';
import { startMailSink, type MailSink } from './mail-sink.js';

export const PASSWORD = 'correct horse battery staple';
export const WEBHOOK_SECRET = 'whsec_test_of_the_api_0123456789';

export interface Answer<Body = Record<string, unknown>> { status: number; headers: Headers; body: Body; text: string }
export interface CallOptions { body?: unknown; cookie?: string; headers?: Record<string, string>; raw?: string | Buffer }
export interface SignedIn { cookie: string; userId: string; customerId: string; email: string }

/** The whole API on a random port with a database of its own, and a mail server that keeps what it gets. */
export class ApiUnderTest {
  private constructor(
    readonly app: NestExpressApplication,
    readonly database: TestDatabase,
    readonly mails: MailSink,
    readonly environment: Environment,
    readonly url: string,
  ) {}

  /** `settings` are environment variables; DATABASE_SERVER is another way to the same server, without a database's name. */
  static async start({ DATABASE_SERVER, ...settings }: Record<string, string> = {}, extraControllers: readonly Type[] = []): Promise<ApiUnderTest> {
    const [database, mails] = await Promise.all([createTestDatabase(), startMailSink()]);
    const databaseUrl = DATABASE_SERVER === undefined ? database.url : `${DATABASE_SERVER.replace(/\/$/, '')}/${database.name}`;
    const environment = loadEnvironment({
      CLAWKEEP_SANDBOX: '1', LOG_LEVEL: 'silent', DATABASE_URL: databaseUrl, SMTP_URL: mails.url, STORAGE_DIR: '/nonexistent', METRICS_PORT: '0', PORT: '0',
      TEMPORAL_ADDRESS: '127.0.0.1:1', STRIPE_WEBHOOK_SECRETS: `whsec_retired_0123456789,${WEBHOOK_SECRET}`, RATE_LIMIT_PER_IP: '100000', RATE_LIMIT_PER_USER: '100000',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/v1', GOOGLE_BASE_URL: 'http://127.0.0.1:1/v1beta', ...settings,
    });
    const app = await createApplication(environment, extraControllers);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new ApiUnderTest(app, database, mails, environment, `http://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.mails.stop();
    await this.database.drop();
  }

  rows<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.app.get(Database).rows<Row>(sql, parameters);
  }

  /** One request; a body object goes as JSON, `raw` as it is. */
  async call<Body = Record<string, unknown>>(method: string, path: string, { body, cookie, headers = {}, raw }: CallOptions = {}): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method, redirect: 'manual',
      headers: { ...(body !== undefined ? { 'content-type': 'application/json' } : {}), ...(cookie === undefined ? {} : { cookie }), ...(path.startsWith('/api/auth') ? { origin: new URL(this.environment.PUBLIC_URL).origin } : {}), ...headers },
      ...(raw !== undefined ? { body: raw } : body !== undefined ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) as Body };
  }

  /** Sign-up, the link of the mail, the session: as a person does it. */
  async signUp(email: string, name = 'Test Person', locale = 'en'): Promise<SignedIn> {
    const signedUp = await this.call('POST', '/api/auth/sign-up/email', { body: { email, password: PASSWORD, name, locale } });
    if (signedUp.status !== 200) throw new Error(`sign-up: ${signedUp.status} ${signedUp.text}`);
    const mail = await this.mails.next(email);
    const link = new URL(mail.links[0]!);
    const verified = await this.call('GET', `${link.pathname}${link.search}`);
    const cookie = cookieOf(verified);
    const me = await this.call<{ id: string; customer: { id: string } }>('GET', '/api/v1/users/me', { cookie });
    return { cookie, userId: me.body.id, customerId: me.body.customer.id, email };
  }

  /** Several people, one after the other. */
  async signUpMany(count: number): Promise<SignedIn[]> {
    const people: SignedIn[] = [];
    for (let index = 0; index < count; index += 1) people.push(await this.signUp(`person-${Date.now()}-${index}@example.com`));
    return people;
  }

  /** Makes the user staff; staff have no customer. */
  async makeStaff({ userId, customerId }: SignedIn, role: 'support' | 'finance' | 'operator'): Promise<void> {
    await this.rows('DELETE FROM member WHERE user_id = $1', [userId]);
    await this.rows('DELETE FROM customer WHERE id = $1', [customerId]);
    await this.rows('UPDATE "user" SET role = $2 WHERE id = $1', [userId, role]);
  }

  async addHost(slots: number, id = 'host-1'): Promise<void> {
    await this.rows(
      `INSERT INTO host (id, docker_url, gateway_url, engine, image, capacity_slots, first_port, last_port) VALUES ($1, 'http://127.0.0.1:1', 'http://127.0.0.1:1', 'emulator', 'light', $2, 21000, 21999)`, [id, slots]);
  }

  /** A provider key on record, as if it had been tested. */
  async addKey(customerId: string, provider = 'openai'): Promise<void> {
    const [secret] = await this.rows<{ id: string }>(
      `INSERT INTO secret (id, customer_id, kind, subject, record) VALUES (gen_random_uuid(), $1, 'provider_key', $2, '\\x00') RETURNING id`, [customerId, provider]);
    await this.rows(`INSERT INTO provider_key (customer_id, provider, secret_id, masked, tested_at) VALUES ($1, $2, $3, 'sk-…1234', now())`, [customerId, provider, secret!.id]);
  }
}

/** The cookies of an answer as a browser sends them back. */
export const cookieOf = ({ headers }: Pick<Answer, 'headers'>): string => headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]).join('; ');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
