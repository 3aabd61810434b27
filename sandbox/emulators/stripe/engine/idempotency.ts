import { createHash } from 'node:crypto';
import type { Doc } from './doc.js';
import { StripeFault } from './errors.js';
import type { Row } from './store.js';
import type { World } from './world.js';

const lifeMs = 24 * 3600 * 1000;

const rowId = (key: string): string => `idem_${createHash('sha256').update(key).digest('hex')}`;

/** A saved answer under an idempotency key. */
export interface Saved {
  status: number;
  body: Doc;
  requestId: string;
}

/** What makes two requests under one key the same: endpoint and parameters, in whatever order. */
export function fingerprint(method: string, path: string, body: string): string {
  const fields = [...new URLSearchParams(body)].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return createHash('sha256').update(`${method} ${path}\n${fields.sort().join('&')}`).digest('hex');
}

/** The saved answer of a key, or nothing. Throws Stripe's `idempotency_error` when the key was used for something else. */
export function recall(world: World, key: string, mark: string, path: string): Saved | undefined {
  const row = world.get('idempotency', rowId(key));
  if (!row) return undefined;
  if ((row.doc['atMs'] as number) + lifeMs < Date.now()) return undefined;
  if (row.doc['mark'] !== mark) {
    const samePath = row.doc['path'] === path;
    throw new StripeFault(
      400,
      {
        message: samePath
          ? `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`
          : `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${path}' vs '${String(row.doc['path'])}'). Try using a key other than '${key}' if you meant to execute a different request.`,
        type: 'idempotency_error',
      },
      { saved: false },
    );
  }
  return row.doc['saved'] as Saved;
}

/** Saves an answer under a key, in the transaction of the request itself. */
export function save(world: World, key: string, mark: string, path: string, saved: Saved): Row {
  return world.store.put({ kind: 'idempotency', id: rowId(key), clock: null, doc: { key, mark, path, atMs: Date.now(), saved }, hidden: {} });
}

/** Forgets keys older than 24 h. */
export function prune(world: World): void {
  for (const row of world.store.all('idempotency')) if ((row.doc['atMs'] as number) + lifeMs < Date.now()) world.store.remove(row.id);
}

/** Makes every key older by so many hours, for tests of what happens after Stripe forgets. */
export function age(world: World, hours: number): number {
  const rows = world.store.all('idempotency');
  for (const row of rows) world.store.edit(row).doc['atMs'] = (row.doc['atMs'] as number) - hours * 3600 * 1000;
  prune(world);
  return rows.length;
}
