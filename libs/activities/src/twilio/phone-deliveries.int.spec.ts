import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadShortTemplates, SHORT_KINDS, SHORT_LOCALES } from '#config/notices.js';
import { createDataSource } from '#database/data-source.js';
import { storeMessageStatus } from '#database/notices/delivery-status.js';
import { isOneTimeCode } from '#database/secrets/one-time-code.js';
import { startTwilioEmulator, TEST_FROM, type TwilioEmulator } from '#sandbox/emulators/twilio/emulator.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { createNotifyActivities, type MailTransport, type PhoneNotices } from '../mail/notify.activities.js';
import { fillShort } from '../mail/short-notice.js';
import { createTwilioClient } from './client.js';
import { PhoneCodes } from './phone-codes.js';
import { PhoneDeliveries } from './phone-deliveries.js';
import { PhoneMessages } from './phone-messages.js';

const ACCOUNT = `AC${'1'.repeat(32)}`;
const TOKEN = 'f'.repeat(32);
const TEMPLATES = loadShortTemplates('config/notices/short.yaml');
const logger = pino({ level: 'silent' });

let database: TestDatabase;
let source: DataSource;
let twilio: TwilioEmulator;
let hook: Server;
let deliveries: PhoneDeliveries;
let mails: string[];
let customerId: string;
let userId: string;
let phone: string;
let moved: () => void;

const transport: MailTransport = { sendMail: (mail) => { mails.push(String(mail.subject)); return Promise.resolve(); } };
const deliveriesWith = (apiUrl = twilio.url, retryDelaysMs = [0, 0]) => new PhoneDeliveries({
  dataSource: source, logger, statusUrl: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/status`, retryDelaysMs,
  messages: new PhoneMessages(createTwilioClient({ accountSid: ACCOUNT, authToken: TOKEN, apiUrl, timeoutMs: 2_000 }), { sms: TEST_FROM, whatsapp: TEST_FROM }),
});
const notify = (phones: PhoneNotices['deliveries'] = { wake: () => undefined, offers: () => true }) => createNotifyActivities({
  dataSource: source, transport, from: 'Clawkeep <hello@clawkeep.test>', publicUrl: 'http://dash.test', logger, catalogue: { id: 't', plans: [] }, phones: { templates: TEMPLATES, deliveries: phones },
});
const graceBegan = (key: string) => notify().sendNotice({ customerId, key, kind: 'grace_began', data: { amountCents: 2900, currency: 'usd', nextAtMs: Date.UTC(2027, 2, 13, 10, 5), nextCode: 'downgrade' } });
const agree = (channel: 'sms' | 'whatsapp', verified = true) => source.query(
  `INSERT INTO phone_consent (user_id, phone, channel, consented_at, verified_at) VALUES ($1, $2, $3, now(), $4)`, [userId, phone, channel, verified ? new Date() : null]);
const rows = (columns = 'channel, state, attempts, error_code'): Promise<Record<string, unknown>[]> => source.query(`SELECT ${columns} FROM notice_delivery WHERE customer_id = $1 AND channel <> 'mail' ORDER BY created_at`, [customerId]);
const onPhone = async () => (await (await fetch(`${twilio.url}/_emulator/messages?to=${encodeURIComponent(phone)}`)).json()) as { text: string; status: string; channel: string; template: string | null; sid: string }[];
const fault = (plan: object) => fetch(`${twilio.url}/_emulator/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(plan) });

