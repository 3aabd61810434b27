import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { ledgerHead, readLedger } from '#database/ledger/ledger-rows.js';
import { verifyChain } from '#database/ledger/verify-chain.js';
import { ageReceivables } from '#domain/finance/ageing.js';
import { BOOKED_KINDS, Books } from '#domain/finance/books.js';
import type { LedgerRow } from '#domain/finance/ledger.types.js';
import { tieOut, tieOutReceivables, type BalanceTransaction } from '#domain/finance/tie-out.js';
import type { Catalogue, Plan } from '#domain/plan/plan.types.js';
import { startStripeEmulator, type StripeEmulator } from '#sandbox/emulators/stripe/emulator.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import type { BillingPort } from '#workflows/ports/billing.port.js';
import type { BooksPort } from '#workflows/ports/books.port.js';
import { createBillingActivities } from '../stripe/billing.activities.js';
import { syncCatalogue } from '../stripe/catalogue.js';
import { createStripeClient } from '../stripe/client.js';
import { createLedgerActivities } from './balance.activities.js';
import type { StripeClient } from './stripe-money.js';

const plan = (id: string, trialHours: number, amountCents: number): Plan => ({
  id, name: id.toUpperCase(), description: '', sold: true, prices: [{ id: `${id}_month`, amountCents, currency: 'usd', interval: 'month', intervalCount: 1 }], trialHours, downgradeTo: null, onCancel: 'end', afterCancelDays: 7,
  limits: { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: null, agents: 1, subAgents: 1 },
  size: { memoryMiB: 1, cpus: 1, pidsLimit: 1 }, sandboxSize: { memoryMiB: 1, cpus: 1, pidsLimit: 1 },
});
const catalogue: Catalogue = { id: 't', plans: [plan('pro', 48, 2900), plan('team', 0, 7900)] };
const KEY = 'sk_test_ledger';

let emulator: StripeEmulator;
let stripe: StripeClient;
let database: TestDatabase;
let source: DataSource;
let billing: BillingPort;
let ledger: BooksPort;
let customerId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 10).initialize();
  emulator = await startStripeEmulator({ port: 0, stateDir: null, autoTestClock: true, secretKey: KEY });
  stripe = createStripeClient({ secretKey: KEY, apiUrl: emulator.baseUrl, maxNetworkRetries: 0 });
  await syncCatalogue(stripe, catalogue);
  const logger = pino({ level: 'silent' });
  billing = createBillingActivities({ stripe, dataSource: source, catalogue, publicUrl: 'http://dash.test', logger } as Parameters<typeof createBillingActivities>[0]);
  ledger = createLedgerActivities({ stripe, dataSource: source, logger });
});
afterAll(async () => {
  await emulator.close();
  await source.destroy();
  await database.drop();
});
beforeEach(async () => {
  customerId = randomUUID();
  const userId = randomUUID();
  await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Ann')`, [customerId]);
  await source.query(`INSERT INTO "user" (id, name, email, "emailVerified", "updatedAt") VALUES ($1, 'Ann', $2, true, now())`, [userId, `${userId}@mail.test`]);
  await source.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, userId]);
});

