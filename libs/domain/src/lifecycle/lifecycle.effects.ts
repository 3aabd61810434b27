import { isFree } from '../plan/plan.types.js';
import { collectionOf } from './lifecycle.attempts.js';
import { failedOf } from './lifecycle.case.js';
import { disputeEffects } from './lifecycle.disputes.js';
import { closingNotices, dunningNotices } from './lifecycle.notices.js';
import { DAY_MS, HOUR_MS } from './lifecycle.policy.js';
import { downgradeOf, idsOf, noticeKey, planOf, withData, type Situation, type Verdict } from './lifecycle.situation.js';
import { endNoticeOf, teardownPlan } from './lifecycle.teardown.js';
import type { LifecycleEffect, LifecycleState, NoticeKind } from './lifecycle.types.js';

/**
 * What has to be brought about, in order. Asked from the facts each time: what is done is not asked again,
 * what was lost is. `situation.state` is the state after the verdict, `before` the one it was judged on.
 */
export function effectsOf(verdict: Verdict, situation: Situation, before: LifecycleState): readonly LifecycleEffect[] {
  if (verdict.hold !== null) {
    return before.reviewReason === verdict.hold ? [] : [{ kind: 'flag_for_review', why: verdict.hold }];
  }
  if (verdict.refetch) return [];
  switch (verdict.stage) {
    case 'prospect': return [];
    case 'ended': return whenEnded(verdict, situation);
    case 'torn_down': return whenTornDown(situation);
    default: return whenServed(verdict, situation, before);
  }
}

type Owed = (notice: NoticeKind, suffix?: string) => LifecycleEffect[];

/** A notice that was not sent in this cycle. */
const owedIn = ({ state }: Situation): Owed => (notice, suffix = '') => {
  const key = noticeKey(state.subscriptionId, state.cycle, `${notice}${suffix}`);
  return key in state.notices ? [] : [{ kind: 'notify', notice, key }];
};

function whenServed(verdict: Verdict, situation: Situation, before: LifecycleState): LifecycleEffect[] {
  const free = isFreePlan(situation, verdict.planId);
  const subscription = situation.facts.billing.subscription;
  const bought = !free && subscription !== null && subscription.id === verdict.subscriptionId ? subscription : null;
  const effects = instancesWhenServed(verdict, situation, bought?.instanceId ?? null);
  if (bought !== null) {
    const { dunning } = verdict;
    effects.push(...disputeEffects(situation, bought, owedIn(situation)));
    if (verdict.endNow !== null) {
      const invoiceIds = failedOf(situation.facts.billing, bought.id).map(({ id }) => id);
      effects.push({ kind: 'void_and_cancel', subscriptionId: bought.id, invoiceIds, cause: verdict.endNow });
    } else if (dunning !== null) {
      // What a payment that is asked for brings is known after it: nothing is told of the case before that.
      const collection = collectionOf(situation, bought, dunning);
      effects.push(...(collection !== null ? [collection] : dunningNotices(situation, dunning)));
    }
  }
  return [...effects, ...noticesWhenServed(verdict, situation, before, free)];
}

/** The containers as the service level wants them. */
function instancesWhenServed(verdict: Verdict, { state, facts: { instances }, catalogue }: Situation, paidFor: string | null): LifecycleEffect[] {
  const wanted = instances.filter(({ desiredState }) => desiredState !== 'removed');
  const effects: LifecycleEffect[] = [];
  if (verdict.newCycle && paidFor !== null && !wanted.some(({ id, status }) => id === paidFor && status !== 'gone')) {
    effects.push({ kind: 'flag_for_review', why: `Subscription ${verdict.subscriptionId ?? ''} was paid for instance ${paidFor}, which does not exist.` });
  }
  if (state.serviceLevel === 'stopped') {
    const serving = withData(instances).filter(({ status }) => status !== 'stopped' && status !== 'suspended');
    return serving.length === 0 ? effects : [...effects, { kind: 'stop_instances', instanceIds: idsOf(serving), reason: verdict.why }];
  }
  // `planId` stays what was bought; the limits are those of the service level.
  const plan = (state.serviceLevel === 'downgraded' ? downgradeOf(catalogue, verdict.planId) : null) ?? planOf(catalogue, verdict.planId);
  const otherPlan = wanted.filter((instance) => instance.planId !== plan?.id && (withData([instance]).length > 0 || (instance.id === paidFor && instance.status === 'awaiting_payment')));
  if (plan !== null && otherPlan.length > 0) effects.push({ kind: 'apply_plan', instanceIds: idsOf(otherPlan), planId: plan.id });
  for (const { id, status } of wanted) {
    // `suspended`: paid again, so a container comes back round the data that was kept.
    if (status === 'provisioning' || status === 'suspended' || (status === 'awaiting_payment' && id === paidFor)) effects.push({ kind: 'provision', instanceId: id });
  }
  return effects;
}

