import type { Decision, LifecycleState } from './lifecycle.types.js';

/** A customer who has not bought anything. */
export const initialState = (policyVersion = 'standard-1'): LifecycleState => ({
  schemaVersion: 1, stage: 'prospect', serviceLevel: 'none', overlays: [], planId: null, policyVersion, stageSinceMs: 0,
  subscriptionId: null, notices: {}, nextStep: null, reason: 'Signed up.', cycle: 0, cancelRounds: 0, reviewReason: null,
  dunning: null, cases: 0,
});

/** The state after a decision was put on record. Pure; the same decision twice is the same state. */
export function evolveLifecycle(state: LifecycleState, decision: Decision, customerNowMs: number): LifecycleState {
  const newCycle = decision.cycle !== state.cycle;
  return {
    schemaVersion: 1,
    stage: decision.stage,
    serviceLevel: decision.serviceLevel,
    overlays: decision.overlays,
    planId: decision.planId,
    policyVersion: decision.policyVersion,
    stageSinceMs: decision.stage === state.stage && !newCycle ? state.stageSinceMs : customerNowMs,
    subscriptionId: decision.subscriptionId,
    notices: newCycle ? {} : state.notices,
    nextStep: decision.nextStep,
    reason: decision.reason,
    cycle: decision.cycle,
    cancelRounds: decision.cancelRounds,
    reviewReason: decision.reviewReason,
    dunning: decision.dunning,
    cases: decision.cases,
  };
}

/** The state after a notice went out. The first sending counts: a repeat never makes a notice younger. `sentAtMs` is customer time. */
export const evolveNoticeSent = (state: LifecycleState, key: string, sentAtMs: number): LifecycleState =>
  key in state.notices ? state : { ...state, notices: { ...state.notices, [key]: sentAtMs } };

/** True where the decision changes nothing that is remembered or shown: there is nothing to put on record. Effects may still be owed. */
export function isSettled(state: LifecycleState, decision: Decision): boolean {
  const shown = (of: LifecycleState | Decision): string => JSON.stringify([
    of.stage, of.serviceLevel, of.overlays, of.planId, of.subscriptionId, of.cycle, of.cancelRounds, of.reviewReason, of.policyVersion, of.nextStep,
  ]);
  return shown(state) === shown(decision);
}
