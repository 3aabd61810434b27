import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideLifecycle } from './lifecycle.decide.js';
import { evolveLifecycle, isSettled } from './lifecycle.evolve.js';
import { DAY_MS, HOUR_MS, MOVES } from './lifecycle.policy.js';
import { LifecycleStory } from './lifecycle.story.js';
import type { Decision, LifecycleState } from './lifecycle.types.js';

const SERVICE_RANK = { full: 3, downgraded: 2, stopped: 1, none: 0 } as const;
/** What some history has come by: a model that never gets there proves nothing. */
const reached = new Set<string>();
const START_MS = Date.parse('2027-01-01T00:00Z');

/** The story with a Stripe that renews, converts trials and ends what was canceled, and an eye on every decision. */
class WatchedStory extends LifecycleStory {
  private counter = 0;
  /** Teardown that was shown in this cycle: it may be put off, never brought forward. */
  private promised: { cycle: number; atMs: number } | null = null;

  override facts(): ReturnType<LifecycleStory['facts']> {
    this.stripeMovesOn();
    return super.facts();
  }

  override decide(): Decision {
    const before = this.state;
    const facts = this.facts();
    const decision = decideLifecycle(facts, before, this.catalogue, this.policy, this.nowMs);
    const again = decideLifecycle(structuredClone(facts), JSON.parse(JSON.stringify(before)) as LifecycleState, this.catalogue, this.policy, this.nowMs);
    expect(again, 'deterministic, and from plain JSON').toEqual(decision);
    this.watch(before, decision);
    return decision;
  }

  newId = (kind: string): string => `${kind}_${++this.counter}`;

  private stripeMovesOn(): void {
    for (let sub = this.subscription; sub !== null && (sub.status === 'active' || sub.status === 'trialing') && sub.currentPeriodEndMs !== null && sub.currentPeriodEndMs <= this.nowMs; sub = this.subscription) {
      if (sub.cancelAtPeriodEnd) this.change({ status: 'canceled', endedAtMs: sub.currentPeriodEndMs, endReason: 'cancellation_requested' });
      else {
        this.change({ status: 'active', currentPeriodEndMs: sub.currentPeriodEndMs + 30 * DAY_MS });
        this.paidInvoiceCount += 1;
      }
    }
  }

  private watch(before: LifecycleState, decision: Decision): void {
    const { subscription } = this;
    if (decision.stage !== before.stage) {
      expect(MOVES[before.stage], `${before.stage} → ${decision.stage} is in the table`).toHaveProperty(decision.stage);
    }
    if (decision.stage !== before.stage) reached.add(`${before.stage} → ${decision.stage}`);
    if (decision.reviewReason !== null) reached.add('review_hold');
    expect(decision.cycle - before.cycle, 'a new subscription is a new cycle').toBe(decision.subscriptionId !== before.subscriptionId && decision.subscriptionId !== null ? 1 : decision.stage === 'active' && before.stage !== 'active' && decision.subscriptionId === null ? 1 : 0);
    for (const effect of decision.effects) {
      if (effect.kind === 'teardown_instances') expect(effect.instanceIds.map((id) => this.statusOf(id)), 'what waits for its payment is not torn down').not.toContain('awaiting_payment');
    }
    const kinds = decision.effects.map(({ kind }) => kind);
    const hurts = SERVICE_RANK[decision.serviceLevel] < SERVICE_RANK[before.serviceLevel] || kinds.includes('stop_instances') || kinds.includes('teardown_instances');
    const served = subscription !== null && (['active', 'trialing', 'past_due', 'unpaid', 'paused'].includes(subscription.status) || (subscription.paidThroughMs ?? 0) > this.nowMs);
    if (hurts) {
      expect(served, 'nobody is hurt who is served or has paid').toBe(false);
      expect(this.liveSubscriptionCount ?? 0, 'nor on facts that contradict each other').toBeLessThan(2);
      if (decision.stage !== before.stage) {
        expect(subscription?.status, 'unknown and empty are not ended').toBe('canceled');
        expect(this.factsAgeMs, 'nor on old facts').toBeLessThanOrEqual(60_000);
      }
    }
    if (decision.stage === 'torn_down' && before.stage === 'ended') this.watchTeardown(before);
    if (decision.nextStep?.code === 'teardown' && decision.nextStep.atMs !== null) {
      const { atMs } = decision.nextStep;
      expect(atMs, 'the deadline is never sooner than recomputed from the facts').toBeGreaterThanOrEqual((subscription?.endedAtMs ?? 0) + 7 * DAY_MS);
      if (this.promised?.cycle === decision.cycle) expect(atMs, 'nor brought forward').toBeGreaterThanOrEqual(this.promised.atMs);
      this.promised = { cycle: decision.cycle, atMs };
    }
    if (this.onTestClock && decision.wakeAtMs !== null && this.factsAgeMs <= 60_000) expect(decision.wakeAtMs, 'a standing clock wakes nobody').toBeLessThanOrEqual(this.nowMs);
  }

