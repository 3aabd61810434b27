import type { EntityManager } from 'typeorm';
import type { CaseRecord, LedgerDetail, LedgerFact } from '#domain/finance/ledger.types.js';
import { monthlyCents } from '#domain/finance/mrr.js';
import { deadlineOf } from '#domain/lifecycle/lifecycle.case.js';
import type { ClosedCase, Decision } from '#domain/lifecycle/lifecycle.types.js';

export interface CaseInput {
  readonly customerId: string;
  /** Business key of the decision: a change of the case is written once under it. */
  readonly key: string;
  readonly decision: Pick<Decision, 'stage' | 'nextStep' | 'dunning' | 'closedCase'>;
  /** Customer time. */
  readonly customerNowMs: number;
  readonly actor: string;
}

/**
 * Brings `dunning_case` to what a decision says, and answers the facts for the ledger: opened, changed, closed. The same decision again answers nothing.
 * Call it under the lock of the customer's row, and hand the facts to `appendLedger` last in the transaction.
 */
export async function saveCase(manager: EntityManager, input: CaseInput): Promise<readonly LedgerFact[]> {
  const { customerId, decision: { dunning, closedCase } } = input;
  const facts: LedgerFact[] = [];
  const open = (await manager.query('SELECT * FROM dunning_case WHERE customer_id = $1 AND closed_at IS NULL', [customerId]) as CaseRow[]).map(toCaseRecord)[0];
  if (closedCase !== null) {
    const known = open?.caseId === closedCase.id ? open : await caseOf(manager, closedCase.id);
    if (known !== undefined && known.closedAtMs === null) facts.push(await close(manager, input, known, closedCase));
  }
  if (open !== undefined && open.caseId !== dunning?.id && open.caseId !== closedCase?.id) {
    // A case that is carried no longer, and whose end nobody told: it must not stand open for ever.
    facts.push(await close(manager, input, open, { outcome: 'canceled', recoveredBy: null, closedAtMs: input.customerNowMs }));
  }
  if (dunning !== null) facts.push(...await saveOpen(manager, input, dunning, open?.caseId === dunning.id ? open : undefined));
  return facts;
}

async function saveOpen(manager: EntityManager, input: CaseInput, dunning: NonNullable<Decision['dunning']>, before: CaseRecord | undefined): Promise<readonly LedgerFact[]> {
  const { customerId, decision: { stage, nextStep } } = input;
  const subscriptionId = dunning.id.includes(':') ? dunning.id.slice(0, dunning.id.lastIndexOf(':')) : dunning.id;
  const record: CaseRecord = {
    caseId: dunning.id, customerId, subscriptionId, openedAtMs: dunning.openedAtMs, anchorMs: dunning.anchorMs, stage,
    nextStepAtMs: nextStep?.atMs ?? null, nextStepWhat: nextStep?.what ?? null,
    amountRemainingCents: dunning.amountRemainingCents, amountAtRiskCents: Math.max(before?.amountAtRiskCents ?? 0, dunning.amountRemainingCents),
    monthlyCents: await monthlyOf(manager, customerId, subscriptionId), currency: dunning.currency, policyVersion: dunning.policy.version, hardDecline: dunning.hardDecline,
    closedAtMs: null, outcome: null, recoveredBy: null,
  };
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(record)) return [];
  // A late repetition of an old decision: the case is over, and stays so.
  if (before === undefined && (await caseOf(manager, dunning.id)) !== undefined) return [];
  await store(manager, record);
  await manager.query('UPDATE dunning_case SET grace_until = $2, stage_sets = $3 WHERE case_id = $1',
    [record.caseId, new Date(deadlineOf(dunning, 'downgraded')), dunning.shifts.filter(({ kind }) => kind === 'set_stage').length]);
  return [before === undefined ? toFact('case_opened', dunning.id, input, record, dunning.openedAtMs) : toFact('case_changed', `${dunning.id}/${input.key}`, input, record, input.customerNowMs)];
}

async function close(manager: EntityManager, input: CaseInput, known: CaseRecord, end: Pick<ClosedCase, 'outcome' | 'recoveredBy' | 'closedAtMs'>): Promise<LedgerFact> {
  const settled = end.outcome === 'recovered' || end.outcome === 'waived';
  const record: CaseRecord = {
    ...known, stage: input.decision.stage, nextStepAtMs: null, nextStepWhat: null, amountRemainingCents: settled ? 0 : known.amountRemainingCents,
    closedAtMs: end.closedAtMs, outcome: end.outcome, recoveredBy: end.recoveredBy,
  };
  await store(manager, record);
  return toFact('case_closed', known.caseId, input, record, end.closedAtMs);
}

