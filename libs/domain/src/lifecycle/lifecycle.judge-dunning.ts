import type { Plan } from '../plan/plan.types.js';
import { sayInstant } from './instant.js';
import { collectionOf, isPaused, nothingLeftToRetry } from './lifecycle.attempts.js';
import { closeCase, deadlineOf, failedOf, IN_DUNNING } from './lifecycle.case.js';
import { disputeToldAtMs } from './lifecycle.disputes.js';
import { sayAmount } from './lifecycle.money.js';
import { nextDeadline } from './lifecycle.notices.js';
import { DAY_MS, HOUR_MS, MOST_PROCESSING_DAYS } from './lifecycle.policy.js';
import { freeAfterUnpaid, freePlanAfter, hold, isStale, planOf, stay, type Situation, type Verdict } from './lifecycle.situation.js';
import type { DisputeFacts, DunningCase, Stage, SubscriptionFacts } from './lifecycle.types.js';

/** An open case: where its calendar puts the customer, one stage at a time and never before it was announced long enough. */
export function judgeDunning(situation: Situation, subscription: SubscriptionFacts, dunning: DunningCase, plan: Plan): Verdict {
  const { state, facts: { billing } } = situation;
  const now = billing.customerNowMs;
  const cancelingAtMs = subscription.cancelAtMs ?? (subscription.cancelAtPeriodEnd ? subscription.currentPeriodEndMs : null);
  const base: Verdict = {
    ...stay(situation, `${sayAmount(dunning.amountRemainingCents, dunning.currency)} is open since ${sayInstant(dunning.anchorMs)}.`),
    planId: plan.id, dunning, cancelingAtMs, canceling: subscription.status !== 'canceled' && (subscription.cancelAtPeriodEnd || subscription.cancelAtMs !== null),
    processing: dunning.processingSinceMs !== null,
  };
  if (state.dunning === null || !IN_DUNNING.includes(state.stage)) {
    return { ...base, stage: 'retrying', move: 'payment_failed', why: `An automatic payment of ${sayAmount(dunning.amountRemainingCents, dunning.currency)} failed on ${sayInstant(dunning.anchorMs)}.` };
  }
  if (dunning.processingSinceMs !== null) {
    if (now < dunning.processingSinceMs + MOST_PROCESSING_DAYS * DAY_MS) return { ...base, why: 'A payment is on its way; deadlines wait for its outcome.' };
    return { ...hold(situation, `A payment of case ${dunning.id} is on its way for more than ${MOST_PROCESSING_DAYS} days.`), dunning };
  }
  const better = betterStage(situation, dunning);
  if (better !== null) return { ...base, stage: better, dunning: { ...dunning, moved: { ...dunning.moved, back: dunning.moved.back + 1 } }, move: 'deadlines_moved', why: `The deadlines moved later: ${better} again.` };
  // A promise to pay: nothing gets worse before its day.
  if (isPaused(dunning, now)) return { ...base, why: `${base.why} Dunning is paused.` };
  return state.stage === 'retrying' ? judgeRetrying(situation, subscription, dunning, base) : judgeDeadline(situation, subscription, dunning, base);
}

/** An anchor that moved later, or time that support gave, makes the stage better at once; the clock alone never does. */
function betterStage({ state, facts: { billing } }: Situation, dunning: DunningCase): Stage | null {
  const limitMs = Math.max(billing.customerNowMs, state.stageSinceMs);
  if (state.stage !== 'downgraded' && state.stage !== 'suspended' || deadlineOf(dunning, state.stage) <= limitMs) return null;
  return state.stage === 'suspended' && deadlineOf(dunning, 'downgraded') <= limitMs ? 'downgraded' : 'grace';
}

