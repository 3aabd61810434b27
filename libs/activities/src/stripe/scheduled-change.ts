import type Stripe from 'stripe';
import { requireLiveSubscription, requireOwnSubscription, requirePrice, type BillingDeps } from './billing-deps.js';
import { ensurePrice } from './catalogue.js';
import { bringAbout } from './effect.js';
import { refuse } from './failures.js';
import { nextPhaseOf, scheduledChangeOf } from './schedule-phases.js';
import { idOf, periodEnd, priceIdOf } from './snapshot.js';
import { voidWaiting } from './waiting-update.js';

interface SubscriptionInput { customerId: string; subscriptionId: string }
type Booked = Pick<NonNullable<ReturnType<typeof scheduledChangeOf>>, 'planId' | 'priceId'>;

/**
 * Where a booked change is remembered while its schedule has to be away: Stripe refuses to cancel, or to change with `pending_if_incomplete`,
 * what a schedule manages.
 */
const BOOKED_PLAN = 'bookedPlanId';
const BOOKED_PRICE = 'bookedPriceId';

/** Books another plan for the end of the paid period; repeated with another price the booking is replaced. SAME_PLAN, PLAN_NOT_SOLD. */
export async function schedulePlanChange(deps: BillingDeps, input: SubscriptionInput & { planId: string; priceId: string }): Promise<{ atMs: number }> {
  const { plan, price } = requirePrice(deps.catalogue, input.priceId, { planId: input.planId, sold: true });
  const subscription = await requireLiveSubscription(deps, input.customerId, input.subscriptionId);
  if (priceIdOf(subscription) === price.id) throw refuse('SAME_PLAN', 'This is the plan that runs already.');
  if (subscription.cancel_at_period_end || subscription.cancel_at !== null) throw refuse('STRIPE_REFUSED', 'The subscription is about to end: take the cancellation back first.');
  const booked = scheduledChangeOf(subscription);
  if (booked?.priceId === price.id) return { atMs: booked.atMs };
  // Stripe books nothing while an upgrade waits for its payment; who chooses a cheaper plan gives it up.
  if (subscription.pending_update !== null) await voidWaiting(deps.stripe, subscription);
  const stripePriceId = await ensurePrice(deps.stripe, plan, price);
  const schedule = await scheduleOf(deps.stripe, subscription, `${input.customerId}:${subscription.id}:schedule:${String(periodEnd(subscription))}`);
  const runs = schedule.phases.find(({ start_date: start }) => start === schedule.current_phase?.start_date) ?? schedule.phases[0];
  if (runs === undefined) throw refuse('STRIPE_REFUSED', 'The schedule has no phase.');
  const changed = await deps.stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: 'release', proration_behavior: 'none',
    phases: [
      asItIs(runs),
      {
        items: [{ price: stripePriceId, quantity: 1 }], proration_behavior: 'none', metadata: { planId: plan.id, priceId: price.id },
        duration: { interval: price.interval, interval_count: price.intervalCount },
        ...discountsOf(runs),
      },
    ],
  });
  const next = nextPhaseOf(changed);
  if (next === null) throw refuse('STRIPE_REFUSED', 'Stripe did not book the change.');
  return { atMs: next.start_date * 1000 };
}

/** Lets a booked change go, the remembered one too. */
export async function dropScheduledPlanChange(deps: BillingDeps, input: SubscriptionInput): Promise<void> {
  const subscription = await requireOwnSubscription(deps, input.customerId, input.subscriptionId);
  await release(deps.stripe, subscription);
  await forget(deps.stripe, subscription);
}

/** Takes the schedule away and remembers what it had booked. Answers the subscription without it. */
export async function setScheduleAside(stripe: Stripe, subscription: Stripe.Subscription): Promise<Stripe.Subscription> {
  if (subscription.schedule === null) return subscription;
  const booked = scheduledChangeOf(subscription);
  if (booked !== null) {
    await stripe.subscriptions.update(subscription.id, { metadata: { [BOOKED_PLAN]: booked.planId ?? '', [BOOKED_PRICE]: booked.priceId ?? '' } });
  }
  await release(stripe, subscription);
  return stripe.subscriptions.retrieve(subscription.id, { expand: ['schedule'] });
}

