import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type Stripe from 'stripe';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import type { Catalogue, Plan } from '#domain/plan/plan.types.js';
import { startStripeEmulator, type StripeEmulator } from '#sandbox/emulators/stripe/emulator.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import type { BillingPort } from '#workflows/ports/billing.port.js';
import { createBillingActivities } from './billing.activities.js';
import { ensurePrice, syncCatalogue } from './catalogue.js';
import { createStripeClient } from './client.js';

const DAY_MS = 86_400_000;
const plan = (id: string, trialHours: number, prices: Plan['prices']): Plan => ({
  id, name: id.toUpperCase(), description: '', sold: true, prices, trialHours, downgradeTo: null, onCancel: 'end', afterCancelDays: 7,
  limits: { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: null, agents: 1, subAgents: 1 },
  size: { memoryMiB: 1, cpus: 1, pidsLimit: 1 }, sandboxSize: { memoryMiB: 1, cpus: 1, pidsLimit: 1 },
});
const monthly = (id: string, amountCents: number): Plan['prices'][number] => ({ id, amountCents, currency: 'usd', interval: 'month', intervalCount: 1 });
const catalogue: Catalogue = { id: 't', plans: [plan('free', 0, []), plan('pro', 48, [monthly('pro_month', 2900)]), plan('team', 0, [monthly('team_month', 7900)]), { ...plan('old', 0, [monthly('old_month', 100)]), sold: false }] };

let emulator: StripeEmulator;
let stripe: Stripe;
let database: TestDatabase;
let source: DataSource;
let billing: BillingPort;
let customerId: string;
let instanceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 5).initialize();
  // As in the sandbox: every customer hangs on a clock of its own, and lists leave it out.
  emulator = await startStripeEmulator({ port: 0, stateDir: null, autoTestClock: true, secretKey: 'sk_test_activities' });
  // Without the SDK's own retries every planned fault reaches our code.
  stripe = createStripeClient({ secretKey: 'sk_test_activities', apiUrl: emulator.baseUrl, maxNetworkRetries: 0 });
  await syncCatalogue(stripe, catalogue);
  billing = createBillingActivities({ stripe, dataSource: source, catalogue, publicUrl: 'http://dash.test', logger: pino({ level: 'silent' }) });
});
afterAll(async () => {
  await emulator.close();
  await source.destroy();
  await database.drop();
});
beforeEach(async () => {
  customerId = randomUUID();
  instanceId = randomUUID();
  const userId = randomUUID();
  await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Ann')`, [customerId]);
  await source.query(`INSERT INTO "user" (id, name, email, "emailVerified", "updatedAt") VALUES ($1, 'Ann', $2, true, now())`, [userId, `${userId}@mail.test`]);
  await source.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, userId]);
});
afterEach(async () => { await control('DELETE', '/faults'); });

