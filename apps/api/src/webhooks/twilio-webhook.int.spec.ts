import { randomBytes, randomUUID } from 'node:crypto';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';

const ACCOUNT = `AC${'1'.repeat(32)}`;
const TOKEN = 'f'.repeat(32);
const ORIGIN = 'https://clawkeep.example';
const PATH = '/api/v1/webhooks/twilio/status';

let api: ApiUnderTest;
let person: SignedIn;
let delivery: string;
let sid: string;

beforeAll(async () => {
  api = await ApiUnderTest.start({ PUBLIC_URL: `${ORIGIN}/`, TWILIO_ACCOUNT_SID: ACCOUNT, TWILIO_AUTH_TOKEN: TOKEN, TWILIO_SMS_FROM: '+15005550006' });
  person = await api.signUp('phone@example.com');
});
afterAll(() => api.stop());
beforeEach(async () => {
  [delivery, sid] = [randomUUID(), `SM${randomBytes(16).toString('hex')}`];
  await api.rows('TRUNCATE twilio_event, notice_delivery');
  await api.rows(
    `INSERT INTO notice_delivery (id, notice_key, customer_id, user_id, channel, kind, phone, state, provider_id) VALUES ($1, 'k', $2, $3, 'sms', 'suspended', '+4915112345678', 'accepted', $4)`,
    [delivery, person.customerId, person.userId, sid]);
});

const form = (changes: Record<string, string> = {}) => ({ AccountSid: ACCOUNT, ApiVersion: '2010-04-01', From: '+15005550006', To: '+4915112345678', MessageSid: sid, MessageStatus: 'delivered', SmsSid: sid, SmsStatus: 'delivered', ...changes });
const sign = (parameters: Record<string, string>, { token = TOKEN, address = `${ORIGIN}${PATH}?delivery=${delivery}` } = {}): string => getExpectedTwilioSignature(token, address, parameters);
const post = (parameters: Record<string, string>, signature: string | undefined, path = `${PATH}?delivery=${delivery}`) => api.call('POST', path, {
  raw: new URLSearchParams(parameters).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...(signature === undefined ? {} : { 'x-twilio-signature': signature }) },
});
const events = () => api.rows('SELECT * FROM twilio_event');
const stateOf = async () => (await api.rows<{ state: string; error_code: number | null }>('SELECT state, error_code FROM notice_delivery WHERE id = $1', [delivery]))[0];

describe('POST /webhooks/twilio/status', () => {
  it('stores a status once, however often it comes at once, and moves the delivery', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(form(), sign(form()))));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(204));
    expect(await events()).toMatchObject([{ id: `${sid}:delivered`, message_sid: sid, status: 'delivered', error_code: null }]);
    expect(JSON.stringify(await events())).not.toContain('4915112345678');
    expect(await stateOf()).toEqual({ state: 'delivered', error_code: null });
  });

  it('keeps the last state in whatever order they come, and why a message did not arrive', async () => {
    for (const status of ['sent', 'undelivered', 'queued']) await post(form({ MessageStatus: status, ErrorCode: '30005' }), sign(form({ MessageStatus: status, ErrorCode: '30005' })));
    expect(await stateOf()).toEqual({ state: 'undelivered', error_code: 30005 });
  });

  it('ends the consent of who blocked us', async () => {
    await api.rows(`INSERT INTO phone_consent (user_id, phone, verified_at, channel, consented_at) VALUES ($1, '+4915112345678', now(), 'sms', now())`, [person.userId]);
    const blocked = form({ MessageStatus: 'failed', ErrorCode: '63014' });
    expect((await post(blocked, sign(blocked))).status).toBe(204);
    expect(await stateOf()).toEqual({ state: 'opted_out', error_code: 63014 });
    expect(await api.rows('SELECT channel, opt_out_code FROM phone_consent')).toEqual([{ channel: 'none', opt_out_code: 63014 }]);
  });

  it.each<[string, () => Promise<{ status: number; body: unknown }>]>([
    ['no signature', () => post(form(), undefined)],
    ['nonsense', () => post(form(), 'zz')],
    ['another token', () => post(form(), sign(form(), { token: '0'.repeat(32) }))],
    ['a changed status', () => post(form({ MessageStatus: 'failed' }), sign(form()))],
    ['one more parameter', () => post({ ...form(), ErrorCode: '21610' }, sign(form()))],
    ['another delivery in the address', () => post(form(), sign(form()), `${PATH}?delivery=${randomUUID()}`)],
    ['an address that is not ours', () => post(form(), sign(form(), { address: `http://127.0.0.1${PATH}?delivery=${delivery}` }))],
    ['a name that comes twice', () => api.call('POST', `${PATH}?delivery=${delivery}`, { raw: `${new URLSearchParams(form()).toString()}&MessageStatus=delivered`, headers: { 'x-twilio-signature': sign(form()) } })],
    ['no body', () => post({}, sign({}))],
  ])('refuses %s', async (_what, send) => {
    expect(await send()).toMatchObject({ status: 400, body: { code: 'SIGNATURE_INVALID' } });
    expect([await events(), (await stateOf())?.state]).toEqual([[], 'accepted']);
  });

  it('refuses what is signed but no status of our account, and takes a status and a message that nobody knows', async () => {
    const odds: Record<string, string>[] = [{ MessageSid: 'SM1' }, { MessageStatus: 'DROP TABLE' }, { AccountSid: `AC${'2'.repeat(32)}` }];
    for (const odd of odds) expect(await post(form(odd), sign(form(odd)))).toMatchObject({ status: 400, body: { code: 'NOT_A_STATUS' } });
    const unknown = form({ MessageStatus: 'partially_delivered' });
    expect((await post(unknown, sign(unknown))).status).toBe(204);
    const foreign = form({ MessageSid: `SM${'9'.repeat(32)}` });
    expect((await post(foreign, sign(foreign))).status).toBe(204);
    expect([(await events()).length, (await stateOf())?.state]).toEqual([2, 'accepted']);
  });
});

describe('without Twilio', () => {
  it('refuses every callback', async () => {
    const other = await ApiUnderTest.start();
    try {
      expect((await other.call('POST', PATH, { raw: 'MessageSid=SM1', headers: { 'x-twilio-signature': getExpectedTwilioSignature('', `${other.environment.PUBLIC_URL}${PATH}`, { MessageSid: 'SM1' }) } })).status).toBe(400);
    } finally {
      await other.stop();
    }
  });
});
