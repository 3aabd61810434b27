import type Stripe from 'stripe';
import type { BillingFacts, DisputeFacts, OpenInvoice, SubscriptionFacts } from '#domain/lifecycle/lifecycle.types.js';
import { scheduledChangeOf } from './schedule-phases.js';

/** All that was read of one Stripe customer in one go. */
export interface StripeSnapshot {
  /** Real clock before the first read. */
  readonly fetchedAtMs: number;
  readonly customer: Stripe.Customer | Stripe.DeletedCustomer;
  readonly testClock: Stripe.TestHelpers.TestClock | null;
  readonly subscriptions: readonly Stripe.Subscription[];
  /** With `payments` expanded. */
  readonly invoices: readonly Stripe.Invoice[];
  readonly charges: readonly Stripe.Charge[];
  /** The payment intents of the open invoices, by id: how their last attempt went. */
  readonly intents: ReadonlyMap<string, Stripe.PaymentIntent>;
  /** Of the disputed charges. */
  readonly disputes: readonly Stripe.Dispute[];
}

/** Stands in the metadata of the invoice of an upgrade that was not paid. Kept when the pending update lapses, so that it never opens a dunning case. */
export const PENDING_UPDATE_MARK = 'pendingUpdateOf';

/** Statuses in which nothing more will be served or charged; everything else, an unknown word included, counts as live or about to be. */
const OVER = new Set<string>(['canceled', 'incomplete_expired']);
const NOT_LIVE = new Set<string>([...OVER, 'incomplete']);

export const isLive = (subscription: Stripe.Subscription): boolean => !NOT_LIVE.has(subscription.status);

/** The facts that the lifecycle decides on. */
export function toBillingFacts(snapshot: StripeSnapshot): BillingFacts {
  const live = snapshot.subscriptions.filter(isLive);
  const chosen = newest(live) ?? newest(snapshot.subscriptions.filter((one) => one.status === 'canceled')) ?? newest(snapshot.subscriptions);
  return {
    fetchedAtMs: snapshot.fetchedAtMs,
    customerNowMs: snapshot.testClock === null ? snapshot.fetchedAtMs : ms(snapshot.testClock.frozen_time),
    onTestClock: snapshot.testClock !== null,
    stripeCustomerId: snapshot.customer.id,
    subscription: chosen === null ? null : { ...toSubscriptionFacts(chosen), paidThroughMs: paidThroughMs(chosen, snapshot) },
    liveSubscriptionCount: live.length,
    openInvoices: snapshot.invoices.filter((invoice) => invoice.status === 'open').map((invoice) => toOpenInvoice(invoice, snapshot)),
    // The zero invoice with which a trial begins is no payment.
    paidInvoiceCount: snapshot.invoices.filter((invoice) => invoice.status === 'paid' && invoice.amount_paid > 0).length,
    disputes: snapshot.disputes.map((dispute) => toDisputeFacts(dispute, snapshot)),
    paymentMethodId: (chosen === null ? null : ownPaymentMethodOf(chosen)) ?? customerPaymentMethodOf(snapshot.customer),
    customerPaymentMethodId: customerPaymentMethodOf(snapshot.customer),
  };
}

const ownPaymentMethodOf = (subscription: Stripe.Subscription): string | null => idOf(subscription.default_payment_method) ?? idOf(subscription.default_source);

/** The customer's default: a payment method, else the older kind of source. */
const customerPaymentMethodOf = (customer: StripeSnapshot['customer']): string | null =>
  (customer.deleted === true ? null : idOf(customer.invoice_settings.default_payment_method) ?? idOf(customer.default_source));

/** Facts of a customer whom Stripe does not know yet. */
export const noBillingFacts = (nowMs: number): BillingFacts => ({
  fetchedAtMs: nowMs, customerNowMs: nowMs, onTestClock: false, stripeCustomerId: null, subscription: null,
  liveSubscriptionCount: 0, openInvoices: [], paidInvoiceCount: 0, disputes: [], paymentMethodId: null, customerPaymentMethodId: null,
});

