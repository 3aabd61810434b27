import type { Receivable } from './ageing.js';
import type { CaseRecord, LedgerDetail, LedgerKind, LedgerRow } from './ledger.types.js';
import { monthOf, nextMonth } from './months.js';

/** Kinds that these books are made of; the rest of the ledger need not be read for them. */
export const BOOKED_KINDS = [
  'invoice_finalized', 'payment_applied', 'credit_note', 'credit_note_voided', 'invoice_voided', 'written_off', 'payment_succeeded', 'payment_failed', 'refund', 'refund_failed',
  'plan_changed', 'case_opened', 'case_changed', 'case_closed',
] as const satisfies readonly LedgerKind[];

/** Sums of one currency in one calendar month (UTC). */
export interface MonthSums {
  readonly month: string;
  mrrCents: number;
  paidCents: number;
  failedCents: number;
  recoveredCents: number;
  writtenOffCents: number;
  refundedCents: number;
  casesOpened: number;
  casesRecovered: number;
  casesLost: number;
}

interface InvoiceAccount {
  finalized: { atMs: number; dueCents: number; currency: string; customerId: string; subscriptionId: string | null } | null;
  creditedCents: number;
  appliedCents: number;
  /** Void or uncollectible: no receivable. */
  closed: boolean;
  failed: boolean;
}

interface Subscribed { monthlyCents: number; currency: string; customerId: string }

/**
 * The state of the books at an instant, made by putting ledger rows in, in the order in which they happened. Nothing but the ledger goes in, so an
 * instant of the past comes out the same for ever, as far as no older fact is learned later.
 * Rows outside of the span must not be put in: the reader stops at the instant.
 */
export class Books {
  private readonly invoices = new Map<string, InvoiceAccount>();
  private readonly subscribed = new Map<string, Subscribed>();
  private readonly caseRecords = new Map<string, CaseRecord>();
  private readonly months = new Map<string, Map<string, MonthSums>>();
  private readonly losses = new Map<string, number>();
  private readonly versions = new Set<string>();
  private month: string | null = null;
  /** Number of the newest row that was put in. */
  lastSeq = 0;

  /** @param fromMs months before it are summed too, but a caller may leave them out. @param asOfMs the instant of which these books speak. */
  constructor(readonly fromMs: number, readonly asOfMs: number) {}

  apply(row: LedgerRow): void {
    this.turnMonths(monthOf(row.occurredAtMs));
    this.lastSeq = Math.max(this.lastSeq, row.seq);
    if (row.policyVersion !== null) this.versions.add(row.policyVersion);
    switch (row.kind) {
      case 'invoice_finalized': {
        this.invoice(row.stripeRef).finalized = { atMs: row.occurredAtMs, dueCents: row.amountMinor, currency: row.currency, customerId: row.customerId, subscriptionId: text(row.detail, 'subscriptionId') };
        return this.forget(row.stripeRef);
      }
      case 'payment_applied': return this.onInvoice(row, (account) => { account.appliedCents += row.amountMinor; });
      case 'credit_note': return this.onInvoice(row, (account) => { account.creditedCents += row.amountMinor; });
      case 'credit_note_voided': return this.onInvoice(row, (account) => { account.creditedCents -= row.amountMinor; });
      case 'payment_failed': {
        this.sums(row).failedCents += row.amountMinor;
        return this.onInvoice(row, (account) => { account.failed = true; });
      }
      case 'invoice_voided': case 'written_off': {
        const account = this.invoice(row.stripeRef);
        // An invoice that was void before anybody tried to collect it was a mistake, and no loss.
        if (row.kind === 'written_off' || account.failed) this.lose(row);
        account.closed = true;
        return;
      }
      case 'payment_succeeded': this.sums(row).paidCents += row.amountMinor; return;
      case 'refund': this.sums(row).refundedCents += row.amountMinor; return;
      case 'refund_failed': this.sums(row).refundedCents -= row.amountMinor; return;
      case 'plan_changed': {
        const subscription = text(row.detail, 'subscriptionId') ?? row.stripeRef;
        if (row.amountMinor > 0) this.subscribed.set(subscription, { monthlyCents: row.amountMinor, currency: row.currency, customerId: row.customerId });
        else this.subscribed.delete(subscription);
        return;
      }
      case 'case_opened': case 'case_changed': case 'case_closed': return this.applyCase(row);
      default: return;
    }
  }

  /** Takes the months up to `asOf` to their end. Once, after the last row. */
  close(): this {
    this.turnMonths(monthOf(this.asOfMs));
    this.noteMrr(monthOf(this.asOfMs));
    return this;
  }

