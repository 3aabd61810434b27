import { Injectable } from '@nestjs/common';
import { storeStripeEvents, type TakenEvent } from '#database/stripe-events/stripe-event-row.js';
import { Database } from '../database/database.js';
import { databaseTrouble } from '../http/database-trouble.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';

/** Statements under way at once, and most events in one: what comes meanwhile waits for the next and shares its commit (bench webhooks). */
const LANES = 2;
const MOST = 64;

interface Waiting extends TakenEvent { settled: Promise<void>; done: () => void; failed: (error: unknown) => void }

/** Stores Stripe's events, many in one commit when they come at once; each is durable before its own promise resolves. */
@Injectable()
export class StripeEventStore {
  private readonly line = new Map<string, Waiting>();
  private lanes = 0;
  private looking = false;

  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxDispatcher,
  ) {}

  /** Resolves once the event and its doorbells are committed, by this call or an earlier one. Rejects with the driver's error. */
  store(taken: TakenEvent): Promise<void> {
    const same = this.line.get(taken.event.id);
    if (same !== undefined) return same.settled;
    let [done, failed]: [() => void, (error: unknown) => void] = [() => undefined, () => undefined];
    const settled = new Promise<void>((resolve, reject) => { [done, failed] = [resolve, reject]; });
    this.line.set(taken.event.id, { ...taken, settled, done, failed });
    this.look();
    return settled;
  }

  /** After what the sockets hold at this moment has been read. */
  private look(): void {
    if (this.looking) return;
    this.looking = true;
    setImmediate(() => {
      this.looking = false;
      while (this.lanes < LANES && this.line.size > 0) {
        this.lanes += 1;
        void this.write(this.take()).finally(() => { this.lanes -= 1; this.look(); });
      }
    });
  }

  /** In the order of their ids, so that two statements with the same events never wait for each other. */
  private take(): Waiting[] {
    const batch = [...this.line.values()].slice(0, MOST);
    for (const { event } of batch) this.line.delete(event.id);
    return batch.sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
  }

  /** Never rejects: the error goes to those who wait. */
  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      const { name, text, values } = storeStripeEvents(batch);
      const doorbells = await this.database.prepared(name, text, values);
      for (const { done } of batch) done();
      if (doorbells > 0) this.outbox.wake();
    } catch (error) {
      // What Postgres cannot hold in one event must not cost the others theirs.
      if (batch.length > 1 && databaseTrouble(error) !== 'away') for (const one of batch) await this.write([one]);
      else for (const { failed } of batch) failed(error);
    }
  }
}
