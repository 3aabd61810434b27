import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The whole first schema. Rules that must hold whoever writes are in the database:
 * one subdomain, one port, one slot; legal stages; an append-only ledger; provider events and mails stored once.
 */
export class Initial1700000000000 implements MigrationInterface {
  name = 'Initial1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('The first migration has no way back: drop the database instead.');
  }
}

const STATEMENTS = [
  // ---- customers and their people -------------------------------------------------------------------------------
  `CREATE TABLE customer (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    stripe_customer_id text UNIQUE,
    stage text NOT NULL DEFAULT 'prospect' CHECK (stage IN ('prospect','trialing','active','retrying','grace','downgraded','suspended','ended','torn_down')),
    service_level text NOT NULL DEFAULT 'none' CHECK (service_level IN ('full','downgraded','stopped','none')),
    overlays text[] NOT NULL DEFAULT '{}',
    plan_id text,
    subscription_id text,
    next_step jsonb,
    needs_attention text,
    on_test_clock boolean NOT NULL DEFAULT false,
    test_clock_id text,
    trial_ends_at timestamptz,
    current_period_ends_at timestamptz,
    cancel_at_period_end boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 0,
    deletion_requested_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX customer_on_clock ON customer (test_clock_id) WHERE test_clock_id IS NOT NULL`,
  `CREATE TABLE member (
    customer_id uuid NOT NULL REFERENCES customer(id) ON DELETE CASCADE,
    user_id text NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('owner','admin','member')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, user_id)
  )`,
  // ---- hosts, slots, ports ----------------------------------------------------------------------------------------
  `CREATE TABLE host (
    id text PRIMARY KEY,
    docker_url text NOT NULL,
    gateway_url text NOT NULL,
    engine text NOT NULL,
    image text NOT NULL,
    capacity_slots integer NOT NULL CHECK (capacity_slots >= 0),
    used_slots integer NOT NULL DEFAULT 0,
    first_port integer NOT NULL,
    last_port integer NOT NULL,
    draining boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT capacity_is_never_oversold CHECK (used_slots BETWEEN 0 AND capacity_slots)
  )`,
  `CREATE TABLE instance (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customer(id),
    name text NOT NULL,
    subdomain text NOT NULL,
    plan_id text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL CHECK (status IN ('awaiting_payment','provisioning','running','unhealthy','restarting','stopped','suspended','needs_attention','failed','tearing_down','gone')),
    status_reason text,
    status_since timestamptz NOT NULL DEFAULT now(),
    desired_state text NOT NULL CHECK (desired_state IN ('running','stopped','removed')),
    generation integer NOT NULL DEFAULT 1,
    host_id text REFERENCES host(id),
    image text,
    url text,
    version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    gone_at timestamptz
  )`,
  // A name or address is free again when its instance is gone.
  `CREATE UNIQUE INDEX instance_subdomain_once ON instance (subdomain) WHERE status <> 'gone'`,
  `CREATE UNIQUE INDEX instance_name_once ON instance (customer_id, name) WHERE status <> 'gone'`,
  `CREATE INDEX instance_of_customer ON instance (customer_id)`,
  `CREATE TABLE instance_step (
    instance_id uuid NOT NULL REFERENCES instance(id) ON DELETE CASCADE,
    generation integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('provision','teardown')),
    step text NOT NULL,
    position integer NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting','running','done','failed','undone')),
    started_at timestamptz,
    ended_at timestamptz,
    error text,
    PRIMARY KEY (instance_id, generation, kind, step)
  )`,
  `CREATE TABLE slot_reservation (
    instance_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    host_id text NOT NULL REFERENCES host(id),
    state text NOT NULL CHECK (state IN ('held','taken')),
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT only_a_held_slot_expires CHECK ((state = 'held') = (expires_at IS NOT NULL))
  )`,
  `CREATE INDEX slot_reservation_expiry ON slot_reservation (expires_at) WHERE state = 'held'`,
  // used_slots follows the reservations in the same transaction, whoever writes; the CHECK above refuses an oversell.
  `CREATE FUNCTION count_slots() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP IN ('DELETE','UPDATE') THEN UPDATE host SET used_slots = used_slots - 1 WHERE id = OLD.host_id; END IF;
      IF TG_OP IN ('INSERT','UPDATE') THEN UPDATE host SET used_slots = used_slots + 1 WHERE id = NEW.host_id; END IF;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER slot_reservation_counts AFTER INSERT OR DELETE OR UPDATE OF host_id ON slot_reservation
    FOR EACH ROW EXECUTE FUNCTION count_slots()`,
  `CREATE TABLE host_port (
    host_id text NOT NULL REFERENCES host(id),
    port integer NOT NULL,
    instance_id uuid NOT NULL UNIQUE,
    PRIMARY KEY (host_id, port)
  )`,
  `CREATE TABLE route (
    instance_id uuid PRIMARY KEY,
    subdomain text NOT NULL UNIQUE,
    host_id text NOT NULL REFERENCES host(id),
    address text NOT NULL,
    port integer NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now()
  )`,
  // ---- secrets ------------------------------------------------------------------------------------------------------
  `CREATE TABLE customer_data_key (
    customer_id uuid PRIMARY KEY REFERENCES customer(id) ON DELETE CASCADE,
    kek_id text NOT NULL,
    wrapped_key bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE secret (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customer(id) ON DELETE CASCADE,
    kind text NOT NULL,
    subject text NOT NULL,
    record bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (customer_id, kind, subject)
  )`,
  `CREATE TABLE provider_key (
    customer_id uuid NOT NULL REFERENCES customer(id) ON DELETE CASCADE,
    provider text NOT NULL,
    secret_id uuid NOT NULL REFERENCES secret(id),
    masked text NOT NULL,
    tested_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, provider)
  )`,
  `CREATE TABLE gateway_token (
    token_hash bytea PRIMARY KEY,
    instance_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    generation integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
  )`,
  `CREATE INDEX gateway_token_of_instance ON gateway_token (instance_id)`,
  `CREATE TABLE usage_daily (
    instance_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    day date NOT NULL,
    messages integer NOT NULL DEFAULT 0,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    estimated boolean NOT NULL DEFAULT false,
    PRIMARY KEY (instance_id, day)
  )`,
  `CREATE INDEX usage_daily_of_customer ON usage_daily (customer_id, day)`,
  // ---- Stripe -------------------------------------------------------------------------------------------------------
  `CREATE TABLE stripe_event (
    id text PRIMARY KEY,
    type text NOT NULL,
    api_version text,
    livemode boolean NOT NULL,
    created timestamptz NOT NULL,
    object_id text,
    stripe_customer_id text,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE checkout (
    id text PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customer(id),
    instance_id uuid NOT NULL,
    plan_id text NOT NULL,
    price_id text NOT NULL,
    url text NOT NULL,
    status text NOT NULL CHECK (status IN ('open','complete','expired')),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE invoice (
    id text PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customer(id),
    number text,
    status text NOT NULL,
    amount_due_cents bigint NOT NULL,
    amount_paid_cents bigint NOT NULL,
    amount_remaining_cents bigint NOT NULL,
    amount_refunded_cents bigint NOT NULL DEFAULT 0,
    currency text NOT NULL,
    description text,
    period_start timestamptz,
    period_end timestamptz,
    created timestamptz NOT NULL,
    hosted_invoice_url text,
    invoice_pdf text,
    receipt_url text
  )`,
  `CREATE INDEX invoice_of_customer ON invoice (customer_id, created DESC)`,
  `CREATE TABLE subscription (
    id text PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customer(id),
    status text NOT NULL,
    plan_id text,
    price_id text,
    amount_cents bigint,
    currency text,
    interval text,
    interval_count integer,
    current_period_end timestamptz,
    trial_end timestamptz,
    cancel_at_period_end boolean NOT NULL DEFAULT false,
    payment_method jsonb,
    created timestamptz NOT NULL,
    ended_at timestamptz
  )`,
  `CREATE INDEX subscription_of_customer ON subscription (customer_id, created DESC)`,
  // ---- what happened, what is owed ----------------------------------------------------------------------------------
  `CREATE TABLE lifecycle_ledger (
    seq bigserial PRIMARY KEY,
    key text NOT NULL UNIQUE,
    customer_id uuid NOT NULL,
    from_stage text NOT NULL,
    to_stage text NOT NULL,
    service_level text NOT NULL,
    overlays text[] NOT NULL,
    plan_id text,
    policy_version text NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX lifecycle_ledger_of_customer ON lifecycle_ledger (customer_id, seq)`,
  `CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$`,
  `CREATE TRIGGER lifecycle_ledger_is_append_only BEFORE UPDATE OR DELETE ON lifecycle_ledger
    FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
  `CREATE TABLE notice (
    key text PRIMARY KEY,
    customer_id uuid NOT NULL,
    instance_id uuid,
    kind text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL CHECK (state IN ('sending','sent','failed')),
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    error text
  )`,
  `CREATE TABLE export (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    instance_id uuid NOT NULL,
    instance_name text NOT NULL,
    generation integer NOT NULL,
    path text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (instance_id, generation)
  )`,
  // ---- messages between processes -------------------------------------------------------------------------------------
  `CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    topic text NOT NULL,
    customer_id uuid NOT NULL,
    payload jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX outbox_due ON outbox (next_attempt_at, id)`,
  `CREATE TABLE event (
    id bigserial PRIMARY KEY,
    customer_id uuid NOT NULL,
    type text NOT NULL,
    entity_id text NOT NULL,
    version bigint NOT NULL,
    data jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX event_of_customer ON event (customer_id, id)`,
  `CREATE FUNCTION tell_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('clawkeep_event', NEW.customer_id || ':' || NEW.id); RETURN NULL; END $$`,
  `CREATE TRIGGER event_is_told AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION tell_event()`,
  `CREATE FUNCTION tell_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('clawkeep_outbox', ''); RETURN NULL; END $$`,
  `CREATE TRIGGER outbox_is_told AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION tell_outbox()`,
  `CREATE TABLE idempotency_key (
    customer_id uuid NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status integer,
    body jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, key)
  )`,
];
