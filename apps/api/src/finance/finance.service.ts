import { Injectable } from '@nestjs/common';
import { toCaseRecord, type CaseRow } from '#database/ledger/case-store.js';
import { toLedgerRow, type StoredLedgerRow } from '#database/ledger/ledger-rows.js';
import { verifyChain } from '#database/ledger/verify-chain.js';
import { ageReceivables } from '#domain/finance/ageing.js';
import { monthOf, spanOfMonth } from '#domain/finance/months.js';
import { summaryOf } from '#domain/finance/summary.js';
import { MONEY_KINDS, tieOut, tieOutReceivables, type BalanceTransaction, type MoneyRow, type StripeReceivable } from '#domain/finance/tie-out.js';
import { Database } from '../database/database.js';
import { pageOf, placeOf, type Page } from '../http/list.dto.js';
import { invalid } from '../http/problem.js';
import { BookReader } from './book-reader.js';
import type {
  AgeingDto, AsOfQuery, ChainCheckDto, CurrencyTieOutDto, DunningCaseDto, DunningQuery, FinanceSummaryDto, LedgerQuery, LedgerRowDto, LedgerSpanQuery, MonthQuery, SummaryQuery, TieOutDto,
} from './finance.dto.js';

/** Finance's figures. All are made from the ledger, but for the list of cases, which shows how they stand now. */
@Injectable()
export class FinanceService {
  constructor(private readonly database: Database, private readonly reader: BookReader) {}

  async summary(query: SummaryQuery): Promise<FinanceSummaryDto> {
    const instant = await this.reader.instantOf(query);
    const fromMs = query.from === undefined ? undefined : Date.parse(query.from);
    if (fromMs !== undefined && fromMs >= instant.asOfMs) throw invalid({ from: 'from must lie before asOf.' });
    const books = await this.reader.booksAt(instant, fromMs);
    return {
      asOf: iso(instant.asOfMs), from: iso(books.fromMs), ledgerSeq: books.lastSeq, policyVersions: [...books.policyVersions()],
      currencies: summaryOf(books).map((one) => ({ ...one, stages: [...one.stages], recovered: [...one.recovered], months: [...one.months] })),
    };
  }

  async dunning({ limit, cursor, stage, state }: DunningQuery): Promise<Page<DunningCaseDto>> {
    const after = placeOf(cursor);
    const rows = await this.database.rows<CaseRow & { place: string; name: string | null }>(
      `SELECT d.*, d.opened_at::text AS place, c.name FROM dunning_case d LEFT JOIN customer c ON c.id = d.customer_id
        WHERE ($1::text IS NULL OR d.stage = $1) AND ($2 = 'all' OR (d.closed_at IS NULL) = ($2 = 'open')) AND ($3::timestamptz IS NULL OR (d.opened_at, d.case_id) < ($3, $4))
        ORDER BY d.opened_at DESC, d.case_id DESC LIMIT $5`, [stage ?? null, state, after?.at ?? null, after?.id ?? null, limit + 1]);
    return pageOf(rows, limit, ({ place, case_id: id }) => ({ at: place, id }), (row) => {
      const { openedAtMs, anchorMs, nextStepAtMs, closedAtMs, monthlyCents, ...rest } = toCaseRecord(row);
      return { ...rest, customerName: row.name ?? '', mrrAtRiskCents: monthlyCents, openedAt: iso(openedAtMs), anchorAt: iso(anchorMs), nextStepAt: isoOrNull(nextStepAtMs), closedAt: isoOrNull(closedAtMs) };
    });
  }

  async ageing(query: AsOfQuery): Promise<AgeingDto> {
    const instant = await this.reader.instantOf(query);
    const books = await this.reader.booksAt(instant);
    return {
      asOf: iso(instant.asOfMs), ledgerSeq: books.lastSeq, policyVersions: [...books.policyVersions()],
      currencies: ageReceivables(books.receivables(), instant.asOfMs).map((one) => ({ ...one, buckets: [...one.buckets] })),
    };
  }

