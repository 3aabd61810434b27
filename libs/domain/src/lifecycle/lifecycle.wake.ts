import { isFree } from '../plan/plan.types.js';
import { attemptAtMs } from './lifecycle.attempts.js';
import { collectedOf, deadlineOf, failedOf, pausedUntil } from './lifecycle.case.js';
import { nextDeadline, remindersAheadMs } from './lifecycle.notices.js';
import { DAY_MS, HOUR_MS, MOST_PROCESSING_DAYS } from './lifecycle.policy.js';
import { planOf, withData, type Situation, type Verdict } from './lifecycle.situation.js';
import { disputeToldAtMs, lostDispute } from './lifecycle.disputes.js';
import { teardownPlan } from './lifecycle.teardown.js';
import type { DunningCase } from './lifecycle.types.js';

/** Stripe's own event should come first; this is how long we wait for it before we look ourselves. */
const BOUNDARY_SLACK_MS = 10 * 60_000;
const LOOK_AGAIN_MS = HOUR_MS;
/** Facts too old for a step that hurts: fetched again soon, but not in a tight loop should two clocks disagree. */
const REFETCH_MS = 15_000;

/**
 * Real clock: when to look again; always in the future. null = only when something happens.
 * A customer on a test clock has no deadline here, but for facts that have to be fetched again.
 */
export function wakeAt(verdict: Verdict, situation: Situation): number | null {
  const { facts: { billing }, nowMs } = situation;
  if (verdict.refetch) return nowMs + REFETCH_MS;
  if (billing.onTestClock) return null;
  const now = billing.customerNowMs;
  let earliest = Number.POSITIVE_INFINITY;
  for (const atMs of momentsOf(verdict, situation)) if (atMs > now && atMs < earliest) earliest = atMs;
  return earliest === Number.POSITIVE_INFINITY ? null : nowMs + (earliest - now);
}

/** Instants in customer time at which something may be due; those that are past do not count. */
function momentsOf(verdict: Verdict, situation: Situation): number[] {
  const { facts: { billing }, catalogue } = situation;
  const now = billing.customerNowMs;
  if (verdict.hold !== null || verdict.endNow !== null) return [now + LOOK_AGAIN_MS];
  if (verdict.stage === 'ended') return momentsOfEnd(situation);
  if (verdict.stage === 'prospect' || verdict.stage === 'torn_down') return [];
  const plan = planOf(catalogue, verdict.planId);
  if (plan !== null && isFree(plan) || verdict.paused !== null) return [];
  const moments = verdict.dunning !== null ? momentsOfCase(situation, verdict.dunning) : momentsOfService(verdict, situation);
  const subscription = billing.subscription;
  const lost = subscription === null ? null : lostDispute(situation, subscription);
  if (lost !== null) moments.push(now + LOOK_AGAIN_MS, (disputeToldAtMs(situation, lost) ?? now) + situation.policy.noticeAgeHours.ended * HOUR_MS);
  return moments;
}

function momentsOfService(verdict: Verdict, { facts: { billing }, policy }: Situation): number[] {
  const now = billing.customerNowMs;
  const { subscription } = billing;
  const boundary = (atMs: number | null | undefined): number[] => (atMs == null ? [] : [atMs + BOUNDARY_SLACK_MS > now ? atMs + BOUNDARY_SLACK_MS : now + LOOK_AGAIN_MS]);
  const waits = verdict.processing && subscription !== null
    ? collectedOf(billing, subscription.id).filter(({ processing }) => processing).map(({ finalizedAtMs }) => finalizedAtMs + MOST_PROCESSING_DAYS * DAY_MS) : [];
  if (verdict.cancelingAtMs !== null) return [...waits, ...boundary(verdict.cancelingAtMs)];
  if (verdict.stage !== 'trialing') return [...waits, ...boundary(subscription?.currentPeriodEndMs)];
  const endMs = subscription?.trialEndMs ?? null;
  return [...waits, ...boundary(endMs), ...(endMs === null ? [] : policy.trialReminderHours.map((hours) => endMs - hours * HOUR_MS))];
}

function momentsOfCase(situation: Situation, dunning: DunningCase): number[] {
  const { state, facts: { billing } } = situation;
  const now = billing.customerNowMs;
  const moments: number[] = [];
  if (dunning.processingSinceMs !== null) moments.push(dunning.processingSinceMs + MOST_PROCESSING_DAYS * DAY_MS);
  // What failed is paid or forgiven, and Stripe's status has not followed yet.
  if (billing.subscription !== null && failedOf(billing, billing.subscription.id).length === 0) moments.push(now + LOOK_AGAIN_MS);
  const pausedMs = pausedUntil(dunning);
  if (pausedMs !== null) moments.push(pausedMs);
  if (state.stage === 'retrying') {
    if (dunning.hardDecline === null) for (const day of dunning.policy.payAgainOnDays) moments.push(attemptAtMs(dunning, day));
    const graceMs = deadlineOf(dunning, 'grace');
    moments.push(graceMs > now ? graceMs : now + LOOK_AGAIN_MS);
    return moments;
  }
  const next = nextDeadline(situation, dunning);
  if (next === null) return moments;
  // Nobody was told yet, or what is due has to wait: we look again soon, and no deadline is armed.
  moments.push(next.announcedAtMs === null || next.entryMs <= now ? now + LOOK_AGAIN_MS : next.entryMs);
  for (const atMs of remindersAheadMs(situation, dunning, next)) moments.push(atMs);
  return moments;
}

function momentsOfEnd(situation: Situation): number[] {
  const { facts: { billing, instances } } = situation;
  const now = billing.customerNowMs;
  const { deadlineMs, announcedAtMs, reminderDays } = teardownPlan(situation);
  const moments = reminderDays.map((days) => deadlineMs - days * DAY_MS);
  if (withData(instances).length > 0 && announcedAtMs === null) moments.push(now + LOOK_AGAIN_MS);
  moments.push(deadlineMs > now ? deadlineMs : now + LOOK_AGAIN_MS);
  return moments;
}
