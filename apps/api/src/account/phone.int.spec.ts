import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTwilioClient } from '#activities/twilio/client.js';
import { PhoneCodes } from '#activities/twilio/phone-codes.js';
import { PhoneMessages } from '#activities/twilio/phone-messages.js';
import { INTERNAL_TOKEN_HEADER, isInternalToken } from '#config/internal-token.js';
import { createDataSource } from '#database/data-source.js';
import { startTwilioEmulator, TEST_FROM, type TwilioEmulator } from '#sandbox/emulators/twilio/emulator.js';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';

const ACCOUNT = `AC${'1'.repeat(32)}`;
const TOKEN = 'f'.repeat(32);
const ME = '/api/v1/users/me';
const NUMBER = '+4915112345678';

let api: ApiUnderTest;
let twilio: TwilioEmulator;
let worker: Server;
let source: DataSource;
let workerIsAway = false;
let people = 0;
let person: SignedIn;

/** The worker's loopback face with its real codes, on a port of its own. */
beforeAll(async () => {
  twilio = await startTwilioEmulator({ accountSid: ACCOUNT, authToken: TOKEN, stepMs: 1 });
  worker = createServer((request, response) => {
    void json(request).then(async (body) => {
      if (!isInternalToken(request.headers[INTERNAL_TOKEN_HEADER], api.environment.AUTH_SECRET, 'worker') || workerIsAway) return void response.writeHead(workerIsAway ? 503 : 401).end();
      const codes = new PhoneCodes({
        dataSource: source, secret: api.environment.AUTH_SECRET, messages: new PhoneMessages(createTwilioClient({ accountSid: ACCOUNT, authToken: TOKEN, apiUrl: twilio.url }), { sms: TEST_FROM, whatsapp: null }),
        write: (locale, code) => ({ body: `${locale}: ${code}`, template: 't', variables: {} }),
      });
      response.setHeader('content-type', 'application/json').end(JSON.stringify(await codes.send((body as { userId: string }).userId)));
    });
  });
  worker.listen(0, '127.0.0.1');
  await once(worker, 'listening');
  api = await ApiUnderTest.start({ TWILIO_ACCOUNT_SID: ACCOUNT, TWILIO_AUTH_TOKEN: TOKEN, TWILIO_SMS_FROM: TEST_FROM, WORKER_INTERNAL_PORT: String((worker.address() as AddressInfo).port) });
  source = await createDataSource(api.database.url, 2).initialize();
});
afterAll(async () => {
  await source.destroy();
  await api.stop();
  worker.closeAllConnections();
  worker.close();
  await twilio.stop();
});
beforeEach(async () => {
  workerIsAway = false;
  person = await api.signUp(`phone-${(people += 1)}@example.com`);
});

