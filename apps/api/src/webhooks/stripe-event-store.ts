import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { databaseTrouble } from '../http/database-trouble.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import type { ReadEvent } from './stripe-event.js';

/** Statements under way at once, and most events in one: what comes meanwhile waits for the next and shares its commit (bench webhooks). */
const LANES = 2;
const MOST = 64;

/**
 * One statement, so one transaction and one round trip: each event is stored once by its id, and only then the doorbell is put into the outbox of everyone
 * whom it is about: the customer by Stripe's id, else by our metadata; for a test clock all who hang on it. An event of nobody we know is kept all the same.
 * The message is a `StripeChanged`.
 */
const STORE = `
  WITH incoming AS (
    SELECT * FROM ROWS FROM (unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::boolean[]), unnest($5::float8[]), unnest($6::text[]), unnest($7::text[]),
      unnest($8::uuid[]), unnest($9::text[]), unnest($10::boolean[]), jsonb_array_elements($11::jsonb))
      AS i (id, type, api_version, livemode, created, object_id, stripe_customer_id, customer_id, test_clock_id, rings, payload)
  ), stored AS (
    INSERT INTO stripe_event (id, type, api_version, livemode, created, object_id, stripe_customer_id, payload)
    SELECT id, type, api_version, livemode, to_timestamp(created), object_id, stripe_customer_id, payload FROM incoming ON CONFLICT (id) DO NOTHING RETURNING id
  ), ringing AS (
    SELECT incoming.* FROM incoming JOIN stored USING (id) WHERE rings
  ), whose AS (
    SELECT r.id, c.id AS whose FROM ringing r JOIN customer c ON c.stripe_customer_id = r.stripe_customer_id
    UNION SELECT r.id, c.id FROM ringing r JOIN customer c ON c.id = r.customer_id WHERE NOT EXISTS (SELECT 1 FROM customer k WHERE k.stripe_customer_id = r.stripe_customer_id)
    UNION SELECT r.id, c.id FROM ringing r JOIN customer c ON c.test_clock_id = r.test_clock_id
  )
  INSERT INTO outbox (topic, customer_id, payload)
  SELECT 'stripeChanged', whose, jsonb_build_object('eventId', r.id, 'type', r.type, 'objectId', r.object_id) FROM whose JOIN ringing r USING (id)`;

/** A verified event; `rings` = its customers' workflows are to look at the facts. */
export interface TakenEvent { event: ReadEvent; payload: string; rings: boolean }
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
      const doorbells = await this.database.prepared('store-stripe-events', STORE, parametersOf(batch));
      for (const { done } of batch) done();
      if (doorbells > 0) this.outbox.wake();
    } catch (error) {
      // What Postgres cannot hold in one event must not cost the others theirs.
      if (batch.length > 1 && databaseTrouble(error) !== 'away') for (const one of batch) await this.write([one]);
      else for (const { failed } of batch) failed(error);
    }
  }
}

function parametersOf(batch: readonly TakenEvent[]): unknown[] {
  const column = <Key extends keyof ReadEvent>(key: Key): ReadEvent[Key][] => batch.map(({ event }) => event[key]);
  return [
    column('id'), column('type'), column('apiVersion'), column('livemode'), column('createdSeconds'), column('objectId'), column('stripeCustomerId'), column('customerId'), column('testClockId'),
    batch.map(({ rings }) => rings), `[${batch.map(({ payload }) => payload).join(',')}]`,
  ];
}
