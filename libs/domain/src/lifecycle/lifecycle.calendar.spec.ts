import { describe, expect, it } from 'vitest';
import { describeLifecycle } from './lifecycle.describe.js';
import { LifecycleStory } from './lifecycle.story.js';

/** A subscriber with a running assistant, paid on 1 March 2027 10:00, period to 1 April. */
const paying = (): LifecycleStory => {
  const story = LifecycleStory.at('2027-03-01T10:00Z').instance('a').subscribe('sub_1', { instanceId: 'a', currentPeriodEndMs: Date.parse('2027-04-01T10:00Z') });
  story.paidInvoiceCount = 1;
  return story.evaluate();
};
const leaving = (): LifecycleStory => {
  const story = paying().change({ cancelAtPeriodEnd: true, cancelAtMs: Date.parse('2027-04-01T10:00Z') }).evaluate();
  return story;
};
const ended = (): LifecycleStory => leaving().jumpTo('2027-04-01T10:02Z')
  .change({ status: 'canceled', endedAtMs: Date.parse('2027-04-01T10:00Z'), endReason: 'cancellation_requested' }).evaluate();

describe('the calendar of a customer', () => {
  it('trial, conversion, cancellation, end, teardown: every stage once, in order', () => {
    const story = LifecycleStory.at('2027-03-01T10:00Z').instance('a').evaluate();
    expect(story.state.nextStep?.code).toBe('checkout');
    story.subscribe('sub_1', { status: 'trialing', instanceId: 'a', trialEndMs: Date.parse('2027-03-03T10:00Z'), currentPeriodEndMs: Date.parse('2027-03-03T10:00Z') }).evaluate();
    expect(story.state.nextStep).toMatchObject({ code: 'trial_end', atMs: Date.parse('2027-03-03T10:00Z') });
    story.sleepUntil('2027-03-03T10:01Z');
    story.change({ status: 'active', currentPeriodEndMs: Date.parse('2027-04-03T10:00Z') }).evaluate();
    expect(story.notices(), 'active, but the invoice is not paid yet').not.toContain('payment_received');
    story.paidInvoiceCount = 1;
    story.evaluate();
    story.sleepUntil('2027-03-20T08:00Z').change({ cancelAtPeriodEnd: true }).evaluate();
    expect(story.state.nextStep).toMatchObject({ code: 'cancellation', atMs: Date.parse('2027-04-03T10:00Z') });
    expect(story.state.overlays).toEqual(['canceling']);
    story.sleepUntil('2027-04-03T10:01Z').change({ status: 'canceled', endedAtMs: Date.parse('2027-04-03T10:00Z'), endReason: 'cancellation_requested' }).evaluate();
    story.sleepUntil('2027-05-01T00:00Z');
    expect(story.diary).toEqual([
      '2027-03-01 10:00 prospect → trialing',
      '2027-03-01 10:00 provision a',
      '2027-03-01 10:00 mail sub_1:1:trial_started',
      '2027-03-02 10:00 mail sub_1:1:trial_ending:24h',
      '2027-03-03 10:01 trialing → active',
      '2027-03-03 10:01 mail sub_1:1:payment_received',
      '2027-03-20 08:00 mail sub_1:1:cancel_scheduled:1',
      '2027-04-03 10:01 active → ended',
      '2027-04-03 10:01 stop a',
      '2027-04-03 10:01 export a',
      '2027-04-03 10:01 mail sub_1:1:ended_export_offered',
      '2027-04-09 10:01 mail sub_1:1:teardown_soon:1d',
      '2027-04-10 10:01 ended → torn_down',
      '2027-04-10 10:01 tear down a',
      '2027-04-10 10:01 mail sub_1:1:torn_down',
    ]);
    expect(story.last?.wakeAtMs).toBeNull();
  });

  it('a cancellation that is undone and scheduled again is told each time, once', () => {
    const story = leaving().evaluate().evaluate();
    story.change({ cancelAtPeriodEnd: false, cancelAtMs: null }).evaluate().evaluate();
    expect(story.state.overlays).toEqual([]);
    story.change({ cancelAtPeriodEnd: true }).evaluate().evaluate();
    expect(story.effects.flatMap((effect) => (effect.kind === 'notify' ? [effect.key] : []))).toEqual([
      'sub_1:1:payment_received', 'sub_1:1:cancel_scheduled:1', 'sub_1:1:cancel_undone:1', 'sub_1:1:cancel_scheduled:2',
    ]);
  });

  it('the worker is down for a month after the end: one stage, its notice, and a full week before the teardown', () => {
    const story = leaving().change({ status: 'canceled', endedAtMs: Date.parse('2027-04-01T10:00Z'), endReason: 'cancellation_requested' }).jumpTo('2027-05-02T00:00Z').evaluate();
    expect(story.state.stage).toBe('ended');
    expect(story.state.nextStep?.atMs).toBe(Date.parse('2027-05-09T00:00Z'));
    story.sleepUntil('2027-06-01T00:00Z');
    expect(story.diary.slice(-4)).toEqual(['2027-05-08 00:00 mail sub_1:1:teardown_soon:1d', '2027-05-09 00:00 ended → torn_down', '2027-05-09 00:00 tear down a', '2027-05-09 00:00 mail sub_1:1:torn_down']);
  });

  it('the mail server is down: no notice, no teardown, however long', () => {
    const story = leaving();
    story.mailWorks = false;
    story.jumpTo('2027-04-01T10:02Z').change({ status: 'canceled', endedAtMs: Date.parse('2027-04-01T10:00Z'), endReason: 'cancellation_requested' }).evaluate();
    story.jumpTo('2027-06-01T00:00Z').evaluate();
    expect(story.state.stage).toBe('ended');
    story.mailWorks = true;
    story.evaluate().sleepUntil('2027-06-07T23:00Z');
    expect(story.state.stage).toBe('ended');
    story.sleepUntil('2027-06-08T00:00Z');
    expect(story.state.stage).toBe('torn_down');
  });

  it('buys again while the data is kept: a new cycle, the same assistant comes back', () => {
    const story = ended().jumpTo('2027-04-05T00:00Z').subscribe('sub_2', { instanceId: 'a' }).evaluate();
    expect(story.state).toMatchObject({ stage: 'active', serviceLevel: 'full', cycle: 2, subscriptionId: 'sub_2', overlays: [] });
    expect(story.statusOf('a')).toBe('running');
    story.sleepUntil('2027-04-20T00:00Z');
    expect(story.state.stage).toBe('active');
  });

  it('buys again after the teardown: a new assistant, and the new end is announced anew', () => {
    const story = ended().sleepUntil('2027-04-20T00:00Z').instance('b').evaluate();
    expect(story.state.stage).toBe('torn_down');
    expect(story.statusOf('b'), 'what waits for its payment is not torn down').toBe('awaiting_payment');
    story.subscribe('sub_2', { instanceId: 'b' }).evaluate();
    expect(story.state).toMatchObject({ stage: 'active', cycle: 2 });
    expect(story.statusOf('b')).toBe('running');
    story.jumpTo('2027-06-01T00:00Z').change({ status: 'canceled', endedAtMs: Date.parse('2027-05-20T00:00Z'), endReason: 'cancellation_requested' }).evaluate();
    expect(story.state.stage).toBe('ended');
    story.sleepUntil('2027-06-07T23:59Z');
    expect(story.state.stage).toBe('ended');
    story.sleepUntil('2027-06-08T00:00Z');
    expect(story.diary.at(-1)).toBe('2027-06-08 00:00 mail sub_2:2:torn_down');
  });

  it('Free: active at once, nothing is ever due', () => {
    const story = LifecycleStory.at('2027-03-01T10:00Z').instance('f', { planId: 'free', status: 'provisioning' }).evaluate();
    expect(story.state).toMatchObject({ stage: 'active', serviceLevel: 'full', planId: 'free', subscriptionId: null });
    expect(story.state.nextStep?.code).toBe('free');
    expect(story.statusOf('f')).toBe('running');
    expect(story.last?.wakeAtMs).toBeNull();
    story.subscribe('sub_1', { status: 'trialing', instanceId: 'f', trialEndMs: story.nowMs + 1 }).evaluate();
    expect(story.state).toMatchObject({ stage: 'trialing', planId: 'pro' });
    expect(story.instances[0]?.planId, 'the running assistant gets the limits of its new plan').toBe('pro');
  });

  it('a plan that leads to Free: the assistant keeps running, with Free limits', () => {
    const story = LifecycleStory.at('2027-03-01T10:00Z').instance('a', { planId: 'soft' }).subscribe('sub_1', { planId: 'soft', instanceId: 'a' }).evaluate();
    story.jumpTo('2027-04-01T00:00Z').change({ status: 'canceled', endedAtMs: story.nowMs, endReason: 'cancellation_requested' }).evaluate().evaluate();
    expect(story.state).toMatchObject({ stage: 'active', planId: 'free', serviceLevel: 'full' });
    expect(story.instances[0]).toMatchObject({ status: 'running', planId: 'free' });
    expect(story.notices().filter((notice) => notice === 'moved_to_free')).toHaveLength(1);
    expect(story.jumpTo('2027-09-01T00:00Z').evaluate().state.stage).toBe('active');
  });

  it('provisioning failed and was refunded: no talk of an export, nothing to wait for', () => {
    const story = paying().instance('a', { status: 'failed' }).change({ status: 'canceled', endedAtMs: Date.parse('2027-03-01T10:05Z') }).jumpTo('2027-03-01T10:05Z').evaluate();
    expect(story.state).toMatchObject({ stage: 'ended', nextStep: { code: 'nothing_kept' } });
    expect(story.notices()).not.toContain('ended_export_offered');
  });

  it('an immediate end in Stripe does not take away what was paid for', () => {
    const story = paying().jumpTo('2027-03-05T00:00Z').change({ status: 'canceled', endedAtMs: Date.parse('2027-03-05T00:00Z'), paidThroughMs: Date.parse('2027-04-01T10:00Z') }).evaluate();
    expect(story.state).toMatchObject({ stage: 'active', serviceLevel: 'full', overlays: ['canceling'], nextStep: { atMs: Date.parse('2027-04-01T10:00Z') } });
    story.sleepUntil('2027-04-01T11:00Z');
    expect(story.state.stage).toBe('ended');
  });
});

