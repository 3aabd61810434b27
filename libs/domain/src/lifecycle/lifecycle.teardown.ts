import { deadlineOf, numberOf } from './lifecycle.case.js';
import { DAY_MS, HOUR_MS, teardownReminderDays } from './lifecycle.policy.js';
import { noticeKey, planOf, withData, type Situation } from './lifecycle.situation.js';

/** Customer time at which the service was owed no longer. */
export function endOf({ state, facts: { billing } }: Situation): number {
  const subscription = billing.subscription;
  const endedAtMs = subscription?.status === 'canceled' ? subscription.endedAtMs : null;
  const fallback = state.stage === 'ended' ? state.stageSinceMs : billing.customerNowMs;
  return Math.max(endedAtMs ?? fallback, state.unpaidEnd === null ? subscription?.paidThroughMs ?? 0 : 0);
}

export interface TeardownPlan {
  readonly keptDays: number;
  readonly deadlineMs: number;
  /** The deadline as it is told: while the announcement is on its way it does not move with the clock. */
  readonly shownMs: number;
  readonly announcedAtMs: number | null;
  readonly due: boolean;
  /** Days before the deadline on which it is told again. Only those that lie after the announcement. */
  readonly reminderDays: readonly number[];
}

/** Key of the notice that offers the export and announces the teardown. */
export const endNoticeOf = ({ state: { unpaidEnd } }: Situation): string => (unpaidEnd === null ? 'ended_export_offered' : `c${numberOf(unpaidEnd)}:ended_unpaid`);

/**
 * When the data of an ended customer goes: recomputed from the facts, and never sooner than seven days after it was told.
 * After a voluntary end the plan says how long it is kept; after an unpaid one the calendar of the case, counted from its anchor.
 */
export function teardownPlan(situation: Situation): TeardownPlan {
  const { state, catalogue, facts: { billing, instances } } = situation;
  const policy = state.unpaidEnd?.policy ?? situation.policy;
  const endMs = endOf(situation);
  // A plan that left the catalogue promises nothing shorter than the policy's own window.
  const planDays = planOf(catalogue, state.planId)?.afterCancelDays ?? policy.stages.torn_down.fromDay - policy.stages.ended.fromDay;
  const keptUntilMs = state.unpaidEnd === null ? endMs + planDays * DAY_MS : deadlineOf(state.unpaidEnd, 'torn_down');
  const announcedAtMs = state.notices[noticeKey(state.subscriptionId, state.cycle, endNoticeOf(situation))] ?? null;
  const keptDays = Math.max(0, Math.round((keptUntilMs - endMs) / DAY_MS));
  if (withData(instances).length === 0) {
    return { keptDays, deadlineMs: keptUntilMs, shownMs: keptUntilMs, announcedAtMs, due: billing.customerNowMs >= keptUntilMs, reminderDays: [] };
  }
  const noticeAgeMs = policy.noticeAgeHours.tornDown * HOUR_MS;
  const deadlineMs = Math.max(keptUntilMs, (announcedAtMs ?? billing.customerNowMs) + noticeAgeMs);
  const shownMs = Math.max(keptUntilMs, (announcedAtMs ?? state.stageSinceMs) + noticeAgeMs);
  const reminderDays = announcedAtMs === null ? [] : teardownReminderDays(policy, Number.POSITIVE_INFINITY).filter((days) => deadlineMs - days * DAY_MS > announcedAtMs);
  return { keptDays, deadlineMs, shownMs, announcedAtMs, due: announcedAtMs !== null && billing.customerNowMs >= deadlineMs, reminderDays };
}
