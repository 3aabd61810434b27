import { describe, expect, it } from 'vitest';
import { evolvePaymentTried } from './lifecycle.evolve.js';
import { DAY_MS, HOUR_MS, STANDARD_POLICY } from './lifecycle.policy.js';
import { LifecycleStory } from './lifecycle.story.js';
import type { PaymentTrigger } from './lifecycle.types.js';

const ANCHOR_MS = Date.parse('2027-03-01T10:05Z');
const paying = (planId = 'max'): LifecycleStory => {
  const story = LifecycleStory.at('2027-02-01T10:00Z').instance('a', { planId }).subscribe('sub_1', { planId, instanceId: 'a', currentPeriodEndMs: Date.parse('2027-03-01T10:00Z') });
  story.paidInvoiceCount = 1;
  return story.evaluate().sleepUntil(ANCHOR_MS).change({ currentPeriodEndMs: Date.parse('2027-04-01T10:00Z') });
};
const failing = (planId = 'max'): LifecycleStory => paying(planId).fail('in_1').evaluate();
const day = (number: number): number => ANCHOR_MS + number * DAY_MS;

describe('what opens a case', () => {
  it.each([
    ['an invoice that is sent by mail', { collectionMethod: 'send_invoice' }],
    ['the invoice of an upgrade that was not paid', { ofPendingUpdate: true }],
    ['an invoice of another subscription', { subscriptionId: 'sub_0' }],
    ['an invoice of which nothing is left', { amountRemainingCents: 0 }],
    ['an invoice that was not tried yet', { firstFailedAtMs: null }],
  ])('not %s', (_what, over) => {
    const story = paying().fail('in_1', over).change({ status: 'active' }).evaluate();
    expect(story.state).toMatchObject({ stage: 'active', dunning: null, reviewReason: null });
  });

  it('a subscription that is seen for the first time when it fails: begun, then in dunning, with its true anchor', () => {
    const story = LifecycleStory.at('2027-03-08T10:05Z').instance('a', { planId: 'max' }).subscribe('sub_1', { planId: 'max', instanceId: 'a' }).fail('in_1', { firstFailedAtMs: ANCHOR_MS });
    story.paidInvoiceCount = 1;
    story.evaluate();
    expect(story.diary.filter((line) => line.includes('→')).map((line) => line.slice(17))).toEqual(['prospect → active', 'active → retrying', 'retrying → grace']);
    expect(story.state.dunning).toMatchObject({ id: 'sub_1:1', anchorMs: ANCHOR_MS, amountRemainingCents: 2900, invoiceIds: ['in_1'] });
    expect(story.statusOf('a'), 'served as long as the calendar says').toBe('running');
  });

  it.each(['unpaid', 'paused'])('Stripe\'s "%s" after the last attempt is the case\'s own calendar', (status) => {
    const story = failing().sleepUntil(day(6)).change({ status, pauseReason: 'final_payment_failure' }).evaluate();
    expect(story.state).toMatchObject({ stage: 'grace', reviewReason: null });
    story.sleepUntil(day(19));
    expect(story.state.stage).toBe('suspended');
  });
});

describe('what closes a case', () => {
  const tried = (story: LifecycleStory, trigger: PaymentTrigger, outcome: 'paid' | 'processing' | 'declined'): void => {
    story.state = evolvePaymentTried(story.state, `sub_1:1:in_1:${trigger}:1`, { atMs: story.nowMs, invoiceId: 'in_1', trigger, outcome, paymentMethodId: 'pm_old' });
  };
  it.each([['customer', 'paid', 'customer'], ['support', 'paid', 'support'], ['customer', 'processing', 'customer'], ['support', 'declined', 'other']] as const)('an attempt of %s that was %s: recovered by %s', (trigger, outcome, recoveredBy) => {
    const story = failing();
    tried(story, trigger, outcome);
    story.pay('in_1').evaluate();
    expect(story.state.lastCase).toEqual({ id: 'sub_1:1', outcome: 'recovered', recoveredBy, anchorMs: ANCHOR_MS, closedAtMs: ANCHOR_MS });
  });

  it('the first record of a key counts, and without a case there is nothing to remember', () => {
    const story = failing();
    tried(story, 'customer', 'declined');
    const before = story.state;
    tried(story, 'customer', 'paid');
    expect(story.state).toBe(before);
    const calm = paying().state;
    expect(evolvePaymentTried(calm, 'k', { atMs: 0, invoiceId: 'in_1', trigger: 'customer', outcome: 'paid', paymentMethodId: null })).toBe(calm);
  });

  it('paid, but Stripe still says past_due: nothing gets worse, however long, and it is asked again each hour', () => {
    const story = failing().sleepUntil(day(13)).pay('in_1').change({ status: 'past_due' }).evaluate().sleepUntil(day(40));
    expect(story.state).toMatchObject({ stage: 'downgraded', reviewReason: null });
    expect(story.last?.wakeAtMs ?? 0).toBeLessThanOrEqual(story.nowMs + HOUR_MS);
    story.change({ status: 'active' }).evaluate();
    expect(story.state).toMatchObject({ stage: 'active', lastCase: { outcome: 'recovered' } });
  });

  it('fewer paid invoices than before is no truth: a person looks', () => {
    const story = failing().sleepUntil(day(6)).close('in_1');
    story.paidInvoiceCount = 0;
    story.evaluate();
    expect(story.state).toMatchObject({ stage: 'grace', overlays: ['review_hold'] });
    expect(story.state.dunning?.id).toBe('sub_1:1');
  });

  it('a second case has its own number, its own notices, and those of the first are forgotten', () => {
    const story = failing().sleepUntil(day(7)).pay('in_1').evaluate();
    story.sleepUntil(day(31)).change({ currentPeriodEndMs: day(62) }).fail('in_2').evaluate();
    expect(story.state.dunning?.id).toBe('sub_1:2');
    expect(Object.keys(story.state.notices)).toEqual(['sub_1:1:payment_received', 'sub_1:1:c2:payment_failed']);
    expect(story.state.lastCase, 'the first one is told and over').toBeNull();
  });

  it('canceled at once by the customer while it was open', () => {
    const story = failing().sleepUntil(day(7)).change({ status: 'canceled', endedAtMs: day(7), endReason: 'cancellation_requested' });
    story.openInvoices = [];
    story.evaluate();
    expect(story.state).toMatchObject({ stage: 'ended', unpaidEnd: null, lastCase: { outcome: 'canceled', recoveredBy: null } });
    expect(story.state.nextStep?.atMs, 'with the time of a voluntary end').toBe(day(14));
  });
});

