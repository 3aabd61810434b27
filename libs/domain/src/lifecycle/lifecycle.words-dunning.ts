import { sayInstant } from './instant.js';
import { nextAttemptAtMs } from './lifecycle.attempts.js';
import { deadlineOf, failedOf, pausedUntil } from './lifecycle.case.js';
import { sayAmount } from './lifecycle.money.js';
import { nextDeadline, passesOver } from './lifecycle.notices.js';
import { DAY_MS } from './lifecycle.policy.js';
import { downgradeOf, planOf, type Situation, type Verdict } from './lifecycle.situation.js';
import type { DunningCase, NextStep, NextStepCode } from './lifecycle.types.js';

/** What happens next in an open case, and when: one sentence each. */
export function sayCase(verdict: Verdict, situation: Situation, dunning: DunningCase): NextStep {
  const { catalogue, facts: { billing } } = situation;
  const now = billing.customerNowMs;
  const planName = planOf(catalogue, verdict.planId)?.name ?? 'the plan';
  const smaller = downgradeOf(catalogue, verdict.planId)?.name ?? null;
  const amount = sayAmount(dunning.amountRemainingCents, dunning.currency);
  const values = {
    planName, downgradeToName: smaller, amountCents: dunning.amountRemainingCents, currency: dunning.currency, failedAtMs: dunning.anchorMs,
    hardDecline: dunning.hardDecline, downgradeAtMs: deadlineOf(dunning, 'downgraded'), pausedUntilMs: pausedUntil(dunning),
  };
  const why = `${amount} is open since ${sayInstant(dunning.anchorMs)}.`;
  const say = (code: NextStepCode, what: string, atMs: number | null): NextStep => ({ what, atMs, why, code, values });
  if (dunning.processingSinceMs !== null) {
    return say('payment_processing', 'The payment that is on its way arrives, or is declined. Until then nothing gets worse.', null);
  }
  if (verdict.stage === 'retrying') {
    const again = attemptAhead(situation, dunning, now);
    if (again !== null) return say('pay_again', `${amount} is collected again. A new card is tried at once.`, again);
    const graceMs = deadlineOf(dunning, 'grace');
    return say('grace', `Time to pay begins. ${planName} stays as it is; a new card is tried at once.`, graceMs > now ? graceMs : null);
  }
  const next = nextDeadline(situation, dunning);
  if (next === null) return say('end', 'The subscription ends.', null);
  const undone = 'Paying before then keeps everything as it is.';
  switch (next.stage) {
    case 'downgraded':
      return say('downgrade', smaller === null
        ? `${planName} has no smaller plan: its limits stay until the assistant stops on ${sayInstant(Math.max(deadlineOf(dunning, 'suspended'), next.shownMs))}. ${undone}`
        : `The assistant gets the limits of ${smaller}; no data is touched. ${undone}`, next.shownMs);
    case 'suspended': return say('suspension', 'The assistant stops; its data is kept. Paying puts everything back at once.', next.shownMs);
    default:
      if (passesOver(situation) && verdict.stage === 'downgraded') {
        return say('move_to_free', `The subscription to ${planName} ends and ${smaller ?? 'the free plan'} goes on, with the same assistant. Paying before then puts everything back at once.`, next.shownMs);
      }
      return say('end', `The subscription ends; the data is kept for ${Math.round((deadlineOf(dunning, 'torn_down') - deadlineOf(dunning, 'ended')) / DAY_MS)} days and an export is offered. Paying before then puts everything back at once.`, next.shownMs);
  }
}

/** The next attempt, by whoever owns them; null = none is known. */
function attemptAhead({ facts: { billing } }: Situation, dunning: DunningCase, nowMs: number): number | null {
  if (dunning.hardDecline !== null || billing.paymentMethodId === null) return null;
  if (dunning.policy.retryOwner === 'workflow') return nextAttemptAtMs(dunning, nowMs);
  const ahead = billing.subscription === null ? [] : failedOf(billing, billing.subscription.id).flatMap(({ nextAttemptAtMs: atMs }) => (atMs !== null && atMs > nowMs ? [atMs] : []));
  return ahead.length === 0 ? null : Math.min(...ahead);
}
