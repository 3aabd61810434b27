import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clocked, monthly, refusal } from './contract.js';
import { at, clientOf, type Control, freshEmulator } from './under-test.js';

describe('faults', { timeout: 30_000 }, () => {
  let stripe: Stripe;
  let control: Control;
  let close: () => Promise<void>;
  let port = 0;
  let baseUrl = '';
  beforeAll(async () => {
    const made = await freshEmulator();
    ({ stripe, control, close } = made);
    port = made.emulator.port;
    baseUrl = made.emulator.baseUrl;
  });
  afterAll(() => close());

  const charged = async (): Promise<{ customer: string; charge: string }> => {
    const customer = await stripe.customers.create({});
    const intent = await stripe.paymentIntents.create({ amount: 2000, currency: 'usd', customer: customer.id, payment_method: 'pm_card_visa', confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
    return { customer: customer.id, charge: intent.latest_charge as string };
  };

  it('saves a 500 that came after the effect and replays it until the key is forgotten', async () => {
    const { customer, charge } = await charged();
    await control.post('/faults', { kind: 'error-500-after', count: 1, path: '/v1/refunds' });
    const refund = (): Promise<Stripe.Refund> => stripe.refunds.create({ charge, metadata: { effect: 'e' } }, { idempotencyKey: `refund-${charge}` });
    expect(await refusal(refund())).toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
    expect((await stripe.refunds.list({ charge })).data).toHaveLength(1);
    expect(await refusal(refund())).toMatchObject({ statusCode: 500, headers: { 'idempotent-replayed': 'true' } });
    await control.post('/idempotency/age', { hours: 25 });
    expect(await refusal(refund())).toMatchObject({ code: 'charge_already_refunded' });
    const ledger = await control.get(`/ledger?customer=${customer}`);
    expect(ledger['totals']).toEqual({ chargedCents: 2000, refundedCents: 2000, netCents: 0 });
    expect((ledger['refunds'] as { idempotencyKey: string; metadata: object }[])[0]).toMatchObject({ idempotencyKey: `refund-${charge}`, metadata: { effect: 'e' } });
  });

  it('does nothing on a 500 before the effect, and still saves it under the key', async () => {
    const { charge } = await charged();
    await control.post('/faults', { kind: 'error-500-before', count: 1, path: '/v1/refunds' });
    const key = `before-${charge}`;
    expect(await refusal(stripe.refunds.create({ charge }, { idempotencyKey: key }))).toMatchObject({ statusCode: 500 });
    expect((await stripe.refunds.list({ charge })).data).toHaveLength(0);
    expect(await refusal(stripe.refunds.create({ charge }, { idempotencyKey: key }))).toMatchObject({ statusCode: 500 });
    expect((await stripe.refunds.create({ charge }, { idempotencyKey: `${key}:g1` })).status).toBe('succeeded');
  });

  it('does it once although the answer was lost', async () => {
    const { charge } = await charged();
    await control.post('/faults', { kind: 'lost-answer', count: 1, method: 'POST', path: '/v1/refunds' });
    const refund = (): Promise<Stripe.Refund> => stripe.refunds.create({ charge, amount: 700 }, { idempotencyKey: `lost-${charge}` });
    const outcome = await refund().then((row) => row.status, (error: Stripe.errors.StripeError) => error.type);
    expect(['StripeConnectionError', 'succeeded']).toContain(outcome);
    expect((await refund()).amount).toBe(700);
    expect((await stripe.refunds.list({ charge })).data).toHaveLength(1);
  });

  it('loses the answer to a cancel after it happened', async () => {
    const { customer } = await clocked(stripe, at('2027-01-01T00:00:00Z'));
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 900)).id }] });
    await control.post('/faults', { kind: 'lost-answer', count: 1, method: 'DELETE' });
    await refusal(stripe.subscriptions.cancel(id));
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    expect(await refusal(stripe.subscriptions.cancel(id))).toMatchObject({ code: 'resource_missing' });
  });

  it('answers 409 while the same key is at work, 429 and lock conflicts when told to', async () => {
    await control.post('/faults', { kind: 'slow', count: 1, amount: 300, path: '/v1/products' });
    const make = (): Promise<Stripe.Product> => stripe.products.create({ name: 'slow' }, { idempotencyKey: 'slow-1' });
    const [first, second] = await Promise.allSettled([make(), make()]);
    const refused = [first, second].filter((item) => item.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    await control.post('/faults', { kind: 'rate-limit-429', count: 1 });
    expect(await refusal(stripe.products.list())).toMatchObject({ statusCode: 429, type: 'StripeRateLimitError' });
    await control.post('/faults', { kind: 'conflict-409', count: 1 });
    expect(await refusal(stripe.products.list())).toMatchObject({ statusCode: 409, code: 'lock_timeout' });
  });

  it('is waited out by the SDK’s own retries', async () => {
    const patient = clientOf({ port, baseUrl, close: async () => undefined });
    await control.post('/faults', { kind: 'conflict-409', count: 1 });
    expect((await patient.products.create({ name: 'retried' }, { maxNetworkRetries: 2 })).name).toBe('retried');
  });

  it('takes only its own key', async () => {
    const stranger = clientOf({ port, baseUrl, close: async () => undefined }, 'sk_test_stranger_1234');
    expect(await refusal(stranger.customers.list())).toMatchObject({ statusCode: 401, type: 'StripeAuthenticationError' });
    const answer = await fetch(`${baseUrl}/v1/customers`);
    expect([answer.status, (await answer.json() as { error: { message: string } }).error.message.startsWith('You did not provide an API key')]).toEqual([401, true]);
  });

  it('does not fall over odd requests', async () => {
    const auth = { Authorization: 'Bearer sk_test_clawkeep_sandbox_emulator' };
    const ask = async (path: string, init: RequestInit = {}): Promise<number> => (await fetch(`${baseUrl}${path}`, { ...init, headers: { ...auth, ...(init.headers as Record<string, string> | undefined) } })).status;
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await ask('/v1/nothing')).toBe(404);
    expect(await ask('/v1/customers/%E0%A4%A')).toBe(404);
    expect(await ask('/v1/customers', { method: 'POST', body: '{"a":1}', headers: { 'Content-Type': 'application/json' } })).toBe(400);
    expect(await ask('/v1/customers', { method: 'POST', body: '__proto__[x]=1', headers: form })).toBe(400);
    expect(await ask('/v1/customers', { method: 'POST', body: 'constructor=1', headers: form })).toBe(400);
    expect(await ask('/v1/customers', { method: 'POST', body: 'metadata[__proto__]=1&name=%F0%9F%90%BE%00', headers: form })).toBe(200);
    expect(await ask('/v1/customers', { method: 'POST', body: `name=${'x'.repeat(2_000_000)}`, headers: form })).toBe(413);
    expect(await ask('/v1/customers', { headers: { 'Stripe-Version': '2020-08-27' } })).toBe(400);
    expect(await ask('/v1/customers', { method: 'PUT' })).toBe(404);
  });
});
