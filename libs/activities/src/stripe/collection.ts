import type Stripe from 'stripe';
import { requireLiveSubscription, requireOwnSubscription, type BillingDeps } from './billing-deps.js';
import { refuse } from './failures.js';
import { idOf } from './snapshot.js';

interface SubscriptionInput { customerId: string; subscriptionId: string }

/*
 * Each of these sets a state and reads it first: doing it twice does no harm. No idempotency keys on purpose, as with cancel and its undo:
 * pause, resume and pause within a day would be answered from the first pause's record.
 */

/** The new card, in both slots from which Stripe may charge: the subscription's default comes first, so one that stands only at the customer is never used. */
export async function adoptPaymentMethod(deps: BillingDeps, input: SubscriptionInput & { paymentMethodId: string }): Promise<void> {
  const subscription = await requireLiveSubscription(deps, input.customerId, input.subscriptionId);
  const customer = await deps.stripe.customers.retrieve(idOf(subscription.customer) ?? '');
  if (customer.deleted === true) throw refuse('NO_SUBSCRIPTION', 'The customer was deleted at Stripe.');
  if (idOf(subscription.default_payment_method) !== input.paymentMethodId) {
    await deps.stripe.subscriptions.update(subscription.id, { default_payment_method: input.paymentMethodId });
  }
  if (idOf(customer.invoice_settings.default_payment_method) !== input.paymentMethodId) {
    await deps.stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: input.paymentMethodId } });
  }
}

/** Invoices are still made, and kept as drafts: nothing new is charged. */
export async function pauseCollection(deps: BillingDeps, input: SubscriptionInput): Promise<void> {
  const subscription = await requireLiveSubscription(deps, input.customerId, input.subscriptionId);
  if (subscription.pause_collection?.behavior === 'keep_as_draft') return;
  await deps.stripe.subscriptions.update(subscription.id, { pause_collection: { behavior: 'keep_as_draft' } });
}

/** Collects again, also the drafts that were kept meanwhile (Stripe leaves them to us). A subscription that is over has nothing to resume. */
export async function resumeCollection(deps: BillingDeps, input: SubscriptionInput): Promise<void> {
  const { stripe } = deps;
  const subscription = await requireOwnSubscription(deps, input.customerId, input.subscriptionId);
  if (subscription.status === 'canceled' || subscription.status === 'incomplete_expired') return;
  if (subscription.pause_collection !== null) await stripe.subscriptions.update(subscription.id, { pause_collection: '' });
  const drafts = await stripe.invoices.list({ subscription: subscription.id, status: 'draft', limit: 100 }).autoPagingToArray({ limit: 1000 });
  for (const draft of drafts.filter(({ auto_advance: advances, billing_reason: why }) => !advances && why === 'subscription_cycle').sort((a, b) => a.created - b.created)) {
    await finalize(stripe, draft.id);
  }
}

async function finalize(stripe: Stripe, invoiceId: string): Promise<void> {
  try {
    await stripe.invoices.finalizeInvoice(invoiceId, { auto_advance: true });
  } catch (error) {
    if ((await stripe.invoices.retrieve(invoiceId)).status === 'draft') throw error;
  }
}
