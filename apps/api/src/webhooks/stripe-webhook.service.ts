import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Environment } from '#config/environment.js';
import type { ReadEvent } from '#database/stripe-events/stripe-event-row.js';
import { ringsTheBell } from '#domain/lifecycle/doorbells.js';
import { ENVIRONMENT } from '../tokens.js';
import { StripeEventStore } from './stripe-event-store.js';
import { PINNED_API_VERSION, readEvent, verifySignature } from './stripe-event.js';

/** Takes Stripe's events in: checked, stored before the 2xx, never acted on here. */
@Injectable()
export class StripeWebhookService {
  private readonly logger = new Logger(StripeWebhookService.name);
  private readonly live: boolean;

  constructor(
    private readonly events: StripeEventStore,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {
    this.live = /^(sk|rk)_live_/.test(environment.STRIPE_SECRET_KEY);
  }

  /** Resolves once the event is stored. Throws a 400 for a signature that does not fit or a body that is no event. */
  async receive(raw: Buffer | undefined, signature: string | string[] | undefined): Promise<void> {
    verifySignature(raw, signature, this.environment.STRIPE_WEBHOOK_SECRETS);
    const { event, payload } = readEvent(raw!);
    const foreign = this.foreignnessOf(event);
    if (foreign !== null) this.logger.warn(`Event ${event.id} is stored but not acted on: ${foreign}`);
    await this.events.store({ event, payload, rings: foreign === null && ringsTheBell(event.type) });
  }

  /** Why an event is none for this installation; null = it is. Both are a wrong setting of the endpoint at Stripe, so they are kept for whoever mends it. */
  private foreignnessOf({ livemode, apiVersion }: ReadEvent): string | null {
    if (livemode !== this.live) return `it is of the other mode (livemode ${livemode})`;
    if (apiVersion !== PINNED_API_VERSION) return `it is written in API version ${apiVersion?.slice(0, 40) ?? 'none'}; the endpoint must send ${PINNED_API_VERSION}`;
    return null;
  }
}