  async ledger({ limit, cursor, ...span }: LedgerQuery): Promise<Page<LedgerRowDto>> {
    requireOrder(span);
    const rows = await this.database.rows<StoredLedgerRow>(
      `SELECT * FROM billing_ledger
        WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::timestamptz IS NULL OR occurred_at >= $2) AND ($3::timestamptz IS NULL OR occurred_at < $3)
          AND ($4::text IS NULL OR kind = $4) AND ($5::uuid IS NULL OR customer_id = $5)
        ORDER BY seq DESC LIMIT $6`, [cursor ?? null, span.from ?? null, span.to ?? null, span.kind ?? null, span.customerId ?? null, limit + 1]);
    const shown = rows.slice(0, limit).map(toLedgerRow);
    return {
      data: shown.map(({ occurredAtMs, recordedAtMs, amountMinor, ...row }) => ({ ...row, occurredAt: iso(occurredAtMs), recordedAt: iso(recordedAtMs), amountCents: amountMinor, detail: { ...row.detail } })),
      nextCursor: rows.length > limit ? String(shown.at(-1)?.seq ?? '') : null,
    };
  }

  verify(): Promise<ChainCheckDto> {
    return verifyChain(this.database.manager);
  }

  async tieOut({ month = monthOf(Date.now()) }: MonthQuery): Promise<TieOutDto> {
    const { fromMs, beforeMs } = spanOfMonth(month);
    const span = [new Date(fromMs), new Date(beforeMs)];
    const read = await this.database.row<{ read_at: Date }>('SELECT read_at FROM stripe_balance_read WHERE month = $1', [month]);
    // A row of the ledger belongs to the month in which Stripe booked it: that of its balance transaction, where we have it.
    const money = await this.database.rows<Omit<MoneyRow, 'amountMinor'> & { amountMinor: string }>(
      `SELECT l.kind, l.stripe_ref AS "stripeRef", l.amount_minor AS "amountMinor", l.currency
         FROM billing_ledger l LEFT JOIN stripe_balance b ON b.id = l.detail->>'balanceTransactionId'
        WHERE l.kind = ANY($1) AND COALESCE(b.created, (l.detail->>'bookedAt')::timestamptz, l.occurred_at) >= $2 AND COALESCE(b.created, (l.detail->>'bookedAt')::timestamptz, l.occurred_at) < $3`,
      [MONEY_KINDS, ...span]);
    const booked = await this.database.rows<Omit<BalanceTransaction, 'amountMinor'> & { amountMinor: string }>(
      `SELECT id, type, reporting_category AS "reportingCategory", source, amount_minor AS "amountMinor", currency FROM stripe_balance WHERE created >= $1 AND created < $2`, span);
    const open = await this.database.rows<{ invoiceId: string; currency: string; remaining: string }>(
      `SELECT id AS "invoiceId", currency, amount_remaining_cents AS remaining FROM invoice WHERE status = 'open' AND amount_remaining_cents > 0`);
    const books = await this.reader.booksAt(await this.reader.instantOf({}));
    const tied = tieOut(money.map((row) => ({ ...row, amountMinor: Number(row.amountMinor) })), booked.map((one) => ({ ...one, amountMinor: Number(one.amountMinor) })));
    const owed = tieOutReceivables(books.receivables() as Iterable<StripeReceivable>, open.map(({ remaining, ...one }) => ({ ...one, remainingCents: Number(remaining) })));
    const currencies = [...new Set([...tied, ...owed].map(({ currency }) => currency))].sort().map((currency): CurrencyTieOutDto => {
      const [moved, receivable] = [tied.find((one) => one.currency === currency), owed.find((one) => one.currency === currency)];
      const [ledgerCents, stripeCents] = [receivable?.ledgerCents ?? 0, receivable?.stripeCents ?? 0];
      return {
        currency, lines: [...moved?.lines ?? []], differenceCents: moved?.differenceCents ?? 0, otherCents: moved?.otherCents ?? 0,
        receivables: { ledgerCents, stripeCents, differenceCents: ledgerCents - stripeCents }, differences: [...moved?.differences ?? [], ...receivable?.differences ?? []],
      };
    });
    return { month, ok: read !== null && currencies.every(({ differences }) => differences.length === 0), stripeReadAt: read?.read_at.toISOString() ?? null, currencies };
  }
}

/** A span that ends before it begins is a slip of the caller, not an empty list. */
export function requireOrder({ from, to }: LedgerSpanQuery): void {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) throw invalid({ to: 'to must lie after from.' });
}

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
