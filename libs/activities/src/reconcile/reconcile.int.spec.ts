import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReconcilePort, ReconcileReport } from '#workflows/ports/reconcile.port.js';
import { createStripeClient } from '../stripe/client.js';
import { BillingUnderTest, CARDS, type CustomerUnderTest } from '../stripe/testing/billing-under-test.js';
import { createReconcileActivities } from './reconcile.activities.js';

let under: BillingUnderTest;
let reconcile: ReconcilePort;
beforeAll(async () => { under = await BillingUnderTest.start(); });
afterAll(() => under.stop());
beforeEach(async () => {
  reconcile = port(under.stripe);
  await under.control('POST', '/reset', {});
  await under.source.query('TRUNCATE customer CASCADE');
  await under.source.query('TRUNCATE stripe_event, outbox, reconcile_run CASCADE');
});

const port = (stripe: BillingUnderTest['stripe']) => createReconcileActivities({ stripe, dataSource: under.source, live: false, logger: pino({ level: 'silent' }), massBreaker: { customers: 5, share: 0.02 } });
const pages = async (step: (cursor: string | null) => Promise<{ cursor: string | null }>): Promise<void> => {
  for (let cursor: string | null = (await step(null)).cursor; cursor !== null;) ({ cursor } = await step(cursor));
};
/** As the workflow does it. */
async function run(runId = `reconcile-stripe-${randomUUID()}`, accepted?: { actor: string; reason: string }): Promise<ReconcileReport> {
  const { sinceSeconds } = await reconcile.beginRun({ runId });
  await pages((cursor) => reconcile.replayUndelivered({ runId, sinceSeconds, cursor }));
  for (const step of ['sweepSubscriptions', 'sweepOpenInvoices', 'sweepClockCustomers', 'sweepLocal'] as const) await pages((cursor) => reconcile[step]({ runId, cursor }));
  return reconcile.closeRun({ runId, failed: null, ...(accepted === undefined ? {} : { accepted }) });
}
const found = async (): Promise<{ kind: string; subject: string; customer_id: string; worse: boolean }[]> =>
  (await under.source.query(`SELECT differences->'found' AS found FROM reconcile_run ORDER BY started_at DESC LIMIT 1`) as { found: [] }[])[0]?.found ?? [];
const rung = async (): Promise<string[]> => (await under.source.query(`SELECT customer_id FROM outbox WHERE payload->>'type' = 'reconcile' ORDER BY id`) as { customer_id: string }[]).map((row) => row.customer_id);
const cancelAtStripe = async (ann: CustomerUnderTest): Promise<string> => {
  const id = (await ann.facts()).subscription?.id ?? '';
  await under.stripe.subscriptions.cancel(id);
  return id;
};

