import { isFree, type Catalogue } from '../plan/plan.types.js';
import { evolveLifecycle } from './lifecycle.evolve.js';
import { effectsOf } from './lifecycle.effects.js';
import { hold, judge, planOf, teardownPlan, withData, type Situation, type Verdict } from './lifecycle.judge.js';
import { HOUR_MS, SERVICE_OF_STAGE, STAGES_OF_OVERLAY, isLegalMove, teardownReminderDays, DAY_MS, type LifecyclePolicy } from './lifecycle.policy.js';
import type { Decision, LifecycleFacts, LifecycleState, Overlay } from './lifecycle.types.js';
import { sayNextStep } from './lifecycle.words.js';

/** Stripe's own event should come first; this is how long we wait for it before we look ourselves. */
const BOUNDARY_SLACK_MS = 10 * 60_000;
const LOOK_AGAIN_MS = HOUR_MS;
/** Facts too old for a step that hurts: fetched again soon, but not in a tight loop should two clocks disagree. */
const REFETCH_MS = 15_000;

/**
 * The one answer to "what happens to this customer now": facts, what is remembered and the policy in; stage, service, effects,
 * words and the next look out. Pure and deterministic. Moves at most one stage.
 * @param nowMs real clock; deadlines run in customer time, `facts.billing.customerNowMs`.
 */
export function decideLifecycle(facts: LifecycleFacts, state: LifecycleState, catalogue: Catalogue, policy: LifecyclePolicy, nowMs: number): Decision {
  const decision = decideOnce({ facts, state, catalogue, policy, nowMs });
  if (decision.stage === state.stage) return decision;
  // A late evaluation moves one stage; is the next one due already, the caller comes back at once.
  const moved = evolveLifecycle(state, decision, facts.billing.customerNowMs);
  const further = decideOnce({ facts, state: moved, catalogue, policy, nowMs });
  return further.stage === decision.stage ? decision : { ...decision, wakeAtMs: nowMs };
}

function decideOnce(situation: Situation): Decision {
  const { facts, state, catalogue, policy } = situation;
  const judged = judge(situation);
  const verdict = isLegalMove(state.stage, judged.stage) ? judged
    : hold(situation, `Stripe's facts ask for a move from ${state.stage} to ${judged.stage}, which the table does not know.`);
  const cycle = verdict.newCycle ? state.cycle + 1 : state.cycle;
  const cancelRounds = roundsOf(verdict, state);
  const after: LifecycleState = { ...state, ...verdict, cycle, cancelRounds, notices: verdict.newCycle ? {} : state.notices, stageSinceMs: verdict.stage === state.stage ? state.stageSinceMs : facts.billing.customerNowMs };
  const then: Situation = { ...situation, state: after };
  const teardown = verdict.stage === 'ended' && withData(facts.instances).length > 0 ? teardownPlan(then) : null;
  return {
    stage: verdict.stage,
    serviceLevel: verdict.hold !== null || verdict.refetch || verdict.stage === state.stage && !verdict.newCycle ? state.serviceLevel : SERVICE_OF_STAGE[verdict.stage],
    overlays: overlaysOf(verdict, state),
    planId: verdict.planId,
    subscriptionId: verdict.subscriptionId,
    reason: verdict.why,
    nextStep: sayNextStep(verdict, facts, catalogue, teardown?.shownMs ?? null),
    effects: effectsOf(verdict, then, state),
    wakeAtMs: wakeAt(verdict, then),
    policyVersion: policy.version,
    cycle,
    cancelRounds,
    reviewReason: verdict.hold,
    dunning: state.dunning,
    cases: state.cases,
    closedCase: null,
  };
}

function roundsOf(verdict: Verdict, state: LifecycleState): number {
  const before = verdict.newCycle ? 0 : state.cancelRounds;
  if (verdict.hold !== null || !verdict.canceling) return before;
  return !verdict.newCycle && state.overlays.includes('canceling') ? before : before + 1;
}

function overlaysOf(verdict: Verdict, state: LifecycleState): readonly Overlay[] {
  const kept = state.overlays.filter((overlay) => overlay === 'dispute_hold' || overlay === 'dunning_paused');
  const all: Overlay[] = [...(verdict.canceling ? ['canceling' as const] : []), ...kept, ...(verdict.hold !== null ? ['review_hold' as const] : [])];
  return all.filter((overlay) => STAGES_OF_OVERLAY[overlay].includes(verdict.stage));
}

function wakeAt(verdict: Verdict, situation: Situation): number | null {
  const { facts: { billing, instances }, catalogue, policy, nowMs } = situation;
  if (verdict.refetch) return nowMs + REFETCH_MS;
  if (billing.onTestClock) return null;
  const now = billing.customerNowMs;
  const candidates: number[] = [];
  const boundary = (atMs: number | null): void => {
    if (atMs !== null) candidates.push(atMs + BOUNDARY_SLACK_MS > now ? atMs + BOUNDARY_SLACK_MS : now + LOOK_AGAIN_MS);
  };
  const plan = planOf(catalogue, verdict.planId);
  if (verdict.hold !== null) candidates.push(now + LOOK_AGAIN_MS);
  else if (verdict.stage === 'ended') {
    const { deadlineMs, keptDays, announcedAtMs } = teardownPlan(situation);
    const kept = withData(instances).length > 0;
    if (kept && announcedAtMs === null) candidates.push(now + LOOK_AGAIN_MS);
    const reminders = !kept ? [] : teardownReminderDays(policy, keptDays).map((days) => deadlineMs - days * DAY_MS);
    candidates.push(...reminders, deadlineMs > now ? deadlineMs : now + LOOK_AGAIN_MS);
  } else if (verdict.stage !== 'prospect' && verdict.stage !== 'torn_down' && !(plan !== null && isFree(plan))) {
    const subscription = billing.subscription;
    if (verdict.cancelingAtMs !== null) boundary(verdict.cancelingAtMs);
    else if (verdict.stage === 'trialing') {
      boundary(subscription?.trialEndMs ?? null);
      if (subscription?.trialEndMs != null) candidates.push(...policy.trialReminderHours.map((hours) => (subscription.trialEndMs ?? 0) - hours * HOUR_MS));
    } else boundary(subscription?.currentPeriodEndMs ?? null);
  }
  const ahead = candidates.filter((atMs) => atMs > now);
  return ahead.length === 0 ? null : nowMs + (Math.min(...ahead) - now);
}
