import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { ledgerHead, readLedger, type LedgerSpan } from '#database/ledger/ledger-rows.js';
import { AGEING_FROM_DAYS, ageDays, bucketOf } from '#domain/finance/ageing.js';
import { Database } from '../database/database.js';
import { invalid } from '../http/problem.js';
import { BookReader } from './book-reader.js';
import { checksumOf, Decimal, writeCsv, type Cell, type Report } from './csv.js';
import type { CsvQuery, LedgerCsvQuery } from './finance.dto.js';
import { iso, requireOrder } from './finance.service.js';

const DUNNING_COLUMNS = [
  'case_id', 'customer_id', 'customer_name', 'subscription_id', 'stage', 'opened_at', 'anchor_at', 'next_step_at', 'next_step', 'amount_remaining_minor', 'amount_remaining', 'mrr_at_risk_minor',
  'mrr_at_risk', 'currency', 'policy_version', 'hard_decline',
] as const;
const AGEING_COLUMNS = ['invoice_id', 'customer_id', 'customer_name', 'subscription_id', 'finalized_at', 'age_days', 'bucket', 'amount_remaining_minor', 'amount_remaining', 'currency'] as const;
const LEDGER_COLUMNS = [
  'seq', 'kind', 'customer_id', 'occurred_at', 'recorded_at', 'stripe_ref', 'amount_minor', 'amount', 'currency', 'case_id', 'actor', 'policy_version', 'detail', 'prev_hash', 'hash',
] as const;

/**
 * Finance's tables as CSV. The same `asOf` (or span) gives the same bytes, because the ledger is append-only; `throughSeq` leaves out what was learned
 * later. One column is of today and not of then: a customer's name, which is not kept in the ledger.
 */
@Injectable()
export class CsvReports {
  constructor(private readonly database: Database, private readonly reader: BookReader) {}

  async dunning(query: CsvQuery, response: Response): Promise<void> { await send(await this.dunningReport(query), response); }
  async ageing(query: CsvQuery, response: Response): Promise<void> { await send(await this.ageingReport(query), response); }
  async ledger(query: LedgerCsvQuery, response: Response): Promise<void> { await send(await this.ledgerReport(query), response); }
  async dunningChecksum(query: CsvQuery, response: Response): Promise<void> { await sendChecksum(await this.dunningReport(query), response); }
  async ageingChecksum(query: CsvQuery, response: Response): Promise<void> { await sendChecksum(await this.ageingReport(query), response); }
  async ledgerChecksum(query: LedgerCsvQuery, response: Response): Promise<void> { await sendChecksum(await this.ledgerReport(query), response); }

  private async dunningReport(query: CsvQuery): Promise<Report> {
    const instant = await this.reader.instantOf(query);
    const books = await this.reader.booksAt(instant);
    const open = [...books.cases()].filter(({ closedAtMs }) => closedAtMs === null).sort((a, b) => a.openedAtMs - b.openedAtMs || (a.caseId < b.caseId ? -1 : 1));
    const names = await this.namesOf(open.map(({ customerId }) => customerId));
    return {
      name: `dunning-${stamp(instant.asOfMs)}.csv`, columns: DUNNING_COLUMNS, preamble: query.preamble,
      about: aboutOf(instant.asOfMs, [...new Set(open.map(({ policyVersion }) => policyVersion))].sort(), books.lastSeq),
      rows: open.map((one): Cell[] => [
        one.caseId, one.customerId, names.get(one.customerId) ?? '', one.subscriptionId, one.stage, new Date(one.openedAtMs), new Date(one.anchorMs), one.nextStepAtMs === null ? null : new Date(one.nextStepAtMs),
        one.nextStepWhat, one.amountRemainingCents, new Decimal(one.amountRemainingCents, one.currency), one.monthlyCents, new Decimal(one.monthlyCents, one.currency), one.currency, one.policyVersion, one.hardDecline,
      ]),
    };
  }

