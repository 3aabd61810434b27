import { decideLifecycle } from '#domain/lifecycle/lifecycle.decide.js';
import { evolveLifecycle, evolveNoticeSent, evolvePaymentTried, initialState, isSettled } from '#domain/lifecycle/lifecycle.evolve.js';
import { DAY_MS, type LifecyclePolicy } from '#domain/lifecycle/lifecycle.policy.js';
import type { BillingFacts, Decision, InstanceFacts, LifecycleEffect, LifecycleState, OpenInvoice, SubscriptionFacts } from '#domain/lifecycle/lifecycle.types.js';
import type { Catalogue } from '#domain/plan/plan.types.js';

/** What becomes of a customer in its year. */
export const FATES = ['pays', 'pays late', 'never pays', 'changes the card', 'cancels', 'on Free'] as const;
export type Fate = (typeof FATES)[number];

const MONTH_MS = 30 * DAY_MS;
const YEAR_MS = 365 * DAY_MS;
const HOUR_MS = 3_600_000;
/** The last one lies five days before the end of the year. */
const RENEWALS = 12;
/** The month in which something goes wrong. */
const BAD_MONTH = 4;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** One customer whose year is lived through decide and evolve: it wakes when the policy wants to be woken, and when Stripe has something to say. */
export class BookedCustomer {
  decisions = 0;
  moves = 0;
  state: LifecycleState;
  private nowMs: number;
  private subscription: Writable<SubscriptionFacts> | null = null;
  private invoices: OpenInvoice[] = [];
  private instances: InstanceFacts[];
  private paid = 0;
  private card = 'pm_old';
  private wakeAtMs: number | null = null;

  constructor(private readonly fate: Fate, private readonly catalogue: Catalogue, private readonly policy: LifecyclePolicy, startMs: number, private readonly planId: string, freePlanId: string) {
    this.nowMs = startMs;
    this.state = initialState(policy.version);
    const free = fate === 'on Free';
    this.instances = [{ id: 'a', status: free ? 'provisioning' : 'awaiting_payment', desiredState: 'running', planId: free ? freePlanId : planId }];
  }

  /** Lives for a year. */
  live(): void {
    const endMs = this.nowMs + YEAR_MS;
    this.evaluate();
    if (this.fate === 'on Free') return this.sleepUntil(endMs);
    this.subscription = {
      id: 'sub_1', status: 'active', planId: this.planId, priceId: 'price', instanceId: 'a', startedAtMs: this.nowMs, trialEndMs: null, currentPeriodEndMs: this.nowMs + MONTH_MS,
      cancelAtPeriodEnd: false, cancelAtMs: null, endedAtMs: null,
    };
    this.paid = 1;
    this.evaluate();
    for (let month = 1; month <= RENEWALS && this.subscription.status !== 'canceled'; month += 1) {
      this.sleepUntil(this.subscription.currentPeriodEndMs ?? endMs);
      if (this.subscription.cancelAtPeriodEnd) { this.subscription = { ...this.subscription, status: 'canceled', endedAtMs: this.nowMs, endReason: 'cancellation_requested' }; this.evaluate(); break; }
      this.renew(month);
    }
    this.sleepUntil(endMs);
  }

  private renew(month: number): void {
    const { subscription } = this;
    if (subscription === null) return;
    subscription.currentPeriodEndMs = this.nowMs + MONTH_MS;
    if (month !== BAD_MONTH || this.fate === 'pays') {
      this.paid += 1;
      return this.evaluate();
    }
    if (this.fate === 'cancels') {
      this.paid += 1;
      subscription.cancelAtPeriodEnd = true;
      return this.evaluate();
    }
    subscription.status = 'past_due';
    this.invoices = [{
      id: `in_${month}`, subscriptionId: 'sub_1', amountDueCents: 2900, amountRemainingCents: 2900, currency: 'usd', finalizedAtMs: this.nowMs - HOUR_MS, firstFailedAtMs: this.nowMs, attemptCount: 1,
      nextAttemptAtMs: this.policy.retryOwner === 'stripe' ? this.nowMs + 2 * DAY_MS : null, collectionMethod: 'charge_automatically', processing: false, ofPendingUpdate: false,
      lastFailure: { code: 'insufficient_funds', paymentMethodId: this.card },
    }];
    this.evaluate();
    if (this.fate === 'pays late') { this.sleepUntil(this.nowMs + 13 * DAY_MS); this.settle(); this.evaluate(); }
    if (this.fate === 'changes the card') { this.sleepUntil(this.nowMs + 9 * DAY_MS); this.card = 'pm_good'; this.evaluate(); }
  }

  private settle(): void {
    this.invoices = [];
    this.paid += 1;
    if (this.subscription !== null) this.subscription.status = 'active';
  }

  private sleepUntil(untilMs: number): void {
    while (this.wakeAtMs !== null && this.wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.wakeAtMs);
      this.evaluate();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private facts(): BillingFacts {
    return {
      fetchedAtMs: this.nowMs, customerNowMs: this.nowMs, onTestClock: false, stripeCustomerId: 'cus_1', subscription: this.subscription === null ? null : { ...this.subscription },
      liveSubscriptionCount: this.subscription === null || this.subscription.status === 'canceled' ? 0 : 1, openInvoices: this.invoices, paidInvoiceCount: this.paid, disputes: [],
      paymentMethodId: this.card, customerPaymentMethodId: this.card,
    };
  }

  private evaluate(): void {
    for (let round = 0; round < 20; round += 1) {
      const decision: Decision = decideLifecycle({ billing: this.facts(), instances: this.instances }, this.state, this.catalogue, this.policy, this.nowMs);
      this.decisions += 1;
      const settled = isSettled(this.state, decision);
      if (!settled) this.moves += 1;
      this.state = evolveLifecycle(this.state, decision, this.nowMs);
      for (const effect of decision.effects) this.bringAbout(effect);
      this.wakeAtMs = decision.wakeAtMs;
      if (decision.effects.length === 0 && (settled || decision.wakeAtMs === null || decision.wakeAtMs > this.nowMs)) return;
    }
    throw new Error(`A customer that ${this.fate} does not come to rest`);
  }

  private bringAbout(effect: LifecycleEffect): void {
    const set = (ids: readonly string[], over: Partial<InstanceFacts>): void => { this.instances = this.instances.map((each) => (ids.includes(each.id) ? { ...each, ...over } : each)); };
    switch (effect.kind) {
      case 'provision': return set([effect.instanceId], { status: 'running' });
      case 'stop_instances': return set(effect.instanceIds, { status: 'suspended' });
      case 'apply_plan': return set(effect.instanceIds, { planId: effect.planId });
      case 'teardown_instances': return set(effect.instanceIds, { status: 'gone', desiredState: 'removed' });
      case 'notify': this.state = evolveNoticeSent(this.state, effect.key, this.nowMs); return;
      case 'pay_invoice': {
        const paid = this.card === 'pm_good';
        this.state = evolvePaymentTried(this.state, effect.key, { atMs: this.nowMs, invoiceId: effect.invoiceId, trigger: effect.trigger, outcome: paid ? 'paid' : 'declined', paymentMethodId: this.card });
        if (paid) this.settle();
        return;
      }
      case 'void_and_cancel': {
        this.invoices = [];
        if (this.subscription !== null) Object.assign(this.subscription, { status: 'canceled', endedAtMs: this.nowMs, endReason: 'cancellation_requested' });
        return;
      }
      default: return;
    }
  }
}
