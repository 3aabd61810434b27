import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The timeline: what support did stands in the same append-only ledger as the moves, each row with what was to come next and with customer time. */
export class Support1700000000040 implements MigrationInterface {
  name = 'Support1700000000040';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('What support did is not thrown away: drop the database instead.');
  }
}

const STATEMENTS = [
  // null = a move of the policy
  `ALTER TABLE lifecycle_ledger ADD COLUMN verb text`,
  `ALTER TABLE lifecycle_ledger ADD COLUMN details jsonb NOT NULL DEFAULT '{}'`,
  `ALTER TABLE lifecycle_ledger ADD COLUMN next_step jsonb`,
  `ALTER TABLE lifecycle_ledger ADD COLUMN customer_time timestamptz`,
  // What the support page shows of an open case: deadlines, attempts, shifts.
  `ALTER TABLE customer ADD COLUMN dunning jsonb`,
];
