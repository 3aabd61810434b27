import type { EntityManager } from 'typeorm';
import type { LedgerDetail, LedgerKind, LedgerRow } from '#domain/finance/ledger.types.js';

/** A row of `billing_ledger` as the driver hands it over. */
export interface StoredLedgerRow {
  seq: string; kind: LedgerKind; customer_id: string; occurred_at: Date; recorded_at: Date; stripe_ref: string; amount_minor: string; currency: string;
  case_id: string | null; actor: string; policy_version: string | null; detail: LedgerDetail; prev_hash: string; hash: string;
}

export const toLedgerRow = (row: StoredLedgerRow): LedgerRow => ({
  seq: Number(row.seq), kind: row.kind, customerId: row.customer_id, occurredAtMs: row.occurred_at.getTime(), recordedAtMs: row.recorded_at.getTime(), stripeRef: row.stripe_ref,
  amountMinor: Number(row.amount_minor), currency: row.currency, caseId: row.case_id, actor: row.actor, policyVersion: row.policy_version, detail: row.detail,
  prevHash: row.prev_hash, hash: row.hash,
});

export interface LedgerSpan {
  /** Customer time, epoch milliseconds: what happened at or after this. */
  readonly fromMs?: number | undefined;
  /** What happened before this. */
  readonly beforeMs?: number | undefined;
  /** Only rows up to this one. */
  readonly throughSeq: number;
  readonly kinds?: readonly LedgerKind[] | undefined;
  readonly customerId?: string | undefined;
}

const BATCH = 2000;

/** Rows in the order in which they happened (`occurred_at`, then `seq`), a batch at a time: memory stays small, and others get their turn between batches. */
export async function* readLedger(manager: EntityManager, span: LedgerSpan): AsyncGenerator<LedgerRow> {
  let after: { at: Date; seq: string } | null = null;
  for (;;) {
    const rows: StoredLedgerRow[] = await manager.query(
      `SELECT * FROM billing_ledger
        WHERE seq <= $1 AND ($2::timestamptz IS NULL OR occurred_at >= $2) AND ($3::timestamptz IS NULL OR occurred_at < $3)
          AND ($4::text[] IS NULL OR kind = ANY($4)) AND ($5::uuid IS NULL OR customer_id = $5)
          AND ($6::timestamptz IS NULL OR (occurred_at, seq) > ($6, $7::bigint))
        ORDER BY occurred_at, seq LIMIT ${BATCH}`,
      [span.throughSeq, date(span.fromMs), date(span.beforeMs), span.kinds ?? null, span.customerId ?? null, after?.at ?? null, after?.seq ?? null],
    );
    for (const row of rows) yield toLedgerRow(row);
    const last = rows.at(-1);
    if (rows.length < BATCH || last === undefined) return;
    after = { at: last.occurred_at, seq: last.seq };
  }
}

/** Number of the newest row; every row up to it is there and will not change. 0 = the ledger is empty. */
export async function ledgerHead(manager: EntityManager): Promise<{ seq: number; hash: string }> {
  const [head] = await manager.query('SELECT seq, hash FROM billing_ledger_head WHERE id = 1') as { seq: string; hash: string }[];
  if (head === undefined) throw new Error('The ledger has no head: the migrations have not run.');
  return { seq: Number(head.seq), hash: head.hash };
}

const date = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms));
