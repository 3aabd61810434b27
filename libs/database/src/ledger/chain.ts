import { createHash } from 'node:crypto';
import type { LedgerRow, LedgerValue } from '#domain/finance/ledger.types.js';

/** What stands before the first row. */
export const FIRST_HASH = '0'.repeat(64);

/** All of a row that its hash vouches for. */
export type HashedRow = Omit<LedgerRow, 'hash'>;

/** The row as one text that is the same on every machine: a JSON array in a fixed order, names in `detail` sorted, times in ISO 8601 UTC with milliseconds. */
export const canonicalRow = (row: HashedRow): string => JSON.stringify([
  row.seq, row.kind, row.customerId, new Date(row.occurredAtMs).toISOString(), new Date(row.recordedAtMs).toISOString(), row.stripeRef, row.amountMinor, row.currency,
  row.caseId, row.actor, row.policyVersion, sorted(row.detail),
]);

/** SHA-256 in hex over the hash before, a line break, and the canonical row. */
export const hashOf = (row: HashedRow): string => createHash('sha256').update(row.prevHash).update('\n').update(canonicalRow(row)).digest('hex');

/** Objects with their names in code unit order, all the way down: a database may hand them back in another. */
export function sorted(value: LedgerValue): LedgerValue {
  if (Array.isArray(value)) return (value as readonly LedgerValue[]).map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner as LedgerValue)]));
}
