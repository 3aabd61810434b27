import type { Decision, LifecycleState } from '#domain/lifecycle/lifecycle.types.js';
import type { Catalogue } from '#domain/plan/plan.types.js';
import type { NoticeOwed } from '../ports/projections.port.js';

/** What a notice says of the customer's standing, as plain facts: money in cents, instants in epoch milliseconds of customer time. */
export function noticeFacts({ nextStep, planId, dunning }: LifecycleState, catalogue: Catalogue): Record<string, string | number | null> {
  return {
    planId,
    nextWhat: nextStep?.what ?? null, nextAtMs: nextStep?.atMs ?? null, nextCode: nextStep?.code ?? null,
    downgradeToPlanId: catalogue.plans.find(({ id }) => id === planId)?.downgradeTo ?? null,
    ...(dunning === null ? {} : { amountCents: dunning.amountRemainingCents, currency: dunning.currency, declineCode: dunning.hardDecline }),
  };
}

/** The notices that a move owes: put on record with it, sent right after. */
export const noticesOwed = (customerId: string, decision: Decision, data: NoticeOwed['data']): NoticeOwed[] =>
  decision.effects.flatMap((effect) => (effect.kind === 'notify' ? [{ key: `${customerId}:${effect.key}`, kind: effect.notice, data }] : []));
