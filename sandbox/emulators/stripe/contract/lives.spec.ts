import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monthly } from './contract.js';
import { type Control, freshEmulator } from './under-test.js';

/** A small generator of random numbers: the same seed gives the same life. */
function random(seed: number): () => number {
  let state = seed * 2_654_435_769;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const steps = 40;
const lives = 12;

/** Random lives of customers: whatever is called in whatever order, nothing breaks and every cent is accounted for. */
describe('random lives', { timeout: 120_000 }, () => {
  let stripe: Stripe;
  let control: Control;
  let close: () => Promise<void>;
  let prices: string[];
  beforeAll(async () => {
    ({ stripe, control, close } = await freshEmulator({ autoTestClock: true }));
    prices = [(await monthly(stripe, 2000)).id, (await monthly(stripe, 5000)).id, (await monthly(stripe, 0)).id, (await monthly(stripe, 20000, { interval: 'year' })).id];
  });
  afterAll(() => close());

  async function live(seed: number): Promise<string> {
    const next = random(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
    const customer = await stripe.customers.create({ email: 'ada@example.com' });
    const clock = customer.test_clock as string;
    await control.post(`/customers/${customer.id}/card`, { card: '4242424242424242' });
    const subscription = async (): Promise<Stripe.Subscription | undefined> => (await stripe.subscriptions.list({ customer: customer.id })).data[0];
    const open = async (): Promise<string> => (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data[0]?.id ?? 'in_none';
    const charge = async (): Promise<string> => pick((await stripe.charges.list({ customer: customer.id })).data.filter((row) => row.status === 'succeeded'))?.id ?? 'ch_none';
    const update = async (params: Stripe.SubscriptionUpdateParams): Promise<unknown> => stripe.subscriptions.update((await subscription())?.id ?? 'sub_none', params);
    const acts: (() => Promise<unknown>)[] = [
      async () => control.post(`/clocks/${clock}/advance`, { to: (await stripe.testHelpers.testClocks.retrieve(clock)).frozen_time + Math.ceil(next() * 40 * 86_400) }),
      async () => control.post(`/clocks/${clock}/advance`, { to: (await stripe.testHelpers.testClocks.retrieve(clock)).frozen_time + Math.ceil(next() * 3 * 86_400) }),
      async () => stripe.subscriptions.create({ customer: customer.id, items: [{ price: pick(prices) }], ...(next() < 0.3 ? { trial_period_days: 3 } : {}) }),
      async () => control.post(`/customers/${customer.id}/card`, { slot: pick(['customer', 'subscription', 'both']), ...pick([{ card: '4242424242424242' }, { card: '4242424242424242' }, { card: '4000000000009995' }, { card: '4000000000009979' }, { card: '4000002760003184' }, { account: '000123456789' }, { account: '000222222227' }]) }),
      async () => stripe.invoices.pay(await open()),
      async () => stripe.invoices.pay(await open(), { paid_out_of_band: true }),
      async () => stripe.invoices.voidInvoice(await open()),
      async () => stripe.invoices.markUncollectible(await open()),
      async () => {
        const intent = await stripe.paymentIntents.create({ amount: 100 + Math.floor(next() * 3000), currency: 'usd', customer: customer.id, payment_method: pick(['pm_card_visa', 'pm_card_chargeCustomerFail']), automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
        await stripe.invoices.attachPayment(await open(), { payment_intent: intent.id });
        return stripe.paymentIntents.confirm(intent.id);
      },
      async () => update({ items: [{ id: (await subscription())?.items.data[0]?.id ?? 'si_none', price: pick(prices) }], proration_behavior: pick(['always_invoice', 'create_prorations', 'none']), payment_behavior: pick(['allow_incomplete', 'pending_if_incomplete', 'error_if_incomplete']) }),
      async () => {
        const schedule = await stripe.subscriptionSchedules.create({ from_subscription: (await subscription())?.id ?? 'sub_none' });
        const [phase] = schedule.phases;
        return stripe.subscriptionSchedules.update(schedule.id, { end_behavior: pick(['release', 'cancel']), phases: [{ items: [{ price: phase?.items[0]?.price as string }], start_date: phase?.start_date ?? 0, end_date: phase?.end_date ?? 0 }, { items: [{ price: pick(prices) }], duration: { interval: 'month' } }] });
      },
      async () => stripe.subscriptionSchedules.release(((await subscription())?.schedule as string | null) ?? 'sub_sched_none'),
      async () => update({ cancel_at_period_end: next() < 0.5 }),
      async () => update({ pause_collection: next() < 0.5 ? '' : { behavior: pick(['void', 'mark_uncollectible', 'keep_as_draft']) } }),
      async () => stripe.subscriptions.pause((await subscription())?.id ?? 'sub_none'),
      async () => stripe.subscriptions.resume((await subscription())?.id ?? 'sub_none'),
      async () => stripe.subscriptions.cancel((await subscription())?.id ?? 'sub_none', { prorate: next() < 0.5, invoice_now: next() < 0.5 }),
      async () => stripe.refunds.create({ charge: await charge(), ...(next() < 0.5 ? { amount: 1 + Math.floor(next() * 800) } : {}) }),
      async () => control.post('/disputes', { charge: await charge(), status: pick(['needs_response', 'warning_needs_response', 'prevented']) }),
      async () => control.post(`/disputes/${(await stripe.disputes.list({ charge: await charge() })).data[0]?.id ?? 'du_none'}/status`, { status: pick(['won', 'lost', 'under_review', 'warning_closed']) }),
      async () => stripe.customers.createBalanceTransaction(customer.id, { amount: Math.floor(next() * 1000) - 600, currency: 'usd' }),
      async () => stripe.creditNotes.create({ invoice: await open(), amount: 1 + Math.floor(next() * 900) }),
      async () => control.post('/account', { retries: pick(['off', 'smart']), endAction: pick(['leave', 'unpaid', 'cancel', 'pause']) }),
    ];
    for (let step = 0; step < steps; step += 1) {
      try {
        const answer = (await pick(acts)()) as { error?: { type?: string } };
        expect([seed, step, answer.error?.type]).toEqual([seed, step, undefined]);
      } catch (error) {
        // Refusals are part of life; a fault of the emulator is not.
        const status = (error as Stripe.errors.StripeError).statusCode;
        expect([seed, step, status, (error as Error).message], 'a refusal, not a fault').toEqual([seed, step, expect.toSatisfy((value: unknown) => typeof value === 'number' && value < 500), expect.any(String)]);
      }
    }
    expect([seed, (await stripe.testHelpers.testClocks.retrieve(clock)).status]).toEqual([seed, 'ready']);
    return customer.id;
  }

  async function balances(seed: number, customer: string): Promise<void> {
    const invoices = await stripe.invoices.list({ customer, limit: 100 }).autoPagingToArray({ limit: 1000 });
    for (const invoice of invoices) {
      if (invoice.status === 'draft' || invoice.status === 'void') continue;
      const payments = (await stripe.invoicePayments.list({ invoice: invoice.id ?? '', limit: 100 })).data;
      const received = payments.reduce((sum, row) => sum + (row.amount_paid ?? 0), 0);
      const where = `seed ${seed} ${invoice.id} ${invoice.status}`;
      expect([where, invoice.amount_due - invoice.amount_paid]).toEqual([where, invoice.amount_remaining]);
      expect([where, received - invoice.amount_overpaid + (invoice.amount_paid_off_stripe ?? 0)]).toEqual([where, invoice.amount_paid]);
      if (invoice.status === 'paid') expect([where, invoice.amount_remaining]).toEqual([where, 0]);
      else expect(invoice.amount_remaining, where).toBeGreaterThan(0);
    }
    const moves = await stripe.customers.listBalanceTransactions(customer, { limit: 100 }).autoPagingToArray({ limit: 1000 });
    const { balance } = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
    expect([seed, moves.reduce((sum, row) => sum + row.amount, 0)]).toEqual([seed, balance]);
    const book = (await control.get(`/ledger?customer=${customer}`)) as { balanceTransactions: Stripe.BalanceTransaction[]; totals: { netCents: number }; charges: { id: string }[] };
    let disputed = 0;
    for (const { id } of book.charges) for (const row of (await stripe.disputes.list({ charge: id, limit: 100 })).data) disputed += row.balance_transactions.reduce((sum, move) => sum + move.amount, 0);
    expect([seed, book.balanceTransactions.reduce((sum, row) => sum + row.amount, 0)]).toEqual([seed, book.totals.netCents + disputed]);
  }

  it.each(Array.from({ length: lives }, (_, index) => index + 1))('number %i breaks nothing and balances', async (seed) => {
    await balances(seed, await live(seed));
  });
});