  private watchTeardown(before: LifecycleState): void {
    const kept = this.instances.some(({ status }) => !['awaiting_payment', 'failed', 'tearing_down', 'gone'].includes(status));
    const told = Object.entries(before.notices).find(([key]) => key.endsWith(':ended_export_offered'))?.[1];
    expect(this.nowMs).toBeGreaterThanOrEqual((this.subscription?.endedAtMs ?? 0) + 7 * DAY_MS);
    if (kept) expect(this.nowMs - (told ?? Number.POSITIVE_INFINITY), 'torn down only when it was told seven days before').toBeGreaterThanOrEqual(7 * DAY_MS);
  }

  /** What must hold whenever the workflow has come to rest. */
  atRest(): void {
    const decision = this.decide();
    expect(isSettled(this.state, decision), 'at rest').toBe(true);
    expect(evolveLifecycle(this.state, decision, this.nowMs), 'deciding again changes nothing').toEqual({ ...this.state, reason: decision.reason });
    if (this.mailWorks) expect(decision.effects, 'nothing is asked for twice').toEqual([]);
    if (decision.wakeAtMs !== null) expect(decision.wakeAtMs, 'no hot loop').toBeGreaterThan(this.nowMs);
    const keys = this.effects.flatMap((effect) => (effect.kind === 'notify' ? [effect.key] : []));
    expect(new Set(keys).size, `each notice once: ${keys.join(' ')}`).toBe(keys.length);
    const { subscription } = this;
    const plain = subscription !== null && (subscription.status === 'active' || subscription.status === 'trialing') && this.liveSubscriptionCount === null;
    if (plain) {
      expect(this.state).toMatchObject({ stage: subscription.status, serviceLevel: 'full', planId: subscription.planId, reviewReason: null });
      expect(this.statusOf(subscription.instanceId ?? ''), 'paid means running').not.toBe('awaiting_payment');
      expect(this.instances.map(({ status }) => status), 'and nothing of a paying customer stays stopped').not.toContain('suspended');
    }
    if ((this.liveSubscriptionCount ?? 0) > 1) expect(this.state.overlays, 'two live subscriptions are a case for a person').toContain('review_hold');
    if (this.state.stage === 'torn_down') expect(this.instances.filter(({ status }) => status !== 'gone' && status !== 'awaiting_payment'), 'nothing is left behind').toEqual([]);
  }
}

type Act = fc.Command<object, WatchedStory>;

const act = (name: string, can: (story: WatchedStory) => boolean, run: (story: WatchedStory) => void, evaluates = true): Act => ({
  check: () => true,
  run: (_model, story) => {
    if (!can(story)) return;
    run(story);
    if (!evaluates) return;
    story.evaluate();
    story.atRest();
  },
  toString: () => name,
});

const always = (): boolean => true;
const isLive = ({ subscription, liveSubscriptionCount }: WatchedStory): boolean => subscription !== null && liveSubscriptionCount === null && ['active', 'trialing'].includes(subscription.status);
const mayBuy = ({ subscription, liveSubscriptionCount }: WatchedStory): boolean => liveSubscriptionCount === null && (subscription === null || ['canceled', 'incomplete'].includes(subscription.status));
const constant = (made: Act): fc.Arbitrary<Act> => fc.constant(made);

