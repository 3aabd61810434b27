import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Response } from 'express';
import { AuthService } from '../account/auth.service.js';
import { Database } from '../database/database.js';
import { DatabaseListener } from '../database/listener.js';
import { invalid, Problem } from '../http/problem.js';
import type { CalledRequest, Member } from '../policy/caller.js';
import { HEARTBEAT_MS, SseStream } from './sse.js';

const MOST_STREAMS_OF_USER = 20;
/** More than this is quicker read anew than replayed. */
const MOST_REPLAYED = 500;
/** Signed out somewhere else: its streams end within this. */
const SESSION_CHECK_MS = 2 * HEARTBEAT_MS;
const EVENT_ID = /^\d{1,18}$/;

interface EventRow { id: string; type: string; entity_id: string; version: string; data: object; at: Date }
interface Subscriber { stream: SseStream; userId: string; lastId: bigint; /** Ids told by NOTIFY while the backlog is still being read. */ early: EventRow[] | null }

const COLUMNS = 'id, type, entity_id, version, data, at';

/** `GET /events`: what happens to a customer, live by LISTEN/NOTIFY over the one shared connection, resumed by the id of the last event. */
@Injectable()
export class EventStreams implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(EventStreams.name);
  private readonly byCustomer = new Map<string, Set<Subscriber>>();
  private silence: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly listener: DatabaseListener,
    private readonly auth: AuthService,
  ) {}

  onApplicationBootstrap(): void {
    this.silence = this.listener.on('clawkeep_event', (payload) => void this.hear(payload), () => void this.catchUp());
  }

  beforeApplicationShutdown(): void {
    this.silence();
    for (const subscriber of this.all()) subscriber.stream.end();
  }

  /** Open streams of this process. */
  get count(): number { return this.all().length; }

  async open(member: Member, lastEventId: string | undefined, request: CalledRequest, response: Response): Promise<void> {
    const header = request.headers['last-event-id'];
    const given = typeof header === 'string' && header !== '' ? header : lastEventId;
    if (given !== undefined && !EVENT_ID.test(given)) throw invalid({ 'Last-Event-ID': 'Use the id of an event that you were sent.' });
    if (this.all().filter(({ userId }) => userId === member.userId).length >= MOST_STREAMS_OF_USER) {
      throw new Problem(429, 'TOO_MANY_STREAMS', `At most ${MOST_STREAMS_OF_USER} event streams may be open at once. Close one.`, undefined, 30);
    }
    // Known before the answer begins, so that a database that is away is a 503 and not a stream of nothing.
    const newest = await this.newestId();
    const stream = new SseStream(response);
    const subscriber: Subscriber = { stream, userId: member.userId, lastId: given === undefined ? newest : BigInt(given), early: [] };
    this.add(member.customerId, subscriber);
    stream.greet();
    this.watchSession(request, stream);
    try {
      const replayed = given === undefined ? new Set<string>() : await this.replay(member.customerId, subscriber, newest);
      for (const row of (subscriber.early ?? []).sort(byId)) if (!replayed.has(row.id)) this.send(subscriber, row);
      subscriber.early = null;
    } catch (error) {
      this.logger.warn(`A stream could not be resumed: ${error instanceof Error ? error.message : 'unknown'}`);
      stream.end();
    }
    if (!stream.closed.aborted) await new Promise<void>((resolve) => stream.closed.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Sends what was missed and answers its ids; `resync` where that is no longer kept whole, or is too much, or the id is none of this database. */
  private async replay(customerId: string, subscriber: Subscriber, newest: bigint): Promise<Set<string>> {
    const after = subscriber.lastId;
    const rows = after > newest ? null : await this.after(customerId, after);
    if (rows === null || rows.length > MOST_REPLAYED || !(await this.isKept(after))) {
      subscriber.lastId = newest;
      subscriber.stream.send({ id: String(newest), event: 'resync', data: { type: 'resync' } });
      return new Set();
    }
    for (const row of rows) this.send(subscriber, row);
    return new Set(rows.map(({ id }) => id));
  }

  private after(customerId: string, id: bigint): Promise<EventRow[]> {
    return this.database.rows<EventRow>(`SELECT ${COLUMNS} FROM event WHERE customer_id = $1 AND id > $2 ORDER BY id LIMIT ${MOST_REPLAYED + 1}`, [customerId, String(id)]);
  }

  /** Old events are thrown away from the front (event-retention): an id is good while it, or one before it, is still there. */
  private async isKept(id: bigint): Promise<boolean> {
    return null !== (await this.database.row('SELECT 1 FROM event WHERE id <= $1 LIMIT 1', [String(id)]));
  }

  private async newestId(): Promise<bigint> {
    const row = await this.database.row<{ id: string }>('SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS id FROM event_id_seq');
    return BigInt(row?.id ?? 0);
  }

  /** By its very id: with transactions that overlap, a lower id may come after a higher one. */
  private async hear(payload: string): Promise<void> {
    const [customerId = '', id = ''] = payload.split(':');
    const subscribers = this.byCustomer.get(customerId);
    if (subscribers === undefined || subscribers.size === 0 || !EVENT_ID.test(id)) return;
    try {
      const row = await this.database.row<EventRow>(`SELECT ${COLUMNS} FROM event WHERE id = $1`, [id]);
      if (row === null) return;
      for (const subscriber of subscribers) {
        if (subscriber.early === null) this.send(subscriber, row);
        else subscriber.early.push(row);
      }
    } catch (error) {
      this.logger.warn(`An event could not be read: ${error instanceof Error ? error.message : 'unknown'}`);
      // They come back with their last id, and miss nothing.
      for (const subscriber of subscribers) subscriber.stream.end();
    }
  }

  /** The listening connection was away: whatever came meanwhile is read by id. */
  private async catchUp(): Promise<void> {
    for (const [customerId, subscribers] of this.byCustomer) {
      for (const subscriber of subscribers) {
        try {
          for (const row of await this.after(customerId, subscriber.lastId)) this.send(subscriber, row);
        } catch {
          subscriber.stream.end();
        }
      }
    }
  }

  private send(subscriber: Subscriber, { id, type, entity_id, version, data, at }: EventRow): void {
    if (BigInt(id) > subscriber.lastId) subscriber.lastId = BigInt(id);
    subscriber.stream.send({ id: String(subscriber.lastId), event: type, data: { type, entityId: entity_id, version: Number(version), at: at.toISOString(), data } });
  }

  private watchSession(request: CalledRequest, stream: SseStream): void {
    const timer = setInterval(() => {
      // Where nobody can say, the stream goes on: unknown is not signed out.
      this.auth.callerOf(request.headers).then((found) => { if (found === null) stream.end(); }, () => undefined);
    }, SESSION_CHECK_MS);
    stream.closed.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  private add(customerId: string, subscriber: Subscriber): void {
    const subscribers = this.byCustomer.get(customerId) ?? new Set<Subscriber>();
    this.byCustomer.set(customerId, subscribers.add(subscriber));
    subscriber.stream.closed.addEventListener('abort', () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.byCustomer.get(customerId) === subscribers) this.byCustomer.delete(customerId);
    }, { once: true });
  }

  private all(): Subscriber[] { return [...this.byCustomer.values()].flatMap((subscribers) => [...subscribers]); }
}

const byId = (a: EventRow, b: EventRow): number => (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
