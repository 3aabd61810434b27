import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { markLedgerDay } from '#database/ledger/append-ledger.js';
import { monthOf, spanOfMonth } from '#domain/finance/months.js';
import type { BooksPort } from '#workflows/ports/books.port.js';
import { toFailure } from '../stripe/failures.js';
import type { StripeClient } from './stripe-money.js';

export interface LedgerActivityDeps {
  readonly stripe: StripeClient;
  readonly dataSource: DataSource;
  readonly logger: Logger;
  /** Real clock in epoch milliseconds. */
  readonly now?: () => number;
}

/** Activities of finance, queue `billing`. `syncBalance` also marks the ledger's head of the day that is over; it fails as the other activities on Stripe do (STRIPE_UNAVAILABLE). */
export function createLedgerActivities(deps: LedgerActivityDeps): BooksPort {
  return {
    async syncBalance(input) {
      const nowMs = deps.now?.() ?? Date.now();
      const months = input.months ?? [monthOf(spanOfMonth(monthOf(nowMs)).fromMs - 1), monthOf(nowMs)];
      try {
        let transactions = 0;
        for (const month of months) transactions += await readMonth(deps, month, nowMs);
        await deps.dataSource.transaction((manager) => markLedgerDay(manager, nowMs));
        return { months, transactions };
      } catch (error) {
        const failure = toFailure(error, 1);
        deps.logger.warn({ activity: 'syncBalance', type: failure.type }, 'Stripe’s balance could not be read');
        throw failure;
      }
    },
  };
}

async function readMonth({ stripe, dataSource }: LedgerActivityDeps, month: string, nowMs: number): Promise<number> {
  const { fromMs, beforeMs } = spanOfMonth(month);
  let page: BalanceRow[] = [];
  let count = 0;
  const flush = async (): Promise<void> => {
    if (page.length > 0) await store(dataSource, page);
    count += page.length;
    page = [];
  };
  for await (const one of stripe.balanceTransactions.list({ created: { gte: fromMs / 1000, lt: beforeMs / 1000 }, limit: 100 })) {
    const source = one.source === null || typeof one.source === 'string' ? one.source : one.source.id;
    page.push({ id: one.id, type: one.type, category: one.reporting_category, source, amount: one.amount, fee: one.fee, currency: one.currency, created: new Date(one.created * 1000).toISOString() });
    if (page.length >= 500) await flush();
  }
  await flush();
  // Only now: a month of which the half was read is not a month that was read.
  await dataSource.query('INSERT INTO stripe_balance_read (month, read_at) VALUES ($1, $2) ON CONFLICT (month) DO UPDATE SET read_at = excluded.read_at', [month, new Date(nowMs)]);
  return count;
}

interface BalanceRow { id: string; type: string; category: string; source: string | null; amount: number; fee: number; currency: string; created: string }

async function store(dataSource: DataSource, rows: readonly BalanceRow[]): Promise<void> {
  await dataSource.query(
    `INSERT INTO stripe_balance (id, type, reporting_category, source, amount_minor, fee_minor, currency, created)
     SELECT id, type, category, source, amount, fee, currency, created
       FROM jsonb_to_recordset($1::jsonb) AS r (id text, type text, category text, source text, amount bigint, fee bigint, currency text, created timestamptz)
     ON CONFLICT (id) DO UPDATE SET type = excluded.type, reporting_category = excluded.reporting_category, source = excluded.source, amount_minor = excluded.amount_minor,
       fee_minor = excluded.fee_minor, currency = excluded.currency, created = excluded.created`,
    [JSON.stringify(rows)],
  );
}
