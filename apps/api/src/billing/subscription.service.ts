import { Inject, Injectable } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import type { Overlay, Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { Catalogue } from '#domain/plan/plan.types.js';
import {
  cancelSubscriptionUpdate, changePlanUpdate, openPortalUpdate, payNowUpdate, previewChangeUpdate, resumeSubscriptionUpdate, type ByActor,
} from '#workflows/contracts/customer-lifecycle.js';
import { nextStepView, type StoredNextStep } from '../account/next-step.js';
import { Database } from '../database/database.js';
import { effectIdOf } from '../idempotency/idempotency.service.js';
import type { CalledRequest, Member } from '../policy/caller.js';
import { TemporalService } from '../temporal/temporal.service.js';
import { CATALOGUE } from '../tokens.js';
import type { ChangePlanDto, ChangePreviewDto, OpenPortalDto, PaidDto, PaymentMethodDto, PlanChoiceDto, PortalDto, ScheduledChangeDto, SubscriptionDto, SubscriptionStateDto } from './billing.dto.js';
import { chosenPrice, whenToChange } from './plan-choice.js';

interface SubscriptionRow {
  status: string; plan_id: string | null; price_id: string | null; amount_cents: string | null; currency: string | null; interval: string | null; interval_count: number | null;
  current_period_end: Date | null; trial_end: Date | null; cancel_at_period_end: boolean; scheduled_change: ScheduledChangeDto | null; payment_method: PaymentMethodDto | null; ended_at: Date | null;
}

/** The subscription as it was last read, and what can be asked of it: each by an update of `customer/<id>`, which alone talks to Stripe. */
@Injectable()
export class SubscriptionService {
  constructor(
    private readonly database: Database,
    private readonly temporal: TemporalService,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  async read({ customerId }: Pick<Member, 'customerId'>): Promise<SubscriptionStateDto> {
    const [customer, subscription, trial] = await Promise.all([
      this.database.row<{ stage: Stage; overlays: Overlay[]; next_step: StoredNextStep | null }>('SELECT stage, overlays, next_step FROM customer WHERE id = $1', [customerId]),
      this.database.row<SubscriptionRow>('SELECT * FROM subscription WHERE customer_id = $1 ORDER BY (ended_at IS NULL) DESC, created DESC LIMIT 1', [customerId]),
      this.database.row<{ used: boolean }>('SELECT EXISTS (SELECT 1 FROM subscription WHERE customer_id = $1 AND trial_end IS NOT NULL) AS used', [customerId]),
    ]);
    if (customer === null) throw new Error('A member has no customer.');
    return { stage: customer.stage, overlays: customer.overlays, nextStep: nextStepView(customer.next_step), subscription: subscription === null ? null : view(subscription), trialUsed: trial?.used === true };
  }

  async preview(member: Member, choice: PlanChoiceDto, request: CalledRequest): Promise<ChangePreviewDto> {
    const { plan, price } = chosenPrice(this.catalogue, choice);
    const preview = await this.temporal.updateCustomer(member.customerId, previewChangeUpdate, { planId: plan.id, priceId: price.id }, effectIdOf(request, member.customerId));
    return { amountDueCents: preview.amountDueCents, currency: preview.currency, prorationAt: new Date(preview.prorationAtMs).toISOString(), lines: preview.lines };
  }

  async change(member: Member, change: ChangePlanDto, request: CalledRequest): Promise<SubscriptionStateDto> {
    const { plan, price } = chosenPrice(this.catalogue, change);
    const effectId = effectIdOf(request, member.customerId);
    const present = await this.database.row<{ price_id: string | null; amount_cents: string | null; interval: string | null; interval_count: number | null }>(
      'SELECT price_id, amount_cents, interval, interval_count FROM subscription WHERE customer_id = $1 AND ended_at IS NULL ORDER BY created DESC LIMIT 1', [member.customerId]);
    const when = whenToChange(change, price, present);
    // Proration runs by the customer's own clock, which only Stripe knows: the preview tells its time.
    const prorationAtMs = when !== 'now' ? when.prorationAtMs
      : (await this.temporal.updateCustomer(member.customerId, previewChangeUpdate, { planId: plan.id, priceId: price.id }, `${effectId}:preview`)).prorationAtMs;
    await this.temporal.updateCustomer(member.customerId, changePlanUpdate, { planId: plan.id, priceId: price.id, prorationAtMs, actor: actorOf(member) }, effectId);
    return this.read(member);
  }

  async cancel(member: Member, request: CalledRequest): Promise<SubscriptionStateDto> {
    await this.ask(member, cancelSubscriptionUpdate, request);
    return this.read(member);
  }

  async resume(member: Member, request: CalledRequest): Promise<SubscriptionStateDto> {
    await this.ask(member, resumeSubscriptionUpdate, request);
    return this.read(member);
  }

  payNow(member: Member, request: CalledRequest): Promise<PaidDto> {
    return this.ask(member, payNowUpdate, request);
  }

  portal(member: Member, { flow }: OpenPortalDto, request: CalledRequest): Promise<PortalDto> {
    return this.temporal.updateCustomer(
      member.customerId, openPortalUpdate, { actor: actorOf(member), ...(flow === undefined ? {} : { flow }) }, effectIdOf(request, member.customerId));
  }

  private ask<Answer>(member: Member, update: UpdateDefinition<Answer, [ByActor]>, request: CalledRequest): Promise<Answer> {
    return this.temporal.updateCustomer(member.customerId, update, { actor: actorOf(member) }, effectIdOf(request, member.customerId));
  }
}

const actorOf = ({ userId }: Member): string => `user:${userId}`;

const view = (row: SubscriptionRow): SubscriptionDto => ({
  status: row.status, planId: row.plan_id, priceId: row.price_id, amountCents: row.amount_cents === null ? null : Number(row.amount_cents), currency: row.currency,
  interval: row.interval, intervalCount: row.interval_count, currentPeriodEndsAt: row.current_period_end?.toISOString() ?? null, trialEndsAt: row.trial_end?.toISOString() ?? null,
  cancelAtPeriodEnd: row.cancel_at_period_end, endedAt: row.ended_at?.toISOString() ?? null, scheduledChange: row.scheduled_change, paymentMethod: row.payment_method,
});
