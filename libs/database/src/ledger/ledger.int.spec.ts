import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import type { LedgerFact, LedgerRow } from '#domain/finance/ledger.types.js';
import { STANDARD_POLICY } from '#domain/lifecycle/lifecycle.policy.js';
import type { Decision, DunningCase } from '#domain/lifecycle/lifecycle.types.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { appendLedger, markLedgerDay } from './append-ledger.js';
import { hashOf } from './chain.js';
import { saveCase } from './case-store.js';
import { writeDecisionToBooks } from './decision-books.js';
import { readLedger } from './ledger-rows.js';
import { verifyChain } from './verify-chain.js';

let database: TestDatabase;
let source: DataSource;
const customerId = randomUUID();

beforeEach(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 20).initialize();
  return async () => {
    await source.destroy();
    await database.drop();
  };
});

const paid = (ref: string, change: Partial<LedgerFact> = {}): LedgerFact => ({
  kind: 'payment_succeeded', customerId, occurredAtMs: Date.parse('2027-03-01T10:05:00Z'), stripeRef: ref, amountMinor: 2000, currency: 'usd', caseId: null, actor: 'stripe', policyVersion: null,
  detail: { invoiceId: 'in_1', b: 1, a: { z: 1, y: ['x', null] } }, ...change,
});
const append = (...facts: LedgerFact[]): Promise<readonly LedgerRow[]> => source.transaction((manager) => appendLedger(manager, facts));
/** Node 20 has no Array.fromAsync. */
const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};
const seqs = async (): Promise<number[]> => (await source.query('SELECT seq FROM billing_ledger ORDER BY seq') as { seq: string }[]).map(({ seq }) => Number(seq));
/** As somebody would who owns the database: past the triggers. */
const tamper = async (sql: string): Promise<void> => {
  await source.transaction(async (manager) => {
    await manager.query(`SET LOCAL session_replication_role = replica`);
    await manager.query(sql);
  });
};

