import type { TemporalClient, TemporalSettings } from '#temporal/client.js';
import { connectTemporal } from '#temporal/client.js';
import pg from 'pg';
import { EmulatorClient } from './emulator-client.js';
import { notFound } from './refusal.js';

export interface PanelSettings {
  databaseUrl: string;
  temporal: TemporalSettings;
  /** The dashboard's address, for links. */
  publicUrl: string;
  temporalUiUrl: string;
  /** Emulators that run here; a missing one means that the real system is in use. */
  stripeUrl?: string | undefined;
  stripeSecretKey?: string | undefined;
  dockerUrl?: string | undefined;
  llmUrl?: string | undefined;
  mailUrl?: string | undefined;
  twilioUrl?: string | undefined;
}

const TEMPORAL_WAIT_MS = 2_000;

/** What the panel looks at and drives: the database, Temporal, and each emulator. Nothing is connected before it is needed. */
export class World {
  readonly database: pg.Pool;
  readonly stripe: EmulatorClient;
  readonly docker: EmulatorClient;
  readonly llm: EmulatorClient;
  readonly mail: EmulatorClient;
  readonly twilio: EmulatorClient;
  #temporal: Promise<TemporalClient> | undefined;

  constructor(readonly settings: PanelSettings) {
    this.database = new pg.Pool({ connectionString: settings.databaseUrl, max: 3, connectionTimeoutMillis: 3_000 });
    // PostgreSQL being restarted must not end the panel.
    this.database.on('error', () => undefined);
    this.stripe = new EmulatorClient('Stripe', settings.stripeUrl, settings.stripeSecretKey === undefined ? {} : { authorization: `Bearer ${settings.stripeSecretKey}` });
    this.docker = new EmulatorClient('Docker Engine', settings.dockerUrl);
    this.llm = new EmulatorClient('AI provider', settings.llmUrl);
    this.mail = new EmulatorClient('mail', settings.mailUrl);
    this.twilio = new EmulatorClient('Twilio', settings.twilioUrl);
  }

  /** Rejects when Temporal does not answer; the next call tries again. */
  temporal(): Promise<TemporalClient> {
    this.#temporal ??= connectTemporal(this.settings.temporal, TEMPORAL_WAIT_MS).catch((error: unknown) => {
      this.#temporal = undefined;
      throw error;
    });
    return this.#temporal;
  }

  /** The Stripe customer of one of ours. Throws a 404 when there is no such customer, or Stripe does not know it yet. */
  async stripeCustomerOf(customerId: string): Promise<string> {
    const found = isUuid(customerId) ? await this.database.query<{ stripe_customer_id: string | null }>('SELECT stripe_customer_id FROM customer WHERE id = $1', [customerId]) : undefined;
    const row = found?.rows[0];
    if (row === undefined) throw notFound(`There is no customer ${customerId}.`);
    if (row.stripe_customer_id === null) throw notFound('This customer has nothing at Stripe yet: open a checkout first.');
    return row.stripe_customer_id;
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.database.end(), this.#temporal?.then((temporal) => temporal.close())]);
  }
}

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
