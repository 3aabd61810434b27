import { isFree, type Catalogue, type Plan } from '../plan/plan.types.js';
import { sayInstant } from './instant.js';
import { DAY_MS, HOUR_MS, STATUS_MEANING, type LifecyclePolicy, type MoveReason } from './lifecycle.policy.js';
import type { InstanceFacts, LifecycleFacts, LifecycleState, Stage, SubscriptionFacts } from './lifecycle.types.js';

/** All that a decision may look at. */
export interface Situation {
  readonly facts: LifecycleFacts;
  readonly state: LifecycleState;
  readonly catalogue: Catalogue;
  readonly policy: LifecyclePolicy;
  readonly nowMs: number;
}

/** Where the customer belongs now, before effects and words. */
export interface Verdict {
  readonly stage: Stage;
  readonly move: MoveReason | null;
  readonly why: string;
  readonly planId: string | null;
  readonly subscriptionId: string | null;
  readonly newCycle: boolean;
  /** Instant of a voluntary end that is scheduled. */
  readonly cancelingAtMs: number | null;
  readonly canceling: boolean;
  /** Set = nothing changes and a person looks. */
  readonly hold: string | null;
  /** A step that hurts is due, but the facts are too old for it: fetch them again. */
  readonly refetch: boolean;
}

const SERVED_STAGES: readonly Stage[] = ['trialing', 'active', 'retrying', 'grace', 'downgraded', 'suspended'];

export const planOf = (catalogue: Catalogue, planId: string | null): Plan | null =>
  planId === null ? null : catalogue.plans.find((plan) => plan.id === planId) ?? null;

/** Instances with something of the customer in them. */
export const withData = (instances: readonly InstanceFacts[]): readonly InstanceFacts[] =>
  instances.filter(({ status }) => !['awaiting_payment', 'failed', 'tearing_down', 'gone'].includes(status));

/** Where a plan whose `onCancel` is `free` leads: its own `downgradeTo` if that is free, else the first free plan. */
export function freePlanAfter(catalogue: Catalogue, plan: Plan | null): Plan | null {
  if (plan?.onCancel !== 'free') return null;
  const own = planOf(catalogue, plan.downgradeTo);
  return own !== null && isFree(own) ? own : catalogue.plans.find((candidate) => isFree(candidate)) ?? null;
}

/** Where the facts put the customer: at most one stage further than where it is. */
export function judge(situation: Situation): Verdict {
  const { state, facts: { billing } } = situation;
  const subscription = billing.subscription;
  if (billing.liveSubscriptionCount > 1) {
    return hold(situation, `Stripe shows ${billing.liveSubscriptionCount} live subscriptions of this customer; there may be only one.`);
  }
  const meaning = subscription === null ? 'nothing' : Object.hasOwn(STATUS_MEANING, subscription.status) ? STATUS_MEANING[subscription.status] : undefined;
  if (subscription !== null && meaning === 'live') return judgeLive(situation, subscription);
  if (subscription !== null && meaning === 'failing') {
    return hold(situation, `Stripe says "${subscription.status}" of subscription ${subscription.id}: a payment is missing, and nobody is cut off without a person's look.`);
  }
  if (meaning === undefined) return hold(situation, `Stripe says "${subscription?.status ?? ''}" of the subscription, a word that this release does not know.`);
  if (billing.liveSubscriptionCount === 1) return hold(situation, 'Stripe counts a live subscription but does not show it.');
  if (isServedBySubscription(situation)) {
    if (subscription === null || meaning !== 'ended') return hold(situation, `Stripe no longer shows subscription ${state.subscriptionId ?? ''}; that is unknown, not ended.`);
    return judgeEnd(situation, subscription);
  }
  // `null` = every paid cent went back already.
  if (state.stage === 'prospect' && meaning === 'ended' && billing.paidInvoiceCount > 0 && subscription?.paidThroughMs !== null) {
    return hold(situation, `Subscription ${subscription?.id ?? ''} was paid and ended before it was served: it may have to be refunded.`);
  }
  return judgeUnsubscribed(situation, subscription);
}

const stay = ({ state }: Situation, why: string): Verdict => ({
  stage: state.stage, move: null, why, planId: state.planId, subscriptionId: state.subscriptionId, newCycle: false,
  cancelingAtMs: null, canceling: false, hold: null, refetch: false,
});

