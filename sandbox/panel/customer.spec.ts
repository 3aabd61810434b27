import { describe, expect, it } from 'vitest';
import { STANDARD_POLICY } from '#domain/lifecycle/lifecycle.policy.js';
import type { DunningCase } from '#domain/lifecycle/lifecycle.types.js';
import { nextStop } from './clock.js';
import { customerPart, FACTS } from './customer.fixture.js';
import { progressLine, renderCustomerPage } from './customer-page.js';
import { FINALIZED_AFTER, ofLifecycle, type DueEvent, type LivingSubscription } from './events.js';
import { Runs } from './runs.js';
import { STORIES, storyOf } from './stories.js';

const DAY = 86_400;
const anchorMs = Date.parse('2027-03-01T10:00:00Z');
const day = (count: number): number => anchorMs / 1000 + count * DAY;
const dunning: DunningCase = {
  id: 'sub_1:1', openedAtMs: anchorMs, policy: STANDARD_POLICY, anchorMs, invoiceIds: ['in_1'], amountRemainingCents: 2900, currency: 'usd', shifts: [], attempts: {}, hardDecline: null,
  paymentMethodId: 'pm_1', paidInvoicesBefore: 1, moved: { anchor: 0, back: 0 }, processingSinceMs: null,
};
const next = (what: string, at: number, code: 'suspension' | 'end' | 'grace' | 'downgrade') => ({ what, atMs: at * 1000, why: '', code }) as const;
const instants = (events: readonly DueEvent[]): readonly (readonly [string, number])[] => events.map(({ kind, at }) => [kind, (at - anchorMs / 1000) / DAY] as const);

describe('what is due for a customer', () => {
  it('retrying: the attempts of the policy and the stage to come', () => {
    expect(instants(ofLifecycle({ stage: 'retrying', dunning, next_step: next('grace', day(5), 'grace') }))).toEqual([['stage', 5], ['attempt', 1], ['attempt', 3], ['attempt', 5]]);
  });
  it('retrying on a decline that no retry mends: no attempt', () => {
    expect(instants(ofLifecycle({ stage: 'retrying', dunning: { ...dunning, hardDecline: 'stolen_card' }, next_step: next('grace', day(5), 'grace') }))).toEqual([['stage', 5]]);
  });
  it('grace: its reminders lie before the downgrade', () => {
    expect(instants(ofLifecycle({ stage: 'grace', dunning, next_step: next('downgrade', day(12), 'downgrade') }))).toEqual([['stage', 12], ['notice', 9], ['notice', 11]]);
  });
  it('downgraded: where the suspension is passed over, its notice of day 23 is told here', () => {
    expect(instants(ofLifecycle({ stage: 'downgraded', dunning, next_step: next('end', day(26), 'end') }))).toContainEqual(['notice', 23]);
    expect(instants(ofLifecycle({ stage: 'downgraded', dunning, next_step: next('suspension', day(19), 'suspension') }))).toEqual([['stage', 19], ['notice', 16]]);
  });
  it('a case on a stage without one asks the table for nothing', () => {
    expect(ofLifecycle({ stage: 'active', dunning, next_step: null })).toEqual([]);
  });
});

describe('the next stop of a clock', () => {
  const monthly: LivingSubscription = { id: 'sub_1', status: 'active', trial_end: null, cancel_at: null, cancel_at_period_end: false, items: { data: [{ current_period_end: day(30), price: { recurring: { interval: 'month', interval_count: 1 } } }] } };
  const renewal: DueEvent = { kind: 'charge', what: 'renewal', at: day(30) + FINALIZED_AFTER, beginsAt: day(30) };
  it('stops where a renewal begins and where it is charged', () => {
    const ahead = { events: [renewal], subscriptions: [monthly], stage: 'active' as const };
    expect(nextStop(ahead, day(0), day(365), 'events')).toBe(day(30));
    expect(nextStop(ahead, day(30), day(365), 'events')).toBe(day(30) + FINALIZED_AFTER);
  });
  it('never goes further than Stripe lets it, nor past its target', () => {
    const ahead = { events: [], subscriptions: [monthly], stage: 'active' as const };
    expect(nextStop(ahead, day(0), day(365), 'events')).toBe(day(55.5));
    expect(nextStop(ahead, day(0), day(2), 'events')).toBe(day(2));
  });
  it('looks at every day of a case at the daily pace only', () => {
    const ahead = { events: [], subscriptions: [monthly], stage: 'grace' as const };
    expect(nextStop(ahead, day(6), day(20), 'daily')).toBe(day(7));
    expect(nextStop(ahead, day(6), day(20), 'events')).toBe(day(20));
  });
});

describe('what is played', () => {
  it('moves one customer by one thing at a time', async () => {
    const runs = new Runs();
    let end = (): void => undefined;
    const first = runs.play('a', 'The year', 0, () => new Promise<void>((resolve) => { end = resolve; }));
    await expect(runs.play('a', 'Next event', 1, () => Promise.resolve())).rejects.toMatchObject({ status: 409, code: 'BUSY' });
    await expect(runs.play('b', 'Next event', 1, () => Promise.resolve('other'))).resolves.toBe('other');
    expect([runs.stop('a'), runs.stop('b'), runs.stop('nobody')]).toEqual([true, false, false]);
    end();
    await first;
    expect(runs.of('a')).toMatchObject({ state: 'stopped', stopping: true });
    await expect(runs.play('a', 'Next event', 1, () => Promise.resolve('again'))).resolves.toBe('again');
  });
  it('keeps why it failed', async () => {
    const runs = new Runs();
    await expect(runs.play('a', 'Pays late', 6, () => Promise.reject(new Error('no invoice is open')))).rejects.toThrow('no invoice');
    const run = runs.of('a');
    expect(run === null ? '' : progressLine({ ...run, step: 4, startedAtMs: 0, endedAtMs: 12_000 }, 0)).toBe('Pays late failed, step 4 of 6 (12 s): no invoice is open');
  });
  it('stories are told in steps, and a name from an address is only ever one of theirs', () => {
    expect(Object.keys(STORIES)).toEqual(expect.arrayContaining(['pays-late', 'never-pays', 'new-card', 'new-card-wrong-slot', 'dispute-won', 'dispute-lost', 'stolen-card', 'bank-debit']));
    expect(storyOf('constructor')).toBeUndefined();
    const wrongSlot = storyOf('new-card-wrong-slot')?.steps.flatMap((step) => (step.act === 'card' ? [step.slot] : []));
    expect(wrongSlot).toEqual(['subscription', 'customer']);
  });
});

describe('the page of one customer', () => {
  it('escapes what came from outside, wherever it stands', () => {
    const page = renderCustomerPage(FACTS, true, '<script>said</script>');
    expect(page).not.toMatch(/<script>|<img/);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).not.toContain('href="javascript:');
    expect(page).toContain(FACTS.temporalUrl);
  });
  it('shows the limits of the container, the case and what is played', () => {
    const live = customerPart({ run: { name: 'Never pays', step: 3, steps: 3, line: '2027-03-13: downgraded', state: 'running', startedAtMs: Date.now(), endedAtMs: null, stopping: false } });
    for (const words of ['256 MiB', '0.5 CPU', '29.00 USD open', 'schedule: declined', 'Never pays plays, step 3 of 3', 'Read what Stripe says']) expect(live).toContain(words);
  });
  it('offers no controls where Stripe is real or no clock is there', () => {
    expect(renderCustomerPage(FACTS, false, null)).not.toContain('<button');
    expect(renderCustomerPage({ ...FACTS, clock: null }, true, null)).toContain('no test clock yet');
  });
});