  *receivables(): Generator<Receivable> {
    for (const [invoiceId, account] of this.invoices) {
      const remainingCents = remainingOf(account);
      if (account.finalized === null || remainingCents <= 0) continue;
      const { atMs, currency, customerId, subscriptionId } = account.finalized;
      yield { invoiceId, customerId, subscriptionId, currency, finalizedAtMs: atMs, remainingCents };
    }
  }

  subscriptions(): Iterable<Subscribed> { return this.subscribed.values(); }
  cases(): Iterable<CaseRecord> { return this.caseRecords.values(); }
  /** Oldest first. */
  monthsOf(currency: string): readonly MonthSums[] { return [...this.months.get(currency)?.values() ?? []].sort((a, b) => (a.month < b.month ? -1 : 1)); }
  policyVersions(): readonly string[] { return [...this.versions].sort(); }
  currencies(): readonly string[] {
    return [...new Set([...this.months.keys(), ...[...this.receivables()].map(({ currency }) => currency), ...[...this.subscribed.values()].map(({ currency }) => currency)])].sort();
  }

  /** Written off in the period, to the instant; the months of `monthsOf` are whole ones. */
  writtenOffCents(currency: string): number { return this.losses.get(currency) ?? 0; }

  private lose(row: LedgerRow): void {
    this.sums(row).writtenOffCents += row.amountMinor;
    if (row.occurredAtMs >= this.fromMs) this.losses.set(row.currency, (this.losses.get(row.currency) ?? 0) + row.amountMinor);
  }

  private applyCase(row: LedgerRow): void {
    // The detail of these kinds is a CaseRecord: saveCase writes nothing else.
    const record = row.detail as unknown as CaseRecord;
    this.caseRecords.set(record.caseId, record);
    const sums = this.sums(row);
    if (row.kind === 'case_opened') sums.casesOpened += 1;
    if (row.kind !== 'case_closed') return;
    if (record.outcome === 'recovered') {
      sums.casesRecovered += 1;
      sums.recoveredCents += record.amountAtRiskCents;
    } else if (record.outcome === 'ended') sums.casesLost += 1;
  }

  private onInvoice(row: LedgerRow, change: (account: InvoiceAccount) => void): void {
    const invoiceId = text(row.detail, 'invoiceId');
    if (invoiceId === null) return;
    change(this.invoice(invoiceId));
    this.forget(invoiceId);
  }

  private invoice(id: string): InvoiceAccount {
    const account = this.invoices.get(id) ?? { finalized: null, creditedCents: 0, appliedCents: 0, closed: false, failed: false };
    this.invoices.set(id, account);
    return account;
  }

  /** A paid invoice is not needed any more: ten years of a customer take no more memory than one. */
  private forget(id: string): void {
    const account = this.invoices.get(id);
    // A credit note that is taken back would open it again: keep those.
    if (account?.finalized != null && account.creditedCents === 0 && account.finalized.dueCents <= account.appliedCents) this.invoices.delete(id);
  }

  private sums({ currency, occurredAtMs }: LedgerRow): MonthSums {
    return this.sumsOf(currency, monthOf(occurredAtMs));
  }

  private sumsOf(currency: string, month: string): MonthSums {
    const months = this.months.get(currency) ?? new Map<string, MonthSums>();
    this.months.set(currency, months);
    const sums = months.get(month) ?? { month, mrrCents: 0, paidCents: 0, failedCents: 0, recoveredCents: 0, writtenOffCents: 0, refundedCents: 0, casesOpened: 0, casesRecovered: 0, casesLost: 0 };
    months.set(month, sums);
    return sums;
  }

  private turnMonths(month: string): void {
    const first = monthOf(this.fromMs);
    this.month ??= month;
    while (this.month < month) {
      if (this.month >= first) this.noteMrr(this.month);
      this.month = this.month < first && first < month ? first : nextMonth(this.month);
    }
  }

  private noteMrr(month: string): void {
    const totals = new Map<string, number>();
    for (const { currency, monthlyCents } of this.subscribed.values()) totals.set(currency, (totals.get(currency) ?? 0) + monthlyCents);
    for (const currency of new Set([...totals.keys(), ...this.months.keys()])) this.sumsOf(currency, month).mrrCents = totals.get(currency) ?? 0;
  }
}

const remainingOf = (account: InvoiceAccount): number =>
  account.finalized === null || account.closed ? 0 : Math.max(0, account.finalized.dueCents - account.creditedCents - account.appliedCents);

const text = (detail: LedgerDetail, name: string): string | null => {
  const value = detail[name];
  return typeof value === 'string' ? value : null;
};
