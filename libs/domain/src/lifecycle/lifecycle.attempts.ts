import { declinedMethodOf, failedOf, IN_DUNNING, pausedUntil } from './lifecycle.case.js';
import { isDisputed } from './lifecycle.disputes.js';
import { DAY_MS } from './lifecycle.policy.js';
import type { Situation } from './lifecycle.situation.js';
import type { DunningCase, LifecycleEffect, SubscriptionFacts } from './lifecycle.types.js';

/** When the attempt of a day is due, in customer time: a pause puts off those that lie after its beginning. */
export function attemptAtMs(dunning: DunningCase, day: number): number {
  const atMs = dunning.anchorMs + day * DAY_MS;
  const pause = dunning.shifts.find(({ kind }) => kind === 'pause');
  return pause !== undefined && pause.atMs <= atMs ? atMs + pause.ms : atMs;
}

/** The next attempt of the schedule after now, in customer time; null = none is left. */
export function nextAttemptAtMs(dunning: DunningCase, nowMs: number): number | null {
  if (dunning.hardDecline !== null) return null;
  const ahead = dunning.policy.payAgainOnDays.map((day) => attemptAtMs(dunning, day)).filter((atMs) => atMs > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/** The attempt of the schedule that is due and was not made: one, however many days went by unseen. */
function scheduledDue(dunning: DunningCase, invoiceId: string, nowMs: number): number | null {
  const due = dunning.policy.payAgainOnDays.filter((day) => attemptAtMs(dunning, day) <= nowMs);
  const latest = due.at(-1);
  if (latest === undefined) return null;
  const made = dunning.policy.payAgainOnDays.some((day) => day >= latest && keyOf(dunning, invoiceId, `day${day}`) in dunning.attempts);
  return made ? null : latest;
}

const keyOf = (dunning: DunningCase, invoiceId: string, what: string): string => `${dunning.id}:${invoiceId}:${what}`;

/**
 * What has to be done to collect: put a new card from the wrong slot into the right one; then pay the oldest open invoice,
 * at once when the card changed, else on the days of the policy where we own the retries. At most one of them at a time.
 */
export function collectionOf(situation: Situation, subscription: SubscriptionFacts, dunning: DunningCase): LifecycleEffect | null {
  const { state, facts: { billing } } = situation;
  const { paymentMethodId, customerPaymentMethodId, customerNowMs } = billing;
  if (!IN_DUNNING.includes(state.stage) || subscription.status === 'canceled' || isDisputed(situation, subscription)) return null;
  const failed = failedOf(billing, subscription.id);
  // Two payments of one customer on their way at once would be one too many.
  const oldest = failed.some(({ processing }) => processing) ? undefined : failed[0];
  if (oldest === undefined || paymentMethodId === null && customerPaymentMethodId === null) return null;
  const declined = declinedMethodOf(dunning, oldest);
  if (customerPaymentMethodId !== null && customerPaymentMethodId !== paymentMethodId && (paymentMethodId === null || paymentMethodId === declined)) {
    return { kind: 'adopt_payment_method', subscriptionId: subscription.id, paymentMethodId: customerPaymentMethodId };
  }
  if (paymentMethodId !== null && paymentMethodId !== declined) {
    const key = keyOf(dunning, oldest.id, `card:${paymentMethodId}`);
    if (!(key in dunning.attempts)) return { kind: 'pay_invoice', invoiceId: oldest.id, key, trigger: 'card_changed' };
  }
  if (state.stage !== 'retrying' || dunning.hardDecline !== null || isPaused(dunning, customerNowMs)) return null;
  const day = scheduledDue(dunning, oldest.id, customerNowMs);
  return day === null ? null : { kind: 'pay_invoice', invoiceId: oldest.id, key: keyOf(dunning, oldest.id, `day${day}`), trigger: 'schedule' };
}

export const isPaused = (dunning: DunningCase, nowMs: number): boolean => nowMs < (pausedUntil(dunning) ?? Number.NEGATIVE_INFINITY);

/** True where no attempt is left, or none could succeed: grace begins at once. */
export function nothingLeftToRetry({ facts: { billing } }: Situation, subscription: SubscriptionFacts, dunning: DunningCase): boolean {
  if (dunning.processingSinceMs !== null) return false;
  if (dunning.hardDecline !== null || billing.paymentMethodId === null || subscription.status === 'canceled') return true;
  if (dunning.policy.retryOwner === 'stripe') return failedOf(billing, subscription.id).every((invoice) => invoice.nextAttemptAtMs === null);
  return nextAttemptAtMs(dunning, billing.customerNowMs) === null;
}
