import type { Catalogue, Plan } from '../plan/plan.types.js';
import { decideLifecycle } from './lifecycle.decide.js';
import { evolveLifecycle, evolveNoticeSent, evolvePaymentTried, initialState, isSettled } from './lifecycle.evolve.js';
import { evolveSupport } from './lifecycle.support.js';
import { DAY_MS, STANDARD_POLICY, type LifecyclePolicy } from './lifecycle.policy.js';
import type { BillingFacts, Decision, DisputeFacts, InstanceFacts, LifecycleEffect, LifecycleState, OpenInvoice, SubscriptionFacts, SupportAct, SupportRefusal } from './lifecycle.types.js';

const plan = (id: string, over: Partial<Plan>): Plan => ({
  id, name: id[0]!.toUpperCase() + id.slice(1), description: '', sold: true, prices: [], trialHours: 0,
  limits: { instances: 1, seats: 1, messagesPerMonth: 100, messagesPerDay: null, skills: 3, agents: 1, subAgents: 0 },
  size: { memoryMiB: 2048, cpus: 1, pidsLimit: 512 }, sandboxSize: { memoryMiB: 256, cpus: 0.5, pidsLimit: 64 },
  downgradeTo: null, onCancel: 'end', afterCancelDays: 7, ...over,
});
const monthly = (id: string, amountCents: number) => [{ id, amountCents, currency: 'usd', interval: 'month', intervalCount: 1 }] as const;

export const STORY_CATALOGUE: Catalogue = {
  id: 'story',
  plans: [
    plan('free', {}),
    plan('pro', { prices: monthly('pro_month', 2900), trialHours: 48, downgradeTo: 'free' }),
    plan('solo', { prices: monthly('solo_month', 2000) }),
    plan('max', { prices: monthly('max_month', 5000), downgradeTo: 'solo' }),
    plan('soft', { prices: monthly('soft_month', 900), downgradeTo: 'free', onCancel: 'free' }),
  ],
};

/**
 * A small world for specs: Stripe's facts, the instances and a clock, with a caller that does what the workflow does:
 * decide, evolve, bring the effects about, again until nothing moves.
 */
export class LifecycleStory {
  state: LifecycleState = initialState();
  subscription: SubscriptionFacts | null = null;
  instances: InstanceFacts[] = [];
  liveSubscriptionCount: number | null = null;
  paidInvoiceCount = 0;
  openInvoices: OpenInvoice[] = [];
  disputes: DisputeFacts[] = [];
  /** Default of the subscription, and of the customer. */
  paymentMethodId: string | null = 'pm_old';
  customerPaymentMethodId: string | null = 'pm_old';
  /** What Stripe answers when a card is charged: null = paid, `processing`, else the code of the decline. Cards that are not here are declined softly. */
  readonly cards = new Map<string, string | null>([['pm_old', 'insufficient_funds'], ['pm_good', null]]);
  /** Stripe's lists are empty for a while: a fault, not the truth. */
  answersNothing = false;
  /** Stripe does not answer to requests to pay or to cancel. */
  stripeWorks = true;
  /** Paid in the last moment: inside the request that would void and cancel. */
  paidDuringCancel: string | null = null;
  readonly charges: { invoiceId: string; paymentMethodId: string; atMs: number; paid: boolean }[] = [];
  onTestClock = false;
  factsAgeMs = 0;
  mailWorks = true;
  /** `2027-03-01 10:00 active: …`: what happened, as a calendar. */
  readonly diary: string[] = [];
  readonly effects: LifecycleEffect[] = [];
  last: Decision | null = null;

  constructor(public nowMs: number, readonly catalogue: Catalogue = STORY_CATALOGUE, public policy: LifecyclePolicy = STANDARD_POLICY) {}

  static at = (instant: string, policy: LifecyclePolicy = STANDARD_POLICY): LifecycleStory => new LifecycleStory(Date.parse(instant), STORY_CATALOGUE, policy);

  facts(): { billing: BillingFacts; instances: InstanceFacts[] } {
    if (this.answersNothing) {
      return {
        billing: {
          fetchedAtMs: this.nowMs - this.factsAgeMs, customerNowMs: this.nowMs, onTestClock: this.onTestClock, stripeCustomerId: 'cus_1', subscription: null, liveSubscriptionCount: 0,
          openInvoices: [], paidInvoiceCount: 0, disputes: [], paymentMethodId: null, customerPaymentMethodId: null,
        },
        instances: [...this.instances],
      };
    }
    const live = this.subscription !== null && ['trialing', 'active', 'past_due', 'unpaid', 'paused'].includes(this.subscription.status);
    return {
      billing: {
        fetchedAtMs: this.nowMs - this.factsAgeMs, customerNowMs: this.nowMs, onTestClock: this.onTestClock, stripeCustomerId: 'cus_1', subscription: this.subscription,
        liveSubscriptionCount: this.liveSubscriptionCount ?? (live ? 1 : 0), openInvoices: this.openInvoices, paidInvoiceCount: this.paidInvoiceCount,
        disputes: this.disputes, paymentMethodId: this.paymentMethodId, customerPaymentMethodId: this.customerPaymentMethodId,
      },
      instances: [...this.instances],
    };
  }

