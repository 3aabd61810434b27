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
  testClock: null, subscriptions: [], invoices: [], charges: [], intents: new Map(), disputes: [], ...over,
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

  const intent = (over: Partial<Stripe.PaymentIntent>): StripeSnapshot['intents'] => new Map([['pi_9', { id: 'pi_9', status: 'requires_payment_method', last_payment_error: null, payment_method: null, ...over } as Stripe.PaymentIntent]]);
  const openInvoice = (over: Partial<Stripe.Invoice> = {}): Stripe.Invoice => invoice('in_9', {
    status: 'open', amount_paid: 500, amount_remaining: 2400, next_payment_attempt: 777, billing_reason: 'subscription_cycle',
    payments: { object: 'list', has_more: false, url: '', data: [
      { status: 'paid', is_default: false, amount_paid: 500, payment: { type: 'payment_intent', payment_intent: 'pi_1' } }, { status: 'open', is_default: true, payment: { type: 'payment_intent', payment_intent: 'pi_9' } },
    ] as Stripe.InvoicePayment[] }, ...over,
  });
  const only = (over: Partial<StripeSnapshot>) => toBillingFacts(snapshot({ invoices: [openInvoice()], ...over })).openInvoices[0];

  it('says how the last attempt failed, in the decline\'s own code, and of which card', () => {
    const error = { type: 'card_error', code: 'card_declined', decline_code: 'stolen_card', payment_method: { id: 'pm_1' } } as Stripe.PaymentIntent.LastPaymentError;
    expect(only({ intents: intent({ last_payment_error: error }) })).toMatchObject({
      subscriptionId: 'sub_1', amountDueCents: 2900, amountRemainingCents: 2400, nextAttemptAtMs: 777_000, processing: false, firstFailedAtMs: 110_000, finalizedAtMs: 110_000,
      lastFailure: { code: 'stolen_card', paymentMethodId: 'pm_1' }, ofPendingUpdate: false,
    });
    expect(only({ intents: intent({ last_payment_error: { ...error, decline_code: undefined } as unknown as Stripe.PaymentIntent.LastPaymentError }) })?.lastFailure?.code).toBe('card_declined');
    expect(only({ intents: intent({ status: 'requires_action', payment_method: 'pm_2' }) })?.lastFailure).toEqual({ code: 'authentication_required', paymentMethodId: 'pm_2' });
    expect(only({ intents: intent({}) })?.lastFailure).toBeNull();
  });

  it('takes money on its way for no failure, unless an earlier attempt has failed', () => {
    const processing = intent({ status: 'processing' });
    expect(only({ intents: processing })).toMatchObject({ processing: true, firstFailedAtMs: null });
    expect(only({ intents: processing, charges: [charge({ id: 'ch_9', status: 'failed', paid: false, payment_intent: 'pi_9' })] })).toMatchObject({ processing: true, firstFailedAtMs: 110_000 });
  });

  it('knows the invoice of an upgrade that waits, and of one that has lapsed', () => {
    const pending = subscription('sub_1', { pending_update: { expires_at: 900 } as Stripe.Subscription.PendingUpdate });
    const update = openInvoice({ billing_reason: 'subscription_update' });
    expect(only({ invoices: [update], subscriptions: [pending] })?.ofPendingUpdate).toBe(true);
    expect(only({ subscriptions: [pending] })?.ofPendingUpdate).toBe(false);
    expect(only({ invoices: [update], subscriptions: [subscription('sub_1')] })?.ofPendingUpdate).toBe(false);
    expect(only({ invoices: [{ ...update, metadata: { pendingUpdateOf: 'sub_1' } }], subscriptions: [subscription('sub_1')] })?.ofPendingUpdate).toBe(true);
    expect(toBillingFacts(snapshot({ subscriptions: [pending] })).subscription?.pendingUpdateExpiresAtMs).toBe(900_000);
  });

  it('finds a dispute\'s subscription by charge, payment and invoice, also where the subscription has changed since', () => {
    const dispute = (over: Partial<Stripe.Dispute> = {}) => ({ id: 'dp_1', status: 'needs_response', reason: 'fraudulent', amount: 2900, currency: 'usd', charge: 'ch_1', payment_intent: null, ...over }) as Stripe.Dispute;
    const disputes = (one: Stripe.Dispute, charges = [charge()]) => toBillingFacts(snapshot({ invoices: [invoice('in_1')], charges, disputes: [one] })).disputes;
    expect(disputes(dispute())).toEqual([{ id: 'dp_1', status: 'needs_response', reason: 'fraudulent', amountCents: 2900, currency: 'usd', subscriptionId: 'sub_1' }]);
    expect(disputes(dispute({ payment_intent: 'pi_1', charge: 'ch_other' }))[0]?.subscriptionId).toBe('sub_1');
    expect(disputes(dispute({ charge: 'ch_other' }))[0]?.subscriptionId).toBeNull();
  });

  it('names the card that Stripe would charge: the subscription\'s own before the customer\'s', () => {
    const customer = { id: 'cus_1', object: 'customer', default_source: null, invoice_settings: { default_payment_method: 'pm_customer' } } as unknown as Stripe.Customer;
    const ids = (own: string | null) => { const facts = toBillingFacts(snapshot({ customer, subscriptions: [subscription('sub_1', { default_payment_method: own })] })); return [facts.paymentMethodId, facts.customerPaymentMethodId]; };
    expect(ids('pm_own')).toEqual(['pm_own', 'pm_customer']);
    expect(ids(null)).toEqual(['pm_customer', 'pm_customer']);
  });

  it('tells a pause by its cause, collection that is paused, and the plan that is booked', () => {
    const status_details = { paused: { type: 'subscription', transitioned_at: 1, subscription: { type: 'trial_end_without_payment_method' } } } as Stripe.Subscription.StatusDetails;
    const phase = (start: number, metadata: Stripe.Metadata) => ({ start_date: start, end_date: start + 100, metadata }) as Stripe.SubscriptionSchedule.Phase;
    const schedule = { id: 'sub_sched_1', status: 'active', current_phase: { start_date: 100, end_date: 200 }, phases: [phase(100, {}), phase(200, { planId: 'lite', priceId: 'lite_month' })] } as unknown as Stripe.SubscriptionSchedule;
    const of = (over: Partial<Stripe.Subscription>) => toBillingFacts(snapshot({ subscriptions: [subscription('sub_1', over)] })).subscription;
    expect(of({ status: 'paused', status_details })).toMatchObject({ pauseReason: 'trial_end_without_payment_method', collectionPaused: false });
    expect(of({ status_details, pause_collection: { behavior: 'keep_as_draft', resumes_at: null }, schedule })).toMatchObject({ pauseReason: null, collectionPaused: true, scheduledChange: { planId: 'lite', priceId: 'lite_month', atMs: 200_000 } });
    expect(of({ schedule: { ...schedule, current_phase: { start_date: 200, end_date: 300 } } })?.scheduledChange).toBeNull();
    expect(of({ schedule: { ...schedule, status: 'released' } })?.scheduledChange).toBeNull();
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
