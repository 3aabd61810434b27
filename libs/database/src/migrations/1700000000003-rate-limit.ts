import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counters that all API processes share. Unlogged: what a crash of Postgres takes away is a minute's count, and no count waits for the disk. */
export class RateLimit1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE UNLOGGED TABLE rate_limit (key text PRIMARY KEY, hits integer NOT NULL, resets_at timestamptz NOT NULL)`);
    await runner.query(`CREATE INDEX rate_limit_over ON rate_limit (resets_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE rate_limit`);
  }
}