describe('the reconciler', () => {
  it('finds nothing where both say the same, and rings nobody', async () => {
    const ann = await under.customer();
    await ann.subscribe();
    await ann.facts();
    expect(await run()).toMatchObject({ lookedAt: 1, differences: 0, rung: 0, stoppedReason: null });
    expect(await rung()).toEqual([]);
  });

  it('finds what webhooks lost for a customer on a test clock, rings, and is content when it was fetched', async () => {
    const ann = await under.customer();
    await ann.subscribe();
    await ann.setCard(CARDS.attachesThenFails);
    // Nobody fetches the facts: all of these events were lost.
    const before = await under.source.query('SELECT id FROM subscription WHERE customer_id = $1', [ann.customerId]) as { id: string }[];
    const clock = await under.source.query('SELECT test_clock_id FROM customer WHERE id = $1', [ann.customerId]) as { test_clock_id: string }[];
    const now = (await under.stripe.testHelpers.testClocks.retrieve(clock[0]?.test_clock_id ?? '')).frozen_time;
    await under.control('POST', `/clocks/${clock[0]?.test_clock_id ?? ''}/advance`, { to: now + 32 * 86_400 });
    const runId = `reconcile-stripe-${randomUUID()}`;
    expect(await run(runId)).toMatchObject({ lookedAt: 1, rung: 1, worseCustomers: 0, stoppedReason: null });
    expect((await found()).map(({ kind, subject }) => [kind, subject])).toEqual(expect.arrayContaining([['status_mismatch', before[0]?.id], ['amount_due_mismatch', expect.stringMatching(/^in_/)]]));
    expect(await under.source.query('SELECT customer_id, topic, payload FROM outbox')).toEqual([
      { customer_id: ann.customerId, topic: 'stripeChanged', payload: { eventId: `reconcile:${runId}:${ann.customerId}`, type: 'reconcile', objectId: null } }]);
    await ann.facts();
    expect(await run()).toMatchObject({ differences: 0, rung: 0 });
  });

  it('writes its report once, however often it is closed', async () => {
    const ann = await under.customer();
    await ann.subscribe();
    await cancelAtStripe(ann);
    const runId = `reconcile-stripe-${randomUUID()}`;
    const report = await run(runId);
    expect(report).toMatchObject({ differences: 1, rung: 1, worseCustomers: 1 });
    expect(await reconcile.closeRun({ runId, failed: null })).toEqual(report);
    expect(await rung()).toEqual([ann.customerId]);
  });

  it('rings none of those who would be worse off where they are too many, but the others', async () => {
    const worse = await Promise.all(Array.from({ length: 6 }, () => under.customer()));
    for (const one of worse) {
      await one.subscribe();
      await cancelAtStripe(one);
    }
    const better = await under.customer();
    const id = await better.subscribe();
    await under.source.query(`UPDATE subscription SET status = 'past_due' WHERE id = $1`, [id]);
    const report = await run();
    expect(report).toMatchObject({ worseCustomers: 6, rung: 1 });
    expect(report.stoppedReason).toContain('6 of 7 customers would be worse off');
    expect(await rung()).toEqual([better.customerId]);
    expect(await under.source.query('SELECT rung, stopped_reason IS NOT NULL AS stopped FROM reconcile_run')).toEqual([{ rung: 1, stopped: true }]);
    // A person has looked, and lets it ring.
    expect(await run(undefined, { actor: 'operator:oz', reason: 'a plan was ended at Stripe' })).toMatchObject({ worseCustomers: 6, rung: 7, stoppedReason: null });
    expect(new Set(await rung())).toEqual(new Set([better, ...worse].map(({ customerId }) => customerId)));
  });

  it('rings nobody after a sweep that is not whole', async () => {
    const ann = await under.customer();
    await ann.subscribe();
    await cancelAtStripe(ann);
    const runId = `reconcile-stripe-${randomUUID()}`;
    await reconcile.beginRun({ runId });
    await reconcile.sweepClockCustomers({ runId, cursor: null });
    const wrongKey = port(createStripeClient({ secretKey: 'sk_test_wrong_key', apiUrl: under.emulator.baseUrl }));
    await expect(wrongKey.sweepSubscriptions({ runId, cursor: null })).rejects.toMatchObject({ type: 'STRIPE_UNAVAILABLE' });
    expect(await reconcile.closeRun({ runId, failed: 'Stripe does not accept our API key.' })).toMatchObject({ differences: 1, rung: 0, stoppedReason: 'The sweep is not whole: Stripe does not accept our API key.' });
    expect(await rung()).toEqual([]);
  });

  it('takes an empty answer for unknown: it rings nobody of many, and whom it rings is held', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => under.customer()));
    for (const one of people) await one.subscribe();
    await under.control('POST', '/reset', {});
    expect(await run()).toMatchObject({ worseCustomers: 6, rung: 0, stoppedReason: expect.stringContaining('worse off') as unknown });
  });

  it('finds a container that runs unpaid and one that is paid and does not run', async () => {
    const [ann, bob] = [await under.customer(), await under.customer()];
    await under.source.query(`UPDATE customer SET service_level = 'none' WHERE id = $1`, [ann.customerId]);
    await under.source.query(`UPDATE customer SET service_level = 'full' WHERE id = $1`, [bob.customerId]);
    for (const [one, status] of [[ann, 'running'], [bob, 'suspended']] as const) {
      await under.source.query(
        `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, status_since, desired_state) VALUES ($1, $2, 'a', $3, 'pro', 'openai', 'm', $4, now() - interval '1 hour', 'running')`,
        [one.instanceId, one.customerId, `s-${one.instanceId}`, status]);
    }
    expect(await run()).toMatchObject({ differences: 2, rung: 2, worseCustomers: 1 });
    expect((await found()).map(({ kind, subject }) => [kind, subject])).toEqual([['container_running_without_entitlement', ann.instanceId], ['entitled_without_container', bob.instanceId]]);
  });

  it('finds two live subscriptions of one customer', async () => {
    const ann = await under.customer();
    const first = await ann.subscribe();
    const { items, default_payment_method: card, customer } = await under.stripe.subscriptions.retrieve(first);
    await under.stripe.subscriptions.create({ customer: String(customer), items: [{ price: items.data[0]?.price.id ?? '' }], ...(typeof card === 'string' ? { default_payment_method: card } : {}) });
    await run();
    expect((await found()).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['duplicate_active_sub', 'missing_local']));
  });
});