const acts: fc.Arbitrary<Act>[] = [
  fc.integer({ min: 1, max: 45 * 24 }).map((hours) => act(`lives ${hours} h`, always, (story) => { story.sleepUntil(story.nowMs + hours * HOUR_MS); })),
  fc.integer({ min: 1, max: 90 * 24 }).map((hours) => act(`worker down ${hours} h`, always, (story) => { story.jumpTo(story.nowMs + hours * HOUR_MS); })),
  fc.integer({ min: 1, max: 20 * 24 }).map((hours) => act(`clock moves ${hours} h, nobody looks`, always, (story) => { story.jumpTo(story.nowMs + hours * HOUR_MS); }, false)),
  constant(act('a duplicate event', always, (story) => { story.evaluate(); })),
  constant(act('continue-as-new', always, (story) => { story.state = JSON.parse(JSON.stringify(story.state)) as LifecycleState; })),
  fc.record({ planId: fc.constantFrom('pro', 'soft'), trialHours: fc.constantFrom(0, 20, 48), reuse: fc.boolean() }).map(({ planId, trialHours, reuse }) => act(`buys ${planId}, trial ${trialHours} h`, mayBuy, (story) => {
    const old = reuse ? story.instances.find(({ status }) => status !== 'gone') : undefined;
    const instanceId = old?.id ?? story.newId('i');
    if (!old) story.instance(instanceId, { planId });
    const endMs = story.nowMs + (trialHours > 0 ? trialHours * HOUR_MS : 30 * DAY_MS);
    story.subscribe(story.newId('sub'), { planId, instanceId, status: trialHours > 0 ? 'trialing' : 'active', trialEndMs: trialHours > 0 ? endMs : null, currentPeriodEndMs: endMs });
    if (trialHours === 0) story.paidInvoiceCount += 1;
  })),
  constant(act('opens a checkout', mayBuy, (story) => { story.instance(story.newId('i')); })),
  constant(act('cancels at the end of the period', isLive, (story) => { story.change({ cancelAtPeriodEnd: true }); })),
  constant(act('takes the cancellation back', isLive, (story) => { story.change({ cancelAtPeriodEnd: false }); })),
  constant(act('is ended at once, and keeps what was paid for', isLive, (story) => { story.change({ status: 'canceled', endedAtMs: story.nowMs, paidThroughMs: story.subscription?.currentPeriodEndMs ?? null }); })),
  constant(act('is ended at once and refunded', isLive, (story) => { story.change({ status: 'canceled', endedAtMs: story.nowMs, paidThroughMs: null }); })),
  constant(act('Stripe gives up on the payment', isLive, (story) => { story.change({ status: 'canceled', endedAtMs: story.nowMs, endReason: 'payment_failed' }); })),
  fc.constantFrom('past_due', 'unpaid', 'paused', 'frozen_by_bank').map((status) => act(`Stripe says ${status}`, isLive, (story) => { story.change({ status }); })),
  constant(act('pays what is owed', ({ subscription }) => subscription !== null && ['past_due', 'unpaid', 'paused', 'frozen_by_bank'].includes(subscription.status), (story) => {
    story.change({ status: 'active', currentPeriodEndMs: Math.max(story.subscription?.currentPeriodEndMs ?? 0, story.nowMs + DAY_MS) });
  })),
  constant(act('changes the plan', isLive, (story) => { story.change({ planId: story.subscription?.planId === 'pro' ? 'soft' : 'pro' }); })),
  constant(act('two live subscriptions', isLive, (story) => { story.liveSubscriptionCount = 2; })),
  constant(act('one live subscription again', always, (story) => { story.liveSubscriptionCount = null; })),
  constant(act('an empty list for a moment', always, (story) => {
    const { subscription } = story;
    story.subscription = null;
    story.evaluate();
    story.atRest();
    story.subscription = subscription;
  })),
  constant(act('wishes a free assistant', ({ state, instances }) => state.subscriptionId === null && !instances.some(({ status }) => status !== 'gone'), (story) => { story.instance(story.newId('i'), { planId: 'free', status: 'provisioning' }); })),
  constant(act('removes an assistant', ({ instances }) => instances.some(({ status }) => status !== 'gone'), (story) => {
    const first = story.instances.find(({ status }) => status !== 'gone');
    if (first) story.instance(first.id, { ...first, status: 'gone', desiredState: 'removed' });
  })),
  fc.boolean().map((works) => act(`mail ${works ? 'works' : 'is down'}`, always, (story) => { story.mailWorks = works; })),
  fc.constantFrom(59_000, 61_000, HOUR_MS).map((ageMs) => act(`facts are ${ageMs} ms old for once`, always, (story) => {
    story.factsAgeMs = ageMs;
    story.evaluate();
    story.atRest();
    story.factsAgeMs = 0;
  })),
  fc.boolean().map((on) => act(`test clock ${on ? 'on' : 'off'}`, always, (story) => { story.onTestClock = on; })),
];

it('holds its promises in every history', () => {
  fc.assert(fc.property(fc.commands(acts, { maxCommands: 40, size: 'max' }), (history) => {
    fc.modelRun(() => ({ model: {}, real: new WatchedStory(START_MS) }), history);
  }), { numRuns: 500 });
  for (const move of ['prospect → trialing', 'prospect → active', 'trialing → active', 'trialing → ended', 'active → trialing', 'active → ended', 'ended → torn_down', 'ended → active', 'torn_down → active', 'review_hold']) {
    expect([...reached], `some history reaches ${move}`).toContain(move);
  }
}, 60_000);