/** Waits until the one delivery stands so; callbacks wake it. */
async function until(state: string): Promise<void> {
  for (;;) {
    const heard = new Promise<void>((resolve) => { moved = resolve; });
    if ((await rows('state')).some((row) => row['state'] === state)) return;
    await heard;
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 8).initialize();
  hook = createServer((request, response) => {
    void text(request).then(async (raw) => {
      const form = new URLSearchParams(raw);
      const deliveryId = new URL(request.url ?? '', 'http://x').searchParams.get('delivery');
      await source.transaction((manager) => storeMessageStatus(manager, {
        messageSid: form.get('MessageSid') ?? '', status: form.get('MessageStatus') ?? '', errorCode: form.has('ErrorCode') ? Number(form.get('ErrorCode')) : null, deliveryId,
      }));
      response.writeHead(204).end();
      moved();
    });
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const templates = SHORT_KINDS.flatMap((kind) => SHORT_LOCALES.map((locale) => ({ friendlyName: TEMPLATES[kind][locale].name, language: locale, variables: {}, types: { 'twilio/text': { body: TEMPLATES[kind][locale].numbered } } })));
  twilio = await startTwilioEmulator({ accountSid: ACCOUNT, authToken: TOKEN, stepMs: 5, templates });
});
afterAll(async () => {
  await twilio.stop();
  hook.closeAllConnections();
  hook.close();
  await source.destroy();
  await database.drop();
});
beforeEach(async () => {
  [mails, moved] = [[], () => undefined];
  [customerId, userId] = [randomUUID(), randomUUID()];
  phone = `+49151${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
  deliveries = deliveriesWith();
  await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Ann')`, [customerId]);
  await source.query(`INSERT INTO "user" (id, name, email, "emailVerified", "updatedAt", locale, "timeZone") VALUES ($1, 'Ann', $2, true, now(), 'en', 'Europe/Berlin')`, [userId, `${userId}@mail.test`]);
  await source.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, userId]);
});
afterEach(async () => {
  await deliveries.stop();
  await fetch(`${twilio.url}/_emulator/faults`, { method: 'DELETE' });
});