export const hold = (situation: Situation, why: string): Verdict => ({ ...stay(situation, why), hold: why, canceling: situation.state.overlays.includes('canceling') });

function isServedBySubscription({ state, catalogue }: Situation): boolean {
  if (!SERVED_STAGES.includes(state.stage) || state.subscriptionId === null) return false;
  const plan = planOf(catalogue, state.planId);
  return plan === null || !isFree(plan);
}

function judgeLive(situation: Situation, subscription: SubscriptionFacts): Verdict {
  const { state, catalogue } = situation;
  const plan = planOf(catalogue, subscription.planId);
  if (plan === null) return hold(situation, `Subscription ${subscription.id} is for plan "${subscription.planId ?? 'none'}", which the catalogue does not have.`);
  const trialing = subscription.status === 'trialing';
  const stage: Stage = trialing ? 'trialing' : 'active';
  const newCycle = subscription.id !== state.subscriptionId;
  const cancelingAtMs = subscription.cancelAtMs ?? (subscription.cancelAtPeriodEnd ? subscription.currentPeriodEndMs : null);
  const move: MoveReason | null = stage === state.stage ? null : trialing ? 'trial_began' : state.stage === 'trialing' ? 'trial_converted' : 'paid';
  const why = newCycle ? `Subscription ${subscription.id} to ${plan.name} began.`
    : move === 'trial_converted' ? `The trial of ${plan.name} is over and the subscription goes on.`
    : move !== null ? `Stripe says "${subscription.status}" of the subscription to ${plan.name}.`
    : state.planId !== plan.id ? `The plan is now ${plan.name}.`
    : trialing ? `The trial of ${plan.name} runs.` : `The subscription to ${plan.name} is in order.`;
  return {
    stage, move, why, planId: plan.id, subscriptionId: subscription.id, newCycle, cancelingAtMs,
    canceling: subscription.cancelAtPeriodEnd || subscription.cancelAtMs !== null, hold: null, refetch: false,
  };
}

/** The subscription that was served is over. Stripe ends it; we observe. */
function judgeEnd(situation: Situation, subscription: SubscriptionFacts): Verdict {
  const { catalogue, state, facts: { billing } } = situation;
  const reason = subscription.endReason ?? null;
  if (reason === 'payment_failed' || reason === 'payment_disputed') {
    return hold(situation, `Stripe ended subscription ${subscription.id} because of "${reason}", not by the customer's wish.`);
  }
  if (reason !== 'cancellation_requested' && billing.openInvoices.some((invoice) => invoice.amountRemainingCents > 0)) {
    return hold(situation, `Subscription ${subscription.id} ended while an invoice is open.`);
  }
  const paidThroughMs = subscription.paidThroughMs ?? null;
  if (paidThroughMs !== null && billing.customerNowMs < paidThroughMs) {
    return { ...stay(situation, `The subscription ended early; service goes on to ${sayInstant(paidThroughMs)}, the end of what was paid.`), canceling: true, cancelingAtMs: paidThroughMs };
  }
  if (isStale(situation)) return { ...stay(situation, 'The subscription seems to be over; Stripe is asked once more before anything is stopped.'), refetch: true, canceling: state.overlays.includes('canceling') };
  const plan = planOf(catalogue, state.planId);
  const free = freePlanAfter(catalogue, plan);
  if (free !== null) {
    return { ...stay(situation, `The subscription to ${plan?.name ?? 'the plan'} ended; ${free.name} goes on.`), stage: 'active', move: 'subscription_ended', planId: free.id };
  }
  return { ...stay(situation, `The subscription ended on ${sayInstant(endOf(situation))}.`), stage: 'ended', move: 'subscription_ended' };
}

