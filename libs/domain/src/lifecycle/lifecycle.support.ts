import { deadlineOf, IN_DUNNING, stageAfter } from './lifecycle.case.js';
import { DAY_MS, DUNNING_STAGES, type DunningStage } from './lifecycle.policy.js';
import { freeAfterUnpaid } from './lifecycle.situation.js';
import type { Catalogue } from '../plan/plan.types.js';
import type { DeadlineShift, DunningCase, LifecycleState, SupportAct, SupportRefusal } from './lifecycle.types.js';

/** Grace that support can add to one case, in days, all together. */
export const MOST_EXTENSION_DAYS = 30;
const SHORTEST_REASON = 3;

export type SupportOutcome = { readonly ok: true; readonly state: LifecycleState } | { readonly ok: false; readonly refusal: SupportRefusal };
type Shift = Pick<DeadlineShift, 'kind' | 'ms' | 'fromStage'>;

const refuse = (code: SupportRefusal['code'], field: SupportRefusal['field'], detail: string): SupportRefusal => ({ code, field, detail });
const isRefusal = (answer: Shift | SupportRefusal): answer is SupportRefusal => 'code' in answer;

/**
 * What support does to an open case: its deadlines are shifted, with actor and reason. The stage follows at the next evaluation,
 * one at a time; notices and their ages are kept, so skipping forward is not faster than telling.
 * @param customerNowMs customer time of the act.
 */
export function evolveSupport(state: LifecycleState, act: SupportAct, catalogue: Catalogue, customerNowMs: number): SupportOutcome {
  const answer = judgeAct(state, act, catalogue, customerNowMs);
  if (isRefusal(answer)) return { ok: false, refusal: answer };
  const { dunning } = state;
  if (dunning === null) return { ok: false, refusal: noCase };
  const shift: DeadlineShift = { ...answer, atMs: customerNowMs, actor: act.actor, reason: act.reason.trim() };
  return { ok: true, state: { ...state, dunning: { ...dunning, shifts: [...dunning.shifts, shift] } } };
}

const noCase = refuse('NO_OPEN_CASE', null, 'This customer has no open case of a failed payment.');

function judgeAct(state: LifecycleState, act: SupportAct, catalogue: Catalogue, nowMs: number): Shift | SupportRefusal {
  if (act.reason.trim().length < SHORTEST_REASON) return refuse('REASON_MISSING', 'reason', `Say why, in ${SHORTEST_REASON} letters at least: it stands in the record.`);
  const { dunning } = state;
  if (dunning == null || !IN_DUNNING.includes(state.stage)) return noCase;
  switch (act.verb) {
    case 'extend_grace': return extendGrace(state, dunning, act.days);
    case 'pause_dunning': return pauseDunning(state, dunning, act.days, catalogue);
    case 'set_stage': return setStage(state, dunning, act.stage, catalogue, nowMs);
  }
}

const areDays = (days: number): boolean => Number.isSafeInteger(days) && days >= 1;

function extendGrace(state: LifecycleState, dunning: DunningCase, days: number): Shift | SupportRefusal {
  if (!areDays(days)) return refuse('NOT_POSSIBLE_HERE', 'days', 'Write whole days, one at least.');
  if (state.stage !== 'retrying' && state.stage !== 'grace') return refuse('NOT_POSSIBLE_HERE', null, `Grace is over (${state.stage}): move the customer back to grace instead.`);
  const given = dunning.shifts.filter(({ kind }) => kind === 'extend_grace').reduce((sum, { ms }) => sum + ms, 0) / DAY_MS;
  if (given + days > MOST_EXTENSION_DAYS) return refuse('TOO_LONG', 'days', `Grace can be extended by ${MOST_EXTENSION_DAYS} days in one case; ${MOST_EXTENSION_DAYS - given} are left.`);
  return { kind: 'extend_grace', ms: days * DAY_MS, fromStage: 'downgraded' };
}

function pauseDunning(state: LifecycleState, dunning: DunningCase, days: number, catalogue: Catalogue): Shift | SupportRefusal {
  if (!areDays(days)) return refuse('NOT_POSSIBLE_HERE', 'days', 'Write whole days, one at least.');
  if (dunning.shifts.some(({ kind }) => kind === 'pause')) return refuse('PAUSE_USED', null, 'This case was paused once already.');
  const { dunningPauseMaxDays } = dunning.policy;
  if (days > dunningPauseMaxDays) return refuse('TOO_LONG', 'days', `A case can be paused for ${dunningPauseMaxDays} days at most.`);
  const next = stageAfter(state.stage, freeAfterUnpaid(catalogue, state.planId) !== null);
  if (next === null) return noCase;
  return { kind: 'pause', ms: days * DAY_MS, fromStage: next };
}

function setStage(state: LifecycleState, dunning: DunningCase, stage: string, catalogue: Catalogue, nowMs: number): Shift | SupportRefusal {
  const over = freeAfterUnpaid(catalogue, state.planId) !== null;
  const possible: readonly string[] = over ? ['grace', 'downgraded', 'ended'] : ['grace', 'downgraded', 'suspended', 'ended'];
  if (!possible.includes(stage)) return refuse('NOT_POSSIBLE_HERE', 'stage', `Write one of ${possible.join(', ')}. To put everything back, waive the invoice or collect it.`);
  if (stage === state.stage) return refuse('NOT_POSSIBLE_HERE', 'stage', `The customer is in ${stage} already.`);
  const target = stage as DunningStage;
  const following = stageAfter(target, over);
  if (DUNNING_STAGES.indexOf(target) < DUNNING_STAGES.indexOf(state.stage as DunningStage)) {
    if (following === null) return noCase;
    // As long as the table gives to the stage, counted from now.
    const lengthMs = (dunning.policy.stages[following].fromDay - dunning.policy.stages[target].fromDay) * DAY_MS;
    return { kind: 'set_stage', ms: Math.max(DAY_MS, nowMs + lengthMs - deadlineOf(dunning, following)), fromStage: following };
  }
  const ms = nowMs - deadlineOf(dunning, target);
  const next = stageAfter(state.stage, over);
  if (ms >= 0 || next === null) return refuse('NOT_POSSIBLE_HERE', 'stage', `${target} is due already and waits for the age of its notice, a payment on its way, or a pause.`);
  return { kind: 'set_stage', ms, fromStage: next };
}
