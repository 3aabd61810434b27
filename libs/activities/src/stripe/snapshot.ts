import type Stripe from 'stripe';
import type { BillingFacts, OpenInvoice, SubscriptionFacts } from '#domain/lifecycle/lifecycle.types.js';

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
}

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
    openInvoices: snapshot.invoices.filter((invoice) => invoice.status === 'open').map(toOpenInvoice),
    // The zero invoice with which a trial begins is no payment.
    paidInvoiceCount: snapshot.invoices.filter((invoice) => invoice.status === 'paid' && invoice.amount_paid > 0).length,
  };
}

/** Facts of a customer whom Stripe does not know yet. */
export const noBillingFacts = (nowMs: number): BillingFacts => ({
  fetchedAtMs: nowMs, customerNowMs: nowMs, onTestClock: false, stripeCustomerId: null, subscription: null,
  liveSubscriptionCount: 0, openInvoices: [], paidInvoiceCount: 0,
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

function toOpenInvoice(invoice: Stripe.Invoice): OpenInvoice {
  return {
    id: invoice.id,
    amountRemainingCents: invoice.amount_remaining,
    currency: invoice.currency,
    // Stripe tries an automatically collected invoice the moment it is finalized, so the first failure is of that instant.
    firstFailedAtMs: invoice.attempt_count > 0 ? msOrNull(invoice.status_transitions.finalized_at ?? invoice.created) : null,
    attemptCount: invoice.attempt_count,
    collectionMethod: invoice.collection_method,
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

export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  reference === null || reference === undefined ? null : typeof reference === 'string' ? reference : reference.id;

export const ms = (seconds: number): number => seconds * 1000;
export const msOrNull = (seconds: number | null | undefined): number | null => (seconds === null || seconds === undefined ? null : seconds * 1000);

const newest = (subscriptions: readonly Stripe.Subscription[]): Stripe.Subscription | null =>
  [...subscriptions].sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1))[0] ?? null;