/** No subscription serves: a free plan, nothing yet, or the time after the end. */
function judgeUnsubscribed(situation: Situation, subscription: SubscriptionFacts | null): Verdict {
  const { catalogue, state } = situation;
  const free = freeWish(situation);
  if (free !== null) {
    return { ...stay(situation, `Chose ${free.name}, which costs nothing.`), stage: 'active', move: 'free_plan_chosen', planId: free.id, subscriptionId: null, newCycle: true };
  }
  if (state.stage === 'prospect') return stay(situation, subscription === null ? 'Nothing was bought yet.' : 'A checkout was begun, nothing is paid yet.');
  if (state.stage === 'torn_down') return stay(situation, 'Everything was removed after the time that was promised.');
  if (state.stage !== 'ended') return stay(situation, `${planOf(catalogue, state.planId)?.name ?? 'The plan'} costs nothing.`);
  if (subscription === null && state.subscriptionId !== null) return hold(situation, `Stripe no longer shows subscription ${state.subscriptionId}; nothing is removed on that.`);
  if (subscription?.status === 'incomplete') return stay(situation, 'A new checkout is under way: nothing is removed meanwhile.');
  const plan = teardownPlan(situation);
  if (!plan.due || state.overlays.includes('dispute_hold')) return stay(situation, `Ended on ${sayInstant(endOf(situation))}; the data is kept.`);
  if (isStale(situation)) return { ...stay(situation, 'The data was kept long enough; Stripe is asked once more before it is removed.'), refetch: true };
  return { ...stay(situation, `The data was kept for ${plan.keptDays} days after the end, as was told.`), stage: 'torn_down', move: 'kept_long_enough' };
}

function freeWish({ state, catalogue, facts: { instances } }: Situation): Plan | null {
  if (!['prospect', 'ended', 'torn_down'].includes(state.stage)) return null;
  const wished = instances.filter(({ status, desiredState }) => desiredState !== 'removed' && (status === 'provisioning' || (state.stage === 'prospect' && withData([{ status } as InstanceFacts]).length > 0)));
  // What is still being stopped after the end is no new wish.
  if (state.stage === 'ended' && instances.some(({ status }) => ['running', 'unhealthy', 'restarting', 'needs_attention'].includes(status))) return null;
  for (const instance of wished) {
    const plan = planOf(catalogue, instance.planId);
    if (plan !== null && isFree(plan)) return plan;
  }
  return null;
}

/** Customer time at which the service was owed no longer. */
export function endOf({ state, facts: { billing } }: Situation): number {
  const subscription = billing.subscription;
  const endedAtMs = subscription?.status === 'canceled' ? subscription.endedAtMs : null;
  const fallback = state.stage === 'ended' ? state.stageSinceMs : billing.customerNowMs;
  return Math.max(endedAtMs ?? fallback, subscription?.paidThroughMs ?? 0);
}

export interface TeardownPlan {
  readonly keptDays: number;
  readonly deadlineMs: number;
  /** The deadline as it is told: while the announcement is on its way it does not move with the clock. */
  readonly shownMs: number;
  readonly announcedAtMs: number | null;
  readonly due: boolean;
}

/** When the data of an ended customer goes: recomputed from the facts, and never sooner than seven days after it was told. */
export function teardownPlan(situation: Situation): TeardownPlan {
  const { state, catalogue, policy, facts: { billing, instances } } = situation;
  // A plan that left the catalogue promises nothing shorter than the policy's own window.
  const keptDays = planOf(catalogue, state.planId)?.afterCancelDays ?? policy.stages.torn_down.fromDay - policy.stages.ended.fromDay;
  const keptUntilMs = endOf(situation) + keptDays * DAY_MS;
  const announcedAtMs = state.notices[noticeKey(state.subscriptionId, state.cycle, 'ended_export_offered')] ?? null;
  if (withData(instances).length === 0) return { keptDays, deadlineMs: keptUntilMs, shownMs: keptUntilMs, announcedAtMs, due: billing.customerNowMs >= keptUntilMs };
  const noticeAgeMs = policy.noticeAgeHours.tornDown * HOUR_MS;
  const deadlineMs = Math.max(keptUntilMs, (announcedAtMs ?? billing.customerNowMs) + noticeAgeMs);
  const shownMs = Math.max(keptUntilMs, (announcedAtMs ?? state.stageSinceMs) + noticeAgeMs);
  return { keptDays, deadlineMs, shownMs, announcedAtMs, due: announcedAtMs !== null && billing.customerNowMs >= deadlineMs };
}

/** Business key of a notice, without the customer's id, which the caller puts in front. */
export const noticeKey = (subscriptionId: string | null, cycle: number, notice: string): string => `${subscriptionId ?? 'free'}:${cycle}:${notice}`;

const isStale = ({ facts: { billing }, policy, nowMs }: Situation): boolean => nowMs - billing.fetchedAtMs > policy.factsMaxAgeSeconds * 1000;
