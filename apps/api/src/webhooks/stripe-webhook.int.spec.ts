import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiUnderTest, WEBHOOK_SECRET } from '../../test/api-under-test.js';

const PATH = '/api/v1/webhooks/stripe';
const stripe = new Stripe('sk_test_nothing');
const nowSeconds = (): number => Math.floor(Date.now() / 1_000);
const sign = (payload: string, secret = WEBHOOK_SECRET, timestamp = nowSeconds()): string => stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

const eventOf = (changes: object = {}, object: object = { id: 'sub_1', object: 'subscription', customer: 'cus_1' }): string =>
  JSON.stringify({ id: `evt_${randomUUID()}`, object: 'event', api_version: Stripe.API_VERSION, created: nowSeconds(), livemode: false, type: 'customer.subscription.updated', data: { object }, ...changes });

let api: ApiUnderTest;
let customerId: string;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  ({ customerId } = await api.signUp('payer@example.com'));
  await api.rows(`UPDATE customer SET stripe_customer_id = 'cus_1', test_clock_id = 'clock_1' WHERE id = $1`, [customerId]);
});
afterAll(() => api.stop());
beforeEach(() => api.rows('TRUNCATE stripe_event, outbox'));

const post = (raw: string | Buffer, signature: string | undefined, headers: Record<string, string> = {}) =>
  api.call('POST', PATH, { raw, headers: { 'content-type': 'application/json', ...(signature === undefined ? {} : { 'stripe-signature': signature }), ...headers } });
const stored = async () => ({ events: (await api.rows('SELECT * FROM stripe_event')).length, rings: (await api.rows('SELECT * FROM outbox')).length });

