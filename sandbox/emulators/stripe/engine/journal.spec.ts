import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.js';
import { type Row, Store } from './store.js';

const row = (id: string, n: number): Row => ({ kind: 'thing', id, clock: null, doc: { n, text: 'é🐾' }, hidden: {} });

describe('the journal', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'stripe-journal-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (compactBytes?: number): { store: Store; journal: Journal } => {
    const store = new Store();
    const journal = new Journal(directory, store, compactBytes);
    journal.open();
    return { store, journal };
  };
  const write = (to: { store: Store; journal: Journal }, rows: Row[]): void => {
    for (const item of rows) to.store.put(item);
    const change = to.store.commit();
    if (change) to.journal.append(change);
  };
  const things = (store: Store): [string, number][] => store.all('thing').map((item) => [item.id, item.doc['n'] as number]);

  it('brings back all of every committed request, in order', () => {
    const first = open();
    write(first, [row('a', 1), row('b', 1)]);
    write(first, [row('a', 2), row('c', 1)]);
    first.store.remove('b');
    first.journal.append(first.store.commit() ?? { put: [], del: [] });
    first.journal.close();
    expect(things(open().store)).toEqual([['a', 2], ['c', 1]]);
  });

  it.each([1, 7, 40, 90])('drops a tail torn %i bytes before its end, and goes on writing', (cut) => {
    const first = open();
    write(first, [row('a', 1)]);
    write(first, [row('a', 2), row('b', 2)]);
    first.journal.close();
    const path = join(directory, 'journal.jsonl');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - cut));
    const second = open();
    expect(things(second.store)).toEqual([['a', 1]]);
    write(second, [row('c', 3)]);
    second.journal.close();
    expect(things(open().store)).toEqual([['a', 1], ['c', 3]]);
  });

  it('drops rubbish after the last line', () => {
    const first = open();
    write(first, [row('a', 1)]);
    first.journal.close();
    appendFileSync(join(directory, 'journal.jsonl'), '{"n":2,"put":[{"ki');
    expect(things(open().store)).toEqual([['a', 1]]);
  });

  it('compacts, survives lines that the snapshot already has, and ignores a snapshot that was not finished', () => {
    const first = open();
    write(first, [row('a', 1)]);
    write(first, [row('b', 1)]);
    const before = readFileSync(join(directory, 'journal.jsonl'));
    first.journal.compact();
    write(first, [row('a', 3)]);
    first.journal.close();
    expect(things(open().store)).toEqual([['a', 3], ['b', 1]]);
    // Killed between the rename of the snapshot and the emptying of the journal:
    const after = readFileSync(join(directory, 'journal.jsonl'));
    writeFileSync(join(directory, 'journal.jsonl'), Buffer.concat([before, after]));
    writeFileSync(join(directory, 'snapshot.jsonl.writing'), '{"n":99}\n{"kind":"th');
    expect(things(open().store)).toEqual([['a', 3], ['b', 1]]);
  });

  it('compacts by itself when the journal has grown', () => {
    const first = open(2000);
    for (let n = 0; n < 200; n += 1) write(first, [row('a', n)]);
    first.journal.close();
    expect(readFileSync(join(directory, 'journal.jsonl')).length).toBeLessThan(4000);
    expect(things(open().store)).toEqual([['a', 199]]);
  });

  it('undoes a request that is rolled back', () => {
    const { store } = open();
    store.put(row('a', 1));
    store.commit();
    const kept = store.get('a');
    if (kept) store.edit(kept).doc['n'] = 5;
    store.put(row('b', 1));
    store.remove('a');
    store.rollback();
    expect(things(store)).toEqual([['a', 1]]);
  });
});