describe('events that Stripe could not deliver', () => {
  it('are stored as if they had come, each once, and ring as they would have', async () => {
    await under.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/nobody', enabled_events: ['*'] });
    const ann = await under.customer();
    await ann.subscribe();
    const first = await run();
    expect(first.replayedEvents).toBeGreaterThan(3);
    const stored = await under.source.query('SELECT id, type, stripe_customer_id FROM stripe_event') as { id: string; type: string }[];
    expect(stored.map(({ type }) => type)).toEqual(expect.arrayContaining(['customer.subscription.created', 'invoice.paid']));
    const rings = await under.source.query(`SELECT customer_id FROM outbox WHERE payload->>'type' = 'invoice.paid'`);
    expect(rings).toEqual([{ customer_id: ann.customerId }]);
    expect((await run()).replayedEvents).toBe(0);
    expect((await under.source.query('SELECT id FROM stripe_event') as unknown[]).length).toBe(stored.length);
  });
});

describe('customers on no test clock', () => {
  let bulk: BillingUnderTest;
  beforeAll(async () => {
    bulk = await BillingUnderTest.start({ autoTestClock: false });
    [under, bulk] = [bulk, under];
    reconcile = port(under.stripe);
  });
  afterAll(async () => {
    [under, bulk] = [bulk, under];
    await bulk.stop();
  });

  it('are compared page by page with all that Stripe lists, in both directions', async () => {
    const [ann, bob, cid, dan] = [await under.customer(), await under.customer(), await under.customer(), await under.customer()];
    const ids = [await ann.subscribe(), await bob.subscribe('lite'), await cid.subscribe(), await dan.subscribe()];
    expect(await ann.facts()).toMatchObject({ onTestClock: false });
    expect(await run()).toMatchObject({ lookedAt: 4, differences: 0 });
    const draft = await under.stripe.invoices.create({ customer: await ann.stripeId(), auto_advance: false });
    await under.stripe.invoiceItems.create({ customer: await ann.stripeId(), invoice: draft.id, amount: 500, currency: 'usd' });
    const open = await under.stripe.invoices.finalizeInvoice(draft.id, { auto_advance: false });
    await under.stripe.subscriptions.cancel(ids[1] ?? '');
    await under.source.query('DELETE FROM subscription WHERE id = $1', [ids[2]]);
    await under.source.query(`INSERT INTO subscription (id, customer_id, status, created) VALUES ('sub_ghost', $1, 'active', now() - interval '1 day')`, [dan.customerId]);
    expect(await run()).toMatchObject({ worseCustomers: 2, rung: 2, stoppedReason: expect.stringContaining('2 of 4') as unknown });
    expect(new Set((await found()).map(({ kind, subject }) => `${kind} ${subject}`))).toEqual(new Set([
      `amount_due_mismatch ${open.id}`, `status_mismatch ${ids[1]}`, `missing_local ${ids[2]}`, 'missing_stripe sub_ghost', `duplicate_active_sub ${[ids[3], 'sub_ghost'].sort().join(',')}`]));
    // Two of four are a mass: those who would be worse off are not rung, the others are.
    expect((await rung()).sort()).toEqual([ann.customerId, cid.customerId].sort());
  });
});