async function control(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${emulator.baseUrl}/_emulator${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const answer = await response.json() as Record<string, unknown>;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
const fault = (kind: string, method: string, path: string, count = 1) => control('POST', '/faults', { kind, method, path, count });
const checkout = (overrides: Partial<Parameters<BillingPort['openCheckoutSession']>[0]> = {}) =>
  billing.openCheckoutSession({ customerId, planId: 'pro', priceId: 'pro_month', instanceId, requestId: randomUUID(), ...overrides });
const pay = (sessionId: string, card = '4242424242424242') => control('POST', `/checkout/${sessionId}/pay`, { card });
const facts = () => billing.fetchBillingFacts({ customerId });
const stripeCustomers = async (): Promise<{ id: string; clock: string }[]> =>
  ((await control('GET', '/state'))['customers'] as { id: string; clock: string; metadata: Record<string, string> }[]).filter(({ metadata }) => metadata['customerId'] === customerId);
const setCard = async (card: string) => control('POST', `/customers/${(await stripeCustomers())[0]?.id ?? ''}/card`, { card });

async function advanceDays(days: number): Promise<void> {
  const [own] = await stripeCustomers();
  const { frozen_time: now } = await stripe.testHelpers.testClocks.retrieve(own?.clock ?? '');
  await control('POST', `/clocks/${own?.clock ?? ''}/advance`, { to: now + days * 86_400 });
}
/** Paid Team, or Pro on trial; answers the subscription's id. */
async function subscribed(planId: 'pro' | 'team' = 'team'): Promise<string> {
  const { checkoutSessionId } = await checkout({ planId, priceId: `${planId}_month` });
  await pay(checkoutSessionId);
  return (await facts()).subscription?.id ?? '';
}
const refundedCents = async (): Promise<number> => {
  const [own] = await stripeCustomers();
  const charges = await stripe.charges.list({ customer: own?.id ?? '', limit: 100 });
  return charges.data.reduce((sum, charge) => sum + charge.amount_refunded, 0);
};

describe('the catalogue', () => {
  it('is written once however often, and a new amount takes the lookup key over, also back again', async () => {
    const price = monthly(`p_${randomUUID().slice(0, 8)}`, 500);
    const offer = (amountCents: number) => ensurePrice(stripe, plan(`q${price.id}`, 0, []), { ...price, amountCents });
    const [first, again] = await Promise.all([offer(500), offer(500)]);
    expect(again).toBe(first);
    const dearer = await offer(700);
    expect(dearer).not.toBe(first);
    const back = await offer(500);
    const { data } = await stripe.prices.list({ lookup_keys: [price.id], active: true });
    expect(data.map(({ id, unit_amount }) => [id, unit_amount])).toEqual([[back, 500]]);
    await syncCatalogue(stripe, catalogue);
    expect((await stripe.prices.list({ lookup_keys: ['pro_month'] })).data).toHaveLength(1);
  });
});

describe('the Stripe customer', () => {
  it.each([['nothing', 0], ['error-500-after', 1], ['lost-answer', 1], ['lost-answer', 2], ['error-500-before', 3], ['conflict-409', 1]] as const)('is one, with %s going wrong', async (kind, count) => {
    if (kind !== 'nothing') await fault(kind, 'POST', '/v1/customers', count);
    const results = await Promise.allSettled([billing.ensureStripeCustomer({ customerId })]);
    if (results[0].status === 'rejected') expect(results[0].reason).toMatchObject({ type: 'STRIPE_UNAVAILABLE', nonRetryable: false });
    const { stripeCustomerId } = await billing.ensureStripeCustomer({ customerId });
    expect(await billing.ensureStripeCustomer({ customerId })).toEqual({ stripeCustomerId });
    expect((await stripeCustomers()).map(({ id }) => id)).toEqual([stripeCustomerId]);
  });

  it('is one for callers at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => billing.ensureStripeCustomer({ customerId })));
    expect(new Set(answers.map(({ stripeCustomerId }) => stripeCustomerId)).size).toBe(1);
  });
});

describe('checkout', () => {
  it.each([['nothing', 0], ['error-500-after', 1], ['lost-answer', 2]] as const)('answers the same request with the same session, with %s going wrong', async (kind, count) => {
    await billing.ensureStripeCustomer({ customerId });
    if (kind !== 'nothing') await fault(kind, 'POST', '/v1/checkout/sessions', count);
    const requestId = randomUUID();
    const first = await checkout({ requestId }).catch(() => checkout({ requestId }));
    expect(await checkout({ requestId })).toEqual(first);
    expect(first.checkoutUrl).toContain('http');
    expect(first.expiresAtMs - Date.now()).toBeGreaterThan(30 * 60_000);
    const [own] = await stripeCustomers();
    const { data } = await stripe.checkout.sessions.list({ customer: own?.id ?? '' });
    expect(data.map(({ id, status }) => [id, status])).toEqual([[first.checkoutSessionId, 'open']]);
    expect(await source.query('SELECT id, status, instance_id FROM checkout WHERE customer_id = $1', [customerId])).toEqual([{ id: first.checkoutSessionId, status: 'open', instance_id: instanceId }]);
  });

  it('expires an older open session, and a paid one ends the matter', async () => {
    const older = await checkout();
    const newer = await checkout();
    expect((await stripe.checkout.sessions.retrieve(older.checkoutSessionId)).status).toBe('expired');
    await pay(newer.checkoutSessionId);
    await expect(checkout()).rejects.toMatchObject({ type: 'ALREADY_SUBSCRIBED', nonRetryable: true });
    await facts();
    expect(await source.query('SELECT status FROM checkout WHERE customer_id = $1 ORDER BY created_at', [customerId])).toEqual([{ status: 'expired' }, { status: 'complete' }]);
  });

  it('gives a trial once in a customer\'s life', async () => {
    const subscriptionId = await subscribed('pro');
    expect((await facts()).subscription).toMatchObject({ status: 'trialing', planId: 'pro', priceId: 'pro_month', instanceId });
    await billing.cancelAndRefundInFull({ customerId, subscriptionId, reason: 'test' });
    await subscribed('pro');
    expect((await facts()).subscription).toMatchObject({ status: 'active', trialEndMs: null });
  });

  it('refuses what is not sold and codes that are none, and takes a good code', async () => {
    await expect(checkout({ planId: 'old', priceId: 'old_month' })).rejects.toMatchObject({ type: 'PLAN_NOT_SOLD' });
    await expect(checkout({ planId: 'team' })).rejects.toMatchObject({ type: 'PLAN_NOT_SOLD' });
    await expect(checkout({ promotionCode: 'NOPE' })).rejects.toMatchObject({ type: 'PROMOTION_CODE_INVALID', nonRetryable: true });
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'HALF' });
    const { checkoutSessionId } = await checkout({ planId: 'team', priceId: 'team_month', promotionCode: 'HALF' });
    await pay(checkoutSessionId);
    await facts();
    expect(await source.query('SELECT amount_paid_cents FROM invoice WHERE customer_id = $1', [customerId])).toEqual([{ amount_paid_cents: '3950' }]);
  });
});

