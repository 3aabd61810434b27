import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Environment } from '#config/environment.js';
import { ringsTheBell } from '#domain/lifecycle/doorbells.js';
import type { StripeChanged } from '#workflows/contracts/customer-lifecycle.js';
import { Database } from '../database/database.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import { ENVIRONMENT } from '../tokens.js';
import { readEvent, verifySignature } from './stripe-event.js';

/**
 * One statement, so one transaction and one round trip: the event is stored once by its id, and only then the doorbell is put into the outbox of everyone
 * whom it is about: the customer by Stripe's id, else by our metadata; for a test clock all who hang on it. An event of nobody we know is kept all the same.
 */
const STORE = `
  WITH stored AS (
    INSERT INTO stripe_event (id, type, api_version, livemode, created, object_id, stripe_customer_id, payload)
    VALUES ($1, $2, $3, $4, to_timestamp($5), $6, $7, $8) ON CONFLICT (id) DO NOTHING RETURNING id
  ), known AS (
    SELECT id FROM customer WHERE stripe_customer_id = $7
  ), whose AS (
    SELECT id FROM known
    UNION SELECT id FROM customer WHERE id = $9::uuid AND NOT EXISTS (SELECT 1 FROM known)
    UNION SELECT id FROM customer WHERE test_clock_id = $10
  )
  INSERT INTO outbox (topic, customer_id, payload)
  SELECT 'stripeChanged', whose.id, $11::jsonb FROM whose, stored WHERE $12`;

/** Takes Stripe's events in: checked, stored before the 2xx, never acted on here. */
@Injectable()
export class StripeWebhookService {
  private readonly logger = new Logger(StripeWebhookService.name);
  private readonly live: boolean;

  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxDispatcher,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {
    this.live = /^(sk|rk)_live_/.test(environment.STRIPE_SECRET_KEY);
  }

  async receive(raw: Buffer | undefined, signature: string | string[] | undefined): Promise<void> {
    verifySignature(raw, signature, this.environment.STRIPE_WEBHOOK_SECRETS);
    const { event, payload } = readEvent(raw!);
    const ours = event.livemode === this.live;
    if (!ours) this.logger.warn(`Event ${event.id} is of the other mode (livemode ${event.livemode}): stored, not acted on`);
    const message: StripeChanged = { eventId: event.id, type: event.type, objectId: event.objectId };
    // Planning costs Postgres more than the statement itself (bench webhooks).
    const doorbells = await this.database.prepared('store-stripe-event', STORE, [
      event.id, event.type, event.apiVersion, event.livemode, event.createdSeconds, event.objectId, event.stripeCustomerId, payload, event.customerId, event.testClockId,
      JSON.stringify(message), ours && ringsTheBell(event.type),
    ]);
    if (doorbells > 0) this.outbox.wake();
  }
}