export function toSubscriptionFacts(subscription: Stripe.Subscription): SubscriptionFacts {
  return {
    id: subscription.id,
    status: subscription.status,
    planId: planIdOf(subscription),
    priceId: priceIdOf(subscription),
    instanceId: subscription.metadata['instanceId'] ?? null,
    startedAtMs: ms(subscription.start_date),
    trialEndMs: msOrNull(subscription.trial_end),
    currentPeriodEndMs: msOrNull(periodEnd(subscription)),
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    cancelAtMs: msOrNull(subscription.cancel_at),
    endedAtMs: msOrNull(subscription.ended_at),
    endReason: subscription.cancellation_details?.reason ?? null,
    pauseReason: subscription.status === 'paused' ? subscription.status_details?.paused.subscription.type ?? null : null,
    collectionPaused: (subscription.pause_collection ?? null) !== null,
    pendingUpdateExpiresAtMs: msOrNull(subscription.pending_update?.expires_at),
    scheduledChange: scheduledChangeOf(subscription),
  };
}

/** End of the last period of this subscription that was paid for and not paid back in full. */
function paidThroughMs(subscription: Stripe.Subscription, snapshot: StripeSnapshot): number | null {
  const ends = snapshot.invoices
    .filter((invoice) => subscriptionOf(invoice) === subscription.id && invoice.status === 'paid' && invoice.amount_paid > refundedCents(invoice, snapshot.charges))
    .flatMap((invoice) => invoice.lines.data.map((line) => ms(line.period.end)));
  return ends.length === 0 ? null : Math.max(...ends);
}

/** What went back of an invoice, by the charges that paid it. */
export const refundedCents = (invoice: Stripe.Invoice, charges: readonly Stripe.Charge[]): number =>
  chargesOf(invoice, charges).reduce((sum, charge) => sum + charge.amount_refunded, 0);

/** The successful charges that paid an invoice. */
export function chargesOf(invoice: Stripe.Invoice, charges: readonly Stripe.Charge[]): readonly Stripe.Charge[] {
  const paid = paymentsOf(invoice);
  return charges.filter((charge) => charge.paid
    && paid.some(({ chargeId, paymentIntentId }) => chargeId === charge.id || paymentIntentId !== null && paymentIntentId === idOf(charge.payment_intent)));
}

function toOpenInvoice(invoice: Stripe.Invoice, snapshot: StripeSnapshot): OpenInvoice {
  const intents = openIntentIdsOf(invoice).flatMap((id) => snapshot.intents.get(id) ?? []);
  const processing = intents.some(({ status }) => status === 'processing');
  const failedBefore = snapshot.charges.some((charge) => charge.status === 'failed' && intents.some(({ id }) => id === idOf(charge.payment_intent)));
  const finalizedAtMs = ms(invoice.status_transitions.finalized_at ?? invoice.created);
  return {
    id: invoice.id,
    subscriptionId: subscriptionOf(invoice),
    amountDueCents: invoice.amount_due,
    amountRemainingCents: invoice.amount_remaining,
    currency: invoice.currency,
    finalizedAtMs,
    // Stripe tries an automatically collected invoice the moment it is finalized, so the first failure is of that instant, in the customer's time
    // (charges are stamped by the wall clock). A first attempt that is still on its way has not failed.
    firstFailedAtMs: invoice.attempt_count > 0 && (!processing || failedBefore) ? finalizedAtMs : null,
    attemptCount: invoice.attempt_count,
    nextAttemptAtMs: msOrNull(invoice.next_payment_attempt),
    collectionMethod: invoice.collection_method,
    processing,
    ofPendingUpdate: isOfPendingUpdate(invoice, snapshot.subscriptions),
    lastFailure: intents.map(lastFailureOf).find((failure) => failure !== null) ?? null,
  };
}

/** True for the invoice of an upgrade that waits for its payment, or that lapsed without. */
export function isOfPendingUpdate(invoice: Stripe.Invoice, subscriptions: readonly Stripe.Subscription[]): boolean {
  if (invoice.metadata?.[PENDING_UPDATE_MARK] !== undefined) return true;
  const subscription = subscriptions.find(({ id }) => id === subscriptionOf(invoice));
  return invoice.billing_reason === 'subscription_update' && (subscription?.pending_update ?? null) !== null;
}