describe('facts', () => {
  it('are empty before Stripe knows the customer', async () => {
    expect(await facts()).toMatchObject({ stripeCustomerId: null, subscription: null, liveSubscriptionCount: 0, onTestClock: false, paidInvoiceCount: 0 });
  });

  it('follow the customer\'s own clock through trial and first payment, and fill the projections', async () => {
    await subscribed('pro');
    const trialing = await facts();
    expect(trialing).toMatchObject({ onTestClock: true, liveSubscriptionCount: 1, paidInvoiceCount: 0, subscription: { status: 'trialing', paidThroughMs: null } });
    expect((trialing.subscription?.trialEndMs ?? 0) - trialing.customerNowMs).toBe(2 * DAY_MS);
    await advanceDays(3);
    const active = await facts();
    expect(active).toMatchObject({ liveSubscriptionCount: 1, paidInvoiceCount: 1, subscription: { status: 'active' } });
    expect(active.customerNowMs - trialing.customerNowMs).toBe(3 * DAY_MS);
    expect(active.subscription?.paidThroughMs).toBe(active.subscription?.currentPeriodEndMs);

    const [subscription] = await source.query('SELECT status, plan_id, price_id, amount_cents, currency, interval, cancel_at_period_end, payment_method FROM subscription WHERE customer_id = $1', [customerId]);
    expect(subscription).toMatchObject({ status: 'active', plan_id: 'pro', price_id: 'pro_month', amount_cents: '2900', currency: 'usd', interval: 'month', payment_method: { type: 'card', last4: '4242' } });
    const invoices = await source.query('SELECT status, amount_paid_cents, receipt_url, hosted_invoice_url FROM invoice WHERE customer_id = $1 ORDER BY amount_paid_cents DESC', [customerId]);
    expect(invoices[0]).toMatchObject({ status: 'paid', amount_paid_cents: '2900' });
    const [customer] = await source.query('SELECT on_test_clock, test_clock_id, current_period_ends_at FROM customer WHERE id = $1', [customerId]);
    expect(customer).toMatchObject({ on_test_clock: true, test_clock_id: (await stripeCustomers())[0]?.clock });

    const events = async (): Promise<number> => (await source.query('SELECT count(*)::int AS n FROM event WHERE customer_id = $1', [customerId]) as { n: number }[])[0]?.n ?? 0;
    const before = await events();
    await facts();
    expect(await events()).toBe(before);
    expect(before).toBeGreaterThan(1);
  });

  it('tell an unpaid renewal by its invoice and its first failure', async () => {
    await subscribed();
    await setCard('4000000000000341');
    await advanceDays(32);
    const { openInvoices } = await facts();
    expect(openInvoices).toMatchObject([{ amountRemainingCents: 7900, attemptCount: 1, collectionMethod: 'charge_automatically', firstFailedAtMs: expect.any(Number) as unknown }]);
  });

  it('change nothing where Stripe does not answer, or refuses our key', async () => {
    await subscribed();
    const before = await source.query('SELECT * FROM subscription WHERE customer_id = $1', [customerId]);
    await fault('error-500-before', 'GET', '/v1/subscriptions');
    await expect(facts()).rejects.toMatchObject({ type: 'STRIPE_UNAVAILABLE', nonRetryable: false, nextRetryDelay: expect.anything() as unknown });
    await fault('rate-limit-429', 'GET', '/v1/invoices');
    await expect(facts()).rejects.toMatchObject({ type: 'STRIPE_UNAVAILABLE', nonRetryable: false });
    const stranger = createBillingActivities({
      stripe: createStripeClient({ secretKey: 'sk_test_wrong_key', apiUrl: emulator.baseUrl }), dataSource: source, catalogue, publicUrl: 'http://dash.test', logger: pino({ level: 'silent' }),
    });
    await expect(stranger.fetchBillingFacts({ customerId })).rejects.toMatchObject({ type: 'STRIPE_UNAVAILABLE', message: 'Stripe does not accept our API key.' });
    expect(await source.query('SELECT * FROM subscription WHERE customer_id = $1', [customerId])).toEqual(before);
  });
});

