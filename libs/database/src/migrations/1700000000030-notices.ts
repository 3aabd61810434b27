import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Notices are owed in the transaction of the move that causes them (`state = 'owed'`, `data` = the facts for the text), and go to a phone too where
 * its holder agreed: who agreed to what, what was sent to whom, and what Twilio said of it.
 */
export class Notices1700000000030 implements MigrationInterface {
  name = 'Notices1700000000030';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Consents and sent messages are not thrown away: drop the database instead.');
  }
}

const STATEMENTS = [
  `ALTER TABLE notice DROP CONSTRAINT IF EXISTS notice_state_check`,
  `ALTER TABLE notice ADD CONSTRAINT notice_state_check CHECK (state IN ('owed','sending','sent','failed'))`,
  // An owed notice has no subject yet: it is written when it is sent, in the language of that day.
  `ALTER TABLE notice ALTER COLUMN subject SET DEFAULT ''`,
  `ALTER TABLE notice ADD COLUMN data jsonb NOT NULL DEFAULT '{}'`,
  `CREATE INDEX notice_owed_idx ON notice (created_at) WHERE state <> 'sent'`,
  `CREATE TABLE phone_consent (
    user_id text PRIMARY KEY REFERENCES "user" ("id") ON DELETE CASCADE,
    phone text NOT NULL CHECK (phone ~ '^\\+[1-9][0-9]{7,14}$'),
    verified_at timestamptz,
    channel text NOT NULL DEFAULT 'none' CHECK (channel IN ('none','whatsapp','sms')),
    -- When its holder agreed to this channel; taken back = channel 'none'.
    consented_at timestamptz,
    -- Set when the carrier or WhatsApp told us that the person opted out there, with Twilio's code.
    opted_out_at timestamptz,
    opt_out_code integer,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (channel = 'none' OR consented_at IS NOT NULL)
  )`,
  // One code at a time a person; the number is kept with it, so that a code never verifies another number.
  `CREATE TABLE phone_code (
    user_id text PRIMARY KEY REFERENCES "user" ("id") ON DELETE CASCADE,
    phone text NOT NULL,
    code_hash bytea NOT NULL,
    tries_left integer NOT NULL CHECK (tries_left >= 0),
    sent_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
  )`,
  `CREATE TABLE notice_delivery (
    id uuid PRIMARY KEY,
    notice_key text NOT NULL,
    customer_id uuid NOT NULL,
    user_id text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('mail','whatsapp','sms')),
    kind text NOT NULL,
    -- E.164; null for mail, whose address is the account's.
    phone text,
    body text NOT NULL DEFAULT '',
    -- Content template: which, and what stands in its places.
    template text,
    variables jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN ('owed','sending','accepted','sent','delivered','read','undelivered','failed','opted_out')),
    attempts integer NOT NULL DEFAULT 0,
    -- Until then nobody else takes it up: the wait before the next attempt, or the lease of the one under way.
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    -- First time that we may have reached Twilio: from then on an unknown outcome is looked for before it is sent again.
    first_tried_at timestamptz,
    -- SM… or MM… of Twilio, Message-ID of a mail.
    provider_id text UNIQUE,
    error_code integer,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (notice_key, channel, user_id)
  )`,
  `CREATE INDEX notice_delivery_due_idx ON notice_delivery (next_attempt_at) WHERE state IN ('owed','sending')`,
  `CREATE INDEX notice_delivery_customer_idx ON notice_delivery (customer_id, created_at DESC)`,
  // Status callbacks, once each by message and status. No number and no text of the message is kept with them.
  `CREATE TABLE twilio_event (
    id text PRIMARY KEY,
    message_sid text NOT NULL,
    status text NOT NULL,
    error_code integer,
    delivery_id uuid,
    received_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX twilio_event_message_idx ON twilio_event (message_sid)`,
];
