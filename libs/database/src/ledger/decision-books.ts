import type { EntityManager } from 'typeorm';
import type { LedgerDetail, LedgerFact } from '#domain/finance/ledger.types.js';
import type { Decision, Stage } from '#domain/lifecycle/lifecycle.types.js';
import { appendLedger } from './append-ledger.js';
import { saveCase } from './case-store.js';

export interface DecisionForTheBooks {
  readonly customerId: string;
  /** Business key of the decision. */
  readonly key: string;
  /** Where the customer stood before. */
  readonly fromStage: Stage;
  readonly decision: Decision;
  readonly actor: string;
  /** Customer time. */
  readonly customerNowMs: number;
  /** More that belongs to the same transaction: acts of support, notices. */
  readonly facts?: readonly LedgerFact[];
}

/** Puts a decision into the books: the case as it is now, and one ledger row for each thing that happened. Idempotent by `key`. Last in its transaction, under the lock of the customer's row. */
export async function writeDecisionToBooks(manager: EntityManager, input: DecisionForTheBooks): Promise<void> {
  const cases = await saveCase(manager, input);
  const moved = input.fromStage === input.decision.stage ? [] : [stateFact(input)];
  await appendLedger(manager, [...cases, ...moved, ...(input.facts ?? [])]);
}

function stateFact({ customerId, key, fromStage, decision, actor, customerNowMs }: DecisionForTheBooks): LedgerFact {
  return ownFact({
    kind: 'state_changed', customerId, key, atMs: customerNowMs, actor, caseId: decision.dunning?.id ?? decision.closedCase?.id ?? null,
    policyVersion: decision.dunning?.policy.version ?? decision.policyVersion,
    detail: { from: fromStage, to: decision.stage, serviceLevel: decision.serviceLevel, planId: decision.planId, reason: decision.reason },
  });
}

export interface OwnFact {
  readonly kind: 'state_changed' | 'support_act' | 'notice_sent' | 'export_offered' | 'export_delivered' | 'teardown';
  readonly customerId: string;
  /** Our business key: what is written twice under it is written once. */
  readonly key: string;
  /** Customer time. */
  readonly atMs: number;
  readonly actor: string;
  readonly caseId: string | null;
  readonly policyVersion: string | null;
  /** Small, and nothing personal. */
  readonly detail: LedgerDetail;
}

/** A fact of ours in which no money is. */
export const ownFact = ({ kind, customerId, key, atMs, actor, caseId, policyVersion, detail }: OwnFact): LedgerFact =>
  ({ kind, customerId, occurredAtMs: atMs, stripeRef: key, amountMinor: 0, currency: '', caseId, actor, policyVersion, detail });
