import type { EntityManager } from 'typeorm';
import type { LedgerFact, LedgerRow } from '#domain/finance/ledger.types.js';
import { hashOf, type HashedRow } from './chain.js';

/**
 * Appends what the ledger does not have yet, in the caller's transaction, and answers the rows that were written. A fact that it has is passed over,
 * so the same facts may be handed in again and again.
 * New rows hold the head of the chain until the transaction ends: call this last in it. Nothing new = no lock.
 */
export async function appendLedger(manager: EntityManager, facts: readonly LedgerFact[]): Promise<readonly LedgerRow[]> {
  const wanted = unique(facts);
  if ((await missing(manager, wanted)).length === 0) return [];
  // The lock first, then look again: another transaction may have written the same fact meanwhile.
  const [head] = await manager.query('SELECT seq, hash, recorded_at FROM billing_ledger_head WHERE id = 1 FOR UPDATE') as { seq: string; hash: string; recorded_at: Date | null }[];
  if (head === undefined) throw new Error('The ledger has no head: the migrations have not run.');
  const [clock] = await manager.query('SELECT clock_timestamp() AS now') as { now: Date }[];
  const recordedAtMs = Math.max(clock?.now.getTime() ?? 0, head.recorded_at?.getTime() ?? 0);
  await markDay(manager, head, recordedAtMs);
  const rows: LedgerRow[] = [];
  let [seq, prevHash] = [Number(head.seq), head.hash];
  for (const fact of await missing(manager, wanted)) {
    seq += 1;
    const row: HashedRow = { ...fact, seq, recordedAtMs, prevHash };
    const hash = hashOf(row);
    rows.push({ ...row, hash });
    prevHash = hash;
  }
  if (rows.length > 0) await insert(manager, rows);
  return rows;
}

/** Keeps the head of the day before when the first row of a new day (UTC) comes. */
async function markDay(manager: EntityManager, head: { seq: string; hash: string; recorded_at: Date | null }, nowMs: number): Promise<void> {
  if (head.recorded_at === null) return;
  const day = head.recorded_at.toISOString().slice(0, 10);
  if (day === new Date(nowMs).toISOString().slice(0, 10)) return;
  await manager.query('INSERT INTO billing_ledger_checkpoint (day, seq, hash) VALUES ($1, $2, $3) ON CONFLICT (day) DO NOTHING', [day, head.seq, head.hash]);
}

/**
 * Keeps the head of a day (UTC) that is over, where rows were written on it and no later row has marked it yet. Idempotent; for a schedule that runs each day.
 * @param nowMs real clock
 */
export async function markLedgerDay(manager: EntityManager, nowMs: number): Promise<void> {
  const [head] = await manager.query('SELECT seq, hash, recorded_at FROM billing_ledger_head WHERE id = 1 FOR UPDATE') as { seq: string; hash: string; recorded_at: Date | null }[];
  if (head !== undefined) await markDay(manager, head, nowMs);
}

const keyOf = (fact: Pick<LedgerFact, 'kind' | 'stripeRef' | 'amountMinor' | 'currency'>): string => JSON.stringify([fact.kind, fact.stripeRef, fact.amountMinor, fact.currency]);

const unique = (facts: readonly LedgerFact[]): readonly LedgerFact[] => [...new Map([...facts].reverse().map((fact) => [keyOf(fact), fact])).values()].reverse();

async function missing(manager: EntityManager, facts: readonly LedgerFact[]): Promise<readonly LedgerFact[]> {
  if (facts.length === 0) return [];
  const known: { kind: LedgerFact['kind']; stripe_ref: string; amount_minor: string; currency: string }[] = await manager.query(
    `SELECT l.kind, l.stripe_ref, l.amount_minor, l.currency FROM billing_ledger l
       JOIN jsonb_to_recordset($1::jsonb) AS f (kind text, ref text) ON l.kind = f.kind AND l.stripe_ref = f.ref`,
    [JSON.stringify(facts.map(({ kind, stripeRef }) => ({ kind, ref: stripeRef })))],
  );
  const has = new Set(known.map((row) => keyOf({ kind: row.kind, stripeRef: row.stripe_ref, amountMinor: Number(row.amount_minor), currency: row.currency })));
  return facts.filter((fact) => !has.has(keyOf(fact)));
}

async function insert(manager: EntityManager, rows: readonly LedgerRow[]): Promise<void> {
  await manager.query(
    `INSERT INTO billing_ledger (seq, kind, customer_id, occurred_at, recorded_at, stripe_ref, amount_minor, currency, case_id, actor, policy_version, detail, prev_hash, hash)
     SELECT r.seq, r.kind, r."customerId", r."occurredAt", r."recordedAt", r."stripeRef", r."amountMinor", r.currency, r."caseId", r.actor, r."policyVersion", r.detail, r."prevHash", r.hash
       FROM jsonb_to_recordset($1::jsonb) AS r (seq bigint, kind text, "customerId" uuid, "occurredAt" timestamptz, "recordedAt" timestamptz, "stripeRef" text, "amountMinor" bigint,
            currency text, "caseId" text, actor text, "policyVersion" text, detail jsonb, "prevHash" text, hash text)
      ORDER BY r.seq`,
    [JSON.stringify(rows.map((row) => ({ ...row, occurredAt: new Date(row.occurredAtMs).toISOString(), recordedAt: new Date(row.recordedAtMs).toISOString() })))],
  );
}
