import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Environment } from '#config/environment.js';
import { createDataSource } from '#database/data-source.js';
import { ENVIRONMENT } from '../tokens.js';

const BOOT_WAIT_MS = 30_000;
/** A sign-up holds its connection while the password is hashed. */
const AUTH_POOL = 10;
/** A crowd waits in line and is not refused, but no request waits for ever: then it gets a 503, and nothing piles up. */
const CONNECTION_WAIT_MS = 15_000;

/** The one way to Postgres: a TypeORM data source for us, and a pool of its own for better-auth. */
@Injectable()
export class Database implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Database.name);
  readonly source: DataSource;
  readonly authPool: pg.Pool;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.source = createDataSource(environment.DATABASE_URL, environment.DATABASE_POOL_SIZE);
    this.source.setOptions({ connectTimeoutMS: CONNECTION_WAIT_MS });
    this.authPool = new pg.Pool({ connectionString: environment.DATABASE_URL, max: AUTH_POOL, connectionTimeoutMillis: CONNECTION_WAIT_MS });
    // An idle connection that Postgres cut (57P01) would end the process otherwise.
    this.authPool.on('error', (error) => this.logger.warn(`An idle connection was cut: ${error.message}`));
  }

  /** Waits until Postgres answers and its schema is the newest. Rejects after 30 s. */
  async onModuleInit(): Promise<void> {
    const deadline = Date.now() + BOOT_WAIT_MS;
    for (;;) {
      try {
        if (!this.source.isInitialized) await this.source.initialize();
        if (!(await this.source.showMigrations())) return;
        throw new Error('migrations are pending: run them first');
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`The database is not usable: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
        await delay(250);
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
    await this.authPool.end();
  }

  get manager(): EntityManager { return this.source.manager; }

  /** Rows of a statement. A change is written `WITH … AS (UPDATE … RETURNING …) SELECT`, because TypeORM answers a bare one with a pair. */
  rows<Row>(sql: string, parameters: unknown[] = [], manager: EntityManager = this.source.manager): Promise<Row[]> {
    return manager.query(sql, parameters) as Promise<Row[]>;
  }

  /** The first row, or null. */
  async row<Row>(sql: string, parameters: unknown[] = [], manager: EntityManager = this.source.manager): Promise<Row | null> {
    return (await this.rows<Row>(sql, parameters, manager))[0] ?? null;
  }

  /**
   * Runs a statement that Postgres parses and plans once a connection, for the few that come hundreds of times a second; answers how many rows it wrote.
   * @param name stands for this text for ever
   */
  async prepared(name: string, text: string, values: unknown[]): Promise<number> {
    // TypeORM knows no named statements; this is its own pool.
    const pool = (this.source.driver as PostgresDriver).master as pg.Pool;
    return (await pool.query({ name, text, values })).rowCount ?? 0;
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.source.transaction(work);
  }
}
