import type Stripe from 'stripe';
import { ApplicationFailure } from '@temporalio/common';
import { requireOwnSubscription, type BillingDeps } from './billing-deps.js';
import { bringAbout } from './effect.js';
import { cancelAtOnce, openInvoicesOf, voidInvoice } from './ending.js';
import { paymentsOf } from './snapshot.js';

interface RefundInput { customerId: string; subscriptionId: string; reason: string }
interface PaymentTarget { readonly id: string; readonly params: { payment_intent: string } | { charge: string }; readonly amountPaidCents: number }

/** A refund in one of these states is money that went back or is on its way. */
const COUNTS = new Set<string>(['succeeded', 'pending', 'requires_action']);

/**
 * Pays back every cent paid on the subscription, then cancels it at once and voids what is still open. Refunds first: if one is declined, the
 * subscription still stands and a person decides. Looks again after the cancel, for a renewal that was paid in between. Answers the sum of all
 * refunds of this subscription, earlier ones included, so that a repeated call says the same.
 */
export async function cancelAndRefundInFull(deps: BillingDeps, input: RefundInput): Promise<{ refundedCents: number; currency: string }> {
  const subscription = await requireOwnSubscription(deps, input.customerId, input.subscriptionId);
  await refundAllPaid(deps, input);
  await cancelAtOnce(deps.stripe, subscription);
  for (const { id } of await openInvoicesOf(deps.stripe, input.subscriptionId)) await voidInvoice(deps.stripe, id);
  const refundedCents = await refundAllPaid(deps, input);
  return { refundedCents, currency: subscription.currency };
}

async function refundAllPaid(deps: BillingDeps, input: RefundInput): Promise<number> {
  let refundedCents = 0;
  const invoices = await deps.stripe.invoices
    // Whatever their status: an invoice that is open or given up can be paid in part.
    .list({ subscription: input.subscriptionId, limit: 100, expand: ['data.payments'] }).autoPagingToArray({ limit: 1000 });
  for (const invoice of invoices) {
    for (const payment of paymentsOf(invoice)) {
      const target = targetOf(payment);
      if (target !== null) refundedCents += await refundPayment(deps, input, target, invoice.id);
    }
  }
  return refundedCents;
}

async function refundPayment(deps: BillingDeps, input: RefundInput, target: PaymentTarget, invoiceId: string): Promise<number> {
  const refundedBefore = await sumOfRefunds(deps.stripe, target);
  const missingCents = target.amountPaidCents - refundedBefore;
  if (missingCents > 0) {
    const refund = await bringAbout<Stripe.Refund | 'in full'>({
      key: `${input.customerId}:${input.subscriptionId}:refund:${target.id}:${String(refundedBefore)}`,
      find: async () => (await sumOfRefunds(deps.stripe, target) >= target.amountPaidCents ? 'in full' : null),
      write: (options) => deps.stripe.refunds.create({
        ...target.params, amount: missingCents, reason: 'requested_by_customer',
        metadata: { customerId: input.customerId, subscriptionId: input.subscriptionId, invoiceId, why: input.reason.slice(0, 400) },
      }, options),
    });
    if (refund !== 'in full' && !COUNTS.has(refund.status ?? '')) {
      throw ApplicationFailure.nonRetryable(`The refund was not accepted (${refund.failure_reason ?? refund.status ?? 'no reason given'}).`, 'STRIPE_REFUSED', { refundId: refund.id });
    }
  }
  return sumOfRefunds(deps.stripe, target);
}

async function sumOfRefunds(stripe: Stripe, target: PaymentTarget): Promise<number> {
  const refunds = await stripe.refunds.list({ ...target.params, limit: 100 }).autoPagingToArray({ limit: 1000 });
  return refunds.filter((refund) => COUNTS.has(refund.status ?? '')).reduce((sum, refund) => sum + refund.amount, 0);
}

function targetOf(payment: { paymentIntentId: string | null; chargeId: string | null; amountPaidCents: number }): PaymentTarget | null {
  const { paymentIntentId, chargeId, amountPaidCents } = payment;
  if (paymentIntentId !== null) return { id: paymentIntentId, params: { payment_intent: paymentIntentId }, amountPaidCents };
  if (chargeId !== null) return { id: chargeId, params: { charge: chargeId }, amountPaidCents };
  return null;
}
