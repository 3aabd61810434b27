import { isFree } from '../plan/plan.types.js';
import { IN_DUNNING } from './lifecycle.case.js';
import { planOf, type Situation, type Verdict } from './lifecycle.situation.js';
import type { NextStep } from './lifecycle.types.js';
import { sayCase } from './lifecycle.words-dunning.js';

/** What happens next and when, said once for the dashboard, support and the Temporal UI. `situation.state` is the state after the verdict. */
export function sayNextStep(verdict: Verdict, situation: Situation, teardownAtMs: number | null): NextStep | null {
  const { facts, catalogue, state } = situation;
  const { billing } = facts;
  const plan = planOf(catalogue, verdict.planId);
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
      const why = verdict.unpaidEnd === null ? 'The subscription ended; the data is kept for a while.' : 'The subscription was not paid and ended; the data is kept for a while.';
      if (teardownAtMs === null) return { what: 'Nothing is running and nothing is kept.', atMs: null, why: 'The subscription ended.', code: 'nothing_kept', values: {} };
      return { what: 'The assistant and its data are removed. The export stays available, and a new subscription before then brings everything back.', atMs: teardownAtMs, why, code: 'teardown', values: { planName } };
    }
    case 'torn_down':
      return { what: 'Nothing more happens. A new subscription begins with a new assistant.', atMs: null, why: 'Everything was removed after the time that was promised.', code: 'torn_down', values: {} };
    default:
  }
  if (verdict.endNow === 'dispute_lost') return { what: 'The subscription ends at Stripe; the data is kept for a while.', atMs: null, why: verdict.why, code: 'end', values: { planName } };
  if (verdict.dunning !== null && IN_DUNNING.includes(verdict.stage)) return sayCase(verdict, situation, verdict.dunning);
  if (verdict.paused !== null) {
    return { what: `The assistant rests and its data is kept. It goes on when the subscription to ${planName ?? 'the plan'} does.`, atMs: null, why: verdict.why, code: 'paused', values: { planName, pause: verdict.paused } };
  }
  if (state.overlays.includes('dispute_hold')) {
    return { what: 'The bank decides about the disputed payment. Until then the service stays as it is, nothing new is charged and nothing is removed.', atMs: null, why: 'A payment is disputed at the bank.', code: 'dispute', values: { planName } };
  }
  if (verdict.canceling) {
    return { what: `${planName ?? 'The subscription'} ends. Full service until then; the cancellation can be undone.`, atMs: verdict.cancelingAtMs, why: 'It was canceled.', code: 'cancellation', values: { planName } };
  }
  if (plan !== null && isFree(plan)) return { what: `${plan.name} goes on.`, atMs: null, why: `${plan.name} costs nothing.`, code: 'free', values: { planName } };
  if (verdict.processing) {
    return { what: 'The payment that is on its way arrives, or is declined. Until then nothing changes.', atMs: null, why: `A payment for ${planName ?? 'the plan'} is on its way.`, code: 'payment_processing', values: { planName } };
  }
  if (verdict.stage === 'trialing') {
    const atMs = billing.subscription?.trialEndMs ?? null;
    return { what: `The trial ends and ${planName ?? 'the plan'} is charged for the first time.`, atMs, why: `The trial of ${planName ?? 'the plan'} runs.`, code: 'trial_end', values: { planName } };
  }
  const atMs = billing.subscription?.currentPeriodEndMs ?? null;
  return { what: `${planName ?? 'The subscription'} renews.`, atMs, why: `The subscription to ${planName ?? 'the plan'} is in order.`, code: 'renewal', values: { planName } };
}
