import type Stripe from 'stripe';
import { scheduledChangeOf } from './schedule-phases.js';
import { chargesOf, idOf, periodEnd, planIdOf, priceIdOf, refundedCents, subscriptionOf, type StripeSnapshot } from './snapshot.js';

export interface SubscriptionRow {
  id: string; stripe_customer_id: string | null; status: string; plan_id: string | null; price_id: string | null; amount_cents: number | null; currency: string | null;
  interval: string | null; interval_count: number | null; current_period_end: Date | null; trial_end: Date | null;
  cancel_at_period_end: boolean; scheduled_change: ScheduledChangeView | null; payment_method: PaymentMethodView | null; created: Date; ended_at: Date | null;
}

/** A change of plan that is booked; `at` in ISO 8601. */
export interface ScheduledChangeView { planId: string | null; priceId: string | null; at: string }

/** What a person may see of a card: no more than a receipt shows. */
export interface PaymentMethodView { type: string; brand: string | null; last4: string | null; expMonth: number | null; expYear: number | null }

export interface InvoiceRow {
  id: string; stripe_customer_id: string | null; subscription_id: string | null; number: string | null; status: string; amount_due_cents: number; amount_paid_cents: number; amount_remaining_cents: number;
  amount_refunded_cents: number; currency: string; description: string | null; period_start: Date | null; period_end: Date | null; created: Date;
  hosted_invoice_url: string | null; invoice_pdf: string | null; receipt_url: string | null;
}

/** A row of our table `subscription`; the card is the subscription's own, else the customer's default. */
export function toSubscriptionRow(subscription: Stripe.Subscription, customer: StripeSnapshot['customer']): SubscriptionRow {
  const price = subscription.items.data[0]?.price;
  const fallback = customer.deleted === true ? null : customer.invoice_settings.default_payment_method;
  return {
    id: subscription.id, stripe_customer_id: idOf(subscription.customer), status: subscription.status, plan_id: planIdOf(subscription), price_id: priceIdOf(subscription),
    amount_cents: price?.unit_amount ?? null, currency: price?.currency ?? subscription.currency,
    interval: price?.recurring?.interval ?? null, interval_count: price?.recurring?.interval_count ?? null,
    current_period_end: date(periodEnd(subscription)), trial_end: date(subscription.trial_end),
    cancel_at_period_end: subscription.cancel_at_period_end || subscription.cancel_at !== null,
    scheduled_change: toScheduledChangeView(subscription),
    payment_method: toPaymentMethodView(subscription.default_payment_method ?? fallback),
    created: new Date(subscription.created * 1000), ended_at: date(subscription.ended_at),
  };
}

/** A row of our table `invoice`, or null for a draft, which nobody owes yet. Refunds and the receipt come from its charges. */
export function toInvoiceRow(invoice: Stripe.Invoice, charges: readonly Stripe.Charge[]): InvoiceRow | null {
  if (invoice.status === 'draft' || invoice.status === null) return null;
  const [firstCharge] = chargesOf(invoice, charges);
  const firstLine = invoice.lines.data[0];
  return {
    id: invoice.id, stripe_customer_id: idOf(invoice.customer), subscription_id: subscriptionOf(invoice), number: invoice.number, status: invoice.status,
    amount_due_cents: invoice.amount_due, amount_paid_cents: invoice.amount_paid, amount_remaining_cents: invoice.amount_remaining,
    amount_refunded_cents: refundedCents(invoice, charges),
    currency: invoice.currency, description: invoice.description ?? firstLine?.description ?? null,
    period_start: date(firstLine?.period.start ?? invoice.period_start), period_end: date(firstLine?.period.end ?? invoice.period_end),
    created: new Date(invoice.created * 1000),
    hosted_invoice_url: invoice.hosted_invoice_url ?? null, invoice_pdf: invoice.invoice_pdf ?? null, receipt_url: firstCharge?.receipt_url ?? null,
  };
}

function toScheduledChangeView(subscription: Stripe.Subscription): ScheduledChangeView | null {
  const booked = scheduledChangeOf(subscription);
  return booked === null ? null : { planId: booked.planId, priceId: booked.priceId, at: new Date(booked.atMs).toISOString() };
}

function toPaymentMethodView(method: string | Stripe.PaymentMethod | null): PaymentMethodView | null {
  if (method === null || typeof method === 'string') return null;
  return {
    type: method.type, brand: method.card?.brand ?? null, last4: method.card?.last4 ?? null,
    expMonth: method.card?.exp_month ?? null, expYear: method.card?.exp_year ?? null,
  };
}

const date = (seconds: number | null | undefined): Date | null => (seconds === null || seconds === undefined ? null : new Date(seconds * 1000));
