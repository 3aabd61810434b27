import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import { pino } from 'pino';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { createNotifyActivities, type MailTransport } from './notify.activities.js';

let database: TestDatabase;
let source: DataSource;
let server: SMTPServer;
let transport: ReturnType<typeof createTransport>;
let mails: Email[];
let refuseWith: number | null;
let customerId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 5).initialize();
  server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refuseWith !== null) { done(Object.assign(new Error('no'), { responseCode: refuseWith })); return; }
        void PostalMime.parse(Buffer.concat(chunks)).then((mail) => { mails.push(mail); done(); });
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  transport = createTransport({ host: '127.0.0.1', port: (server.server.address() as AddressInfo).port });
});
afterAll(async () => {
  transport.close();
  await new Promise<void>((resolve) => server.close(resolve));
  await source.destroy();
  await database.drop();
});
beforeEach(async () => {
  mails = [];
  refuseWith = null;
  customerId = randomUUID();
  const userId = randomUUID();
  await source.query(`INSERT INTO customer (id, name, plan_id) VALUES ($1, 'Ann', 'pro')`, [customerId]);
  await source.query(`INSERT INTO "user" (id, name, email, "emailVerified", "updatedAt", locale, "timeZone") VALUES ($1, 'Ann', $2, true, now(), 'en', 'Europe/Berlin')`, [userId, `${userId}@mail.test`]);
  await source.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, userId]);
  await source.query(
    `INSERT INTO subscription (id, customer_id, status, amount_cents, currency, created, payment_method) VALUES ($1, $2, 'trialing', 2900, 'usd', now(), '{"last4":"4242"}')`, [`sub_${customerId}`, customerId]);
});

const activities = (mailTransport: MailTransport = transport) => createNotifyActivities({
  dataSource: source, transport: mailTransport, from: 'Clawkeep <hello@clawkeep.test>', publicUrl: 'http://dash.test', logger: pino({ level: 'silent' }),
  catalogue: { id: 't', plans: [{
    id: 'pro', name: 'Pro', description: '', sold: true, prices: [], trialHours: 48, downgradeTo: null, onCancel: 'end', afterCancelDays: 7,
    limits: { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: null, agents: 1, subAgents: 1 },
    size: { memoryMiB: 1, cpus: 1, pidsLimit: 1 }, sandboxSize: { memoryMiB: 1, cpus: 1, pidsLimit: 1 },
  }] },
});
const trialEnding = (key: string) => ({ customerId, key, kind: 'trial_ending' as const, data: { planId: 'pro', nextAtMs: Date.UTC(2026, 10, 24, 9, 0) } });

describe('sendNotice', () => {
  it('sends one mail a key, in the owner\'s words, currency and time zone', async () => {
    const key = randomUUID();
    const first = await activities().sendNotice(trialEnding(key));
    expect(await activities().sendNotice(trialEnding(key))).toEqual(first);
    expect(mails).toHaveLength(1);
    const [mail] = mails;
    expect(mail?.subject).toBe('Your trial ends on Tue, 24 November 2026 at 10:00 CET');
    expect(mail?.text).toContain('Then we charge $29.00 to the card ending in 4242.');
    expect(mail?.text).toContain('Open billing: http://dash.test/app/billing');
    expect(mail?.html).toContain('Your trial of Pro ends on');
    expect(await source.query('SELECT state, attempts, kind FROM notice WHERE key = $1', [key])).toEqual([{ state: 'sent', attempts: 1, kind: 'trial_ending' }]);
  });

  it('names what was really paid, a discount included', async () => {
    await source.query(
      `INSERT INTO invoice (id, customer_id, status, amount_due_cents, amount_paid_cents, amount_remaining_cents, currency, created) VALUES ($1, $2, 'paid', 1450, 1450, 0, 'usd', now())`,
      [`in_${customerId}`, customerId]);
    await activities().sendNotice({ customerId, key: randomUUID(), kind: 'payment_received', data: { planId: 'pro' } });
    expect(mails[0]?.text).toContain('We received $14.50 for Pro.');
  });

  it('keeps a refused mail on record, and sends it under the same Message-ID when the server is well again', async () => {
    const key = randomUUID();
    refuseWith = 451;
    await expect(activities().sendNotice(trialEnding(key))).rejects.toMatchObject({ type: 'MAIL_UNAVAILABLE', nonRetryable: false });
    expect(await source.query('SELECT state, error FROM notice WHERE key = $1', [key])).toEqual([{ state: 'failed', error: 'The mail server did not take the mail (451).' }]);
    refuseWith = null;
    await activities().sendNotice(trialEnding(key));
    expect(await source.query('SELECT state, attempts, error FROM notice WHERE key = $1', [key])).toEqual([{ state: 'sent', attempts: 2, error: null }]);
  });

  it('gives a mail whose answer was lost the same Message-ID the second time', async () => {
    const key = randomUUID();
    const losesTheAnswer: MailTransport = { sendMail: async (mail) => { await transport.sendMail(mail); throw Object.assign(new Error('lost'), { code: 'ETIMEDOUT' }); } };
    await expect(activities(losesTheAnswer).sendNotice(trialEnding(key))).rejects.toMatchObject({ type: 'MAIL_UNAVAILABLE' });
    await activities().sendNotice(trialEnding(key));
    expect(mails).toHaveLength(2);
    expect(mails[0]?.messageId).toBe(mails[1]?.messageId);
    expect(mails[0]?.messageId).toMatch(/^<[0-9a-f]{40}@clawkeep\.test>$/);
  });

  it('sends a mail once when the database goes away between the mail server\'s yes and our note of it', async () => {
    const key = randomUUID();
    const losesTheDatabase: MailTransport = {
      sendMail: async (mail) => {
        await transport.sendMail(mail);
        await source.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'`);
      },
    };
    const worker = activities(losesTheDatabase);
    await expect(worker.sendNotice(trialEnding(key))).rejects.toThrow();
    await worker.sendNotice(trialEnding(key));
    expect(mails).toHaveLength(1);
    expect(await source.query('SELECT state FROM notice WHERE key = $1', [key])).toEqual([{ state: 'sent' }]);
  });

  it('gives up for good on 5xx and on a customer without an owner', async () => {
    refuseWith = 550;
    await expect(activities().sendNotice(trialEnding(randomUUID()))).rejects.toMatchObject({ type: 'MAIL_REFUSED', nonRetryable: true });
    await source.query('DELETE FROM member WHERE customer_id = $1', [customerId]);
    await expect(activities().sendNotice(trialEnding(randomUUID()))).rejects.toMatchObject({ type: 'NO_RECIPIENT', nonRetryable: true });
  });
});
