import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { instanceWishedSignal, stripeChangedSignal, type InstanceWished, type StripeChanged } from '#workflows/contracts/customer-lifecycle.js';
import { Database } from '../database/database.js';
import { TemporalService } from '../temporal/temporal.service.js';

const BATCH = 500;
/** Doorbells of one customer that one signal rings at most: their ids are remembered by the workflow. */
const MOST_RUNG_AT_ONCE = 10;
const CUSTOMERS_AT_ONCE = 20;
const POLL_MS = 1_000;
const LONGEST_BACKOFF_SECONDS = 30;

interface OutboxRow { id: string; topic: string; customer_id: string; payload: unknown; attempts: number }
interface Outcome { sent: string[]; failed: { ids: string[]; attempts: number; error: string }[] }

/**
 * Carries the outbox to the customers' workflows: each message at least once, in order within a customer. A row is deleted only after Temporal has taken
 * its signal; signals carry ids by which the workflow drops the second one. Doorbells that wait in a row are rung by one signal. Any number of processes may dispatch at once (SKIP LOCKED).
 */
@Injectable()
export class OutboxDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(OutboxDispatcher.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private again = false;
  private stopped = false;
  private trouble: string | null = null;

  constructor(
    private readonly database: Database,
    private readonly temporal: TemporalService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Messages that wait, and the age of the oldest in seconds; for metrics. */
  async lag(): Promise<{ waiting: number; oldestSeconds: number }> {
    const row = await this.database.row<{ waiting: number; oldest: number }>('SELECT count(*)::int AS waiting, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest FROM outbox');
    return { waiting: row?.waiting ?? 0, oldestSeconds: row?.oldest ?? 0 };
  }

  /** Looks for messages now; whoever has written one calls it after the commit. Messages of other processes are found once a second (no NOTIFY: it would serialise all commits). */
  wake(): void {
    if (this.stopped) return;
    if (this.running !== null) { this.again = true; return; }
    this.again = false;
    this.running = this.drain().then(() => this.tell(null), (error: unknown) => this.tell(error instanceof Error ? error.message : 'unknown')).finally(() => {
      this.running = null;
      // While something is away the next look is the timer's.
      if (this.again && this.trouble === null) { this.again = false; this.wake(); }
    });
  }

  /** Once when it begins, once when it is over. */
  private tell(trouble: string | null): void {
    if (trouble !== null && this.trouble === null) this.logger.warn(`The outbox waits: ${trouble}`);
    if (trouble === null && this.trouble !== null) this.logger.log('The outbox is carried on.');
    this.trouble = trouble;
  }

  private async drain(): Promise<void> {
    // Before rows are locked: no transaction is held open for a server that is away.
    await this.temporal.connected();
    while (!this.stopped && (await this.database.transaction((manager) => this.dispatch(manager))) === BATCH) { /* more is due */ }
  }

  /** One batch; answers how many rows were looked at. */
  private async dispatch(manager: EntityManager): Promise<number> {
    // Behind a message that waits for its next attempt the later ones of that customer wait too.
    const rows = await this.database.rows<OutboxRow>(
      `SELECT id, topic, customer_id, payload, attempts FROM outbox o WHERE next_attempt_at <= now()
          AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.customer_id = o.customer_id AND e.id < o.id AND e.next_attempt_at > now())
        ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`, [], manager);
    if (rows.length === 0) return 0;
    const outcome = await this.send(byCustomer(rows));
    if (outcome.sent.length > 0) await manager.query('DELETE FROM outbox WHERE id = ANY($1::bigint[])', [outcome.sent]);
    for (const { ids, attempts, error } of outcome.failed) {
      await manager.query(`UPDATE outbox SET attempts = attempts + 1, last_error = $2, next_attempt_at = clock_timestamp() + make_interval(secs => $3) WHERE id = ANY($1::bigint[])`,
        [ids, error.slice(0, 500), Math.min(LONGEST_BACKOFF_SECONDS, 0.25 * 2 ** Math.min(attempts, 10))]);
    }
    return rows.length;
  }

  private async send(customers: OutboxRow[][]): Promise<Outcome> {
    const outcome: Outcome = { sent: [], failed: [] };
    const queue = [...customers];
    const lane = async (): Promise<void> => {
      // Where nobody is taken any more the server is away: the rest of the batch is not held for it.
      for (let rows = queue.shift(); rows !== undefined && outcome.failed.length < CUSTOMERS_AT_ONCE; rows = queue.shift()) await this.sendInOrder(rows, outcome);
    };
    await Promise.all(Array.from({ length: Math.min(CUSTOMERS_AT_ONCE, customers.length) }, lane));
    return outcome;
  }

  private async sendInOrder(rows: OutboxRow[], outcome: Outcome): Promise<void> {
    let sent = 0;
    for (const together of sendings(rows)) {
      const row = together[0]!;
      try {
        await this.signal(together);
        outcome.sent.push(...together.map(({ id }) => id));
        sent += together.length;
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        if (row.attempts === 0 || row.attempts % 10 === 9) this.logger.warn(`Message ${row.id} (${row.topic}) was not taken, attempt ${row.attempts + 1}: ${reason.slice(0, 200)}`);
        outcome.failed.push({ ids: rows.slice(sent).map(({ id }) => id), attempts: row.attempts, error: reason });
        return;
      }
    }
  }

  private signal(together: readonly OutboxRow[]): Promise<void> {
    const { topic, customer_id: customerId, payload } = together.at(-1)!;
    switch (topic) {
      case 'stripeChanged': return this.temporal.signalCustomer(customerId, stripeChangedSignal, { ...(payload as StripeChanged), eventId: together.map((row) => (row.payload as StripeChanged).eventId).join('+') });
      case 'instanceWished': return this.temporal.signalCustomer(customerId, instanceWishedSignal, payload as InstanceWished);
      default: throw new Error(`Nobody knows the topic "${topic}"`);
    }
  }
}

/**
 * What goes in one signal: a doorbell says no more than "look", so doorbells in a row ring once. The signal carries the ids of all of them: sent again in
 * other company it is another signal, and none is dropped for one that was taken before it came.
 */
function sendings(rows: readonly OutboxRow[]): OutboxRow[][] {
  const groups: OutboxRow[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last !== undefined && row.topic === 'stripeChanged' && last[0]!.topic === 'stripeChanged' && last.length < MOST_RUNG_AT_ONCE) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

function byCustomer(rows: readonly OutboxRow[]): OutboxRow[][] {
  const groups = new Map<string, OutboxRow[]>();
  for (const row of rows) groups.set(row.customer_id, [...(groups.get(row.customer_id) ?? []), row]);
  return [...groups.values()];
}