const toFact = (kind: LedgerFact['kind'], ref: string, { customerId, actor }: CaseInput, record: CaseRecord, occurredAtMs: number): LedgerFact => ({
  kind, customerId, occurredAtMs, stripeRef: ref, amountMinor: kind === 'case_closed' ? record.amountAtRiskCents : record.amountRemainingCents, currency: record.currency,
  caseId: record.caseId, actor, policyVersion: record.policyVersion, detail: { ...record } satisfies LedgerDetail,
});

/** What the subscription brings in a month: as the ledger knows it, net of discounts; else by its price. */
async function monthlyOf(manager: EntityManager, customerId: string, subscriptionId: string): Promise<number> {
  const [known] = await manager.query(
    `SELECT amount_minor FROM billing_ledger WHERE customer_id = $1 AND kind = 'plan_changed' AND detail->>'subscriptionId' = $2 AND amount_minor > 0 ORDER BY seq DESC LIMIT 1`,
    [customerId, subscriptionId]) as { amount_minor: string }[];
  if (known !== undefined) return Number(known.amount_minor);
  const [price] = await manager.query('SELECT amount_cents, interval, interval_count FROM subscription WHERE id = $1', [subscriptionId]) as { amount_cents: string | null; interval: string | null; interval_count: number | null }[];
  if (price?.amount_cents == null || price.interval === null) return 0;
  return monthlyCents({ amountCents: Number(price.amount_cents), interval: price.interval, intervalCount: price.interval_count ?? 1 });
}

async function store(manager: EntityManager, record: CaseRecord): Promise<void> {
  await manager.query(
    `INSERT INTO dunning_case (case_id, customer_id, subscription_id, opened_at, anchor_at, stage, next_step_at, next_step_what, amount_remaining_cents, amount_at_risk_cents, monthly_cents,
                               currency, policy_version, hard_decline, closed_at, outcome, recovered_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     ON CONFLICT (case_id) DO UPDATE SET subscription_id = excluded.subscription_id, opened_at = excluded.opened_at, anchor_at = excluded.anchor_at, stage = excluded.stage,
       next_step_at = excluded.next_step_at, next_step_what = excluded.next_step_what, amount_remaining_cents = excluded.amount_remaining_cents,
       amount_at_risk_cents = excluded.amount_at_risk_cents, monthly_cents = excluded.monthly_cents, currency = excluded.currency, policy_version = excluded.policy_version,
       hard_decline = excluded.hard_decline, closed_at = excluded.closed_at, outcome = excluded.outcome, recovered_by = excluded.recovered_by`,
    [record.caseId, record.customerId, record.subscriptionId, new Date(record.openedAtMs), new Date(record.anchorMs), record.stage, date(record.nextStepAtMs), record.nextStepWhat,
      record.amountRemainingCents, record.amountAtRiskCents, record.monthlyCents, record.currency, record.policyVersion, record.hardDecline, date(record.closedAtMs), record.outcome, record.recoveredBy],
  );
}

/** A row of `dunning_case` as the driver hands it over. */
export interface CaseRow {
  case_id: string; customer_id: string; subscription_id: string | null; opened_at: Date; anchor_at: Date; stage: CaseRecord['stage']; next_step_at: Date | null; next_step_what: string | null;
  amount_remaining_cents: string; amount_at_risk_cents: string; monthly_cents: string; currency: string; policy_version: string; hard_decline: string | null; closed_at: Date | null;
  outcome: CaseRecord['outcome']; recovered_by: CaseRecord['recoveredBy'];
}

export const toCaseRecord = (row: CaseRow): CaseRecord => ({
  caseId: row.case_id, customerId: row.customer_id, subscriptionId: row.subscription_id, openedAtMs: row.opened_at.getTime(), anchorMs: row.anchor_at.getTime(), stage: row.stage,
  nextStepAtMs: row.next_step_at?.getTime() ?? null, nextStepWhat: row.next_step_what, amountRemainingCents: Number(row.amount_remaining_cents), amountAtRiskCents: Number(row.amount_at_risk_cents),
  monthlyCents: Number(row.monthly_cents), currency: row.currency, policyVersion: row.policy_version, hardDecline: row.hard_decline, closedAtMs: row.closed_at?.getTime() ?? null,
  outcome: row.outcome, recoveredBy: row.recovered_by,
});

async function caseOf(manager: EntityManager, caseId: string): Promise<CaseRecord | undefined> {
  return (await manager.query('SELECT * FROM dunning_case WHERE case_id = $1', [caseId]) as CaseRow[]).map(toCaseRecord)[0];
}

const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