/** Payment methods whose bank answers days later (docs.stripe.com/payments/bank-debits). */
const LATE_METHODS = new Set<string>(['us_bank_account', 'sepa_debit', 'bacs_debit', 'au_becs_debit', 'acss_debit', 'nz_bank_account']);

/** How the last attempt to pay failed: Stripe's decline code, else its error code; the bank's wish for a confirmation counts as one. */
export function lastFailureOf(intent: Stripe.PaymentIntent): OpenInvoice['lastFailure'] {
  const error = intent.last_payment_error;
  if (error !== null) {
    const settlesLate = LATE_METHODS.has(error.payment_method?.type ?? 'card');
    return { code: error.decline_code ?? error.code ?? null, paymentMethodId: idOf(error.payment_method) ?? idOf(intent.payment_method), ...(settlesLate ? { settlesLate } : {}) };
  }
  return intent.status === 'requires_action' ? { code: 'authentication_required', paymentMethodId: idOf(intent.payment_method) } : null;
}

function toDisputeFacts(dispute: Stripe.Dispute, { invoices, charges }: StripeSnapshot): DisputeFacts {
  const chargeId = idOf(dispute.charge);
  const intentId = idOf(dispute.payment_intent) ?? idOf(charges.find(({ id }) => id === chargeId)?.payment_intent);
  const invoice = invoices.find((one) => paymentsOf(one).some((paid) => paid.chargeId === chargeId && chargeId !== null || paid.paymentIntentId === intentId && intentId !== null));
  return {
    id: dispute.id, status: dispute.status, reason: dispute.reason, amountCents: dispute.amount, currency: dispute.currency,
    subscriptionId: invoice === undefined ? null : subscriptionOf(invoice),
  };
}

/** Our plan: the price says it (the portal may change the price), else the subscription's metadata from checkout. */
export const planIdOf = (subscription: Stripe.Subscription): string | null =>
  subscription.items.data[0]?.price.metadata['planId'] ?? subscription.metadata['planId'] ?? null;

/** Our name of the price. Its metadata keep it when the lookup key has moved on to a newer price. */
export const priceIdOf = (subscription: Stripe.Subscription): string | null => {
  const price = subscription.items.data[0]?.price;
  return price?.metadata['priceId'] ?? price?.lookup_key ?? null;
};

/** Since 2025-03-31 the period stands on the items; the last one to end counts. Seconds. */
export function periodEnd(subscription: Stripe.Subscription): number | null {
  const ends = subscription.items.data.map((item) => item.current_period_end);
  return ends.length === 0 ? null : Math.max(...ends);
}

/** The subscription that an invoice belongs to (since 2025-03-31 under `parent`), or null. */
export const subscriptionOf = (invoice: Stripe.Invoice): string | null => idOf(invoice.parent?.subscription_details?.subscription);

/** Payment intents and charges with which the invoice was paid. */
export function paymentsOf(invoice: Stripe.Invoice): { paymentIntentId: string | null; chargeId: string | null; amountPaidCents: number }[] {
  return (invoice.payments?.data ?? []).filter((payment) => payment.status === 'paid').map((payment) => ({
    paymentIntentId: idOf(payment.payment.payment_intent), chargeId: idOf(payment.payment.charge), amountPaidCents: payment.amount_paid ?? 0,
  }));
}

/** Payment intents by which an invoice is to be paid, its default one first. */
export const openIntentIdsOf = (invoice: Stripe.Invoice): string[] => (invoice.payments?.data ?? [])
  .filter((payment) => payment.status === 'open')
  .sort((a, b) => Number(b.is_default) - Number(a.is_default))
  .flatMap((payment) => idOf(payment.payment.payment_intent) ?? []);

/** The id of a customer's test clock, where it hangs on one. */
export const clockIdOf = (customer: StripeSnapshot['customer']): string | null => (customer.deleted === true ? null : idOf(customer.test_clock));

export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  reference === null || reference === undefined ? null : typeof reference === 'string' ? reference : reference.id;

export const ms = (seconds: number): number => seconds * 1000;
export const msOrNull = (seconds: number | null | undefined): number | null => (seconds === null || seconds === undefined ? null : seconds * 1000);

const newest = (subscriptions: readonly Stripe.Subscription[]): Stripe.Subscription | null =>
  [...subscriptions].sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1))[0] ?? null;