describe('what never happens', () => {
  it('a case keeps the policy it was opened with', () => {
    const story = failing().sleepUntil(day(6));
    story.policy = { ...STANDARD_POLICY, version: 'standard-2', stages: { ...STANDARD_POLICY.stages, downgraded: { ...STANDARD_POLICY.stages.downgraded, fromDay: 8 } } };
    story.evaluate().sleepUntil(day(11.9));
    expect(story.state.stage).toBe('grace');
    story.sleepUntil(day(12));
    expect(story.state).toMatchObject({ stage: 'downgraded', policyVersion: 'standard-1' });
  });

  it('an older first failure that turns up later does not bring a deadline forward', () => {
    const story = failing();
    story.invoice('in_1', { firstFailedAtMs: ANCHOR_MS - 5 * DAY_MS }).evaluate();
    expect(story.state.dunning?.anchorMs).toBe(ANCHOR_MS);
  });

  it('nobody is hurt on facts older than a minute: they are fetched again', () => {
    const story = failing().sleepUntil(day(11.5)).jumpTo(day(12));
    story.factsAgeMs = 61_000;
    expect(story.evaluate().state.stage).toBe('grace');
    expect(story.last?.wakeAtMs).toBe(story.nowMs + 15_000);
    story.factsAgeMs = 0;
    expect(story.evaluate().state.stage).toBe('downgraded');
  });

  it('Stripe says "active" and an invoice is open: a person looks before anything is taken away', () => {
    const story = failing().change({ status: 'active' }).evaluate().sleepUntil(day(12));
    expect(story.state).toMatchObject({ stage: 'grace', serviceLevel: 'full', overlays: ['review_hold'] });
  });

  it('Stripe does not carry out the end: asked again, and the customer is not moved before it shows', () => {
    const story = failing().sleepUntil(day(25));
    story.stripeWorks = false;
    story.sleepUntil(day(27));
    expect(story.state.stage).toBe('suspended');
    story.stripeWorks = true;
    story.sleepUntil(day(27) + HOUR_MS);
    expect(story.state).toMatchObject({ stage: 'ended', lastCase: { outcome: 'ended' }, unpaidEnd: { id: 'sub_1:1' } });
    expect(story.effects.filter(({ kind }) => kind === 'void_and_cancel').length).toBeGreaterThan(1);
  });

  it('on a test clock nothing is armed; the clock that moved is enough', () => {
    const story = failing();
    story.onTestClock = true;
    expect(story.evaluate().last?.wakeAtMs).toBeNull();
    story.jumpTo(day(6)).evaluate().jumpTo(day(12)).evaluate();
    expect(story.state.stage).toBe('downgraded');
    expect(story.last?.wakeAtMs).toBeNull();
  });

  it('a dispute in dunning: nothing is charged and nothing removed, the calendar goes on', () => {
    const story = failing();
    story.disputes = [{ id: 'dp_1', status: 'under_review', reason: 'fraudulent', amountCents: 2900, currency: 'usd', subscriptionId: 'sub_1' }];
    story.evaluate().sleepUntil(day(80));
    expect(story.charges).toEqual([]);
    expect(story.state).toMatchObject({ stage: 'ended', overlays: ['dispute_hold'] });
    story.disputes = [];
    story.evaluate();
    expect(story.state.stage).toBe('torn_down');
  });

  it('a card from the wrong slot is not adopted while nothing is owed', () => {
    const story = paying().card('pm_new', 'customer').evaluate();
    expect(story.effects.map(({ kind }) => kind)).not.toContain('adopt_payment_method');
  });

  it('two open invoices: the oldest first, the next at once when it is paid', () => {
    const story = failing().fail('in_2').card('pm_good').evaluate();
    expect(story.charges.map(({ invoiceId, paid }) => [invoiceId, paid])).toEqual([['in_1', true], ['in_2', true]]);
    expect(story.state.stage).toBe('active');
  });
});