describe('holds: the service stays, a person looks', () => {
  const held = (why: RegExp, spoil: (story: LifecycleStory) => void): void => {
    const story = paying();
    spoil(story);
    story.jumpTo('2027-04-20T00:00Z').evaluate().evaluate();
    expect(story.state).toMatchObject({ stage: 'active', serviceLevel: 'full', overlays: ['review_hold'], nextStep: { code: 'review' } });
    expect(story.state.reviewReason).toMatch(why);
    expect(story.effects.filter(({ kind }) => kind === 'flag_for_review')).toHaveLength(1);
    expect(story.statusOf('a')).toBe('running');
    story.liveSubscriptionCount = null;
    story.openInvoices = [];
    story.subscribe('sub_1', { instanceId: 'a' }).evaluate();
    expect(story.state.overlays, 'the hold goes with its cause').toEqual([]);
  };
  it.each(['past_due', 'unpaid', 'paused', 'frozen_by_bank', 'constructor'])('status "%s"', (status) => held(new RegExp(status), (story) => story.change({ status })));
  it('two live subscriptions', () => held(/2 live/, (story) => { story.liveSubscriptionCount = 2; }));
  it('an empty list is unknown, not ended', () => held(/no longer shows/, (story) => { story.subscription = null; }));
  it('a plan that nobody knows', () => held(/catalogue/, (story) => story.change({ planId: 'gold' })));
  it('Stripe gave up on a payment', () => held(/payment_failed/, (story) => story.change({ status: 'canceled', endedAtMs: story.nowMs, endReason: 'payment_failed' })));
  it('ended with an invoice open', () => held(/invoice is open/, (story) => {
    story.fail('in_1', { firstFailedAtMs: null });
    story.change({ status: 'canceled', endedAtMs: story.nowMs });
  }));

  it('old facts hurt nobody: they are fetched again', () => {
    const story = leaving().jumpTo('2027-04-01T10:02Z').change({ status: 'canceled', endedAtMs: Date.parse('2027-04-01T10:00Z') });
    story.factsAgeMs = 61_000;
    story.evaluate();
    expect(story.state.stage).toBe('active');
    expect(story.last?.wakeAtMs).toBe(story.nowMs + 15_000);
    story.factsAgeMs = 60_000;
    expect(story.evaluate().state.stage).toBe('ended');
  });

  it('paid and ended before it was ever served is a case for a refund', () => {
    const story = LifecycleStory.at('2027-03-01T10:00Z').subscribe('sub_1', { status: 'canceled', endedAtMs: 1 });
    expect(story.evaluate().state).toMatchObject({ stage: 'prospect', overlays: [] });
    story.paidInvoiceCount = 1;
    expect(story.evaluate().state).toMatchObject({ stage: 'prospect', overlays: ['review_hold'] });
    story.change({ paidThroughMs: null });
    expect(story.evaluate().state.overlays, 'refunded already').toEqual([]);
  });

  it('a checkout that is under way keeps the data of an ended customer', () => {
    const story = ended().jumpTo('2027-05-01T00:00Z').subscribe('sub_2', { status: 'incomplete' }).evaluate();
    expect(story.state.stage).toBe('ended');
    expect(story.statusOf('a')).toBe('suspended');
  });
});

it('a customer on a test clock is never woken, and lives by that clock', () => {
  const story = paying();
  story.onTestClock = true;
  expect(story.evaluate().last?.wakeAtMs).toBeNull();
  story.change({ status: 'canceled', endedAtMs: story.nowMs }).evaluate();
  expect(story.last?.wakeAtMs).toBeNull();
  story.jumpTo(story.nowMs + 7 * 86_400_000).evaluate();
  expect(story.state.stage).toBe('torn_down');
});

it('says the state in a table that no text can break', () => {
  const story = leaving();
  const table = describeLifecycle({ ...story.state, reason: 'a | b\n\n# c' }, 'look | here');
  expect(table.split('\n')).toHaveLength(9);
  expect(table).toContain('| Why | a \\| b # c |');
  expect(table).toContain('(2027-04-01 10:00 UTC)');
});