type Answer = { code: string; fields: Record<string, string>; phone: string | null; phoneVerified: boolean; noticeChannel: string; noticeConsentAt: string | null };
const patch = (body: object) => api.call<Answer>('PATCH', ME, { cookie: person.cookie, body });
const askCode = () => api.call<Answer & { sentTo: string; channel: string; expiresAt: string }>('POST', `${ME}/phone/verify`, { cookie: person.cookie, body: {} });
const enter = (code: string) => api.call<Answer>('POST', `${ME}/phone/confirm`, { cookie: person.cookie, body: { code } });
const codeOf = async (phone = NUMBER): Promise<string> => {
  const messages = (await (await fetch(`${twilio.url}/_emulator/messages?to=${encodeURIComponent(phone)}`)).json()) as { text: string }[];
  return /\d{6}/.exec(messages[0]?.text ?? '')?.[0] ?? '';
};
const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('a phone for notices', () => {
  it('is given with a channel, verified by the code that came, and taken away again', async () => {
    expect((await api.call<Answer>('GET', ME, { cookie: person.cookie })).body).toMatchObject({ phone: null, phoneVerified: false, noticeChannel: 'none', noticeConsentAt: null });
    const given = await patch({ phone: NUMBER, noticeChannel: 'sms' });
    expect(given).toMatchObject({ status: 200, body: { phone: NUMBER, phoneVerified: false, noticeChannel: 'sms', noticeConsentAt: expect.any(String) } });
    expect(await askCode()).toMatchObject({ status: 202, body: { channel: 'sms', sentTo: '+49 … 78' } });
    expect(await enter(await codeOf())).toMatchObject({ status: 200, body: { phoneVerified: true, noticeChannel: 'sms' } });
    // Agreeing again to the same is no new consent; another name changes nothing here.
    expect((await patch({ noticeChannel: 'sms', name: 'Zoë' })).body.noticeConsentAt).toBe(given.body.noticeConsentAt);
    expect((await patch({ noticeChannel: 'none' })).body).toMatchObject({ noticeChannel: 'none', noticeConsentAt: null, phoneVerified: true });
    expect((await patch({ phone: null })).body).toMatchObject({ phone: null, phoneVerified: false });
    expect(await api.rows('SELECT 1 FROM phone_consent WHERE user_id = $1', [person.userId])).toEqual([]);
  });

  it.each<[string, object, string, RegExp]>([
    ['a number without its country code', { phone: '015112345678' }, 'phone', /\+4915112345678/],
    ['letters', { phone: '+49DROP' }, 'phone', /digits only/],
    ['an unknown channel', { noticeChannel: 'fax' }, 'noticeChannel', /none, whatsapp or sms/],
    ['a channel without a number', { noticeChannel: 'sms' }, 'noticeChannel', /give phone together/],
    ['a channel that is not offered here', { phone: NUMBER, noticeChannel: 'whatsapp' }, 'noticeChannel', /none or sms here/],
    ['no number for a channel', { phone: null, noticeChannel: 'sms' }, 'noticeChannel', /need a phone/],
  ])('refuses %s and names the mend', async (_what, body, field, words) => {
    const answer = await patch(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(answer.body.fields[field]).toMatch(words);
    expect(await api.rows('SELECT 1 FROM phone_consent WHERE user_id = $1', [person.userId])).toEqual([]);
  });

  it('has to be verified anew when it changes, and an old code does not verify the new number', async () => {
    await patch({ phone: NUMBER, noticeChannel: 'sms' });
    await askCode();
    const code = await codeOf();
    await patch({ phone: '+4915100000002' });
    expect(await enter(code)).toMatchObject({ status: 400, body: { fields: { code: expect.stringContaining('was changed') } } });
    expect((await api.call<Answer>('GET', ME, { cookie: person.cookie })).body).toMatchObject({ phone: '+4915100000002', phoneVerified: false, noticeChannel: 'sms' });
  });

  it('gives five tries, each counted also when they come at once, and a code works once', async () => {
    await patch({ phone: '+4915100000003' });
    await askCode();
    const code = await codeOf('+4915100000003');
    const guesses = await Promise.all(Array.from({ length: 12 }, () => enter(wrong(code))));
    expect(guesses.map(({ status }) => status)).toEqual(Array(12).fill(400));
    expect(guesses.filter(({ body }) => /not the code/.test(body.fields['code'] ?? ''))).toHaveLength(5);
    expect((await enter(code)).status).toBe(400);
    await api.rows(`UPDATE phone_code SET tries_left = 2 WHERE user_id = $1`, [person.userId]);
    expect((await enter(code)).status).toBe(200);
    expect((await enter(code)).status).toBe(400);
  });

  it('refuses a code that is older than ten minutes', async () => {
    await patch({ phone: '+4915100000004' });
    await askCode();
    const [row] = await api.rows<{ minutes: string }>(`SELECT extract(epoch FROM expires_at - sent_at) / 60 AS minutes FROM phone_code WHERE user_id = $1`, [person.userId]);
    expect(Number(row?.minutes)).toBe(10);
    await api.rows(`UPDATE phone_code SET expires_at = now() WHERE user_id = $1`, [person.userId]);
    expect((await enter(await codeOf('+4915100000004'))).status).toBe(400);
  });

  it('is asked for a code at most once in 30 seconds and five times an hour, whoever gives the number', async () => {
    await patch({ phone: '+4915100000005' });
    expect((await askCode()).status).toBe(202);
    const again = await askCode();
    expect([again.status, again.headers.get('retry-after')]).toEqual([429, '30']);
    for (let asked = 2; asked < 5; asked += 1) await askCode();
    expect(await askCode()).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS' } });
    person = await api.signUp('another@example.com');
    await patch({ phone: '+4915100000005' });
    expect((await askCode()).status).toBe(429);
  });

  it.each<[string, string, number, object]>([
    ['gets no messages', '+15005550009', 400, { code: 'VALIDATION_FAILED', fields: { phone: expect.stringContaining('mobile number') } }],
    ['has opted out', '+15005550004', 409, { code: 'OPTED_OUT' }],
  ])('that %s is told so', async (_what, phone, status, body) => {
    await patch({ phone });
    expect(await askCode()).toMatchObject({ status, body });
  });

  it('is told in words where there is none, or where the worker is away', async () => {
    expect(await askCode()).toMatchObject({ status: 409, body: { code: 'NO_PHONE' } });
    await patch({ phone: '+4915100000006' });
    workerIsAway = true;
    expect(await askCode()).toMatchObject({ status: 503, body: { code: 'CODE_NOT_SENT' } });
  });
});

describe('without Twilio', () => {
  it('keeps to mail, in words', async () => {
    const other = await ApiUnderTest.start();
    try {
      const { cookie } = await other.signUp('mail-only@example.com');
      expect(await other.call('PATCH', ME, { cookie, body: { phone: NUMBER, noticeChannel: 'sms' } })).toMatchObject({ status: 400, body: { fields: { noticeChannel: expect.stringContaining('mail only') } } });
      expect(await other.call('POST', `${ME}/phone/verify`, { cookie, body: {} })).toMatchObject({ status: 409, body: { code: 'PHONE_NOTICES_OFF' } });
    } finally {
      await other.stop();
    }
  });
});
