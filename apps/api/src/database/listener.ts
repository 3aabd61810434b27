import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { Environment } from '#config/environment.js';
import { ENVIRONMENT } from '../tokens.js';

type Hear = (payload: string) => void;
interface Ear { hear: Hear; reconnected: () => void }

const LONGEST_WAIT_MS = 5_000;

/**
 * ONE connection of this process for LISTEN and for advisory locks that live as long as the process does.
 * It reconnects by itself; `reconnected` tells each ear that something may have been missed meanwhile.
 */
@Injectable()
export class DatabaseListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseListener.name);
  private readonly ears = new Map<string, Set<Ear>>();
  private client: pg.Client | null = null;
  private stopped = false;
  private waitMs = 100;
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  get connected(): boolean { return this.client !== null; }

  /** Hears every NOTIFY on a channel (a plain lower-case word). Answers how to stop hearing. */
  on(channel: string, hear: Hear, reconnected: () => void = () => undefined): () => void {
    if (!/^[a-z_]+$/.test(channel)) throw new Error(`"${channel}" is no channel`);
    const ear: Ear = { hear, reconnected };
    const ears = this.ears.get(channel) ?? new Set();
    this.ears.set(channel, ears.add(ear));
    if (ears.size === 1) void this.client?.query(`LISTEN ${channel}`).catch(() => undefined);
    return () => void ears.delete(ear);
  }

  /**
   * Tries to take a lock that Postgres frees when this process dies; null = another process has it, or the connection is away.
   * Within this process the caller must see to it that a name is asked for once at a time.
   */
  async tryLock(name: string): Promise<(() => Promise<void>) | null> {
    const { client } = this;
    if (client === null) return null;
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 1)) AS taken', [name]);
    if (rows[0]?.taken !== true) return null;
    return async () => { await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 1))', [name]).catch(() => undefined); };
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.environment.DATABASE_URL, keepAlive: true, connectionTimeoutMillis: 5_000 });
    client.on('notification', ({ channel, payload }) => { for (const ear of this.ears.get(channel) ?? []) ear.hear(payload ?? ''); });
    client.on('error', (error) => this.logger.warn(`The listening connection was cut: ${error.message}`));
    client.on('end', () => { if (this.client === client) { this.client = null; this.again(); } });
    try {
      await client.connect();
      for (const channel of this.ears.keys()) await client.query(`LISTEN ${channel}`);
      if (this.stopped) return void (await client.end());
      this.client = client;
      this.waitMs = 100;
      for (const ears of this.ears.values()) for (const ear of ears) ear.reconnected();
    } catch (error) {
      this.logger.warn(`The listening connection cannot be made: ${error instanceof Error ? error.message : 'unknown'}`);
      await client.end().catch(() => undefined);
      this.again();
    }
  }

  private again(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.connect(), this.waitMs);
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
  }
}
