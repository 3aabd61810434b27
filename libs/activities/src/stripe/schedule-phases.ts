import type Stripe from 'stripe';
import type { SubscriptionFacts } from '#domain/lifecycle/lifecycle.types.js';

/** The change of plan that an expanded schedule will make next, or null. Our names stand in the phase's metadata, which Stripe hands on to the subscription. */
export function scheduledChangeOf(subscription: Stripe.Subscription): NonNullable<SubscriptionFacts['scheduledChange']> | null {
  const { schedule } = subscription;
  if (schedule === null || schedule === undefined || typeof schedule === 'string') return null;
  const next = nextPhaseOf(schedule);
  return next === null ? null : { planId: next.metadata?.['planId'] ?? null, priceId: next.metadata?.['priceId'] ?? null, atMs: next.start_date * 1000 };
}

/** The phase after the one that runs, or null where none follows or the schedule is over. */
export function nextPhaseOf(schedule: Stripe.SubscriptionSchedule): Stripe.SubscriptionSchedule.Phase | null {
  if (schedule.status !== 'active' && schedule.status !== 'not_started') return null;
  const runs = schedule.current_phase;
  return [...schedule.phases].sort((a, b) => a.start_date - b.start_date).find((phase) => runs !== null && phase.start_date > runs.start_date) ?? null;
}
