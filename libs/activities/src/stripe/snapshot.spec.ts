import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { toInvoiceRow, toSubscriptionRow } from './projection-rows.js';
import { noBillingFacts, toBillingFacts, type StripeSnapshot } from './snapshot.js';

/** Only what is read; the SDK's types check the names. */
const subscription = (id: string, over: Partial<Stripe.Subscription> = {}): Stripe.Subscription => ({
  id, object: 'subscription', status: 'active', created: 100, start_date: 100, currency: 'usd', cancel_at: null, cancel_at_period_end: false, ended_at: null,
  trial_end: null, cancellation_details: null, metadata: { planId: 'pro', instanceId: 'i-1' }, default_payment_method: null, customer: 'cus_1',
  items: { object: 'list', has_more: false, url: '', data: [item(200), item(300)] }, ...over,
} as Stripe.Subscription);
const item = (periodEnd: number, metadata: Stripe.Metadata = { planId: 'pro', priceId: 'pro_month' }): Stripe.SubscriptionItem => ({
  id: 'si_1', current_period_end: periodEnd, current_period_start: 100,
  price: { id: 'price_1', metadata, lookup_key: 'moved_on', unit_amount: 2900, currency: 'usd', recurring: { interval: 'month', interval_count: 1 } },
} as Stripe.SubscriptionItem);
const invoice = (id: string, over: Partial<Stripe.Invoice> = {}): Stripe.Invoice => ({
  id, object: 'invoice', status: 'paid', amount_due: 2900, amount_paid: 2900, amount_remaining: 0, attempt_count: 1, collection_method: 'charge_automatically', created: 100,
  currency: 'usd', number: 'A-1', description: null, period_start: 1, period_end: 2, hosted_invoice_url: 'http://h', invoice_pdf: 'http://p',
  lines: { object: 'list', has_more: false, url: '', data: [{ description: '1 × Pro', period: { start: 100, end: 200 } }] },
  parent: { type: 'subscription_details', quote_details: null, subscription_details: { subscription: 'sub_1', metadata: {} } },
  status_transitions: { finalized_at: 110, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  payments: { object: 'list', has_more: false, url: '', data: [{ status: 'paid', amount_paid: 2900, payment: { type: 'payment_intent', payment_intent: 'pi_1' } }] }, ...over,
} as Stripe.Invoice);
const charge = (over: Partial<Stripe.Charge> = {}): Stripe.Charge => ({ id: 'ch_1', paid: true, payment_intent: 'pi_1', amount_refunded: 0, receipt_url: 'http://r', ...over } as Stripe.Charge);
const snapshot = (over: Partial<StripeSnapshot> = {}): StripeSnapshot => ({
  fetchedAtMs: 5_000, customer: { id: 'cus_1', object: 'customer', invoice_settings: { default_payment_method: null } } as Stripe.Customer,
  testClock: null, subscriptions: [], invoices: [], charges: [], ...over,
});

describe('facts of a snapshot', () => {
  it('reads the periods from the items, names from the price\'s metadata, and the real clock where there is no other', () => {
    expect(toBillingFacts(snapshot({ subscriptions: [subscription('sub_1', { trial_end: 150 })] }))).toMatchObject({
      customerNowMs: 5_000, onTestClock: false, liveSubscriptionCount: 1,
      subscription: { id: 'sub_1', status: 'active', planId: 'pro', priceId: 'pro_month', instanceId: 'i-1', currentPeriodEndMs: 300_000, trialEndMs: 150_000 },
    });
  });

  it('lives by the test clock', () => {
    expect(toBillingFacts(snapshot({ testClock: { frozen_time: 77 } as Stripe.TestHelpers.TestClock }))).toMatchObject({ onTestClock: true, customerNowMs: 77_000, fetchedAtMs: 5_000 });
  });

  it.each([
    ['the live one before a newer ended one', [subscription('sub_a'), subscription('sub_b', { status: 'canceled', created: 900 })], 'sub_a', 1],
    ['the newest of two live ones, and counts both', [subscription('sub_a'), subscription('sub_b', { created: 900 })], 'sub_b', 2],
    ['the last that ended', [subscription('sub_a', { status: 'canceled' }), subscription('sub_b', { status: 'canceled', created: 900 })], 'sub_b', 0],
    ['an ended one before one that never began', [subscription('sub_a', { status: 'canceled' }), subscription('sub_b', { status: 'incomplete_expired', created: 900 })], 'sub_a', 0],
    ['one with a status of tomorrow as live', [subscription('sub_a', { status: 'hibernating' as Stripe.Subscription.Status })], 'sub_a', 1],
  ])('takes %s', (_what, subscriptions, id, live) => {
    const facts = toBillingFacts(snapshot({ subscriptions }));
    expect([facts.subscription?.id, facts.liveSubscriptionCount]).toEqual([id, live]);
  });

  it('counts only payments with an amount, and says through when it is paid, less what went back in full', () => {
    const subscriptions = [subscription('sub_1')];
    const zero = invoice('in_0', { amount_due: 0, amount_paid: 0, payments: { object: 'list', has_more: false, url: '', data: [] } });
    expect(toBillingFacts(snapshot({ subscriptions, invoices: [zero] }))).toMatchObject({ paidInvoiceCount: 0, subscription: { paidThroughMs: null } });
    expect(toBillingFacts(snapshot({ subscriptions, invoices: [zero, invoice('in_1')], charges: [charge()] }))).toMatchObject({ paidInvoiceCount: 1, subscription: { paidThroughMs: 200_000 } });
    expect(toBillingFacts(snapshot({ subscriptions, invoices: [invoice('in_1')], charges: [charge({ amount_refunded: 100 })] })).subscription?.paidThroughMs).toBe(200_000);
    expect(toBillingFacts(snapshot({ subscriptions, invoices: [invoice('in_1')], charges: [charge({ amount_refunded: 2900 })] })).subscription?.paidThroughMs).toBeNull();
    expect(toBillingFacts(snapshot({ subscriptions: [subscription('sub_2')], invoices: [invoice('in_1')] })).subscription?.paidThroughMs).toBeNull();
  });

  it('anchors an open invoice at its first attempt, and one that was never tried nowhere', () => {
    const open = { status: 'open', amount_remaining: 2900, amount_paid: 0 } as const;
    const { openInvoices } = toBillingFacts(snapshot({ invoices: [invoice('in_1', open), invoice('in_2', { ...open, attempt_count: 0 }), invoice('in_3', { status: 'draft' })] }));
    expect(openInvoices.map(({ id, firstFailedAtMs }) => [id, firstFailedAtMs])).toEqual([['in_1', 110_000], ['in_2', null]]);
  });

  it('has nothing for a customer that Stripe does not know', () => {
    expect(noBillingFacts(9)).toMatchObject({ stripeCustomerId: null, subscription: null, customerNowMs: 9 });
  });
});

describe('rows', () => {
  it('of an invoice: refunds and receipt by its charge, the line\'s period; a draft is none', () => {
    expect(toInvoiceRow(invoice('in_1'), [charge({ amount_refunded: 400 }), charge({ id: 'ch_2', payment_intent: 'pi_other', amount_refunded: 9 })])).toMatchObject({
      id: 'in_1', status: 'paid', amount_refunded_cents: 400, receipt_url: 'http://r', description: '1 × Pro', period_start: new Date(100_000), period_end: new Date(200_000),
    });
    expect(toInvoiceRow(invoice('in_1', { status: 'draft' }), [])).toBeNull();
  });

  it('of a subscription: its own card, else the customer\'s; a cancel by date counts as one', () => {
    const card = (last4: string) => ({ type: 'card', card: { brand: 'visa', last4, exp_month: 1, exp_year: 2030 } }) as Stripe.PaymentMethod;
    const customer = { ...snapshot().customer, invoice_settings: { default_payment_method: card('1111') } } as Stripe.Customer;
    expect(toSubscriptionRow(subscription('sub_1', { default_payment_method: card('2222') }), customer).payment_method?.last4).toBe('2222');
    expect(toSubscriptionRow(subscription('sub_1', { cancel_at: 400 }), customer)).toMatchObject({ cancel_at_period_end: true, payment_method: { last4: '1111' }, current_period_end: new Date(300_000), price_id: 'pro_month' });
    expect(toSubscriptionRow(subscription('sub_1'), { id: 'cus_1', object: 'customer', deleted: true })).toMatchObject({ payment_method: null });
  });
});
