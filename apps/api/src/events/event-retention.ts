import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database.js';

const KEPT_DAYS = 7;
const IDEMPOTENCY_KEPT_HOURS = 24;
const EVERY_MS = 60 * 60_000;
const BATCH = 5_000;

/** Throws away old events from the front, in batches, answers kept for Idempotency-Keys, and counts of windows that are over. Any number of processes may do it at once. */
@Injectable()
export class EventRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(EventRetention.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep().catch((error: unknown) => this.logger.warn(`Old rows stay for now: ${error instanceof Error ? error.message : 'unknown'}`)), EVERY_MS);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void { clearInterval(this.timer); }

  async sweep(): Promise<void> {
    await this.inBatches(`DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at < now() - interval '${KEPT_DAYS} days' ORDER BY id LIMIT ${BATCH})`);
    await this.inBatches(`DELETE FROM idempotency_key WHERE ctid IN (SELECT ctid FROM idempotency_key WHERE created_at < now() - interval '${IDEMPOTENCY_KEPT_HOURS} hours' LIMIT ${BATCH})`);
    await this.inBatches(`DELETE FROM rate_limit WHERE ctid IN (SELECT ctid FROM rate_limit WHERE resets_at < now() LIMIT ${BATCH})`);
  }

  private async inBatches(statement: string): Promise<void> {
    for (let gone = BATCH; gone >= BATCH;) {
      const row = await this.database.row<{ count: number }>(`WITH gone AS (${statement} RETURNING 1) SELECT count(*)::int AS count FROM gone`);
      gone = row?.count ?? 0;
    }
  }
}
