import { noticeKey, type Situation } from './lifecycle.situation.js';
import type { DisputeFacts, LifecycleEffect, SubscriptionFacts } from './lifecycle.types.js';

/** Statuses in which nothing is at stake: decided, prevented, or an inquiry (`warning_…`). An unknown word counts as open (docs.stripe.com/api/disputes). */
const AT_REST: ReadonlySet<string> = new Set(['won', 'lost', 'prevented', 'warning_needs_response', 'warning_under_review', 'warning_closed']);

/** Disputes of what this subscription charged. */
const disputesOf = ({ facts: { billing } }: Situation, subscriptionId: string | null): readonly DisputeFacts[] =>
  billing.disputes.filter((dispute) => dispute.subscriptionId !== null && dispute.subscriptionId === subscriptionId);

/** True while a dispute is open: nothing new is charged, nothing is torn down. */
export const isDisputed = (situation: Situation, subscription: SubscriptionFacts | null): boolean =>
  disputesOf(situation, subscription?.id ?? null).some(({ status }) => !AT_REST.has(status));

/** True where `dispute_hold` lies on the stage: a dispute is open, or its end has not been carried out. */
export function holdsForDispute(situation: Situation, subscription: SubscriptionFacts | null): boolean {
  if (isDisputed(situation, subscription)) return true;
  return situation.state.overlays.includes('dispute_hold') && subscription !== null && subscription.status !== 'canceled'
    && (subscription.collectionPaused === true || lostDispute(situation, subscription) !== null);
}

/** A dispute that we saw open and that was lost. One that was lost before we knew of it is left to a person. */
export function lostDispute(situation: Situation, subscription: SubscriptionFacts): DisputeFacts | null {
  if (!situation.state.overlays.includes('dispute_hold')) return null;
  return disputesOf(situation, subscription.id).find(({ status }) => status === 'lost') ?? null;
}

/** Customer time at which a dispute was told to the customer; null = not yet. */
export const disputeToldAtMs = ({ state }: Situation, { id }: DisputeFacts): number | null =>
  state.notices[noticeKey(state.subscriptionId, state.cycle, `dispute_opened:${id}`)] ?? null;

/** Collection rests while a dispute is open and goes on when it was won; each dispute is told once, and so is its good end. */
export function disputeEffects(situation: Situation, subscription: SubscriptionFacts, owed: (notice: 'dispute_opened' | 'dispute_closed', suffix: string) => LifecycleEffect[]): LifecycleEffect[] {
  const disputes = disputesOf(situation, subscription.id);
  if (disputes.length === 0) return [];
  const effects: LifecycleEffect[] = [];
  const open = isDisputed(situation, subscription);
  const lost = lostDispute(situation, subscription) !== null;
  if (subscription.status !== 'canceled') {
    if (open && subscription.collectionPaused !== true) effects.push({ kind: 'pause_collection', subscriptionId: subscription.id });
    // Only what rests by our own doing: the overlay remembers it.
    if (!open && !lost && subscription.collectionPaused === true && situation.state.overlays.includes('dispute_hold')) effects.push({ kind: 'resume_collection', subscriptionId: subscription.id });
  }
  for (const dispute of disputes) {
    if (!AT_REST.has(dispute.status) || dispute.status === 'lost' && lost) effects.push(...owed('dispute_opened', `:${dispute.id}`));
    else if (dispute.status === 'won' && disputeToldAtMs(situation, dispute) !== null) effects.push(...owed('dispute_closed', `:${dispute.id}`));
  }
  return effects;
}
