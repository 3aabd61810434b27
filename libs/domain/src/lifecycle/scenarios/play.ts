import { DAY_MS, HOUR_MS, type LifecyclePolicy } from '../lifecycle.policy.js';
import { LifecycleStory } from '../lifecycle.story.js';
import type { Scenario, ScenarioStep } from './scenario.types.js';

/** The first failure of each scenario. */
export const ANCHOR_MS = Date.parse('2027-03-01T10:05Z');
/** A month of 31 days, so that the end of the case comes before the next renewal. */
/** The first invoice of a trial is a draft for an hour before it is charged. */
const TRIAL_END_BEFORE_MS = HOUR_MS;
const PERIOD_MS = 31 * DAY_MS;

/** A customer who pays for the scenario's plan, at the beginning of the period before the anchor. */
export function begin(scenario: Scenario, policy: LifecyclePolicy): LifecycleStory {
  const story = new LifecycleStory(ANCHOR_MS - 28 * DAY_MS, undefined, policy).instance('a', { planId: scenario.planId });
  story.subscribe('sub_1', { planId: scenario.planId, instanceId: 'a', currentPeriodEndMs: ANCHOR_MS });
  if (scenario.trial) story.change({ status: 'trialing', trialEndMs: ANCHOR_MS - TRIAL_END_BEFORE_MS, currentPeriodEndMs: ANCHOR_MS - TRIAL_END_BEFORE_MS });
  else story.paidInvoiceCount = 1;
  return story.evaluate();
}

/** Plays a scenario against the reducer. @returns its diary, from the first step on, days counted from the anchor; and the story as it stands. */
export function play(scenario: Scenario, policy: LifecyclePolicy): { diary: string[]; story: LifecycleStory } {
  const story = begin(scenario, policy);
  const before = story.diary.length;
  for (const step of scenario.steps) {
    const atMs = ANCHOR_MS + Math.round(step.day * DAY_MS);
    if (atMs > story.nowMs) story.sleepUntil(atMs);
    takeStep(story, step);
  }
  story.sleepUntil(ANCHOR_MS + scenario.untilDay * DAY_MS);
  return { diary: sayDays(story.diary.slice(before)), story };
}

/** One step, and the evaluation that it brings about. */
export function takeStep(story: LifecycleStory, step: ScenarioStep): void {
  take(story, step);
  if (step.do !== 'support') story.evaluate();
}

/** Lines of a story's diary, one an instant, in days from the anchor. */
export const sayDays = (diary: readonly string[]): string[] => byInstant(diary.map(sayDay));

function take(story: LifecycleStory, step: ScenarioStep): void {
  switch (step.do) {
    case 'renewal fails': {
      if (step.code !== undefined) story.cards.set('pm_old', step.code);
      story.change({ currentPeriodEndMs: story.nowMs + PERIOD_MS }).fail(step.invoice);
      if (step.seenOnDay !== undefined) story.jumpTo(ANCHOR_MS + step.seenOnDay * DAY_MS);
      return;
    }
    case 'another invoice fails': story.fail(step.invoice, { amountDueCents: step.amountCents, amountRemainingCents: step.amountCents }); return;
    case 'renewal is paid': story.change({ currentPeriodEndMs: story.nowMs + PERIOD_MS, status: 'active' }); story.paidInvoiceCount += 1; return;
    case 'renewal is processing': {
      story.change({ currentPeriodEndMs: story.nowMs + PERIOD_MS }).fail(step.invoice, { firstFailedAtMs: null, processing: true, lastFailure: null });
      story.change({ status: 'active' });
      return;
    }
    case 'invoice is paid': story.pay(step.invoice); return;
    case 'invoice is partly paid': story.invoice(step.invoice, { amountRemainingCents: step.remainingCents }); return;
    case 'bank debit fails': {
      const before = story.openInvoices.find(({ id }) => id === step.invoice);
      story.invoice(step.invoice, { processing: false, firstFailedAtMs: before?.firstFailedAtMs ?? story.nowMs, lastFailure: { code: 'insufficient_funds', paymentMethodId: story.paymentMethodId } }).change({ status: 'past_due' });
      return;
    }
    case 'support waives': story.close(step.invoice); return;
    case 'card is changed': story.cards.set(step.card, step.answer); story.card(step.card, step.slot === 'right' ? 'both' : 'customer'); return;
    case 'dispute': story.disputes = [...story.disputes.filter(({ id }) => id !== step.id), { id: step.id, status: step.status, reason: 'fraudulent', amountCents: 2900, currency: 'usd', subscriptionId: 'sub_1' }]; return;
    case 'cancels at period end': story.change({ cancelAtPeriodEnd: true }); return;
    case 'undoes the cancellation': story.change({ cancelAtPeriodEnd: false }); return;
    case 'Stripe says': story.change({ status: step.status, ...(step.pauseReason === undefined ? {} : { pauseReason: step.pauseReason }), ...(step.status === 'canceled' ? { endedAtMs: story.nowMs, endReason: step.endReason ?? null } : {}) }); return;
    case 'resume fails': story.fail(step.invoice).change({ status: 'paused' }); return;
    case 'resume is paid': story.pay(step.invoice).change({ status: 'active' }); return;
    case 'upgrade fails': {
      const status = story.subscription?.status ?? 'active';
      story.fail(step.invoice, { ofPendingUpdate: true }).change({ status, pendingUpdateExpiresAtMs: story.nowMs + 23 * HOUR_MS });
      return;
    }
    case 'plan change is booked': story.change({ scheduledChange: { planId: step.planId, priceId: null, atMs: ANCHOR_MS + step.onDay * DAY_MS } }); return;
    case 'plan is changed': story.change({ planId: step.planId, scheduledChange: null }); return;
    case 'is paid while it is ended': story.paidDuringCancel = step.invoice; return;
    case 'two live subscriptions': story.liveSubscriptionCount = 2; return;
    case 'Stripe shows nothing': story.answersNothing = true; return;
    case 'Stripe shows all again': story.answersNothing = false; story.liveSubscriptionCount = null; return;
    case 'worker is down': story.jumpTo(ANCHOR_MS + step.untilDay * DAY_MS); return;
    case 'mail is down': story.mailWorks = false; return;
    case 'mail works again': story.mailWorks = true; return;
    case 'support': { const refusal = story.support(step.act); if (refusal !== null) story.diary.push(`${new Date(story.nowMs).toISOString().slice(0, 16).replace('T', ' ')} refused: ${refusal.code}`); }
  }
}

/** `2027-03-13 10:05 mail sub_1:1:c1:downgraded` → `day 12`, `mail downgraded`. */
function sayDay(line: string): [day: string, what: string] {
  const offsetMs = Date.parse(`${line.slice(0, 10)}T${line.slice(11, 16)}Z`) - ANCHOR_MS;
  const day = Math.floor(offsetMs / DAY_MS);
  const rest = offsetMs - day * DAY_MS;
  return [`day ${day}${rest === 0 ? '' : ` ${new Date(rest).toISOString().slice(11, 16)}`}`, line.slice(17).replace(/^mail sub_1:1:(c\d+:)?/, 'mail ').replace(/:\d{13}$/, '')];
}

function byInstant(lines: readonly [day: string, what: string][]): string[] {
  const said: [string, string[]][] = [];
  for (const [day, what] of lines) {
    const last = said.at(-1);
    if (last?.[0] === day) last[1].push(what);
    else said.push([day, [what]]);
  }
  return said.map(([day, all]) => `${day} ${all.join(' · ')}`);
}