function noticesWhenServed(verdict: Verdict, situation: Situation, before: LifecycleState, free: boolean): LifecycleEffect[] {
  const { state, facts: { billing }, policy } = situation;
  const subscription = billing.subscription;
  const owed = owedIn(situation);
  const now = billing.customerNowMs;
  if (free) {
    const cameDown = state.subscriptionId !== null && subscription?.id === state.subscriptionId;
    return cameDown ? owed('moved_to_free') : [];
  }
  if (verdict.paused !== null) return owed('subscription_paused', `:${state.stageSinceMs}`);
  const effects: LifecycleEffect[] = [];
  if (verdict.stage === 'trialing' && !verdict.canceling) {
    effects.push(...owed('trial_started'));
    const endMs = subscription?.trialEndMs ?? null;
    const lengthMs = endMs === null ? 0 : endMs - (subscription?.startedAtMs ?? endMs);
    const due = endMs === null || now >= endMs ? [] : policy.trialReminderHours.filter((hours) => hours * HOUR_MS < lengthMs && now >= endMs - hours * HOUR_MS);
    // Late by more than one reminder: only the nearest to the end is still true.
    if (due.length > 0) effects.push(...owed('trial_ending', `:${Math.min(...due)}h`));
  }
  const inOrder = verdict.stage === 'active' && subscription?.status === 'active' && !verdict.processing;
  const nothingOpen = billing.openInvoices.every(({ amountRemainingCents }) => amountRemainingCents === 0);
  if (inOrder && billing.paidInvoiceCount > 0 && nothingOpen) effects.push(...owed('payment_received'));
  if (verdict.dunning === null && (verdict.stage === 'active' || verdict.stage === 'trialing')) {
    effects.push(...closingNotices(situation));
    const change = subscription?.scheduledChange ?? null;
    if (change !== null && change.atMs > now) effects.push(...owed('plan_change_scheduled', `:${change.planId ?? 'none'}:${change.atMs}`));
    if (state.planRounds > 0) effects.push(...owed('plan_changed', `:${state.planRounds}`));
  }
  const known = subscription !== null && subscription.id === verdict.subscriptionId && subscription.status !== 'canceled';
  if (known && verdict.canceling) effects.push(...owed('cancel_scheduled', `:${state.cancelRounds}`));
  const told = before.notices[noticeKey(state.subscriptionId, state.cycle, `cancel_scheduled:${state.cancelRounds}`)] !== undefined;
  if (known && !verdict.canceling && told) effects.push(...owed('cancel_undone', `:${state.cancelRounds}`));
  return effects;
}

const isFreePlan = ({ catalogue }: Situation, planId: string | null): boolean => {
  const plan = planOf(catalogue, planId);
  return plan !== null && isFree(plan);
};

function whenEnded(verdict: Verdict, situation: Situation): LifecycleEffect[] {
  const { state, facts: { billing, instances } } = situation;
  const kept = withData(instances);
  if (kept.length === 0) return [];
  const owed = owedIn(situation);
  const effects: LifecycleEffect[] = [];
  const serving = kept.filter(({ status }) => status !== 'stopped' && status !== 'suspended');
  if (serving.length > 0) effects.push({ kind: 'stop_instances', instanceIds: idsOf(serving), reason: verdict.why });
  const key = noticeKey(state.subscriptionId, state.cycle, endNoticeOf(situation));
  if (!(key in state.notices)) {
    return [...effects, { kind: 'export_instances', instanceIds: idsOf(kept) }, { kind: 'notify', notice: state.unpaidEnd === null ? 'ended_export_offered' : 'ended_unpaid', key }];
  }
  const { deadlineMs, reminderDays } = teardownPlan(situation);
  const now = billing.customerNowMs;
  const due = now >= deadlineMs ? [] : reminderDays.filter((days) => now >= deadlineMs - days * DAY_MS);
  if (due.length > 0) effects.push(...owed('teardown_soon', `:${Math.min(...due)}d`));
  return effects;
}

function whenTornDown(situation: Situation): LifecycleEffect[] {
  const { state, facts: { instances } } = situation;
  // What waits for its payment has no container; it is the beginning of a new cycle, not the rest of the old one.
  const left = instances.filter(({ status }) => status !== 'gone' && status !== 'awaiting_payment');
  if (left.length > 0) return [{ kind: 'teardown_instances', instanceIds: idsOf(left), reason: 'The data was kept as long as was promised.' }];
  const wasTold = state.notices[noticeKey(state.subscriptionId, state.cycle, endNoticeOf(situation))] !== undefined;
  return wasTold ? owedIn(situation)('torn_down') : [];
}
