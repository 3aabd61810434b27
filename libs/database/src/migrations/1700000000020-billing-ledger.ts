import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger of money and moves: append-only, one row a fact, each chained by hash to the one before, without gaps whoever writes.
 * Beside it what finance reads: cases of failed payments as they stand, and Stripe's own balance, to hold the ledger against.
 */
export class BillingLedger1700000000020 implements MigrationInterface {
  name = 'BillingLedger1700000000020';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A ledger is not taken back: drop the database instead.');
  }
}

const STATEMENTS = [
  `CREATE TABLE billing_ledger (
    seq bigint PRIMARY KEY,
    kind text NOT NULL,
    customer_id uuid NOT NULL,
    -- Customer time: when it happened.
    occurred_at timestamptz(3) NOT NULL,
    -- Real clock: when it was written.
    recorded_at timestamptz(3) NOT NULL,
    stripe_ref text NOT NULL CHECK (stripe_ref <> ''),
    amount_minor bigint NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^([a-z]{3})?$'),
    case_id text,
    actor text NOT NULL,
    policy_version text,
    detail jsonb NOT NULL DEFAULT '{}',
    prev_hash text NOT NULL CHECK (prev_hash ~ '^[0-9a-f]{64}$'),
    hash text NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT billing_ledger_one_row_a_fact UNIQUE (kind, stripe_ref, amount_minor, currency)
  )`,
  `CREATE INDEX billing_ledger_by_time ON billing_ledger (occurred_at, seq)`,
  `CREATE INDEX billing_ledger_of_customer ON billing_ledger (customer_id, seq)`,
  // The head of the chain: who appends holds this row to the end of its transaction, so numbers have no gaps and hashes one order.
  `CREATE TABLE billing_ledger_head (
    id integer PRIMARY KEY CHECK (id = 1),
    seq bigint NOT NULL,
    hash text NOT NULL,
    recorded_at timestamptz(3)
  )`,
  `INSERT INTO billing_ledger_head (id, seq, hash) VALUES (1, 0, repeat('0', 64))`,
  `CREATE FUNCTION chain_billing_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE head billing_ledger_head;
    BEGIN
      SELECT * INTO head FROM billing_ledger_head WHERE id = 1 FOR UPDATE;
      IF NEW.seq <> head.seq + 1 OR NEW.prev_hash <> head.hash OR NEW.recorded_at < head.recorded_at THEN
        RAISE EXCEPTION 'row % does not follow row % of the billing ledger', NEW.seq, head.seq USING ERRCODE = 'restrict_violation';
      END IF;
      UPDATE billing_ledger_head SET seq = NEW.seq, hash = NEW.hash, recorded_at = NEW.recorded_at WHERE id = 1;
      RETURN NEW;
    END $$`,
  `CREATE TRIGGER billing_ledger_is_a_chain BEFORE INSERT ON billing_ledger FOR EACH ROW EXECUTE FUNCTION chain_billing_ledger()`,
  `CREATE TRIGGER billing_ledger_is_append_only BEFORE UPDATE OR DELETE ON billing_ledger FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
  `CREATE TRIGGER billing_ledger_is_not_truncated BEFORE TRUNCATE ON billing_ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
  // The head of each day, kept apart: a chain that was written anew as a whole does not meet its own marks any more.
  `CREATE TABLE billing_ledger_checkpoint (
    day date PRIMARY KEY,
    seq bigint NOT NULL,
    hash text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TRIGGER billing_ledger_checkpoint_is_append_only BEFORE UPDATE OR DELETE ON billing_ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
  `CREATE TRIGGER billing_ledger_checkpoint_is_not_truncated BEFORE TRUNCATE ON billing_ledger_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
  `CREATE TRIGGER billing_ledger_head_stays BEFORE DELETE ON billing_ledger_head FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
  `REVOKE UPDATE, DELETE, TRUNCATE ON billing_ledger, billing_ledger_checkpoint FROM PUBLIC`,
  // An installation that runs its processes under roles of their own: they may read and append, and nothing else.
  `DO $$
    DECLARE role_name text;
    BEGIN
      FOR role_name IN SELECT rolname FROM pg_roles WHERE rolname IN ('clawkeep_api', 'clawkeep_worker') LOOP
        EXECUTE format('REVOKE ALL ON billing_ledger, billing_ledger_checkpoint FROM %I', role_name);
        EXECUTE format('GRANT SELECT, INSERT ON billing_ledger, billing_ledger_checkpoint TO %I', role_name);
        EXECUTE format('GRANT SELECT, UPDATE ON billing_ledger_head TO %I', role_name);
      END LOOP;
    END $$`,
  `CREATE TABLE dunning_case (
    case_id text PRIMARY KEY,
    customer_id uuid NOT NULL,
    subscription_id text,
    opened_at timestamptz(3) NOT NULL,
    anchor_at timestamptz(3) NOT NULL,
    stage text NOT NULL,
    next_step_at timestamptz(3),
    next_step_what text,
    amount_remaining_cents bigint NOT NULL,
    amount_at_risk_cents bigint NOT NULL,
    monthly_cents bigint NOT NULL,
    currency text NOT NULL,
    policy_version text NOT NULL,
    hard_decline text,
    closed_at timestamptz(3),
    outcome text CHECK (outcome IN ('recovered','waived','ended','canceled')),
    recovered_by text,
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
  )`,
  // One open case a customer: a second one would count the same debt twice.
  `CREATE UNIQUE INDEX dunning_case_open_once ON dunning_case (customer_id) WHERE closed_at IS NULL`,
  `CREATE INDEX dunning_case_by_opening ON dunning_case (opened_at DESC, case_id DESC)`,
  `CREATE TABLE stripe_balance (
    id text PRIMARY KEY,
    type text NOT NULL,
    reporting_category text NOT NULL,
    source text,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    currency text NOT NULL,
    created timestamptz NOT NULL
  )`,
  `CREATE INDEX stripe_balance_by_time ON stripe_balance (created)`,
  `CREATE TABLE stripe_balance_read (
    month text PRIMARY KEY CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    read_at timestamptz NOT NULL
  )`,
];
