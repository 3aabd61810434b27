import type pg from 'pg';
import { usageDay, type LimitWindow, type MessageLimits } from '../limits/message-limits.js';
import type { TokenUsage } from '../vendors/vendor.types.js';

export interface UsageOwner {
  instanceId: string;
  customerId: string;
}

export type Reservation = { granted: true; day: string } | { granted: false; window: LimitWindow };

interface ReservedRow {
  granted: boolean;
  messages_today: number;
}

/**
 * Counts and reserves in one statement: the sums, the comparison and the increment see the same state. The limit is the customer's, so an instance that is
 * removed and made anew does not begin at zero.
 */
const RESERVE = `
  WITH used AS (
    SELECT coalesce(sum(messages), 0)::int AS this_month, coalesce(sum(messages) FILTER (WHERE day = $3), 0)::int AS today
    FROM usage_daily WHERE customer_id = $2 AND day BETWEEN $4 AND $3
  ), reserved AS (
    INSERT INTO usage_daily (instance_id, customer_id, day, messages)
    SELECT $1, $2, $3, 1 FROM used WHERE ($5::int IS NULL OR this_month < $5) AND ($6::int IS NULL OR today < $6)
    ON CONFLICT (instance_id, day) DO UPDATE SET messages = usage_daily.messages + 1
    RETURNING 1
  )
  SELECT EXISTS (SELECT 1 FROM reserved) AS granted, today AS messages_today FROM used`;

/** The count of messages and tokens per instance and UTC day. */
export class UsageStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Takes one message out of the plan's limits, or says which limit is used up. Exact however many calls come at once. */
  async reserveMessage(owner: UsageOwner, limits: MessageLimits, now: Date): Promise<Reservation> {
    const { day, monthStart } = usageDay(now);
    const parameters = [owner.instanceId, owner.customerId, day, monthStart, limits.messagesPerMonth, limits.messagesPerDay];
    const unlimited = limits.messagesPerMonth === null && limits.messagesPerDay === null;
    const row = unlimited ? (await this.#pool.query<ReservedRow>(RESERVE, parameters)).rows[0] : await this.#reserveAlone(owner.customerId, parameters);
    if (row?.granted === true) return { granted: true, day };
    const dayIsFull = limits.messagesPerDay !== null && (row?.messages_today ?? 0) >= limits.messagesPerDay;
    return { granted: false, window: dayIsFull ? 'day' : 'month' };
  }

  /**
   * A statement sees the state at its own beginning, so a sum over several rows could be as old as the wait for another call's row.
   * One customer's limited calls therefore stand in line at an advisory lock, which the end of the transaction gives back.
   */
  async #reserveAlone(customerId: string, parameters: unknown[]): Promise<ReservedRow | undefined> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    // A connection that is lost between two statements tells so by an event, which would end the process if nobody heard it; the next statement fails too.
    const onLost = (error: Error): void => void (broken = error);
    client.on('error', onLost);
    try {
      await client.query('BEGIN');
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended('usage:' || $1, 0))", [customerId]);
      const { rows } = await client.query<ReservedRow>(RESERVE, parameters);
      await client.query('COMMIT');
      return rows[0];
    } catch (error) {
      // Closing the connection rolls back, whatever state it is in.
      broken = error instanceof Error ? error : new Error('the reservation failed');
      throw error;
    } finally {
      client.off('error', onLost);
      client.release(broken);
    }
  }

  /** Gives a reserved message back: the vendor did not answer it. */
  async releaseMessage(instanceId: string, day: string): Promise<void> {
    await this.#pool.query('UPDATE usage_daily SET messages = messages - 1 WHERE instance_id = $1 AND day = $2 AND messages > 0', [instanceId, day]);
  }

  /** Adds the tokens of one call. */
  async addTokens(owner: UsageOwner, day: string, usage: TokenUsage): Promise<void> {
    await this.#pool.query(
      `INSERT INTO usage_daily (instance_id, customer_id, day, input_tokens, output_tokens, estimated) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (instance_id, day) DO UPDATE SET
         input_tokens = usage_daily.input_tokens + EXCLUDED.input_tokens,
         output_tokens = usage_daily.output_tokens + EXCLUDED.output_tokens,
         estimated = usage_daily.estimated OR EXCLUDED.estimated`,
      [owner.instanceId, owner.customerId, day, usage.inputTokens, usage.outputTokens, usage.estimated],
    );
  }
}