async function control(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${emulator.baseUrl}/_emulator${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const answer = await response.json() as Record<string, unknown>;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
const stripeId = async (): Promise<string> => (await source.query('SELECT stripe_customer_id AS id FROM customer WHERE id = $1', [customerId]) as { id: string }[])[0]!.id;
const facts = () => billing.fetchBillingFacts({ customerId });
const setCard = async (card: string) => control('POST', `/customers/${await stripeId()}/card`, { card });
const advance = async (days: number): Promise<void> => {
  const customer = await stripe.customers.retrieve(await stripeId());
  const clock = customer.deleted === true ? '' : customer.test_clock as string;
  const { frozen_time: now } = await stripe.testHelpers.testClocks.retrieve(clock);
  await control('POST', `/clocks/${clock}/advance`, { to: now + days * 86_400 });
};
async function subscribe(planId = 'team', card = '4242424242424242'): Promise<void> {
  const { checkoutSessionId } = await billing.openCheckoutSession({ customerId, planId, priceId: `${planId}_month`, instanceId: randomUUID(), requestId: randomUUID() });
  await control('POST', `/checkout/${checkoutSessionId}/pay`, { card });
  await facts();
}
async function rows(): Promise<LedgerRow[]> {
  const list: LedgerRow[] = [];
  for await (const row of readLedger(source.manager, { throughSeq: (await ledgerHead(source.manager)).seq, customerId })) list.push(row);
  return list;
}
const kinds = async (): Promise<string[]> => (await rows()).map(({ kind, amountMinor }) => `${kind} ${amountMinor}`).sort();
const latestCharge = async (): Promise<string> => (await stripe.charges.list({ customer: await stripeId(), limit: 1 })).data[0]!.id;

/** The whole ledger against all that Stripe booked, and what is owed against Stripe's open invoices. */
async function differences(): Promise<unknown[]> {
  await ledger.syncBalance({});
  const all: LedgerRow[] = [];
  for await (const row of readLedger(source.manager, { throughSeq: (await ledgerHead(source.manager)).seq })) all.push(row);
  const transactions = (await source.query('SELECT id, type, reporting_category AS "reportingCategory", source, amount_minor AS "amountMinor", currency FROM stripe_balance') as BalanceTransaction[])
    .map((one) => ({ ...one, amountMinor: Number(one.amountMinor) }));
  const last = Math.max(...all.map(({ occurredAtMs }) => occurredAtMs));
  const until = new Books(0, last);
  for (const row of all) if ((BOOKED_KINDS as readonly string[]).includes(row.kind)) until.apply(row);
  const open: { invoiceId: string; currency: string; remainingCents: string }[] = await source.query(`SELECT id AS "invoiceId", currency, amount_remaining_cents AS "remainingCents" FROM invoice WHERE status = 'open'`);
  return [
    ...tieOut(all, transactions).flatMap((one) => one.differences),
    ...tieOutReceivables(until.receivables(), open.map((one) => ({ ...one, remainingCents: Number(one.remainingCents) }))).flatMap((one) => one.differences),
  ];
}

describe('the ledger of what Stripe shows', () => {
  it('has a paid subscription as invoice, payment and what it brings a month, each once however often it is read', async () => {
    await subscribe('team');
    const first = await kinds();
    expect(first).toEqual(['invoice_finalized 7900', 'payment_applied 7900', 'payment_succeeded 7900', 'plan_changed 7900']);
    for (let again = 0; again < 3; again += 1) await facts();
    expect(await kinds()).toEqual(first);
    expect(await differences()).toEqual([]);
  });

  it('a trial brings nothing until it is paid for', async () => {
    await subscribe('pro');
    expect(await kinds()).toEqual([]);
    await advance(3);
    await facts();
    expect(await kinds()).toEqual(['invoice_finalized 2900', 'payment_applied 2900', 'payment_succeeded 2900', 'plan_changed 2900']);
  });

  it('a failed renewal is owed and aged; paid later it is owed no more (scenario 12)', async () => {
    await subscribe('team');
    await setCard('4000000000000341');
    await advance(32);
    const owed = await facts();
    expect(owed.openInvoices).toHaveLength(1);
    expect(await kinds()).toEqual(expect.arrayContaining(['payment_failed 7900']));
    expect(await differences()).toEqual([]);
    const made = new Books(0, owed.customerNowMs);
    for (const row of await rows()) made.apply(row);
    expect(ageReceivables(made.receivables(), owed.customerNowMs)).toMatchObject([{ currency: 'usd', totalCents: 7900, invoices: 1 }]);
    await setCard('4242424242424242');
    await stripe.invoices.pay(owed.openInvoices[0]!.id);
    const after = await facts();
    const then = new Books(0, after.customerNowMs);
    for (const row of await rows()) then.apply(row);
    expect([...then.receivables()]).toEqual([]);
    expect(await differences()).toEqual([]);
  });

  it('refunds: a part, one that fails; the ledger takes a failed one back, and once (scenario 18)', async () => {
    await subscribe('team');
    const part = await stripe.refunds.create({ charge: await latestCharge(), amount: 500 });
    for (let twice = 0; twice < 2; twice += 1) await facts();
    expect(await kinds()).toEqual(expect.arrayContaining(['refund 500', 'plan_changed 7900']));
    expect(await differences()).toEqual([]);
    await control('POST', `/refunds/${part.id}/fail`, {});
    for (let twice = 0; twice < 2; twice += 1) await facts();
    expect((await kinds()).filter((kind) => kind.startsWith('refund'))).toEqual(['refund 500', 'refund_failed 500']);
    expect(await differences()).toEqual([]);
  });

  it.each(['won', 'lost'])('a dispute that is %s: the money that left, and that came back (scenario 17)', async (outcome) => {
    await subscribe('team');
    const { dispute: { id } } = await control('POST', '/disputes', { charge: await latestCharge() }) as { dispute: { id: string } };
    await facts();
    expect(await kinds()).toEqual(expect.arrayContaining(['dispute_opened 7900', 'dispute_funds_withdrawn 7900']));
    expect(await differences()).toEqual([]);
    await control('POST', `/disputes/${id}/close`, { status: outcome });
    for (let twice = 0; twice < 2; twice += 1) await facts();
    expect((await kinds()).filter((kind) => kind.startsWith('dispute'))).toEqual([
      ...(outcome === 'won' ? ['dispute_funds_reinstated 7900'] : []), 'dispute_funds_withdrawn 7900', ...(outcome === 'lost' ? ['dispute_lost 7900'] : []), 'dispute_opened 7900', ...(outcome === 'won' ? ['dispute_won 7900'] : []),
    ]);
    expect(await differences()).toEqual([]);
  });

  describe('with a renewal that failed', () => {
    const failed = async (): Promise<string> => {
      await subscribe('team');
      await setCard('4000000000000341');
      await advance(32);
      return (await facts()).openInvoices[0]!.id;
    };
    const money = async (amount: number): Promise<string> => (await stripe.paymentIntents.create({
      amount, currency: 'usd', customer: await stripeId(), payment_method: 'pm_card_visa', confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    })).id;
    const owed = async (): Promise<number> => {
      const { customerNowMs } = await facts();
      const books = new Books(0, customerNowMs);
      for (const row of await rows()) books.apply(row);
      return [...books.receivables()].reduce((sum, { remainingCents }) => sum + remainingCents, 0);
    };

    it('a part is paid, then more than the rest: what is too much is credit of the customer (scenario 12)', async () => {
      const invoice = await failed();
      await stripe.invoices.attachPayment(invoice, { payment_intent: await money(500) });
      expect(await owed()).toBe(7400);
      expect(await differences()).toEqual([]);
      await stripe.invoices.attachPayment(invoice, { payment_intent: await money(7500) });
      expect(await owed()).toBe(0);
      expect(await kinds()).toEqual(expect.arrayContaining(['balance_changed -100', 'payment_succeeded 500', 'payment_succeeded 7500']));
      expect(await differences()).toEqual([]);
    });

    it('a part is paid and the rest outside of Stripe: no money at Stripe, and nothing owed', async () => {
      const invoice = await failed();
      await stripe.invoices.attachPayment(invoice, { payment_intent: await money(500) });
      await stripe.invoices.pay(invoice, { paid_out_of_band: true });
      for (let twice = 0; twice < 2; twice += 1) expect(await owed()).toBe(0);
      expect((await kinds()).filter((kind) => kind.startsWith('payment_applied'))).toEqual(['payment_applied 500', 'payment_applied 7400', 'payment_applied 7900']);
      expect(await differences()).toEqual([]);
    });

    it('a credit note takes a part off', async () => {
      const invoice = await failed();
      await stripe.creditNotes.create({ invoice, amount: 900 });
      for (let twice = 0; twice < 2; twice += 1) expect(await owed()).toBe(7000);
      expect((await kinds()).filter((kind) => /^(credit_note|invoice_finalized)/.test(kind))).toEqual(['credit_note 900', 'invoice_finalized 7900', 'invoice_finalized 7900']);
      expect(await differences()).toEqual([]);
    });

    it('what was written off and is paid after all stays written off, and the money is there', async () => {
      const invoice = await failed();
      await stripe.invoices.markUncollectible(invoice);
      expect(await owed()).toBe(0);
      await setCard('4242424242424242');
      await stripe.invoices.pay(invoice);
      expect(await owed()).toBe(0);
      expect((await kinds()).filter((kind) => /^(written_off|payment_succeeded)/.test(kind))).toEqual(['payment_succeeded 7900', 'payment_succeeded 7900', 'written_off 7900']);
      expect(await differences()).toEqual([]);
    });
  });

  it('a refund that takes its time is in the books of both from the start', async () => {
    await subscribe('team', '4000000000007726');
    await stripe.refunds.create({ charge: await latestCharge() });
    await facts();
    expect(await kinds()).toEqual(expect.arrayContaining(['refund 7900']));
    expect(await differences()).toEqual([]);
  });

  it('void and uncollectible invoices are owed no more; an end brings nothing a month', async () => {
    await subscribe('team');
    await setCard('4000000000000341');
    await advance(32);
    const [open] = (await facts()).openInvoices;
    await stripe.invoices.voidInvoice(open!.id);
    await stripe.subscriptions.cancel((await facts()).subscription!.id);
    await facts();
    expect(await kinds()).toEqual(expect.arrayContaining(['invoice_voided 7900', 'plan_changed 0']));
    expect(await differences()).toEqual([]);
  });

  it('a charge that the ledger was never told of is found by its id', async () => {
    await subscribe('team');
    expect(await differences()).toEqual([]);
    // Behind our back: no read of this customer follows.
    const { latest_charge: charge } = await stripe.paymentIntents.create({ amount: 4321, currency: 'usd', customer: await stripeId(), payment_method: 'pm_card_visa', confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
    expect(await differences()).toMatchObject([{ what: 'payments', ref: charge, ledgerCents: 0, stripeCents: 4321 }]);
    await facts();
    expect(await differences()).toEqual([]);
  });

  it('a read that Stripe breaks off says nothing of the month', async () => {
    await source.query('DELETE FROM stripe_balance_read');
    await control('POST', '/faults', { kind: 'error-500-before', method: 'GET', path: '/v1/balance_transactions', count: 1 });
    await expect(ledger.syncBalance({ months: ['2026-01'] })).rejects.toMatchObject({ type: 'STRIPE_UNAVAILABLE' });
    expect(await source.query('SELECT * FROM stripe_balance_read')).toEqual([]);
  });

  it('is one chain at the end of all this', async () => {
    const { ok, rows: count } = await verifyChain(source.manager);
    expect(ok).toBe(true);
    expect(count).toBeGreaterThan(30);
  });
});
