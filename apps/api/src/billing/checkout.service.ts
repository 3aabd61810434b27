import { Inject, Injectable } from '@nestjs/common';
import type { Catalogue } from '#domain/plan/plan.types.js';
import { holdSlot } from '#database/placement/slots.js';
import { openCheckoutUpdate } from '#workflows/contracts/customer-lifecycle.js';
import { Database } from '../database/database.js';
import { conflict, invalid, notFound } from '../http/problem.js';
import { effectIdOf } from '../idempotency/idempotency.service.js';
import { NO_CAPACITY } from '../instances/instance-creation.service.js';
import type { CalledRequest, Member } from '../policy/caller.js';
import { TemporalService } from '../temporal/temporal.service.js';
import { CATALOGUE } from '../tokens.js';
import type { CheckoutDto, OpenCheckoutDto } from './billing.dto.js';
import { chosenPrice } from './plan-choice.js';

/** A Checkout Session lives 30 minutes and a little; the hold outlives it, so that who pays at the last moment has a place. */
const FIRST_HOLD_MS = 45 * 60_000;
const AFTER_SESSION_MS = 5 * 60_000;

/** `POST /checkout`: a slot first, then Stripe's page. */
@Injectable()
export class CheckoutService {
  constructor(
    private readonly database: Database,
    private readonly temporal: TemporalService,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  async open(member: Member, order: OpenCheckoutDto, request: CalledRequest): Promise<CheckoutDto> {
    const { plan, price } = chosenPrice(this.catalogue, order);
    const { customerId } = member;
    const instanceId = await this.instanceFor(customerId, order.instanceId);
    await this.hold(customerId, instanceId, Date.now() + FIRST_HOLD_MS);
    const requestId = effectIdOf(request, customerId);
    const opened = await this.temporal.updateCustomer(customerId, openCheckoutUpdate, {
      planId: plan.id, priceId: price.id, instanceId, requestId, ...(order.promotionCode === undefined ? {} : { promotionCode: order.promotionCode }),
    }, requestId);
    await this.hold(customerId, instanceId, opened.expiresAtMs + AFTER_SESSION_MS);
    return { checkoutUrl: opened.checkoutUrl, expiresAt: new Date(opened.expiresAtMs).toISOString(), checkoutSessionId: opened.checkoutSessionId, instanceId };
  }

  private async instanceFor(customerId: string, given: string | undefined): Promise<string> {
    const rows = await this.database.rows<{ id: string; status: string }>(
      `SELECT id, status FROM instance WHERE customer_id = $1 AND desired_state <> 'removed' AND status NOT IN ('gone', 'tearing_down') AND ($2::uuid IS NULL AND status = 'awaiting_payment' OR id = $2)`,
      [customerId, given ?? null]);
    if (given !== undefined) {
      if (rows[0] === undefined) throw notFound('instance');
      return rows[0].id;
    }
    if (rows.length > 1) throw invalid({ instanceId: 'Several assistants wait for payment: name the one to pay for.' });
    if (rows[0] === undefined) throw conflict('NOTHING_TO_PAY_FOR', 'No assistant waits for payment. Wish one first (POST /instances).', { instanceId: 'Wish an assistant first, or name one of yours.' });
    return rows[0].id;
  }

  private async hold(customerId: string, instanceId: string, untilMs: number): Promise<void> {
    if ((await holdSlot(this.database.manager, { customerId, instanceId, expiresAt: new Date(untilMs) })) === null) throw NO_CAPACITY();
  }
}
