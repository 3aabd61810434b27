import type { NextStepCode } from '#domain/lifecycle/lifecycle.types.js';
import type { NoticeFacts } from './notice-text.js';

/** What happens next and when, as a sentence; null where there is no date. `fallback`: the step that this notice announces where its code is not given. */
export function upcomingEn(facts: NoticeFacts, fallback: NextStepCode | null = null): string | null {
  const { date, plan, smallerPlan } = facts;
  if (date === null) return null;
  const yours = plan === null ? 'your plan' : plan;
  switch (facts.next ?? fallback) {
    case 'pay_again': return `On ${date} we try the payment again.`;
    case 'grace': return `If nothing is paid by ${date}, the last days of full service begin.`;
    case 'downgrade': return `If nothing is paid by ${date}, your assistant gets smaller limits${smallerPlan === null ? '' : `, those of ${smallerPlan}`}. Its data stays as it is.`;
    case 'suspension': return `If nothing is paid by ${date}, your assistant is stopped. Its data is kept.`;
    case 'end': return `If nothing is paid by ${date}, your subscription ends. You can download the data before and after that.`;
    case 'move_to_free': return `If nothing is paid by ${date}, your subscription ends and your assistant goes on with ${smallerPlan ?? 'the free plan'}.`;
    case 'payment_processing': return `Your bank is still working on the payment. We look again on ${date}; until then nothing changes.`;
    case 'dispute': return `We look at it again on ${date}.`;
    case 'paused': return `The pause ends on ${date}.`;
    case 'trial_end': return `The trial ends on ${date}, and the first payment is made.`;
    case 'renewal': return `${capital(yours)} renews on ${date}.`;
    case 'cancellation': return `Everything keeps working until ${date}.`;
    case 'teardown': return `We keep the data until ${date} and then delete it. Subscribe again before that day and everything is back as it was.`;
    default: return `The next step is on ${date}.`;
  }
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