/** Books again what was set aside; nothing remembered, or no longer sold = nothing. */
export async function takeScheduleUp(deps: BillingDeps, input: SubscriptionInput): Promise<void> {
  const subscription = await requireLiveSubscription(deps, input.customerId, input.subscriptionId);
  const booked = rememberedOf(subscription);
  if (booked.planId !== null && booked.priceId !== null && booked.priceId !== priceIdOf(subscription)) {
    try {
      await schedulePlanChange(deps, { ...input, planId: booked.planId, priceId: booked.priceId });
    } catch (error) {
      if ((error as { type?: unknown }).type !== 'PLAN_NOT_SOLD') throw error;
      deps.logger.warn({ customerId: input.customerId, priceId: booked.priceId }, 'the booked plan is no longer sold: it is not booked again');
    }
  }
  await forget(deps.stripe, subscription);
}

/** Forgets what was set aside: another change has taken its place. */
export async function forget(stripe: Stripe, subscription: Stripe.Subscription): Promise<void> {
  const { planId, priceId } = rememberedOf(subscription);
  if (planId !== null || priceId !== null) await stripe.subscriptions.update(subscription.id, { metadata: { [BOOKED_PLAN]: '', [BOOKED_PRICE]: '' } });
}

/** True while a booked change is remembered whose schedule is away. */
export const hasBookingAside = (subscription: Stripe.Subscription): boolean => rememberedOf(subscription).priceId !== null;

const rememberedOf = ({ metadata }: Stripe.Subscription): Booked => ({ planId: metadata[BOOKED_PLAN] || null, priceId: metadata[BOOKED_PRICE] || null });

/** The subscription's schedule, made from it where it has none. */
async function scheduleOf(stripe: Stripe, subscription: Stripe.Subscription, key: string): Promise<Stripe.SubscriptionSchedule> {
  const find = async (): Promise<Stripe.SubscriptionSchedule | null> => {
    const { schedule } = await stripe.subscriptions.retrieve(subscription.id, { expand: ['schedule'] });
    return schedule === null || typeof schedule === 'string' ? null : schedule;
  };
  return bringAbout({ key, find, write: (options) => stripe.subscriptionSchedules.create({ from_subscription: subscription.id }, options) });
}

async function release(stripe: Stripe, subscription: Stripe.Subscription): Promise<void> {
  const id = idOf(subscription.schedule);
  if (id === null) return;
  try {
    await stripe.subscriptionSchedules.release(id);
  } catch (error) {
    if ((await stripe.subscriptions.retrieve(subscription.id)).schedule !== null) throw error;
  }
}

/** The running phase as Stripe told it: whatever is left out of an update would be changed. */
function asItIs(phase: Stripe.SubscriptionSchedule.Phase): Stripe.SubscriptionScheduleUpdateParams.Phase {
  return {
    start_date: phase.start_date, end_date: phase.end_date, proration_behavior: 'none',
    items: phase.items.map((item) => ({ price: idOf(item.price) ?? '', quantity: item.quantity ?? 1 })),
    ...(phase.trial_end === null ? {} : { trial_end: phase.trial_end }),
    ...discountsOf(phase),
  };
}

type PhaseDiscount = Stripe.SubscriptionScheduleUpdateParams.Phase.Discount;

function discountsOf({ discounts }: Stripe.SubscriptionSchedule.Phase): { discounts?: PhaseDiscount[] } {
  const kept = discounts.flatMap((one): PhaseDiscount[] => {
    const [discount, coupon, promotionCode] = [idOf(one.discount), idOf(one.coupon), idOf(one.promotion_code)];
    if (discount !== null) return [{ discount }];
    if (promotionCode !== null) return [{ promotion_code: promotionCode }];
    return coupon === null ? [] : [{ coupon }];
  });
  return kept.length === 0 ? {} : { discounts: kept };
}
