import type Stripe from 'stripe';
import type { ChangePreview } from '#workflows/contracts/customer-lifecycle.js';
import { requireLiveSubscription, requirePrice, type BillingDeps } from './billing-deps.js';
import { ensurePrice } from './catalogue.js';
import { bringAbout } from './effect.js';
import { refuse } from './failures.js';
import { forget, hasBookingAside, setScheduleAside, takeScheduleUp } from './scheduled-change.js';
import { idOf, ms, planIdOf, priceIdOf } from './snapshot.js';
import { markWaiting, voidWaiting } from './waiting-update.js';

interface SubscriptionInput { customerId: string; subscriptionId: string }

/*
 * Cancel and its undo set a state; doing it twice does no harm. They carry no idempotency key on purpose: cancel, undo and cancel within a day
 * would be answered from the first cancel's record and change nothing.
 */

/** The subscription runs to the end of the paid period, then ends. A booked change of plan is set aside; the undo books it again. */
export async function cancelAtPeriodEnd(deps: BillingDeps, input: SubscriptionInput): Promise<void> {
  const subscription = await requireLiveSubscription(deps, input.customerId, input.subscriptionId);
  if (subscription.cancel_at_period_end || subscription.cancel_at !== null) return;
  await setScheduleAside(deps.stripe, subscription);
  await deps.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
}

/** Takes a scheduled cancel back, whichever of Stripe's two ways it was set. */
export async function undoCancelAtPeriodEnd(deps: BillingDeps, input: SubscriptionInput): Promise<void> {
  const subscription = await requireLiveSubscription(deps, input.customerId, input.subscriptionId);
  if (subscription.cancel_at_period_end) await deps.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
  else if (subscription.cancel_at !== null) await deps.stripe.subscriptions.update(subscription.id, { cancel_at: '' });
  await takeScheduleUp(deps, input);
}

/** What a change would cost now, by the customer's own clock. SAME_PLAN, PLAN_NOT_SOLD. */
export async function previewPlanChange(deps: BillingDeps, input: SubscriptionInput & { priceId: string }): Promise<ChangePreview> {
  const { plan, price } = requirePrice(deps.catalogue, input.priceId, { sold: true });
  const subscription = await requireLiveSubscription(deps, input.customerId, input.subscriptionId);
  if (priceIdOf(subscription) === price.id) throw refuse('SAME_PLAN', 'This is the plan that runs already.');
  const prorationDate = await customerNowSeconds(deps, subscription);
  const preview = await deps.stripe.invoices.createPreview({
    customer: idOf(subscription.customer) ?? '',
    subscription: subscription.id,
    subscription_details: {
      items: [{ id: onlyItem(subscription).id, price: await ensurePrice(deps.stripe, plan, price) }],
      proration_behavior: 'always_invoice', proration_date: prorationDate,
    },
  });
  return {
    amountDueCents: preview.amount_due, currency: preview.currency, prorationAtMs: ms(prorationDate),
    lines: preview.lines.data.map((line) => ({ description: line.description ?? '', amountCents: line.amount })),
  };
}

/**
 * Changes the plan at the price that the preview showed. A payment that fails leaves the old plan as it was: PAYMENT_FAILED, no dunning; Stripe drops
 * the waiting change after a while and voids its invoice. Asked again (the card may be another by now, and a test clock may stand still) it tries
 * again: only a change that took place is final. A change that was booked for the end of the period gives way to it, and comes back where it fails.
 */
export async function changePlan(deps: BillingDeps, input: SubscriptionInput & { planId: string; priceId: string; prorationAtMs: number }): Promise<void> {
  const { plan, price } = requirePrice(deps.catalogue, input.priceId, { planId: input.planId, sold: true });
  const subscription = await setScheduleAside(deps.stripe, await requireLiveSubscription(deps, input.customerId, input.subscriptionId));
  const stripePriceId = await ensurePrice(deps.stripe, plan, price);
  const prorationDate = Math.floor(input.prorationAtMs / 1000);
  const changed = await bringAbout<Stripe.Subscription>({
    key: `${input.customerId}:${subscription.id}:change:${price.id}:${String(prorationDate)}`,
    find: async () => {
      const now = await deps.stripe.subscriptions.retrieve(subscription.id);
      return onlyItem(now).price.id === stripePriceId ? now : null;
    },
    write: async (options) => {
      await voidWaiting(deps.stripe, subscription);
      return deps.stripe.subscriptions.update(subscription.id, {
        items: [{ id: onlyItem(subscription).id, price: stripePriceId }],
        proration_behavior: 'always_invoice', proration_date: prorationDate, payment_behavior: 'pending_if_incomplete',
      }, options);
    },
  });
  if (changed.pending_update !== null) {
    if (hasBookingAside(changed)) {
      // Stripe books nothing on a subscription with a waiting change: the void ends the waiting, and the booking comes back.
      await voidWaiting(deps.stripe, changed);
      await takeScheduleUp(deps, input);
    } else await markWaiting(deps.stripe, changed);
    throw refuse('PAYMENT_FAILED', 'The payment for the new plan did not succeed; the old plan stays.');
  }
  if (planIdOf(changed) !== plan.id) throw refuse('STRIPE_REFUSED', 'Stripe did not take the new price.');
  // The metadata are set apart: they are not part of a change that may stay pending.
  if (changed.metadata['planId'] !== plan.id) await deps.stripe.subscriptions.update(subscription.id, { metadata: { planId: plan.id } });
  await forget(deps.stripe, changed);
}

function onlyItem(subscription: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item, ...others] = subscription.items.data;
  if (item === undefined || others.length > 0) throw refuse('STRIPE_REFUSED', 'The subscription does not have exactly one item.');
  return item;
}

async function customerNowSeconds(deps: BillingDeps, subscription: Stripe.Subscription): Promise<number> {
  const clockId = idOf(subscription.test_clock);
  if (clockId === null) return Math.floor((deps.now?.() ?? Date.now()) / 1000);
  return (await deps.stripe.testHelpers.testClocks.retrieve(clockId)).frozen_time;
}