function judgeRetrying(situation: Situation, subscription: SubscriptionFacts, dunning: DunningCase, base: Verdict): Verdict {
  const now = situation.facts.billing.customerNowMs;
  const deadlineMs = deadlineOf(dunning, 'grace');
  const nothingLeft = nothingLeftToRetry(situation, subscription, dunning);
  if (now < deadlineMs && !nothingLeft) return base;
  // However late we are, the attempt that is due comes first.
  if (collectionOf(situation, subscription, dunning) !== null) return base;
  const why = nothingLeft && dunning.hardDecline !== null ? `The bank said "${dunning.hardDecline}": the same card cannot succeed.` : nothingLeft ? 'No attempt is left.' : 'The time of the attempts is over.';
  return { ...base, stage: 'grace', move: nothingLeft ? 'nothing_left_to_retry' : 'deadline_reached', why };
}

function judgeDeadline(situation: Situation, subscription: SubscriptionFacts, dunning: DunningCase, base: Verdict): Verdict {
  const { facts: { billing } } = situation;
  const next = nextDeadline(situation, dunning);
  if (next === null || next.announcedAtMs === null || billing.customerNowMs < next.entryMs) return base;
  if (subscription.status === 'active' || subscription.status === 'trialing') {
    return { ...hold(situation, `Stripe says "${subscription.status}" of subscription ${subscription.id}, and yet an invoice is open since ${sayInstant(dunning.anchorMs)}.`), dunning };
  }
  if (isStale(situation)) return { ...base, refetch: true, why: `${next.stage} is due; Stripe is asked once more before it is entered.` };
  const why = `Not paid since ${sayInstant(dunning.anchorMs)}: ${next.stage} was due on ${sayInstant(next.calendarMs)} and announced on ${sayInstant(next.announcedAtMs)}.`;
  if (next.stage !== 'ended') return { ...base, stage: next.stage, move: 'deadline_reached', why };
  // The stage follows when Stripe shows the end: paid in the last moment, it never comes to that.
  if (subscription.status !== 'canceled' || failedOf(billing, subscription.id).length > 0) return { ...base, endNow: 'unpaid', why };
  return endSubscription(situation, dunning, why);
}

/** True where the end of this case was due: it is the end that was announced, not one that the customer wished. */
function endWasDue(situation: Situation, dunning: DunningCase): boolean {
  const next = nextDeadline(situation, dunning);
  return next !== null && next.stage === 'ended' && next.announcedAtMs !== null && situation.facts.billing.customerNowMs >= next.entryMs;
}

/** The subscription is over at Stripe: a free plan goes on, or everything is kept for a while. */
export function endSubscription(situation: Situation, dunning: DunningCase | null, why: string, wished = dunning !== null): Verdict {
  const { state, catalogue, facts: { billing } } = situation;
  const plan = planOf(catalogue, state.planId);
  const unpaid = dunning !== null && endWasDue(situation, dunning) ? dunning : null;
  const closed = state.dunning === null ? null : closeCase(state.dunning, unpaid === null && wished ? 'canceled' : 'ended', billing.customerNowMs);
  const base: Verdict = { ...stay(situation, why), move: 'subscription_ended', dunning: null, closed };
  const free = unpaid === null ? freePlanAfter(catalogue, plan) : freeAfterUnpaid(catalogue, state.planId);
  if (free !== null) return { ...base, stage: 'active', planId: free.id, why: `${why} ${free.name} goes on.` };
  return { ...base, stage: 'ended', unpaidEnd: unpaid };
}

/** A lost dispute took the payment back: the subscription is ended, but never before the dispute was told long enough; null = not yet. */
export function lostDisputeEnds(situation: Situation, { id }: SubscriptionFacts, dispute: DisputeFacts): Verdict | null {
  const { policy, facts: { billing } } = situation;
  const toldMs = disputeToldAtMs(situation, dispute);
  const base = stay(situation, `Dispute ${dispute.id} was lost.`);
  if (toldMs === null || billing.customerNowMs < toldMs + policy.noticeAgeHours.ended * HOUR_MS) return null;
  if (isStale(situation)) return { ...base, refetch: true };
  return { ...base, endNow: 'dispute_lost', why: `Dispute ${dispute.id} was lost: subscription ${id} is ended.` };
}