describe('a notice to a phone', () => {
  it('goes by SMS in the person\'s words and zone, once a key, and is told to be delivered', async () => {
    await agree('sms');
    const key = randomUUID();
    await graceBegan(key);
    await graceBegan(key);
    await Promise.all([deliveries.runDue(), deliveriesWith().runDue()]);
    await until('delivered');
    expect(mails).toHaveLength(1);
    expect(await onPhone()).toMatchObject([{ channel: 'sms', text: 'Clawkeep: your plan is not paid. Amount: $29.00. Full service until: 13 Mar, 11:05 CET. Pay or change the card: http://dash.test/app/billing – your Clawkeep team' }]);
    expect(await rows()).toEqual([{ channel: 'sms', state: 'delivered', attempts: 1, error_code: null }]);
  });

  it('goes by WhatsApp as the template of its kind and language, with the same words', async () => {
    await source.query(`UPDATE "user" SET locale = 'ru' WHERE id = $1`, [userId]);
    await agree('whatsapp');
    await graceBegan(randomUUID());
    await deliveries.runDue();
    await until('delivered');
    const [message] = await onPhone();
    expect(message).toMatchObject({ channel: 'whatsapp', template: TEMPLATES.grace_began.ru.name });
    expect(message?.text.replace(/\s/gu, ' ')).toContain('Сумма: 29,00 $. Полное обслуживание до: 13 мар., 11:05 GMT+1.');
    expect([message?.text]).toEqual((await rows('body')).map(({ body }) => body));
  });

  it('goes to nobody who did not agree, whose number is not verified, or who is no owner or admin', async () => {
    await graceBegan(randomUUID());
    await agree('sms', false);
    await graceBegan(randomUUID());
    await source.query('UPDATE phone_consent SET verified_at = now() WHERE user_id = $1', [userId]);
    const other = randomUUID();
    await source.query(`INSERT INTO "user" (id, name, email, "emailVerified", "updatedAt") VALUES ($1, 'Bob', $2, true, now())`, [other, `${other}@mail.test`]);
    await source.query(`UPDATE member SET role = 'member' WHERE user_id = $1`, [userId]);
    await source.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, other]);
    await graceBegan(randomUUID());
    expect(mails).toHaveLength(3);
    expect(await rows()).toEqual([]);
  });

  it('takes up what a move has written as owed', async () => {
    await agree('sms');
    const key = randomUUID();
    await source.query(`INSERT INTO notice (key, customer_id, kind, state) VALUES ($1, $2, 'grace_began', 'owed')`, [key, customerId]);
    await graceBegan(key);
    expect(await source.query('SELECT state, attempts, subject FROM notice WHERE key = $1', [key])).toEqual([{ state: 'sent', attempts: 1, subject: 'Your plan is not paid: full service until Sat, 13 March 2027 at 11:05 CET' }]);
    expect(await source.query('SELECT channel, state FROM notice_delivery WHERE notice_key = $1 ORDER BY channel', [key])).toEqual([{ channel: 'mail', state: 'sent' }, { channel: 'sms', state: 'owed' }]);
  });

  it('does not hold up or fail the mail while Twilio is away, and comes when it is back', async () => {
    await agree('sms');
    const away = deliveriesWith('http://127.0.0.1:1', [3_600_000]);
    await notify(away).sendNotice({ customerId, key: randomUUID(), kind: 'suspended', data: {} });
    expect(mails).toEqual(['Your assistant has been stopped']);
    await away.stop();
    expect(await rows('state, error')).toEqual([{ state: 'owed', error: 'Twilio did not answer (ECONNREFUSED).' }]);
    await source.query('UPDATE notice_delivery SET next_attempt_at = now() WHERE customer_id = $1', [customerId]);
    await deliveries.runDue();
    await until('delivered');
    expect(await onPhone()).toHaveLength(1);
  });

  it('is tried a bounded number of times, and stays on record for support', async () => {
    await agree('sms');
    await fault({ kind: 'rate-limit-429', count: 9, method: 'POST' });
    await graceBegan(randomUUID());
    await deliveries.runDue();
    expect(await rows('state, attempts, error')).toEqual([{ state: 'failed', attempts: 3, error: 'Twilio answered 429, error 20429.' }]);
  });

  it.each(['lost-answer', 'error-500-after'])('that Twilio took and whose answer was lost (%s) is found there, not sent again', async (kind) => {
    await agree('sms');
    await fault({ kind: 'callback-drop', count: 9 });
    await fault({ kind, method: 'POST' });
    await graceBegan(randomUUID());
    await deliveries.runDue();
    expect(await onPhone()).toHaveLength(1);
    expect(await rows('state, attempts, provider_id')).toEqual([{ state: 'accepted', attempts: 2, provider_id: (await onPhone())[0]?.sid }]);
  });

  it('whose answer was lost is sent again where Twilio never had it', async () => {
    await agree('sms');
    await fault({ kind: 'error-500-before', method: 'POST' });
    await graceBegan(randomUUID());
    await deliveries.runDue();
    await until('delivered');
    expect(await onPhone()).toHaveLength(1);
    expect((await rows())[0]).toMatchObject({ attempts: 2 });
  });

  it('is not sent while nobody can say whether it was, and its callback finds it', async () => {
    await agree('sms');
    await graceBegan(randomUUID());
    // The worker dies between Twilio's yes and our note of it, and Twilio's list does not answer afterwards.
    await fault({ kind: 'lost-answer', method: 'POST' });
    await fault({ kind: 'callback-delay', amount: 300, path: 'sent' });
    await fault({ kind: 'rate-limit-429', count: 9, method: 'GET' });
    await deliveriesWith().runDue();
    await until('delivered');
    expect(await onPhone()).toHaveLength(1);
    expect(await rows('provider_id')).toEqual([{ provider_id: (await onPhone())[0]?.sid }]);
  });

  it('ends the consent of who opted out, and is not tried again', async () => {
    await agree('sms');
    await fetch(`${twilio.url}/_emulator/inbound`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: phone, text: 'STOP' }) });
    await graceBegan(randomUUID());
    await deliveries.runDue();
    expect(await rows()).toEqual([{ channel: 'sms', state: 'opted_out', attempts: 1, error_code: 21610 }]);
    expect(await source.query('SELECT channel, opt_out_code, opted_out_at IS NOT NULL AS told FROM phone_consent WHERE user_id = $1', [userId])).toEqual([{ channel: 'none', opt_out_code: 21610, told: true }]);
    await graceBegan(randomUUID());
    expect(await rows('state')).toHaveLength(1);
    expect(mails).toHaveLength(2);
  });

  it('keeps what the carrier said of it', async () => {
    await agree('sms');
    await fault({ kind: 'undelivered', amount: 30005 });
    await graceBegan(randomUUID());
    await deliveries.runDue();
    await until('undelivered');
    expect(await rows()).toEqual([{ channel: 'sms', state: 'undelivered', attempts: 1, error_code: 30005 }]);
  });
});