  decide(): Decision {
    return decideLifecycle(this.facts(), this.state, this.catalogue, this.policy, this.nowMs);
  }

  /** Evaluates until nothing moves, as the workflow does after each message and each wake-up. */
  evaluate(): this {
    // As the workflow: an effect is tried once in an evaluation, whether it succeeds or not.
    const done = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const decision = this.decide();
      this.last = decision;
      const settled = isSettled(this.state, decision);
      if (decision.stage !== this.state.stage) this.note(`${this.state.stage} → ${decision.stage}`);
      this.state = evolveLifecycle(this.state, decision, this.nowMs);
      const open = decision.effects.filter((effect) => !done.has(JSON.stringify(effect)));
      for (const effect of open) {
        done.add(JSON.stringify(effect));
        this.bringAbout(effect);
      }
      if (open.length === 0 && (settled || decision.wakeAtMs === null || decision.wakeAtMs > this.nowMs)) return this;
    }
    throw new Error(`The evaluation does not come to rest: ${JSON.stringify(this.last)}`);
  }

  /** Sleeps as the workflow does: wakes at every `wakeAtMs` on the way. */
  sleepUntil(instant: string | number): this {
    const untilMs = typeof instant === 'number' ? instant : Date.parse(instant);
    for (let wakes = 0; this.last?.wakeAtMs != null && this.last.wakeAtMs <= untilMs; wakes++) {
      if (wakes > 5_000) throw new Error('The customer is woken without end');
      this.nowMs = Math.max(this.nowMs, this.last.wakeAtMs);
      this.evaluate();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return this;
  }

  /** The clock moves while nobody evaluates: worker down, or a test clock that was advanced. */
  jumpTo(instant: string | number): this {
    this.nowMs = typeof instant === 'number' ? instant : Date.parse(instant);
    return this;
  }

  subscribe(id: string, over: Partial<SubscriptionFacts> = {}): this {
    this.subscription = {
      id, status: 'active', planId: 'pro', priceId: 'pro_month', instanceId: null, startedAtMs: this.nowMs, trialEndMs: null,
      currentPeriodEndMs: this.nowMs + 30 * 86_400_000, cancelAtPeriodEnd: false, cancelAtMs: null, endedAtMs: null, ...over,
    };
    return this;
  }

  change(over: Partial<SubscriptionFacts>): this {
    if (this.subscription === null) throw new Error('There is no subscription to change');
    this.subscription = { ...this.subscription, ...over };
    return this;
  }

  instance(id: string, over: Partial<InstanceFacts> = {}): this {
    this.instances = [...this.instances.filter((each) => each.id !== id), { id, status: 'awaiting_payment', desiredState: 'running', planId: 'pro', ...over }];
    return this;
  }

  /** An automatic payment fails: the invoice is open and Stripe says `past_due`. */
  fail(id: string, over: Partial<OpenInvoice> = {}): this {
    const code = this.cards.get(this.paymentMethodId ?? '') ?? 'insufficient_funds';
    const owner = this.policy.retryOwner === 'stripe' ? this.nowMs + 2 * DAY_MS : null;
    this.openInvoices = [...this.openInvoices, {
      id, subscriptionId: this.subscription?.id ?? null, amountDueCents: 2900, amountRemainingCents: 2900, currency: 'usd', finalizedAtMs: this.nowMs - 3_600_000, firstFailedAtMs: this.nowMs,
      attemptCount: 1, nextAttemptAtMs: owner, collectionMethod: 'charge_automatically', processing: false, ofPendingUpdate: false,
      lastFailure: { code, paymentMethodId: this.paymentMethodId }, ...over,
    }];
    return this.change({ status: 'past_due' });
  }

  /** An open invoice is other than before. */
  invoice(id: string, over: Partial<OpenInvoice>): this {
    this.openInvoices = this.openInvoices.map((each) => (each.id === id ? { ...each, ...over } : each));
    return this;
  }

  /** An invoice is paid, in whole. Stripe says `active` when nothing is open any more. */
  pay(id: string): this {
    this.paidInvoiceCount += 1;
    return this.close(id);
  }

  /** An invoice is void: nothing of it is owed. */
  close(id: string): this {
    this.openInvoices = this.openInvoices.filter((each) => each.id !== id);
    const status = this.subscription?.status;
    if (this.openInvoices.length === 0 && (status === 'past_due' || status === 'unpaid')) this.change({ status: 'active' });
    return this;
  }

  /** A new default card. In the portal it becomes the customer's, not the subscription's: the wrong slot. */
  card(id: string, slot: 'both' | 'customer' = 'both'): this {
    this.customerPaymentMethodId = id;
    if (slot === 'both') this.paymentMethodId = id;
    return this;
  }

  support(act: SupportAct): SupportRefusal | null {
    const outcome = evolveSupport(this.state, act, this.catalogue, this.nowMs);
    if (!outcome.ok) return outcome.refusal;
    this.state = outcome.state;
    this.note(`support: ${act.verb}`);
    this.evaluate();
    return null;
  }

  statusOf = (id: string): string | undefined => this.instances.find((each) => each.id === id)?.status;
  notices = (): string[] => this.effects.flatMap((effect) => (effect.kind === 'notify' ? [effect.notice] : []));

  private note(what: string): void {
    this.diary.push(`${new Date(this.nowMs).toISOString().slice(0, 16).replace('T', ' ')} ${what}`);
  }

  private bringAbout(effect: LifecycleEffect): void {
    const set = (ids: readonly string[], over: Partial<InstanceFacts>): void => {
      this.instances = this.instances.map((each) => (ids.includes(each.id) ? { ...each, ...over } : each));
    };
    if (effect.kind === 'notify' && !this.mailWorks) return;
    this.effects.push(effect);
    switch (effect.kind) {
      case 'provision': set([effect.instanceId], { status: 'running' }); return this.note(`provision ${effect.instanceId}`);
      case 'stop_instances': set(effect.instanceIds, { status: 'suspended' }); return this.note(`stop ${effect.instanceIds.join(' ')}`);
      case 'apply_plan': set(effect.instanceIds, { planId: effect.planId }); return this.note(`apply ${effect.planId} to ${effect.instanceIds.join(' ')}`);
      case 'export_instances': return this.note(`export ${effect.instanceIds.join(' ')}`);
      case 'teardown_instances': set(effect.instanceIds, { status: 'gone', desiredState: 'removed' }); return this.note(`tear down ${effect.instanceIds.join(' ')}`);
      case 'pay_invoice': return this.charge(effect);
      case 'adopt_payment_method': this.paymentMethodId = this.customerPaymentMethodId = effect.paymentMethodId; return this.note(`adopt ${effect.paymentMethodId}`);
      case 'void_and_cancel': {
        if (!this.stripeWorks) return;
        if (this.paidDuringCancel !== null) {
          this.pay(this.paidDuringCancel);
          this.paidDuringCancel = null;
          return this.note('void and cancel: paid meanwhile, nothing was done');
        }
        this.openInvoices = this.openInvoices.filter(({ subscriptionId }) => subscriptionId !== effect.subscriptionId);
        if (this.subscription?.status !== 'canceled') this.change({ status: 'canceled', endedAtMs: this.nowMs, endReason: 'cancellation_requested' });
        return this.note(`void and cancel (${effect.cause})`);
      }
      case 'pause_collection': this.change({ collectionPaused: true }); return this.note('pause collection');
      case 'resume_collection': this.change({ collectionPaused: false }); return this.note('resume collection');
      case 'notify': this.state = evolveNoticeSent(this.state, effect.key, this.nowMs); return this.note(`mail ${effect.key}`);
      case 'flag_for_review': return this.note(`review: ${effect.why}`);
    }
  }

  private charge({ invoiceId, key, trigger }: Extract<LifecycleEffect, { kind: 'pay_invoice' }>): void {
    const paymentMethodId = this.paymentMethodId;
    const invoice = this.openInvoices.find(({ id }) => id === invoiceId);
    if (!this.stripeWorks || invoice === undefined || paymentMethodId === null) return;
    const answer = this.cards.get(paymentMethodId);
    const code = answer === undefined ? 'generic_decline' : answer;
    const outcome = code === null ? 'paid' : code === 'processing' ? 'processing' : 'declined';
    this.charges.push({ invoiceId, paymentMethodId, atMs: this.nowMs, paid: outcome === 'paid' });
    this.state = evolvePaymentTried(this.state, key, { atMs: this.nowMs, invoiceId, trigger, outcome, paymentMethodId });
    this.note(`pay ${key.split(':').slice(2).join(':')} (${trigger}): ${outcome}`);
    if (outcome === 'paid') this.pay(invoiceId);
    else if (outcome === 'processing') this.invoice(invoiceId, { processing: true });
    else this.invoice(invoiceId, { attemptCount: invoice.attemptCount + 1, lastFailure: { code, paymentMethodId } });
  }
}
