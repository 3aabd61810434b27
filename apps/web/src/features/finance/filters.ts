import type { LedgerKind } from '#domain/finance/ledger.types.js';
import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { CaseFilter, LedgerFilter } from '../../api/finance.js';

/** Stages in which a case can stand. */
export const CASE_STAGES = ['retrying', 'grace', 'downgraded', 'suspended', 'ended'] as const satisfies readonly Stage[];

export const LEDGER_KINDS = [
  'invoice_finalized', 'payment_succeeded', 'payment_failed', 'payment_reversed', 'payment_applied', 'refund', 'refund_failed', 'credit_note', 'credit_note_voided',
  'dispute_opened', 'dispute_won', 'dispute_lost', 'dispute_funds_withdrawn', 'dispute_funds_reinstated', 'invoice_voided', 'written_off', 'balance_changed', 'plan_changed',
  'state_changed', 'case_opened', 'case_changed', 'case_closed', 'support_act', 'notice_sent', 'export_offered', 'export_delivered', 'teardown',
] as const satisfies readonly LedgerKind[];

const oneOf = <T extends string>(known: readonly T[], value: unknown): T | undefined => known.find((one) => one === value);
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The part of a record that is set. */
function set<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** What the address says of the cases to show; what it says wrongly is passed over. */
export const caseFilter = ({ stage, state }: Record<string, unknown>): CaseFilter => set({ stage: oneOf(CASE_STAGES, stage), state: oneOf(['open', 'closed', 'all'] as const, state) });

/** Days are kept as days in the address: `from` and `to` both belong to the span. */
export interface LedgerDays { readonly from?: string; readonly to?: string; readonly kind?: LedgerKind; readonly customerId?: string }
export const ledgerFilter = ({ from, to, kind, customerId }: Record<string, unknown>): LedgerDays => set({
  from: typeof from === 'string' && DAY.test(from) ? from : undefined,
  to: typeof to === 'string' && DAY.test(to) ? to : undefined,
  kind: oneOf(LEDGER_KINDS, kind),
  customerId: typeof customerId === 'string' && ID.test(customerId) ? customerId : undefined,
});

/** The same as instants, in UTC as the books are kept: from the begin of the first day to before the day after the last. */
export const ledgerSpan = ({ from, to, kind, customerId }: LedgerDays): LedgerFilter => set({
  from: from === undefined ? undefined : `${from}T00:00:00.000Z`,
  to: to === undefined ? undefined : new Date(Date.parse(`${to}T00:00:00.000Z`) + 86_400_000).toISOString(),
  kind, customerId,
});
