import { Injectable } from '@nestjs/common';
import { ledgerHead, readLedger } from '#database/ledger/ledger-rows.js';
import { BOOKED_KINDS, Books } from '#domain/finance/books.js';
import { Database } from '../database/database.js';
import { invalid } from '../http/problem.js';
import type { AsOfQuery } from './finance.dto.js';

const YEAR_MS = 365 * 86_400_000;

/** An instant of the books, and how far the ledger was read for it. */
export interface Instant {
  readonly asOfMs: number;
  readonly throughSeq: number;
}

/** Reads the ledger up to an instant: every figure of finance is made from it and from nothing else. */
@Injectable()
export class BookReader {
  constructor(private readonly database: Database) {}

  /** `asOf` and `throughSeq` of a question. Without `asOf`: now, or the newest instant in the ledger, should customers on test clocks be ahead of us. */
  async instantOf({ asOf, throughSeq }: AsOfQuery): Promise<Instant> {
    const head = await ledgerHead(this.database.manager);
    if (throughSeq !== undefined && throughSeq > head.seq) throw invalid({ throughSeq: `The ledger ends at row ${head.seq}.` });
    const through = throughSeq ?? head.seq;
    if (asOf !== undefined) return { asOfMs: Date.parse(asOf), throughSeq: through };
    const newest = await this.database.row<{ at: Date | null }>('SELECT max(occurred_at) AS at FROM billing_ledger WHERE seq <= $1', [through]);
    return { asOfMs: Math.max(Date.now(), newest?.at?.getTime() ?? 0), throughSeq: through };
  }

  async booksAt({ asOfMs, throughSeq }: Instant, fromMs = asOfMs - YEAR_MS): Promise<Books> {
    const books = new Books(fromMs, asOfMs);
    for await (const row of readLedger(this.database.manager, { throughSeq, beforeMs: asOfMs + 1, kinds: BOOKED_KINDS })) books.apply(row);
    return books.close();
  }
}