describe('callbacks', () => {
  it('in any order and however often leave the last state, also before the answer to the call is known', async () => {
    await agree('sms');
    await graceBegan(randomUUID());
    const [row] = await rows('id') as [{ id: string }];
    const tell = (status: string, deliveryId: string | null = null) => source.transaction((manager) => storeMessageStatus(manager, { messageSid: `SM${customerId}`, status, errorCode: null, deliveryId }));
    expect([await tell('delivered', row.id), await tell('sent'), await tell('delivered'), await tell('queued')]).toEqual([true, true, false, true]);
    expect(await rows('state, provider_id')).toEqual([{ state: 'delivered', provider_id: `SM${customerId}` }]);
    expect(await deliveries.runDue()).toBe(0);
  });
});

describe('a code that verifies a number', () => {
  const codes = () => new PhoneCodes({
    dataSource: source, secret: 's'.repeat(32), messages: new PhoneMessages(createTwilioClient({ accountSid: ACCOUNT, authToken: TOKEN, apiUrl: twilio.url }), { sms: TEST_FROM, whatsapp: null }),
    write: (locale, code) => ({ ...fillShort(TEMPLATES.phone_code[locale], { code }), template: TEMPLATES.phone_code[locale].name }),
  });

  it('is sent, stored as a hash, and not made anew at once', async () => {
    expect(await codes().send(userId)).toEqual({ sent: false, why: 'no_phone' });
    await agree('sms', false);
    expect(await codes().send(userId)).toMatchObject({ sent: true, channel: 'sms' });
    const code = /\b\d{6}\b/.exec((await onPhone())[0]?.text ?? '')?.[0] ?? '';
    const [stored] = await source.query('SELECT code_hash, tries_left FROM phone_code WHERE user_id = $1', [userId]) as [{ code_hash: Buffer; tries_left: number }];
    expect(stored.tries_left).toBe(5);
    expect(isOneTimeCode(stored.code_hash, 's'.repeat(32), userId, phone, code)).toBe(true);
    expect(isOneTimeCode(stored.code_hash, 's'.repeat(32), userId, '+4915100000000', code)).toBe(false);
    expect(await codes().send(userId)).toMatchObject({ sent: false, why: 'too_soon' });
    expect(await onPhone()).toHaveLength(1);
  });

  it('says what is wrong with the number, and lets a person mend it at once', async () => {
    phone = '+15005550009';
    await agree('sms', false);
    expect(await codes().send(userId)).toEqual({ sent: false, why: 'wrong_number' });
    await source.query(`UPDATE phone_consent SET phone = '+15005550004' WHERE user_id = $1`, [userId]);
    expect(await codes().send(userId)).toEqual({ sent: false, why: 'opted_out' });
    await fault({ kind: 'rate-limit-429' });
    await source.query(`UPDATE phone_consent SET phone = '+4915100000001' WHERE user_id = $1`, [userId]);
    expect(await codes().send(userId)).toMatchObject({ sent: false, why: 'unavailable' });
  });
});
