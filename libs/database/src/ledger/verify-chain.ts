import type { EntityManager } from 'typeorm';
import { FIRST_HASH, hashOf } from './chain.js';
import { toLedgerRow, type StoredLedgerRow } from './ledger-rows.js';

export interface ChainFault { readonly seq: number; readonly why: string }
export interface ChainCheck {
  readonly ok: boolean;
  /** Rows that were looked at. */
  readonly rows: number;
  readonly headSeq: number;
  readonly headHash: string;
  readonly checkpoints: number;
  readonly fault: ChainFault | null;
}

const BATCH = 2000;

/** Computes every hash anew, from the first row to the head, and holds the daily marks against them. Stops at the first fault. One snapshot of the database: rows that are appended meanwhile are not looked at. */
export async function verifyChain(manager: EntityManager): Promise<ChainCheck> {
  return await manager.connection.transaction('REPEATABLE READ', async (reading) => {
    const [head] = await reading.query('SELECT seq, hash FROM billing_ledger_head WHERE id = 1') as { seq: string; hash: string }[];
    const marks = new Map((await reading.query('SELECT seq, hash FROM billing_ledger_checkpoint') as { seq: string; hash: string }[]).map(({ seq, hash }) => [Number(seq), hash]));
    const state = { seq: 0, hash: FIRST_HASH, marks: 0, marksLeft: new Map(marks) };
    const done = (fault: ChainFault | null): ChainCheck => ({
      ok: fault === null, rows: state.seq, headSeq: Number(head?.seq ?? 0), headHash: head?.hash ?? FIRST_HASH, checkpoints: state.marks, fault,
    });
    for (;;) {
      const rows: StoredLedgerRow[] = await reading.query(`SELECT * FROM billing_ledger WHERE seq > $1 ORDER BY seq LIMIT ${BATCH}`, [state.seq]);
      for (const stored of rows) {
        const row = toLedgerRow(stored);
        if (row.seq !== state.seq + 1) return done({ seq: state.seq + 1, why: `Row ${state.seq + 1} is missing: after ${state.seq} comes ${row.seq}.` });
        if (row.prevHash !== state.hash) return done({ seq: row.seq, why: 'It does not name the hash of the row before.' });
        if (hashOf(row) !== row.hash) return done({ seq: row.seq, why: 'Its hash is not that of what stands in it.' });
        const mark = state.marksLeft.get(row.seq);
        if (mark !== undefined && mark !== row.hash) return done({ seq: row.seq, why: 'Its hash is not the one that was marked at the end of its day.' });
        if (mark !== undefined) { state.marks += 1; state.marksLeft.delete(row.seq); }
        state.seq = row.seq;
        state.hash = row.hash;
      }
      if (rows.length < BATCH) break;
    }
    const [lost] = [...state.marksLeft.keys()].sort((a, b) => a - b);
    if (lost !== undefined) return done({ seq: lost, why: 'A day was marked at this row, and the ledger does not reach it.' });
    if (head === undefined || Number(head.seq) !== state.seq || head.hash !== state.hash) {
      return done({ seq: state.seq, why: `The ledger ends at row ${state.seq}; its head says ${head?.seq ?? 'nothing'}.` });
    }
    return done(null);
  });
}
