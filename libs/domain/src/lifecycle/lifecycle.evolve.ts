import { withoutOlderCases } from './lifecycle.notices.js';
import type { Decision, DunningCase, LifecycleState, NextStep, PaymentAttempt } from './lifecycle.types.js';

/** A customer who has not bought anything. */
export const initialState = (policyVersion = 'standard-1'): LifecycleState => ({
  schemaVersion: 1, stage: 'prospect', serviceLevel: 'none', overlays: [], planId: null, policyVersion, stageSinceMs: 0,
  subscriptionId: null, notices: {}, nextStep: null, reason: 'Signed up.', cycle: 0, cancelRounds: 0, reviewReason: null,
  dunning: null, cases: 0, lastCase: null, unpaidEnd: null, planRounds: 0,
});

/** A state that was carried from a release without failed payments, with what it lacks. */
export const completeState = (state: LifecycleState): LifecycleState =>
  (state.planRounds === undefined || state.cases === undefined ? { ...initialState(), ...state } : state);

/** The state after a decision was put on record. Pure; the same decision twice is the same state. */
export function evolveLifecycle(state: LifecycleState, decision: Decision, customerNowMs: number): LifecycleState {
  const newCycle = decision.cycle !== state.cycle;
  const opened = decision.dunning !== null && decision.cases !== state.cases ? decision.dunning : null;
  return {
    schemaVersion: 1,
    stage: decision.stage,
    serviceLevel: decision.serviceLevel,
    overlays: decision.overlays,
    planId: decision.planId,
    policyVersion: decision.policyVersion,
    stageSinceMs: decision.stage === state.stage && !newCycle ? state.stageSinceMs : customerNowMs,
    subscriptionId: decision.subscriptionId,
    notices: newCycle ? {} : opened === null ? state.notices : withoutOlderCases(state.notices, opened, decision.subscriptionId, decision.cycle),
    nextStep: decision.nextStep,
    reason: decision.reason,
    cycle: decision.cycle,
    cancelRounds: decision.cancelRounds,
    reviewReason: decision.reviewReason,
    dunning: decision.dunning,
    cases: decision.cases,
    lastCase: decision.closedCase ?? (newCycle || decision.dunning !== null ? null : state.lastCase ?? null),
    unpaidEnd: decision.unpaidEnd,
    planRounds: decision.planRounds,
  };
}

/** The state after a notice went out. The first sending counts: a repeat never makes a notice younger. `sentAtMs` is customer time. */
export const evolveNoticeSent = (state: LifecycleState, key: string, sentAtMs: number): LifecycleState =>
  key in state.notices ? state : { ...state, notices: { ...state.notices, [key]: sentAtMs } };

/** The state after a payment was asked for. The first record of a key counts; without an open case nothing is remembered. */
export const evolvePaymentTried = (state: LifecycleState, key: string, attempt: PaymentAttempt): LifecycleState =>
  state.dunning == null || key in state.dunning.attempts ? state : { ...state, dunning: { ...state.dunning, attempts: { ...state.dunning.attempts, [key]: attempt } } };

/** True where the decision changes nothing that is remembered or shown: there is nothing to put on record. Effects may still be owed. */
export function isSettled(state: LifecycleState, decision: Decision): boolean {
  return state.stage === decision.stage && state.serviceLevel === decision.serviceLevel && state.planId === decision.planId && state.subscriptionId === decision.subscriptionId
    && state.cycle === decision.cycle && state.cancelRounds === decision.cancelRounds && state.reviewReason === decision.reviewReason
    && state.cases === decision.cases && state.planRounds === decision.planRounds && decision.closedCase === null
    && state.overlays.length === decision.overlays.length && state.overlays.every((overlay, index) => overlay === decision.overlays[index])
    && sameStep(state.nextStep, decision.nextStep) && sameCase(state.dunning, decision.dunning) && sameCase(state.unpaidEnd, decision.unpaidEnd);
}

function sameStep(a: NextStep | null, b: NextStep | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.what !== b.what || a.atMs !== b.atMs || a.why !== b.why || a.code !== b.code) return false;
  const [left, right] = [a.values ?? {}, b.values ?? {}];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

/** The policy of a case never changes, so it is not looked at. */
function sameCase(a: DunningCase | null, b: DunningCase | null): boolean {
  if (a === b || a == null || b == null) return (a ?? null) === (b ?? null);
  return a.id === b.id && a.anchorMs === b.anchorMs && a.amountRemainingCents === b.amountRemainingCents && a.hardDecline === b.hardDecline && a.processingSinceMs === b.processingSinceMs
    && a.moved.anchor === b.moved.anchor && a.moved.back === b.moved.back
    && a.shifts.length === b.shifts.length && a.invoiceIds.length === b.invoiceIds.length && Object.keys(a.attempts).length === Object.keys(b.attempts).length;
}