  private async ageingReport(query: CsvQuery): Promise<Report> {
    const instant = await this.reader.instantOf(query);
    const books = await this.reader.booksAt(instant);
    const owed = [...books.receivables()].sort((a, b) => (a.currency < b.currency ? -1 : a.currency > b.currency ? 1 : a.finalizedAtMs - b.finalizedAtMs || (a.invoiceId < b.invoiceId ? -1 : 1)));
    const names = await this.namesOf(owed.map(({ customerId }) => customerId));
    return {
      name: `ageing-${stamp(instant.asOfMs)}.csv`, columns: AGEING_COLUMNS, preamble: query.preamble, about: aboutOf(instant.asOfMs, books.policyVersions(), books.lastSeq),
      rows: owed.map((one): Cell[] => {
        const days = ageDays(one.finalizedAtMs, instant.asOfMs);
        return [
          one.invoiceId, one.customerId, names.get(one.customerId) ?? '', one.subscriptionId, new Date(one.finalizedAtMs), days, sayBucket(bucketOf(days)), one.remainingCents,
          new Decimal(one.remainingCents, one.currency), one.currency,
        ];
      }),
    };
  }

  private async ledgerReport(query: LedgerCsvQuery): Promise<Report> {
    requireOrder(query);
    const head = await ledgerHead(this.database.manager);
    if (query.throughSeq !== undefined && query.throughSeq > head.seq) throw invalid({ throughSeq: `The ledger ends at row ${head.seq}.` });
    const span: LedgerSpan = {
      throughSeq: query.throughSeq ?? head.seq, fromMs: msOf(query.from), beforeMs: msOf(query.to), kinds: query.kind === undefined ? undefined : [query.kind], customerId: query.customerId,
    };
    const within = await this.database.row<{ seq: string | null; versions: string[] | null }>(
      `SELECT max(seq) AS seq, array_agg(DISTINCT policy_version) FILTER (WHERE policy_version IS NOT NULL) AS versions FROM billing_ledger
        WHERE seq <= $1 AND ($2::timestamptz IS NULL OR occurred_at >= $2) AND ($3::timestamptz IS NULL OR occurred_at < $3) AND ($4::text IS NULL OR kind = $4) AND ($5::uuid IS NULL OR customer_id = $5)`,
      [span.throughSeq, query.from ?? null, query.to ?? null, query.kind ?? null, query.customerId ?? null]);
    const { manager } = this.database;
    return {
      name: `ledger${query.to === undefined ? '' : `-${stamp(Date.parse(query.to))}`}.csv`, columns: LEDGER_COLUMNS, preamble: query.preamble,
      about: { from: query.from ?? 'the beginning', to: query.to ?? 'the newest row', 'policy versions': sayVersions([...within?.versions ?? []].sort()), 'ledger row': within?.seq ?? '0' },
      rows: (async function* (): AsyncGenerator<Cell[]> {
        for await (const row of readLedger(manager, span)) {
          yield [
            row.seq, row.kind, row.customerId, new Date(row.occurredAtMs), new Date(row.recordedAtMs), row.stripeRef, row.amountMinor, new Decimal(row.amountMinor, row.currency), row.currency, row.caseId,
            row.actor, row.policyVersion, JSON.stringify(row.detail), row.prevHash, row.hash,
          ];
        }
      })(),
    };
  }

  private async namesOf(customerIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.rows<{ id: string; name: string }>('SELECT id, name FROM customer WHERE id = ANY($1)', [[...new Set(customerIds)]]);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}

const aboutOf = (asOfMs: number, versions: readonly string[], seq: number): Record<string, string> => ({ 'as of': iso(asOfMs), 'policy versions': sayVersions(versions), 'ledger row': String(seq) });
const sayVersions = (versions: readonly string[]): string => (versions.length === 0 ? 'none' : versions.join(' '));
/** `[7,15)`: a text that no spreadsheet takes for a date. */
const sayBucket = (index: number): string => `[${AGEING_FROM_DAYS[index] ?? 0},${AGEING_FROM_DAYS[index + 1] ?? 'inf'})`;
const msOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
/** An instant in a file name. */
const stamp = (ms: number): string => iso(ms).replaceAll(':', '').replace('.000Z', 'Z');

async function send(report: Report, response: Response): Promise<void> {
  response.setHeader('Content-Type', 'text/csv; charset=utf-8; header=present');
  response.setHeader('Content-Disposition', `attachment; filename="${report.name}"`);
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(report.about)) response.setHeader(`X-Report-${name.replaceAll(' ', '-')}`, value);
  await writeCsv(report, response);
}

/** As `sha256sum` writes it, so that `sha256sum -c` takes it; the number of rows in a comment after it. */
async function sendChecksum(report: Report, response: Response): Promise<void> {
  const { sha256, rows } = await checksumOf(report);
  response.setHeader('Cache-Control', 'no-store');
  response.type('text/plain').send(`${sha256}  ${report.name}\n# rows ${rows}\n`);
}
