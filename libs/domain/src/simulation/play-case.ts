import type { Catalogue } from '../plan/plan.types.js';
import { decideLifecycle } from '../lifecycle/lifecycle.decide.js';
import { evolveLifecycle, evolveNoticeSent, evolvePaymentTried, initialState, isSettled } from '../lifecycle/lifecycle.evolve.js';
import { DAY_MS, type LifecyclePolicy } from '../lifecycle/lifecycle.policy.js';
import type { BillingFacts, ClosedCase, LifecycleEffect, LifecycleState, ServiceLevel, Stage } from '../lifecycle/lifecycle.types.js';
import type { RecoveryCause } from '../finance/ledger.types.js';
import { draw } from './draw.js';
import type { BehaviourModel, SimulatedCustomer } from './simulation.types.js';

/** First failure of every simulated case. Any instant would do: policies count in days. */
const ANCHOR_MS = Date.UTC(2027, 0, 1);
const HORIZON_MS = ANCHOR_MS + 400 * DAY_MS;
/** Days on which Stripe's Smart Retries try, where they own the retries: eight in two weeks, Stripe's recommendation. */
const SMART_RETRY_DAYS = [1, 3, 5, 7, 9, 11, 13, 14] as const;
const MOST_ROUNDS = 20;

export interface PlayedCase {
  readonly outcome: ClosedCase['outcome'] | 'open';
  readonly cause: RecoveryCause | null;
  readonly daysToClose: number | null;
  /** Days at each service level from the first failure to the end of the case. */
  readonly days: Readonly<Record<ServiceLevel, number>>;
  readonly notices: number;
  readonly retries: number;
  /** Stage → days after the first failure at which it was entered. */
  readonly stages: readonly { readonly stage: Stage; readonly fromDay: number }[];
  /** Where the decision held and asked for a person: a sign that simulation and policy do not fit. */
  readonly held: string | null;
}

/** Plays one failed renewal to its end: the very decisions of production, on facts as Stripe would show them. Pure; the same input, the same answer. */
export function playCase(customer: SimulatedCustomer, policy: LifecyclePolicy, catalogue: Catalogue, model: BehaviourModel, seed: number): PlayedCase {
  return new Play(customer, policy, catalogue, model, seed).run();
}

class Play {
  private nowMs = ANCHOR_MS - DAY_MS;
  private state: LifecycleState;
  private wakeAtMs: number | null = null;
  private paid = true;
  private ended = false;
  private newCard = false;
  private instance: { status: 'running' | 'suspended' | 'gone'; planId: string };
  private smartRetries = 0;
  private acts: { atMs: number; how: 'pays' | 'new_card' } | null = null;
  private closed: ClosedCase | null = null;
  private notices = 0;
  private retries = 0;
  private held: string | null = null;
  private readonly days: Record<ServiceLevel, number> = { full: 0, downgraded: 0, stopped: 0, none: 0 };
  private readonly stages: { stage: Stage; fromDay: number }[] = [];

  constructor(private readonly customer: SimulatedCustomer, private readonly policy: LifecyclePolicy, private readonly catalogue: Catalogue, private readonly model: BehaviourModel, private readonly seed: number) {
    this.state = initialState(policy.version);
    this.instance = { status: 'running', planId: customer.planId };
    if (customer.acts !== null) this.acts = { atMs: ANCHOR_MS + customer.acts.onDay * DAY_MS, how: customer.acts.how };
  }

  run(): PlayedCase {
    // A healthy subscriber first, so that the case begins where it begins in production.
    this.settle();
    this.notices = 0;
    this.retries = 0;
    this.nowMs = ANCHOR_MS;
    this.paid = false;
    this.settle();
    while (!this.isOver()) {
      const nextMs = this.nextMs();
      if (nextMs === null) break;
      this.passTo(nextMs);
      this.whatHappens();
      this.settle();
    }
    return {
      outcome: this.closed?.outcome ?? 'open', cause: this.closed?.recoveredBy ?? null, daysToClose: this.closed === null ? null : (this.closed.closedAtMs - ANCHOR_MS) / DAY_MS,
      days: this.days, notices: this.notices, retries: this.retries, stages: this.stages, held: this.held,
    };
  }

