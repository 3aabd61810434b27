import { Injectable } from '@nestjs/common';
import { createHash, randomUUID } from 'node:crypto';
import { Database } from '../database/database.js';
import { DatabaseListener } from '../database/listener.js';
import { conflict, invalid, Problem, type ProblemBody } from '../http/problem.js';
import type { CalledRequest } from '../policy/caller.js';

const KEY = /^[\x21-\x7e]{1,200}$/;

interface Stored { request_hash: string; status: number | null; body: unknown }
export interface Outcome { status: number; body: unknown; replayed: boolean }

/**
 * Writes with an Idempotency-Key are done once: the answer is kept and given again for the same key and body.
 * A write under way is locked by this process; where the process dies, so does the lock, and the next caller does it anew
 * (what it had handed on already carries the same effect id, and is not done twice).
 */
@Injectable()
export class Idempotency {
  private readonly here = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly listener: DatabaseListener,
  ) {}

  /** Does `work` unless this key has an answer. 409 IDEMPOTENCY_KEY_REUSED for another body, IDEMPOTENCY_KEY_IN_USE while the first call still runs. */
  async once(customerId: string, key: string, requestHash: string, work: () => Promise<{ status: number; body: unknown }>): Promise<Outcome> {
    const name = `${customerId}:${key}`;
    const busy = (): Problem => new Problem(409, 'IDEMPOTENCY_KEY_IN_USE', 'A request with this Idempotency-Key is still under way. Try again in a moment.', undefined, 1);
    if (this.here.has(name)) throw busy();
    this.here.add(name);
    let unlock: (() => Promise<void>) | null = null;
    try {
      unlock = await this.listener.tryLock(`clawkeep.idempotency.${name}`);
      if (unlock === null) throw busy();
      const stored = await this.claim(customerId, key, requestHash);
      if (stored.request_hash !== requestHash) throw conflict('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request. Take a new one.', { 'Idempotency-Key': 'Take a new one.' });
      if (stored.status !== null) return { status: stored.status, body: stored.body, replayed: true };
      return { ...(await this.perform(customerId, key, work)), replayed: false };
    } finally {
      this.here.delete(name);
      await unlock?.();
    }
  }

  private async claim(customerId: string, key: string, requestHash: string): Promise<Stored> {
    const parameters = [customerId, key, requestHash];
    const rows = await this.database.rows<Stored>(
      `WITH made AS (INSERT INTO idempotency_key (customer_id, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING request_hash, status, body)
       SELECT * FROM made UNION ALL SELECT request_hash, status, body FROM idempotency_key WHERE customer_id = $1 AND key = $2`, parameters);
    const [row] = rows;
    if (row === undefined) throw new Error('The row of an Idempotency-Key is missing.');
    return row;
  }

  /** A refusal (4xx) is an answer and is kept; a failure of ours or a time-out is not, so that trying again can help. */
  private async perform(customerId: string, key: string, work: () => Promise<{ status: number; body: unknown }>): Promise<{ status: number; body: unknown }> {
    try {
      const outcome = await work();
      await this.keep(customerId, key, outcome.status, outcome.body);
      return outcome;
    } catch (error) {
      if (error instanceof Problem && error.getStatus() < 500 && error.getStatus() !== 429) {
        const body: ProblemBody = { code: error.code, detail: error.detail, ...(error.fields === undefined ? {} : { fields: error.fields }) };
        await this.keep(customerId, key, error.getStatus(), body);
      } else {
        await this.database.rows('DELETE FROM idempotency_key WHERE customer_id = $1 AND key = $2 AND status IS NULL', [customerId, key]).catch(() => undefined);
      }
      throw error;
    }
  }

  private keep(customerId: string, key: string, status: number, body: unknown): Promise<unknown> {
    return this.database.rows('UPDATE idempotency_key SET status = $3, body = $4 WHERE customer_id = $1 AND key = $2', [customerId, key, status, JSON.stringify(body ?? null)]);
  }
}

/** The request's Idempotency-Key, or null. 400 where it is malformed. */
export function idempotencyKeyOf({ headers }: Pick<CalledRequest, 'headers'>): string | null {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !KEY.test(key)) throw invalid({ 'Idempotency-Key': 'Use 1 to 200 letters, digits and signs without spaces.' });
  return key;
}

/** What makes two requests the same: method, path, and the body as it was sent, whatever the order of its fields. */
export function requestHashOf(request: Pick<CalledRequest, 'method' | 'path' | 'body'>): string {
  return createHash('sha256').update(JSON.stringify([request.method, request.path, sorted(request.body ?? null)])).digest('hex');
}

/** Id of the effect of a request: the same whenever it is sent again under the same Idempotency-Key. */
export function effectIdOf(request: Pick<CalledRequest, 'headers' | 'method' | 'path' | 'body'>, customerId: string): string {
  const key = idempotencyKeyOf(request);
  return key === null ? randomUUID() : createHash('sha256').update(JSON.stringify([customerId, key, requestHashOf(request)])).digest('hex').slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, sorted(item)]));
}