describe('cancel and its undo', () => {
  it('work again and again within a day, each call run twice', async () => {
    const subscriptionId = await subscribed();
    for (let round = 0; round < 3; round += 1) {
      await billing.cancelAtPeriodEnd({ customerId, subscriptionId });
      await billing.cancelAtPeriodEnd({ customerId, subscriptionId });
      expect((await facts()).subscription?.cancelAtPeriodEnd).toBe(true);
      await billing.undoCancelAtPeriodEnd({ customerId, subscriptionId });
      await billing.undoCancelAtPeriodEnd({ customerId, subscriptionId });
      expect((await facts()).subscription).toMatchObject({ cancelAtPeriodEnd: false, cancelAtMs: null });
    }
  });

  it('belong to the customer: another one\'s subscription is none', async () => {
    const subscriptionId = await subscribed();
    const other = randomUUID();
    await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Bob')`, [other]);
    await billing.ensureStripeCustomer({ customerId: other });
    await expect(billing.cancelAtPeriodEnd({ customerId: other, subscriptionId })).rejects.toMatchObject({ type: 'NO_SUBSCRIPTION' });
  });
});

describe('cancel and refund in full', () => {
  it.each([
    ['nothing', 'POST', '/v1/refunds', 0], ['error-500-after', 'POST', '/v1/refunds', 1], ['lost-answer', 'POST', '/v1/refunds', 2], ['error-500-before', 'POST', '/v1/refunds', 3],
    ['error-500-after', 'DELETE', '/v1/subscriptions', 1], ['lost-answer', 'DELETE', '/v1/subscriptions', 2],
  ] as const)('pays every cent back once, with %s of %s %s', async (kind, method, path, count) => {
    const subscriptionId = await subscribed();
    await advanceDays(32);
    if (kind !== 'nothing') await fault(kind, method, path, count);
    const refund = () => billing.cancelAndRefundInFull({ customerId, subscriptionId, reason: 'provisioning_failed' });
    const first = await refund().catch(refund);
    expect(first).toEqual({ refundedCents: 15_800, currency: 'usd' });
    expect(await refund()).toEqual(first);
    expect(await refundedCents()).toBe(15_800);
    expect(await facts()).toMatchObject({ liveSubscriptionCount: 0, openInvoices: [], subscription: { status: 'canceled', paidThroughMs: null } });
    expect(await source.query('SELECT sum(amount_refunded_cents)::int AS cents FROM invoice WHERE customer_id = $1', [customerId])).toEqual([{ cents: 15_800 }]);
  });

  it('pays back only what a person at Stripe has not paid back already', async () => {
    const subscriptionId = await subscribed();
    const [own] = await stripeCustomers();
    const [charge] = (await stripe.charges.list({ customer: own?.id ?? '' })).data;
    await stripe.refunds.create({ charge: charge?.id ?? '', amount: 900 });
    const refund = () => billing.cancelAndRefundInFull({ customerId, subscriptionId, reason: 'x' });
    expect(await refund()).toEqual({ refundedCents: 7900, currency: 'usd' });
    expect(await refund()).toEqual({ refundedCents: 7900, currency: 'usd' });
    expect(await refundedCents()).toBe(7900);
    const { data } = await stripe.refunds.list({ charge: charge?.id ?? '' });
    expect(data.map(({ amount }) => amount).sort()).toEqual([7000, 900]);
  });

  it('pays nothing back on a trial, and voids what is open', async () => {
    const trial = await subscribed('pro');
    expect(await billing.cancelAndRefundInFull({ customerId, subscriptionId: trial, reason: 'x' })).toMatchObject({ refundedCents: 0 });
    const second = await subscribed();
    await setCard('4000000000000341');
    await advanceDays(32);
    expect(await billing.cancelAndRefundInFull({ customerId, subscriptionId: second, reason: 'x' })).toMatchObject({ refundedCents: 7900 });
    expect((await facts()).openInvoices).toEqual([]);
  });
});