describe('POST /webhooks/stripe', () => {
  it('stores an event once, with one ring for its customer, however often it comes', async () => {
    const payload = eventOf({ id: 'evt_once' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(payload, sign(payload))));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(answers[0]!.body).toEqual({ received: true });
    expect(await api.rows('SELECT topic, customer_id, payload FROM outbox')).toEqual([{ topic: 'stripeChanged', customer_id: customerId, payload: { eventId: 'evt_once', type: 'customer.subscription.updated', objectId: 'sub_1' } }]);
    expect(await api.rows('SELECT id, stripe_customer_id, object_id, livemode FROM stripe_event')).toEqual([{ id: 'evt_once', stripe_customer_id: 'cus_1', object_id: 'sub_1', livemode: false }]);
  });

  it.each<[string, (payload: string) => Promise<{ status: number; body: unknown }>]>([
    ['no signature', (payload) => post(payload, undefined)],
    ['an empty one', (payload) => post(payload, '')],
    ['nonsense', (payload) => post(payload, 't=1,v1=zz')],
    ['another secret', (payload) => post(payload, sign(payload, 'whsec_of_somebody_else'))],
    ['too old', (payload) => post(payload, sign(payload, WEBHOOK_SECRET, nowSeconds() - 302))],
    ['too far in the future', (payload) => post(payload, sign(payload, WEBHOOK_SECRET, nowSeconds() + 310))],
    ['a changed body', (payload) => post(payload.replace('sub_1', 'sub_2'), sign(payload))],
    ['the same JSON in other bytes', (payload) => post(JSON.stringify(JSON.parse(payload), null, 1), sign(payload))],
    ['only the scheme v0', (payload) => post(payload, sign(payload).replace('v1=', 'v0='))],
    ['a time that was not signed', (payload) => post(payload, sign(payload, WEBHOOK_SECRET, nowSeconds() - 1_000).replace(/t=\d+/, `t=${nowSeconds()}`))],
    ['a second, fresh time', (payload) => post(payload, `t=${nowSeconds()},${sign(payload, WEBHOOK_SECRET, nowSeconds() - 1_000)}`)],
    ['no body', () => post('', sign(''))],
  ])('refuses %s', async (_what, send) => {
    expect(await send(eventOf())).toMatchObject({ status: 400, body: { code: 'SIGNATURE_INVALID' } });
    expect(await stored()).toEqual({ events: 0, rings: 0 });
  });

  it('takes the older of two secrets while it is being changed, and times within five minutes both ways', async () => {
    for (const [secret, offset] of [['whsec_retired_0123456789', 0], [WEBHOOK_SECRET, -290], [WEBHOOK_SECRET, 290]] as const) {
      const payload = eventOf();
      expect((await post(payload, sign(payload, secret, nowSeconds() + offset))).status).toBe(200);
    }
    expect(await stored()).toEqual({ events: 3, rings: 3 });
  });

  it('finds the customer by our metadata where Stripe\'s id is new, and by Stripe\'s own id first', async () => {
    const bySession = eventOf({ type: 'checkout.session.completed' }, { id: 'cs_1', object: 'checkout.session', customer: 'cus_new', metadata: { customerId } });
    const byForged = eventOf({}, { id: 'sub_9', customer: 'cus_1', metadata: { customerId: randomUUID() } });
    for (const payload of [bySession, byForged]) expect((await post(payload, sign(payload))).status).toBe(200);
    expect(await api.rows('SELECT DISTINCT customer_id FROM outbox')).toEqual([{ customer_id: customerId }]);
    expect((await stored()).rings).toBe(2);
  });

  it('keeps an event of nobody we know, of the other mode, and of another API version, without a ring', async () => {
    for (const payload of [eventOf({}, { id: 'sub_2', customer: 'cus_unknown' }), eventOf({}, { id: 'x' }), eventOf({ livemode: true }), eventOf({ api_version: '2024-06-20' }), eventOf({ api_version: null })]) expect((await post(payload, sign(payload))).status).toBe(200);
    expect(await stored()).toEqual({ events: 5, rings: 0 });
  });

  it('stores many at once, each with its ring; what Postgres cannot hold is refused alone', async () => {
    const payloads = Array.from({ length: 150 }, (_, index) => eventOf({ id: `evt_many_${index}` }));
    // Valid JSON with half a surrogate pair, which no jsonb can hold.
    payloads[70] = payloads[70]!.replace('sub_1', '\\ud800');
    const answers = await Promise.all(payloads.map((payload) => post(payload, sign(payload))));
    expect(answers.map(({ status }) => status)).toEqual(payloads.map((_, index) => (index === 70 ? 400 : 200)));
    expect(await stored()).toEqual({ events: 149, rings: 149 });
    expect(await api.rows(`SELECT count(*)::int AS matching FROM outbox o JOIN stripe_event e ON e.id = o.payload ->> 'eventId' AND e.payload ->> 'id' = e.id`)).toEqual([{ matching: 149 }]);
  });

  it('rings for everyone on a test clock', async () => {
    const payload = eventOf({ type: 'test_helpers.test_clock.ready' }, { id: 'clock_1', object: 'test_helpers.test_clock' });
    expect((await post(payload, sign(payload))).status).toBe(200);
    expect(await stored()).toEqual({ events: 1, rings: 1 });
  });

  it('takes a signed body with NUL in it, and refuses what is signed but no event', async () => {
    const odd = eventOf({}, { id: 'sub_1', customer: 'cus_1', description: 'a\u0000b' });
    expect((await post(odd, sign(odd))).status).toBe(200);
    for (const payload of ['[]', '"x"', '{}', '{"object":"event","id":7,"type":"x"}', 'not json', JSON.stringify({ object: 'v2.core.event', id: 'evt_1', type: 'x' })]) {
      expect(await post(payload, sign(payload))).toMatchObject({ status: 400, body: { code: 'NOT_AN_EVENT' } });
    }
    const large = eventOf({}, { id: 'x', text: 'x'.repeat(1_100_000) });
    expect(await post(large, sign(large))).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
  });
});