describe('the ledger', () => {
  it('refuses to change, to forget and to be emptied, whoever asks', async () => {
    await append(paid('ch_1'));
    for (const sql of [`UPDATE billing_ledger SET amount_minor = 1`, 'DELETE FROM billing_ledger', 'TRUNCATE billing_ledger']) {
      await expect(source.query(sql)).rejects.toThrow('append-only');
    }
    expect(await seqs()).toEqual([1]);
  });

  it('writes a fact once, by kind, id, amount and currency', async () => {
    expect(await append(paid('ch_1'), paid('ch_1'), paid('ch_2'))).toHaveLength(2);
    expect(await append(paid('ch_1'), paid('ch_2', { occurredAtMs: 5 }))).toHaveLength(0);
    expect(await append(paid('ch_1', { amountMinor: 500 }), paid('ch_1', { currency: 'eur' }), paid('ch_1', { kind: 'payment_failed' }))).toHaveLength(3);
    expect(await seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  it('has no gap and one chain while 20 transactions write at once, some of the same facts, some rolled back', async () => {
    const one = async (index: number): Promise<void> => {
      await source.transaction(async (manager) => {
        await appendLedger(manager, [paid(`ch_${index}`), paid('ch_shared'), paid(`ch_${index}_b`)]);
        if (index % 5 === 0) throw new Error('rolled back');
      }).catch((error: Error) => expect(error.message).toBe('rolled back'));
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => one(index)));
    const rows = await seqs();
    expect(rows).toHaveLength(48 * 2 + 1);
    expect(rows).toEqual(rows.map((_, index) => index + 1));
    expect(await verifyChain(source.manager)).toMatchObject({ ok: true, rows: rows.length, headSeq: rows.length, fault: null });
  });

  it('refuses a row that does not follow the head, by whatever way it comes', async () => {
    await append(paid('ch_1'));
    const forged = (seq: number): Promise<unknown> => source.query(
      `INSERT INTO billing_ledger (seq, kind, customer_id, occurred_at, recorded_at, stripe_ref, amount_minor, currency, actor, prev_hash, hash)
       VALUES ($1, 'refund', $2, now(), now(), 're_1', 1, 'usd', 'x', repeat('0', 64), repeat('a', 64))`, [seq, customerId]);
    await expect(forged(2)).rejects.toThrow('does not follow');
    await expect(forged(3)).rejects.toThrow('does not follow');
  });

  it('keeps numbers, names and times so that the hash comes out again from what is stored', async () => {
    const [row] = await append(paid('ch_1', { occurredAtMs: Date.parse('2027-03-01T10:05:00.123Z'), amountMinor: -9_007_199_254_740_991 }));
    const [read] = await all(readLedger(source.manager, { throughSeq: 1 }));
    expect(read).toEqual(row);
    expect(hashOf(read!)).toBe(row!.hash);
  });

  it.each([
    ['an amount', `UPDATE billing_ledger SET amount_minor = 1 WHERE seq = 3`, 3, 'Its hash is not that of what stands in it.'],
    ['a word deep in the detail', `UPDATE billing_ledger SET detail = jsonb_set(detail, '{a,z}', '2') WHERE seq = 2`, 2, 'Its hash is not that of what stands in it.'],
    ['a row less', `DELETE FROM billing_ledger WHERE seq = 4`, 4, 'Row 4 is missing: after 3 comes 5.'],
    ['the end cut off', `DELETE FROM billing_ledger WHERE seq >= 5`, 4, 'The ledger ends at row 4; its head says 6.'],
    ['two rows exchanged', `UPDATE billing_ledger SET seq = seq + 100 WHERE seq IN (2, 3); UPDATE billing_ledger SET seq = 105 - seq WHERE seq > 100`, 2, 'It does not name the hash of the row before.'],
  ])('finds %s', async (_, sql, seq, why) => {
    for (let index = 1; index <= 6; index += 1) await append(paid(`ch_${index}`));
    expect((await verifyChain(source.manager)).ok).toBe(true);
    await tamper(sql);
    expect(await verifyChain(source.manager)).toMatchObject({ ok: false, fault: { seq, why } });
  });

  it('finds a chain that was written anew as a whole, by the mark of its day', async () => {
    await append(paid('ch_1'), paid('ch_2'));
    const tomorrow = Date.now() + 86_400_000;
    await source.transaction((manager) => markLedgerDay(manager, tomorrow));
    await source.transaction((manager) => markLedgerDay(manager, tomorrow));
    expect(await verifyChain(source.manager)).toMatchObject({ ok: true, checkpoints: 1 });
    const rows = await all(readLedger(source.manager, { throughSeq: 2 }));
    let prevHash = rows[0]!.prevHash;
    for (const row of rows) {
      const forged = { ...row, amountMinor: 1, prevHash };
      prevHash = hashOf(forged);
      await tamper(`UPDATE billing_ledger SET amount_minor = 1, prev_hash = '${forged.prevHash}', hash = '${prevHash}' WHERE seq = ${row.seq}`);
    }
    await tamper(`UPDATE billing_ledger_head SET hash = '${prevHash}'`);
    expect(await verifyChain(source.manager)).toMatchObject({ ok: false, fault: { seq: 2, why: 'Its hash is not the one that was marked at the end of its day.' } });
    await expect(source.query('DELETE FROM billing_ledger_checkpoint')).rejects.toThrow('append-only');
  });

  it('reads in the order in which things happened, to a row, between two instants, of some kinds', async () => {
    await append(paid('ch_3', { occurredAtMs: 3000 }), paid('ch_1', { occurredAtMs: 1000 }), paid('re_2', { kind: 'refund', occurredAtMs: 2000 }));
    const refs = async (span: Parameters<typeof readLedger>[1]): Promise<string[]> => (await all(readLedger(source.manager, span))).map(({ stripeRef }) => stripeRef);
    expect(await refs({ throughSeq: 3 })).toEqual(['ch_1', 're_2', 'ch_3']);
    expect(await refs({ throughSeq: 2 })).toEqual(['ch_1', 'ch_3']);
    expect(await refs({ throughSeq: 3, fromMs: 1000, beforeMs: 3000 })).toEqual(['ch_1', 're_2']);
    expect(await refs({ throughSeq: 3, kinds: ['refund'] })).toEqual(['re_2']);
    expect(await refs({ throughSeq: 3, customerId: randomUUID() })).toEqual([]);
  });
});

describe('cases', () => {
  const at = (text: string): number => Date.parse(text);
  const dunning = (change: Partial<DunningCase> = {}): DunningCase => ({
    id: 'sub_1:1', openedAtMs: at('2027-03-01T10:06:00Z'), policy: STANDARD_POLICY, anchorMs: at('2027-03-01T10:05:00Z'), invoiceIds: ['in_1'], amountRemainingCents: 2000, currency: 'usd',
    shifts: [], attempts: {}, hardDecline: null, ...change,
  } as DunningCase);
  const decision = (change: Partial<Decision> = {}): Decision => ({
    stage: 'retrying', serviceLevel: 'full', overlays: [], planId: 'pro', subscriptionId: 'sub_1', reason: 'A payment failed.', nextStep: { what: 'pays again', atMs: at('2027-03-02T10:05:00Z'), why: '' },
    effects: [], wakeAtMs: null, policyVersion: 'standard-1', cycle: 1, cancelRounds: 0, reviewReason: null, dunning: dunning(), cases: 1, closedCase: null, ...change,
  } as Decision);
  const write = (key: string, fromStage: Decision['stage'], made: Decision, customerNowMs: number): Promise<void> =>
    source.transaction((manager) => writeDecisionToBooks(manager, { customerId, key, fromStage, decision: made, actor: 'policy', customerNowMs }));
  const kinds = async (): Promise<string[]> => (await all(readLedger(source.manager, { throughSeq: 1000 }))).sort((a, b) => a.seq - b.seq).map(({ kind }) => kind);
  const stored = async (): Promise<Record<string, unknown>> => (await source.query('SELECT * FROM dunning_case') as Record<string, unknown>[])[0]!;

  it('open, move and close with what they were about, each fact once', async () => {
    await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'x')`, [customerId]);
    await source.query(`INSERT INTO subscription (id, customer_id, status, amount_cents, currency, interval, interval_count, created) VALUES ('sub_1', $1, 'past_due', 24000, 'usd', 'year', 1, now())`, [customerId]);
    for (let twice = 0; twice < 2; twice += 1) await write('k1', 'active', decision(), at('2027-03-01T10:06:00Z'));
    expect(await kinds()).toEqual(['case_opened', 'state_changed']);
    expect(await stored()).toMatchObject({ case_id: 'sub_1:1', subscription_id: 'sub_1', stage: 'retrying', amount_remaining_cents: '2000', monthly_cents: '2000', closed_at: null });

    const partial = decision({ stage: 'grace', dunning: dunning({ amountRemainingCents: 1500 }), nextStep: null });
    for (let twice = 0; twice < 2; twice += 1) await write('k2', 'retrying', partial, at('2027-03-06T10:05:00Z'));
    expect(await stored()).toMatchObject({ stage: 'grace', amount_remaining_cents: '1500', amount_at_risk_cents: '2000', next_step_at: null });

    const closed = decision({ stage: 'active', dunning: null, closedCase: { id: 'sub_1:1', outcome: 'recovered', recoveredBy: 'customer', anchorMs: dunning().anchorMs, closedAtMs: at('2027-03-09T12:00:00Z') } });
    for (let twice = 0; twice < 2; twice += 1) await write('k3', 'grace', closed, at('2027-03-09T12:00:00Z'));
    expect(await stored()).toMatchObject({ stage: 'active', outcome: 'recovered', recovered_by: 'customer', amount_remaining_cents: '0', amount_at_risk_cents: '2000', closed_at: new Date('2027-03-09T12:00:00Z') });
    expect(await kinds()).toEqual(['case_opened', 'state_changed', 'case_changed', 'state_changed', 'case_closed', 'state_changed']);

    // A repetition of the first decision does not open it again.
    await write('k1', 'active', decision(), at('2027-03-01T10:06:00Z'));
    expect(await stored()).toMatchObject({ outcome: 'recovered' });
  });

  it('a case that nobody closed does not stand in the way of the next one', async () => {
    await source.transaction((manager) => saveCase(manager, { customerId, key: 'k1', decision: decision(), customerNowMs: 1, actor: 'policy' }));
    const facts = await source.transaction((manager) => saveCase(manager, { customerId, key: 'k2', decision: decision({ dunning: dunning({ id: 'sub_1:2' }) }), customerNowMs: 2, actor: 'policy' }));
    expect(facts.map(({ kind, stripeRef }) => [kind, stripeRef])).toEqual([['case_closed', 'sub_1:1'], ['case_opened', 'sub_1:2']]);
  });
});