  /** A case that was paid is over; one that was not goes on to the teardown, for its notices. */
  private isOver(): boolean {
    return this.held !== null || this.closed !== null && (this.state.stage === 'torn_down' || this.state.stage === 'active');
  }

  private nextMs(): number | null {
    const candidates = [this.wakeAtMs, this.closed === null ? this.acts?.atMs ?? null : null, this.closed === null ? this.smartRetryAtMs() : null].filter((atMs) => atMs !== null);
    const next = candidates.length === 0 ? null : Math.max(Math.min(...candidates), this.nowMs + 1000);
    return next === null || next > HORIZON_MS ? null : next;
  }

  private passTo(atMs: number): void {
    if (this.closed === null) this.days[this.state.serviceLevel] += (atMs - this.nowMs) / DAY_MS;
    this.nowMs = atMs;
  }

  private whatHappens(): void {
    if (this.paid || this.ended) return;
    const retryAtMs = this.smartRetryAtMs();
    if (retryAtMs !== null && retryAtMs <= this.nowMs) {
      this.smartRetries += 1;
      this.retries += 1;
      if (this.cardWorks()) this.paid = true;
    }
    if (this.acts === null || this.acts.atMs > this.nowMs) return;
    if (this.acts.how === 'new_card') this.newCard = true;
    else {
      this.paid = true;
      this.state = evolvePaymentTried(this.state, 'simulated:customer', { atMs: this.nowMs, invoiceId: 'in_1', trigger: 'customer', outcome: 'paid', paymentMethodId: 'pm_1' });
    }
    this.acts = null;
  }

  private smartRetryAtMs(): number | null {
    const day = this.policy.retryOwner === 'stripe' && !this.customer.hardDecline && !this.paid && !this.ended ? SMART_RETRY_DAYS[this.smartRetries] : undefined;
    return day === undefined ? null : ANCHOR_MS + day * DAY_MS;
  }

  private cardWorks(): boolean {
    const { cardWorksFromDay: fromDay } = this.customer;
    return this.newCard || fromDay !== null && this.nowMs >= ANCHOR_MS + fromDay * DAY_MS;
  }

