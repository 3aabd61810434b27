import { DAY_MS, DUNNING_STAGES, HARD_DECLINES, type DunningStage } from './lifecycle.policy.js';
import type { Situation } from './lifecycle.situation.js';
import type { BillingFacts, ClosedCase, DunningCase, OpenInvoice, Stage, SubscriptionFacts } from './lifecycle.types.js';

/** A customer in one of these has an open case, or is paused (`suspended` without a case). */
export const IN_DUNNING: readonly Stage[] = ['retrying', 'grace', 'downgraded', 'suspended'];

const rank = (stage: Stage): number => DUNNING_STAGES.indexOf(stage as DunningStage);

/** Number of the case within the customer's life: part of the keys of its notices. */
export const numberOf = ({ id }: DunningCase | ClosedCase): number => Number(id.slice(id.lastIndexOf(':') + 1));

/** What the automatic collection of this subscription still has to bring: no invoice of an upgrade that was not paid, none that is sent by mail. */
export const collectedOf = ({ openInvoices }: BillingFacts, subscriptionId: string): readonly OpenInvoice[] =>
  openInvoices.filter((invoice) => invoice.subscriptionId === subscriptionId && invoice.amountRemainingCents > 0 && invoice.collectionMethod === 'charge_automatically' && !invoice.ofPendingUpdate);

/** Invoices whose payment failed, the oldest first. One whose first payment is still on its way has not failed. */
export const failedOf = (billing: BillingFacts, subscriptionId: string): readonly OpenInvoice[] => billing.openInvoices.length === 0 ? []
  : collectedOf(billing, subscriptionId).filter(({ firstFailedAtMs }) => firstFailedAtMs !== null).sort((a, b) => a.finalizedAtMs - b.finalizedAtMs || (a.id < b.id ? -1 : 1));

/** Sum of the shifts that move the deadline of a stage, in milliseconds. */
const shiftOf = ({ shifts }: DunningCase, stage: Stage): number =>
  shifts.reduce((sum, shift) => (rank(shift.fromStage) <= rank(stage) ? sum + shift.ms : sum), 0);

/** Deadline of a stage in customer time: anchor + day + what support gave. Recomputed at each look, never armed anew from "now". */
export const deadlineOf = (dunning: DunningCase, stage: DunningStage): number =>
  dunning.anchorMs + dunning.policy.stages[stage].fromDay * DAY_MS + shiftOf(dunning, stage);

/** Customer time of a day of the case that belongs to the way to `stage`. */
export const dayOfCase = (dunning: DunningCase, day: number, stage: DunningStage): number => dunning.anchorMs + day * DAY_MS + shiftOf(dunning, stage);

/** The stage after this one; `suspended` is passed over where `downgradeTo` is free. */
export function stageAfter(stage: Stage, passesOver: boolean): DunningStage | null {
  if (stage === 'downgraded' && passesOver) return 'ended';
  return rank(stage) < 0 ? null : DUNNING_STAGES[rank(stage) + 1] ?? null;
}

/** End of a pause that support gave, or null: until then nothing that hurts is entered and nothing is charged by the clock. */
export function pausedUntil({ shifts }: DunningCase): number | null {
  const pause = shifts.find(({ kind }) => kind === 'pause');
  return pause === undefined ? null : pause.atMs + pause.ms;
}

/**
 * The case as the facts have it now: opened, brought up to date, or null where none is open. The same object where nothing changed.
 * The anchor may move later, when an older invoice was paid, and never earlier than what was promised.
 * @param mayOpen false while a resting pause explains that nothing is collected.
 */
export function caseOf(situation: Situation, subscription: SubscriptionFacts, mayOpen: boolean): DunningCase | null {
  const { state, policy, facts: { billing } } = situation;
  const failed = failedOf(billing, subscription.id);
  const open = state.dunning !== null && state.subscriptionId === subscription.id ? state.dunning : null;
  const oldest = failed[0];
  if (open === null) {
    if (oldest === undefined || !mayOpen) return null;
    return upToDate({
      id: `${subscription.id}:${state.cases + 1}`, openedAtMs: billing.customerNowMs,
      // Until a bank debit came back, it was on its way and no failure: its days of grace begin when we learn of it.
      anchorMs: oldest.lastFailure?.settlesLate === true ? Math.max(firstFailure(failed), billing.customerNowMs) : firstFailure(failed),
      policy, invoiceIds: [],
      amountRemainingCents: 0, currency: oldest.currency, shifts: [], attempts: {}, hardDecline: null,
      paymentMethodId: oldest.lastFailure?.paymentMethodId ?? billing.paymentMethodId, paidInvoicesBefore: billing.paidInvoiceCount, processingSinceMs: null, moved: { anchor: 0, back: 0 },
    }, failed, billing, true);
  }
  return oldest === undefined ? open : upToDate(open, failed, billing);
}

const firstFailure = (failed: readonly OpenInvoice[]): number => Math.min(...failed.map(({ firstFailedAtMs }) => firstFailedAtMs ?? Number.POSITIVE_INFINITY));

function upToDate(dunning: DunningCase, failed: readonly OpenInvoice[], billing: BillingFacts, isNew = false): DunningCase {
  const anchorMs = Math.max(dunning.anchorMs, firstFailure(failed));
  const newIds = failed.filter(({ id }) => !dunning.invoiceIds.includes(id)).map(({ id }) => id);
  const amountRemainingCents = failed.reduce((sum, invoice) => sum + invoice.amountRemainingCents, 0);
  const processingSinceMs = failed.some(({ processing }) => processing) ? dunning.processingSinceMs ?? billing.customerNowMs : null;
  const hardDecline = hardDeclineOf(dunning, failed, billing);
  const same = anchorMs === dunning.anchorMs && newIds.length === 0 && amountRemainingCents === dunning.amountRemainingCents
    && processingSinceMs === dunning.processingSinceMs && hardDecline === dunning.hardDecline;
  const moved = anchorMs > dunning.anchorMs && !isNew ? { ...dunning.moved, anchor: dunning.moved.anchor + 1 } : dunning.moved;
  return same ? dunning : { ...dunning, anchorMs, moved, invoiceIds: [...dunning.invoiceIds, ...newIds], amountRemainingCents, processingSinceMs, hardDecline };
}

/** The payment method that was declined last on this invoice. */
export const declinedMethodOf = (dunning: DunningCase, invoice: OpenInvoice): string | null => invoice.lastFailure?.paymentMethodId ?? dunning.paymentMethodId;

function hardDeclineOf(dunning: DunningCase, failed: readonly OpenInvoice[], { paymentMethodId }: BillingFacts): string | null {
  const oldest = failed.find(({ processing }) => !processing);
  const code = oldest?.lastFailure?.code ?? null;
  if (oldest === undefined || code === null || !HARD_DECLINES.has(code)) return null;
  return paymentMethodId === null || paymentMethodId === declinedMethodOf(dunning, oldest) ? code : null;
}

/** The record of a case that is over. An attempt of ours that was paid, or is on its way, says what brought the money. */
export function closeCase(dunning: DunningCase, outcome: ClosedCase['outcome'], closedAtMs: number): ClosedCase {
  const attempts = Object.values(dunning.attempts);
  const brought = attempts.findLast((attempt) => attempt.outcome === 'paid') ?? attempts.findLast((attempt) => attempt.outcome === 'processing');
  const recoveredBy = outcome !== 'recovered' ? null : brought?.trigger ?? (dunning.policy.retryOwner === 'stripe' ? 'stripe_retry' : 'other');
  return { id: dunning.id, outcome, recoveredBy, anchorMs: dunning.anchorMs, closedAtMs };
}
