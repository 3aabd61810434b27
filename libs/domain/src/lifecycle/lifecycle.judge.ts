import { isFree, type Plan } from '../plan/plan.types.js';
import { sayInstant } from './instant.js';
import { caseOf, closeCase, collectedOf, failedOf, IN_DUNNING } from './lifecycle.case.js';
import { isDisputed, lostDispute } from './lifecycle.disputes.js';
import { endSubscription, judgeDunning, lostDisputeEnds } from './lifecycle.judge-dunning.js';
import { DAY_MS, FAILED_PAUSES, MOST_PROCESSING_DAYS, RESTING_PAUSES, STATUS_MEANING, type MoveReason } from './lifecycle.policy.js';
import { hold, isStale, planOf, refetch, stay, withData, type Situation, type Verdict } from './lifecycle.situation.js';
import { endOf, teardownPlan } from './lifecycle.teardown.js';
import type { ClosedCase, InstanceFacts, Stage, SubscriptionFacts } from './lifecycle.types.js';

const SERVED_STAGES: readonly Stage[] = ['trialing', 'active', ...IN_DUNNING];

/** Where the facts put the customer: at most one stage further than where it is. */
export function judge(situation: Situation): Verdict {
  const { state, facts: { billing } } = situation;
  const subscription = billing.subscription;
  if (billing.liveSubscriptionCount > 1) {
    return hold(situation, `Stripe shows ${billing.liveSubscriptionCount} live subscriptions of this customer; there may be only one.`);
  }
  const meaning = subscription === null ? 'nothing' : Object.hasOwn(STATUS_MEANING, subscription.status) ? STATUS_MEANING[subscription.status] : undefined;
  if (subscription !== null && (meaning === 'live' || meaning === 'failing')) return judgeSubscribed(situation, subscription, meaning);
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

function isServedBySubscription({ state, catalogue }: Situation): boolean {
  if (!SERVED_STAGES.includes(state.stage) || state.subscriptionId === null) return false;
  const plan = planOf(catalogue, state.planId);
  return plan === null || !isFree(plan);
}

const missing = (situation: Situation, { id, status }: SubscriptionFacts): Verdict =>
  hold(situation, `Stripe says "${status}" of subscription ${id}: a payment is missing, but no invoice shows which; nobody is cut off without a person's look.`);

/** Stripe has a subscription that is not over: in order, in dunning, or paused. */
function judgeSubscribed(situation: Situation, subscription: SubscriptionFacts, meaning: 'live' | 'failing'): Verdict {
  const { state, catalogue, facts: { billing } } = situation;
  const plan = planOf(catalogue, subscription.planId);
  if (plan === null) return hold(situation, `Subscription ${subscription.id} is for plan "${subscription.planId ?? 'none'}", which the catalogue does not have.`);
  const pause = subscription.status === 'paused' ? subscription.pauseReason ?? 'unknown' : null;
  const resting = pause !== null && RESTING_PAUSES.has(pause);
  if (pause !== null && !resting && !FAILED_PAUSES.has(pause)) return hold(situation, `Stripe paused subscription ${subscription.id} (status "paused") for a reason that this release does not know: "${pause}".`);
  const failed = failedOf(billing, subscription.id);
  if (subscription.id !== state.subscriptionId) {
    if (resting) return stay(situation, `Subscription ${subscription.id} is paused before it was served.`);
    // Taken in as begun; the next look finds the failed payment. Stages come one at a time.
    return meaning === 'live' || failed.length > 0 || isProcessing(situation, subscription) ? judgeLive(situation, subscription, plan, null) : missing(situation, subscription);
  }
  const lost = lostDispute(situation, subscription);
  const end = lost === null ? null : lostDisputeEnds(situation, subscription, lost);
  if (end !== null) return end;
  if (state.stage === 'ended' || state.stage === 'torn_down') return meaning === 'live' ? judgeLive(situation, subscription, plan, null) : missing(situation, subscription);

  const dunning = caseOf(situation, subscription, !resting);
  if (dunning === null) {
    if (resting) return judgePaused(situation, subscription, plan, pause);
    return meaning === 'live' || isProcessing(situation, subscription) ? judgeLive(situation, subscription, plan, null) : missing(situation, subscription);
  }
  if (failed.length > 0) return judgeDunning(situation, subscription, dunning, plan);
  if (billing.paidInvoiceCount < dunning.paidInvoicesBefore) return hold(situation, `Stripe shows fewer paid invoices than before and none that is open: what it answered is not all there is.`);
  const paid = billing.paidInvoiceCount > dunning.paidInvoicesBefore;
  if (paid && meaning === 'failing' && !resting) {
    return { ...stay(situation, `What was open is paid; Stripe still says "${subscription.status}" and is asked again.`), dunning, planId: plan.id, ...cancellationOf(subscription) };
  }
  return judgeLive(situation, subscription, plan, closeCase(dunning, paid ? 'recovered' : 'waived', billing.customerNowMs));
}

/** An invoice whose first payment is still on its way: neither paid nor failed. */
const isProcessing = ({ facts: { billing } }: Situation, { id }: SubscriptionFacts): boolean =>
  billing.openInvoices.length > 0 && collectedOf(billing, id).some((invoice) => invoice.processing && invoice.firstFailedAtMs === null);

/** A cancellation that is scheduled, and its instant. */
export const cancellationOf = ({ cancelAtMs, cancelAtPeriodEnd, currentPeriodEndMs }: SubscriptionFacts): Pick<Verdict, 'canceling' | 'cancelingAtMs'> => ({
  canceling: cancelAtPeriodEnd || cancelAtMs !== null, cancelingAtMs: cancelAtMs ?? (cancelAtPeriodEnd ? currentPeriodEndMs : null),
});

function judgeLive(situation: Situation, subscription: SubscriptionFacts, plan: Plan, closed: ClosedCase | null): Verdict {
  const { state, facts: { billing } } = situation;
  const trialing = subscription.status === 'trialing';
  const stage: Stage = trialing ? 'trialing' : 'active';
  const newCycle = subscription.id !== state.subscriptionId;
  const processing = isProcessing(situation, subscription);
  const stuck = processing && collectedOf(billing, subscription.id).some((invoice) => invoice.processing && billing.customerNowMs >= invoice.finalizedAtMs + MOST_PROCESSING_DAYS * DAY_MS);
  if (stuck && !newCycle) return hold(situation, `A payment of subscription ${subscription.id} is on its way for more than ${MOST_PROCESSING_DAYS} days.`);
  const move: MoveReason | null = stage === state.stage ? null : IN_DUNNING.includes(state.stage) ? 'paid' : trialing ? 'trial_began' : state.stage === 'trialing' ? 'trial_converted' : 'paid';
  const why = newCycle ? `Subscription ${subscription.id} to ${plan.name} began.`
    : closed?.outcome === 'waived' ? 'What was open is forgiven: everything is as before.'
    : closed !== null ? 'What was open is paid: everything is as before.'
    : move === 'trial_converted' ? `The trial of ${plan.name} is over and the subscription goes on.`
    : move !== null ? `Stripe says "${subscription.status}" of the subscription to ${plan.name}.`
    : state.planId !== plan.id ? `The plan is now ${plan.name}.`
    : processing ? `A payment for ${plan.name} is on its way.`
    : trialing ? `The trial of ${plan.name} runs.` : `The subscription to ${plan.name} is in order.`;
  // A case of the subscription before this one ends with it.
  const before = newCycle && state.dunning !== null ? closeCase(state.dunning, 'canceled', billing.customerNowMs) : null;
  return {
    ...stay(situation, why), stage, move, planId: plan.id, subscriptionId: subscription.id, newCycle, ...cancellationOf(subscription),
    dunning: null, closed: closed ?? before, unpaidEnd: null, processing,
  };
}

/** Paused at Stripe with nothing owed: the container rests, the data is kept, what was paid is served first. */
function judgePaused(situation: Situation, subscription: SubscriptionFacts, plan: Plan, pause: string): Verdict {
  const { state, facts: { billing } } = situation;
  const base = { planId: plan.id, paused: pause, ...cancellationOf(subscription) };
  const why = pause === 'pause_requested' ? 'The subscription is paused, as the customer asked.' : 'The trial ended without a payment method; Stripe paused the subscription.';
  if (state.stage === 'suspended') return { ...stay(situation, why), ...base };
  const paidThroughMs = subscription.paidThroughMs ?? null;
  if (paidThroughMs !== null && billing.customerNowMs < paidThroughMs) return { ...stay(situation, `${why} Service goes on to ${sayInstant(paidThroughMs)}, the end of what was paid.`), ...base, paused: null };
  if (isStale(situation)) return { ...refetch(situation, 'The subscription seems to be paused; Stripe is asked once more before anything is stopped.') };
  return { ...stay(situation, why), ...base, stage: 'suspended', move: 'paused_at_stripe' };
}

/** The subscription that was served is over: by a wish, by us after all notices, or by Stripe itself. */
function judgeEnd(situation: Situation, subscription: SubscriptionFacts): Verdict {
  const { state, catalogue, facts: { billing } } = situation;
  const reason = subscription.endReason ?? null;
  const dunning = caseOf(situation, subscription, true);
  const failed = failedOf(billing, subscription.id);
  const lost = lostDispute(situation, subscription);
  const plan = planOf(catalogue, state.planId);
  if (lost === null) {
    if (dunning !== null && plan !== null && (failed.length > 0 || reason === 'payment_failed') && reason !== 'cancellation_requested') {
      // Stripe gave up by itself: nobody is cut off before the case's own calendar, and its notices, say so.
      if (failed.length === 0 && billing.paidInvoiceCount > dunning.paidInvoicesBefore) return hold(situation, `Subscription ${subscription.id} was paid after Stripe had ended it: serve it again, or pay it back.`);
      return judgeDunning(situation, subscription, dunning, plan);
    }
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
  }
  if (isStale(situation)) return refetch(situation, 'The subscription seems to be over; Stripe is asked once more before anything is stopped.');
  return endSubscription(situation, lost === null ? state.dunning : null, `The subscription ended on ${sayInstant(endOf(situation))}.`);
}

/** No subscription serves: a free plan, nothing yet, or the time after the end. */
function judgeUnsubscribed(situation: Situation, subscription: SubscriptionFacts | null): Verdict {
  const { catalogue, state } = situation;
  const free = freeWish(situation);
  if (free !== null) {
    return { ...stay(situation, `Chose ${free.name}, which costs nothing.`), stage: 'active', move: 'free_plan_chosen', planId: free.id, subscriptionId: null, newCycle: true, unpaidEnd: null };
  }
  if (state.stage === 'prospect') return stay(situation, subscription === null ? 'Nothing was bought yet.' : 'A checkout was begun, nothing is paid yet.');
  if (state.stage === 'torn_down') return stay(situation, 'Everything was removed after the time that was promised.');
  if (state.stage !== 'ended') return stay(situation, `${planOf(catalogue, state.planId)?.name ?? 'The plan'} costs nothing.`);
  if (subscription === null && state.subscriptionId !== null) return hold(situation, `Stripe no longer shows subscription ${state.subscriptionId}; nothing is removed on that.`);
  if (subscription?.status === 'incomplete') return stay(situation, 'A new checkout is under way: nothing is removed meanwhile.');
  const plan = teardownPlan(situation);
  if (!plan.due || isDisputed(situation, subscription)) return stay(situation, `Ended on ${sayInstant(endOf(situation))}; the data is kept.`);
  if (isStale(situation)) return refetch(situation, 'The data was kept long enough; Stripe is asked once more before it is removed.');
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