  /** As the workflow does it: decide, remember, bring about; again until nothing moves. */
  private settle(): void {
    const done = new Set<string>();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const decision = decideLifecycle(this.facts(), this.state, this.catalogue, this.policy, this.nowMs);
      const moves = !isSettled(this.state, decision);
      if (decision.stage !== this.state.stage && this.nowMs >= ANCHOR_MS) this.stages.push({ stage: decision.stage, fromDay: (this.nowMs - ANCHOR_MS) / DAY_MS });
      this.state = evolveLifecycle(this.state, decision, this.nowMs);
      this.wakeAtMs = decision.wakeAtMs;
      this.closed ??= decision.closedCase;
      const open = decision.effects.filter((effect) => !done.has(JSON.stringify(effect)));
      for (const effect of open) {
        done.add(JSON.stringify(effect));
        this.bringAbout(effect);
      }
      if (open.length === 0 && !(moves && decision.wakeAtMs !== null && decision.wakeAtMs <= this.nowMs)) return;
    }
    this.held ??= `The policy did not come to rest in stage ${this.state.stage}.`;
  }

  private bringAbout(effect: LifecycleEffect): void {
    switch (effect.kind) {
      case 'pay_invoice': {
        this.retries += 1;
        const works = this.cardWorks();
        this.state = evolvePaymentTried(this.state, effect.key, { atMs: this.nowMs, invoiceId: effect.invoiceId, trigger: effect.trigger, outcome: works ? 'paid' : 'declined', paymentMethodId: this.methodId() });
        if (works) this.paid = true;
        return;
      }
      case 'notify': {
        this.state = evolveNoticeSent(this.state, effect.key, this.nowMs);
        this.notices += 1;
        return this.answer(effect);
      }
      case 'void_and_cancel': this.ended = true; return;
      case 'stop_instances': this.instance = { ...this.instance, status: 'suspended' }; return;
      case 'provision': this.instance = { ...this.instance, status: 'running' }; return;
      case 'apply_plan': this.instance = { ...this.instance, planId: effect.planId }; return;
      case 'teardown_instances': this.instance = { ...this.instance, status: 'gone' }; return;
      case 'flag_for_review': this.held = effect.why; return;
      default: return;
    }
  }

  /** A notice reaches somebody who may act on it, after a while that halves as half-lives do. */
  private answer({ notice, key }: LifecycleEffect & { kind: 'notify' }): void {
    const response = this.model.noticeResponse[notice];
    if (response === undefined || !this.customer.answersNotices || this.paid || this.ended || this.acts !== null) return;
    const kept = key.split(':').slice(-1)[0] ?? '';
    const chance = response.chance * (this.state.serviceLevel === 'full' ? 1 : this.model.serviceLossFactor);
    if (draw(this.seed, this.customer.index, `${notice} ${kept} acts`) >= chance) return;
    const delayDays = -Math.log2(1 - draw(this.seed, this.customer.index, `${notice} ${kept} when`)) * response.medianDelayDays;
    const how = this.customer.hardDecline || draw(this.seed, this.customer.index, 'how') < this.model.newCardShare ? 'new_card' : 'pays';
    this.acts = { atMs: this.nowMs + delayDays * DAY_MS, how };
  }

  private methodId(): string { return this.newCard ? 'pm_2' : 'pm_1'; }

  private facts(): { billing: BillingFacts; instances: { id: string; status: 'running' | 'suspended' | 'gone'; desiredState: 'running'; planId: string }[] } {
    const { customer, nowMs } = this;
    const open = !this.paid && !this.ended;
    const retryAtMs = this.smartRetryAtMs();
    const billing: BillingFacts = {
      fetchedAtMs: nowMs, customerNowMs: nowMs, onTestClock: false, stripeCustomerId: 'cus_1', liveSubscriptionCount: this.ended ? 0 : 1,
      subscription: {
        id: 'sub_1', status: this.ended ? 'canceled' : this.paid ? 'active' : 'past_due', planId: customer.planId, priceId: null, instanceId: 'instance', startedAtMs: ANCHOR_MS - 31 * DAY_MS, trialEndMs: null,
        currentPeriodEndMs: ANCHOR_MS + 30 * DAY_MS, cancelAtPeriodEnd: false, cancelAtMs: null, endedAtMs: this.ended ? nowMs : null, endReason: this.ended ? 'cancellation_requested' : null, paidThroughMs: this.paid && nowMs >= ANCHOR_MS ? ANCHOR_MS + 30 * DAY_MS : ANCHOR_MS,
      },
      openInvoices: !open ? [] : [{
        id: 'in_1', subscriptionId: 'sub_1', amountDueCents: customer.amountCents, amountRemainingCents: customer.amountCents, currency: customer.currency, finalizedAtMs: ANCHOR_MS, firstFailedAtMs: ANCHOR_MS,
        attemptCount: 1, nextAttemptAtMs: retryAtMs, collectionMethod: 'charge_automatically', processing: false, ofPendingUpdate: false,
        lastFailure: { code: customer.hardDecline ? 'lost_card' : 'insufficient_funds', paymentMethodId: 'pm_1' },
      }],
      paidInvoiceCount: this.paid && nowMs >= ANCHOR_MS ? 2 : 1, disputes: [], paymentMethodId: this.methodId(), customerPaymentMethodId: this.methodId(),
    };
    return { billing, instances: [{ id: 'instance', status: this.instance.status, desiredState: 'running', planId: this.instance.planId }] };
  }
}
