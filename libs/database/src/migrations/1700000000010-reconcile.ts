import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the reconciler needs: whose Stripe customer a projection is of, one report a run, and what a person must look at. */
export class Reconcile1700000000010 implements MigrationInterface {
  name = 'Reconcile1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back: the reports are kept.');
  }
}

const STATEMENTS = [
  // A customer that was deleted at Stripe gets a new Stripe customer; what is of the old one is not missed in the lists of the new one.
  `ALTER TABLE subscription ADD COLUMN IF NOT EXISTS stripe_customer_id text`,
  `ALTER TABLE subscription ADD COLUMN scheduled_change jsonb`,
  `ALTER TABLE invoice ADD COLUMN IF NOT EXISTS stripe_customer_id text`,
  `ALTER TABLE invoice ADD COLUMN IF NOT EXISTS subscription_id text`,
  // The last run in which Stripe's lists showed it.
  `ALTER TABLE subscription ADD COLUMN seen_in_run text`,
  `ALTER TABLE invoice ADD COLUMN seen_in_run text`,
  `CREATE TABLE reconcile_run (
    id text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    looked_at integer NOT NULL DEFAULT 0,
    replayed_events integer NOT NULL DEFAULT 0,
    differences jsonb NOT NULL DEFAULT '[]',
    rung integer NOT NULL DEFAULT 0,
    stopped_reason text
  )`,
  `CREATE INDEX reconcile_run_latest ON reconcile_run (started_at DESC)`,
  // Differences of a run that is under way, page by page; a page that is read again replaces its own.
  `CREATE TABLE reconcile_difference (
    run_id text NOT NULL REFERENCES reconcile_run(id) ON DELETE CASCADE,
    kind text NOT NULL,
    subject text NOT NULL,
    customer_id uuid,
    local text,
    stripe text,
    worse boolean NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, kind, subject)
  )`,
  `CREATE TABLE billing_review (
    key text PRIMARY KEY,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    detail jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
  )`,
  `CREATE INDEX billing_review_of_customer ON billing_review (customer_id, created_at DESC)`,
];
