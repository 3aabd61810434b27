import { isFree, type Catalogue } from '../plan/plan.types.js';
import { isPaused } from './lifecycle.attempts.js';
import { holdsForDispute } from './lifecycle.disputes.js';
import { completeState, evolveLifecycle } from './lifecycle.evolve.js';
import { effectsOf } from './lifecycle.effects.js';
import { judge } from './lifecycle.judge.js';
import { SERVICE_OF_STAGE, STAGES_OF_OVERLAY, isLegalMove, type LifecyclePolicy } from './lifecycle.policy.js';
import { downgradeOf, hold, planOf, withData, type Situation, type Verdict } from './lifecycle.situation.js';
import { teardownPlan } from './lifecycle.teardown.js';
import type { Decision, LifecycleFacts, LifecycleState, Overlay, ServiceLevel } from './lifecycle.types.js';
import { wakeAt } from './lifecycle.wake.js';
import { sayNextStep } from './lifecycle.words.js';

/**
 * The one answer to "what happens to this customer now": facts, what is remembered and the policy in; stage, service, effects,
 * words and the next look out. Pure and deterministic. Moves at most one stage.
 * @param nowMs real clock; deadlines run in customer time, `facts.billing.customerNowMs`.
 */
export function decideLifecycle(facts: LifecycleFacts, state: LifecycleState, catalogue: Catalogue, policy: LifecyclePolicy, nowMs: number): Decision {
  const before = completeState(state);
  const decision = decideOnce({ facts, state: before, catalogue, policy, nowMs });
  if (decision.stage === before.stage) return decision;
  // A late evaluation moves one stage; is the next one due already, the caller comes back at once.
  const moved = evolveLifecycle(before, decision, facts.billing.customerNowMs);
  const further = decideOnce({ facts, state: moved, catalogue, policy, nowMs });
  return further.stage === decision.stage ? decision : { ...decision, wakeAtMs: nowMs };
}

function decideOnce(situation: Situation): Decision {
  const { facts, state, policy } = situation;
  const judged = judge(situation);
  const verdict = isLegalMove(state.stage, judged.stage) ? judged
    : hold(situation, `Stripe's facts ask for a move from ${state.stage} to ${judged.stage}, which the table does not know.`);
  const cycle = verdict.newCycle ? state.cycle + 1 : state.cycle;
  const overlays = overlaysOf(verdict, situation);
  const serviceLevel = verdict.hold !== null || verdict.refetch ? state.serviceLevel : serviceOf(verdict, situation);
  const after: LifecycleState = {
    schemaVersion: 1, stage: verdict.stage, serviceLevel, overlays, planId: verdict.planId, policyVersion: policy.version,
    stageSinceMs: verdict.stage === state.stage ? state.stageSinceMs : facts.billing.customerNowMs,
    subscriptionId: verdict.subscriptionId, notices: verdict.newCycle ? {} : state.notices, nextStep: state.nextStep, reason: verdict.why, cycle,
    cancelRounds: roundsOf(verdict, state), reviewReason: verdict.hold, dunning: verdict.dunning, cases: verdict.dunning !== null && state.dunning === null ? state.cases + 1 : state.cases,
    lastCase: verdict.closed ?? (verdict.newCycle || verdict.dunning !== null ? null : state.lastCase), unpaidEnd: verdict.unpaidEnd, planRounds: planRoundsOf(verdict, situation),
  };
  const then: Situation = { ...situation, state: after };
  const teardown = verdict.stage === 'ended' && withData(facts.instances).length > 0 ? teardownPlan(then) : null;
  return {
    stage: verdict.stage,
    serviceLevel,
    overlays,
    planId: verdict.planId,
    subscriptionId: verdict.subscriptionId,
    reason: verdict.why,
    nextStep: sayNextStep(verdict, then, teardown?.shownMs ?? null),
    effects: effectsOf(verdict, then, state),
    wakeAtMs: wakeAt(verdict, then),
    // A move within a case is explained by the policy that the case keeps.
    policyVersion: (verdict.dunning ?? state.dunning ?? verdict.unpaidEnd)?.policy.version ?? policy.version,
    cycle,
    cancelRounds: after.cancelRounds,
    reviewReason: verdict.hold,
    dunning: verdict.dunning,
    cases: after.cases,
    closedCase: verdict.closed,
    unpaidEnd: verdict.unpaidEnd,
    planRounds: after.planRounds,
  };
}

/** What the customer gets: the table's level of the stage, or in a case that of the case's own policy. */
function serviceOf({ stage, dunning, planId }: Verdict, { catalogue }: Situation): ServiceLevel {
  if (dunning === null || stage !== 'retrying' && stage !== 'grace' && stage !== 'downgraded' && stage !== 'suspended') return SERVICE_OF_STAGE[stage];
  const level = dunning.policy.stages[stage].serviceLevel;
  // A plan that names nothing smaller keeps its limits until it is stopped.
  return level === 'downgraded' && downgradeOf(catalogue, planId) === null ? 'full' : level;
}

function roundsOf(verdict: Verdict, state: LifecycleState): number {
  const before = verdict.newCycle ? 0 : state.cancelRounds;
  if (verdict.hold !== null || !verdict.canceling) return before;
  return !verdict.newCycle && state.overlays.includes('canceling') ? before : before + 1;
}

/** A change between two plans that are sold for money, within a subscription. */
function planRoundsOf(verdict: Verdict, { state, catalogue }: Situation): number {
  if (verdict.newCycle) return 0;
  if (verdict.planId === state.planId) return state.planRounds;
  const [from, to] = [planOf(catalogue, state.planId), planOf(catalogue, verdict.planId)];
  return from !== null && to !== null && !isFree(from) && !isFree(to) ? state.planRounds + 1 : state.planRounds;
}

function overlaysOf(verdict: Verdict, situation: Situation): readonly Overlay[] {
  const { billing } = situation.facts;
  const all: Overlay[] = [];
  if (verdict.canceling) all.push('canceling');
  if (billing.disputes.length > 0 || situation.state.overlays.length > 0) {
    if (holdsForDispute(situation, billing.subscription)) all.push('dispute_hold');
  }
  if (verdict.dunning !== null && isPaused(verdict.dunning, billing.customerNowMs)) all.push('dunning_paused');
  if (verdict.hold !== null) all.push('review_hold');
  return all.length === 0 ? NO_OVERLAYS : all.filter((overlay) => STAGES_OF_OVERLAY[overlay].includes(verdict.stage));
}

const NO_OVERLAYS: readonly Overlay[] = [];
