import { isFree, type Catalogue } from '../plan/plan.types.js';
import type { Verdict } from './lifecycle.judge.js';
import type { LifecycleFacts, NextStep } from './lifecycle.types.js';

/** What happens next and when, said once for the dashboard, support and the Temporal UI. */
export function sayNextStep(verdict: Verdict, facts: LifecycleFacts, catalogue: Catalogue, teardownAtMs: number | null): NextStep | null {
  const { billing } = facts;
  const plan = catalogue.plans.find((candidate) => candidate.id === verdict.planId) ?? null;
  const planName = plan?.name ?? null;
  if (verdict.hold !== null) {
    return { what: 'A person of our team looks at this account; the service stays as it is.', atMs: null, why: verdict.hold, code: 'review', values: { planName } };
  }
  switch (verdict.stage) {
    case 'prospect': {
      if (!facts.instances.some(({ status }) => status === 'awaiting_payment')) return null;
      return { what: 'The assistant starts as soon as the checkout is paid.', atMs: null, why: 'An assistant waits for its payment.', code: 'checkout', values: {} };
    }
    case 'ended': {
      if (teardownAtMs === null) return { what: 'Nothing is running and nothing is kept.', atMs: null, why: 'The subscription ended.', code: 'nothing_kept', values: {} };
      return { what: 'The assistant and its data are removed. The export stays available, and a new subscription before then brings everything back.', atMs: teardownAtMs, why: 'The subscription ended; the data is kept for a while.', code: 'teardown', values: { planName } };
    }
    case 'torn_down':
      return { what: 'Nothing more happens. A new subscription begins with a new assistant.', atMs: null, why: 'Everything was removed after the time that was promised.', code: 'torn_down', values: {} };
    default:
  }
  if (verdict.canceling) {
    return { what: `${planName ?? 'The subscription'} ends. Full service until then; the cancellation can be undone.`, atMs: verdict.cancelingAtMs, why: 'It was canceled.', code: 'cancellation', values: { planName } };
  }
  if (plan !== null && isFree(plan)) return { what: `${plan.name} goes on.`, atMs: null, why: `${plan.name} costs nothing.`, code: 'free', values: { planName } };
  if (verdict.stage === 'trialing') {
    const atMs = billing.subscription?.trialEndMs ?? null;
    return { what: `The trial ends and ${planName ?? 'the plan'} is charged for the first time.`, atMs, why: `The trial of ${planName ?? 'the plan'} runs.`, code: 'trial_end', values: { planName } };
  }
  const atMs = billing.subscription?.currentPeriodEndMs ?? null;
  return { what: `${planName ?? 'The subscription'} renews.`, atMs, why: `The subscription to ${planName ?? 'the plan'} is in order.`, code: 'renewal', values: { planName } };
}