describe('paying an open invoice', () => {
  it('says what is wrong, pays once, and answers a repeated request as the first', async () => {
    await subscribed();
    const requestId = randomUUID();
    await expect(billing.payOldestOpenInvoice({ customerId, requestId })).rejects.toMatchObject({ type: 'NOTHING_TO_PAY' });
    await setCard('4000000000000341');
    await advanceDays(32);
    await expect(billing.payOldestOpenInvoice({ customerId, requestId })).rejects.toMatchObject({ type: 'PAYMENT_FAILED', nonRetryable: true });
    await setCard('4242424242424242');
    await fault('lost-answer', 'POST', '/pay', 2);
    const second = randomUUID();
    const payNow = () => billing.payOldestOpenInvoice({ customerId, requestId: second });
    const paid = await payNow().catch(payNow);
    expect(paid).toMatchObject({ amountCents: 7900, currency: 'usd' });
    expect(await payNow()).toEqual(paid);
    expect(await facts()).toMatchObject({ openInvoices: [], paidInvoiceCount: 2 });
  });
});

describe('changing the plan', () => {
  it('previews, changes at the previewed price, once', async () => {
    const subscriptionId = await subscribed('pro');
    await advanceDays(10);
    const preview = await billing.previewPlanChange({ customerId, subscriptionId, priceId: 'team_month' });
    expect(preview.amountDueCents).toBeGreaterThan(0);
    expect(preview.amountDueCents).toBeLessThan(7900);
    await fault('error-500-after', 'POST', `/v1/subscriptions/${subscriptionId}`, 1);
    const change = () => billing.changePlan({ customerId, subscriptionId, planId: 'team', priceId: 'team_month', prorationAtMs: preview.prorationAtMs });
    await change().catch(change);
    await change();
    expect((await facts()).subscription).toMatchObject({ planId: 'team', priceId: 'team_month' });
    const [own] = await stripeCustomers();
    const invoices = await stripe.invoices.list({ customer: own?.id ?? '', limit: 100 });
    expect(invoices.data.filter((invoice) => invoice.amount_paid === preview.amountDueCents)).toHaveLength(1);
    await expect(billing.previewPlanChange({ customerId, subscriptionId, priceId: 'team_month' })).rejects.toMatchObject({ type: 'SAME_PLAN' });
  });

  it('keeps the old plan where the payment fails, and changes when the card is good again', async () => {
    const subscriptionId = await subscribed('pro');
    await advanceDays(10);
    await setCard('4000000000000341');
    const { prorationAtMs } = await billing.previewPlanChange({ customerId, subscriptionId, priceId: 'team_month' });
    const change = () => billing.changePlan({ customerId, subscriptionId, planId: 'team', priceId: 'team_month', prorationAtMs });
    await expect(change()).rejects.toMatchObject({ type: 'PAYMENT_FAILED', nonRetryable: true });
    await expect(change()).rejects.toMatchObject({ type: 'PAYMENT_FAILED' });
    expect((await facts()).subscription).toMatchObject({ planId: 'pro', status: 'active' });
    await setCard('4242424242424242');
    // The customer's clock stands still: the same request once more.
    await change();
    await change();
    expect((await facts()).subscription).toMatchObject({ planId: 'team' });
  });
});

describe('the portal', () => {
  it('opens for a customer that Stripe knows', async () => {
    await expect(billing.openPortalSession({ customerId })).rejects.toMatchObject({ type: 'NO_SUBSCRIPTION' });
    await billing.ensureStripeCustomer({ customerId });
    expect((await billing.openPortalSession({ customerId })).url).toContain('http');
  });
});
