import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaseRecord } from '../finance/ledger.types.js';
import { STANDARD_POLICY, type LifecyclePolicy } from '../lifecycle/lifecycle.policy.js';
import type { Catalogue, Plan } from '../plan/plan.types.js';
import { ASSUMED_BEHAVIOUR, bookOfPast, makeBook } from './behaviour.js';
import { changedPolicy } from './changed-policy.js';
import { playCase } from './play-case.js';
import { simulate } from './simulate.js';
import type { PolicyOutcome, SimulatedCustomer } from './simulation.types.js';

const plan = (id: string, amountCents: number | null, downgradeTo: string | null, currency = 'usd'): Plan => ({
  id, name: id, description: '', sold: true, prices: amountCents === null ? [] : [{ id: `${id}_m`, amountCents, currency, interval: 'month', intervalCount: 1 }], trialHours: 0, downgradeTo, onCancel: 'end', afterCancelDays: 7,
  limits: { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: null, agents: 1, subAgents: 1 },
  size: { memoryMiB: 1, cpus: 1, pidsLimit: 1 }, sandboxSize: { memoryMiB: 1, cpus: 1, pidsLimit: 1 },
});
const catalogue: Catalogue = { id: 't', plans: [plan('free', null, null), plan('pro', 2000, 'free'), plan('max', 5000, 'pro'), plan('euro', 3000, 'pro', 'eur')] };
const SMART: LifecyclePolicy = {
  ...STANDARD_POLICY, id: 'smart', version: 'smart-1', retryOwner: 'stripe', payAgainOnDays: [],
  stages: { ...STANDARD_POLICY.stages, grace: { ...STANDARD_POLICY.stages.grace, fromDay: 14, notices: [{ when: 'entry', announces: 'downgraded' }] }, downgraded: { ...STANDARD_POLICY.stages.downgraded, fromDay: 17, notices: [{ when: 'entry', announces: 'suspended' }] }, suspended: { ...STANDARD_POLICY.stages.suspended, fromDay: 21 } },
};
const one = (change: Partial<SimulatedCustomer> = {}): SimulatedCustomer => ({ index: 0, planId: 'max', amountCents: 5000, currency: 'usd', hardDecline: false, cardWorksFromDay: null, acts: null, answersNotices: false, ...change });
const play = (change: Partial<SimulatedCustomer>, policy = STANDARD_POLICY) => playCase(one(change), policy, catalogue, ASSUMED_BEHAVIOUR, 1);
const run = (book: readonly SimulatedCustomer[], policy: LifecyclePolicy, seed = 1, model = ASSUMED_BEHAVIOUR): PolicyOutcome => {
  const playing = simulate({ book, policy, catalogue, model, seed });
  for (;;) {
    const step = playing.next();
    if (step.done === true) return step.value;
  }
};

describe('one case, played by the decisions of production', () => {
  it('who never pays goes through every stage on its day', () => {
    expect(play({})).toMatchObject({
      outcome: 'ended', daysToClose: 26, retries: 3, held: null, days: { full: 12, downgraded: 7, stopped: 7, none: 0 },
      stages: [['retrying', 0], ['grace', 5], ['downgraded', 12], ['suspended', 19], ['ended', 26], ['torn_down', 56]].map(([stage, fromDay]) => ({ stage, fromDay })),
    });
    expect(play({ planId: 'pro' }).stages.map(({ stage }) => stage)).toEqual(['retrying', 'grace', 'downgraded', 'active']);
  });

  it('a card that works again is charged by the next attempt, and by none after the last', () => {
    expect(play({ cardWorksFromDay: 1.5 })).toMatchObject({ outcome: 'recovered', cause: 'schedule', daysToClose: 3, retries: 2, days: { full: 3, downgraded: 0, stopped: 0 } });
    expect(play({ cardWorksFromDay: 5.1 }).outcome).toBe('ended');
    expect(play({ cardWorksFromDay: 5.1 }, SMART)).toMatchObject({ outcome: 'recovered', cause: 'stripe_retry', daysToClose: 7 });
  });

  it('a final decline is not tried again; another card pays at once, from whatever stage', () => {
    expect(play({ hardDecline: true })).toMatchObject({ outcome: 'ended', retries: 0 });
    expect(play({ hardDecline: true }).stages[1]).toEqual({ stage: 'grace', fromDay: 0 });
    expect(play({ hardDecline: true, acts: { onDay: 20, how: 'new_card' } })).toMatchObject({ outcome: 'recovered', cause: 'card_changed', daysToClose: 20, days: { full: 12, downgraded: 7, stopped: 1 } });
    expect(play({ acts: { onDay: 9, how: 'pays' } })).toMatchObject({ outcome: 'recovered', cause: 'customer', daysToClose: 9 });
  });

  it('too late is too late', () => {
    expect(play({ acts: { onDay: 27, how: 'pays' } }).outcome).toBe('ended');
    // At the very instant of the end a payment counts; a moment later it does not.
    const later = changedPolicy(STANDARD_POLICY, { stages: { ended: { fromDay: 27 } } }).policy;
    expect([play({ acts: { onDay: 27, how: 'pays' } }, later).outcome, play({ acts: { onDay: 27.01, how: 'pays' } }, later).outcome]).toEqual(['recovered', 'ended']);
    expect(play({ acts: { onDay: 25.9, how: 'pays' } }).outcome).toBe('recovered');
  });
});

describe('a book', () => {
  it('is the same for the same seed, and so is the answer; another seed is another book', () => {
    const book = makeBook(60, 42, catalogue, ASSUMED_BEHAVIOUR);
    expect(makeBook(60, 42, catalogue, ASSUMED_BEHAVIOUR)).toEqual(book);
    expect(makeBook(60, 43, catalogue, ASSUMED_BEHAVIOUR)).not.toEqual(book);
    expect(run(book, STANDARD_POLICY, 42)).toEqual(run(book, STANDARD_POLICY, 42));
  });

  it('follows its model in its shares', () => {
    const book = makeBook(10_000, 5, catalogue, ASSUMED_BEHAVIOUR);
    const share = (of: (customer: SimulatedCustomer) => boolean): number => book.filter(of).length / book.length;
    expect(share(({ hardDecline }) => hardDecline)).toBeCloseTo(0.15, 1);
    expect(share(({ answersNotices }) => !answersNotices)).toBeCloseTo(0.12, 1);
    expect(share(({ cardWorksFromDay }) => cardWorksFromDay !== null && cardWorksFromDay <= 5)).toBeCloseTo(0.36 * 0.85 * 0.88, 1);
  });

  it('comes out even: everybody is recovered or lost, and every day has everybody in it (property)', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(STANDARD_POLICY, SMART), (seed, policy) => {
      const book = makeBook(25, seed, catalogue, ASSUMED_BEHAVIOUR);
      const { totals, days } = run(book, policy, seed);
      expect(totals.map(({ currency }) => currency)).toEqual([...new Set(book.map(({ currency }) => currency))].sort());
      for (const total of totals) {
        const ours = book.filter(({ currency }) => currency === total.currency);
        expect(total.customers).toBe(ours.length);
        expect(total.recoveredCents + total.lostCents).toBe(ours.reduce((sum, { amountCents }) => sum + amountCents, 0));
        expect(total.recoveredBy.reduce((sum, { customers }) => sum + customers, 0)).toBe(total.recoveredCustomers);
        expect(total.recoveredBy.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(total.recoveredCents);
        expect(total.fullServiceDaysGivenAway).toBeLessThanOrEqual(total.serviceDaysGivenAway);
      }
      for (const { stages } of days) expect(Object.values(stages).reduce((sum, count) => sum + count, 0)).toBe(25);
    }), { numRuns: 25 });
  });

  it('without retries nobody is recovered by one; a longer grace gives more days away and never loses a customer whom the shorter one kept', () => {
    const silent = { ...ASSUMED_BEHAVIOUR, noticeResponse: {} };
    const book = makeBook(150, 9, catalogue, silent);
    const [today, none] = [STANDARD_POLICY, changedPolicy(STANDARD_POLICY, { payAgainOnDays: [] }).policy].map((policy) => run(book, policy, 1, silent)) as [PolicyOutcome, PolicyOutcome];
    expect(today.totals[1]!.recoveredCustomers).toBeGreaterThan(0);
    expect(none.totals.map(({ recoveredCustomers, retries }) => [recoveredCustomers, retries])).toEqual([[0, 0], [0, 0]]);
    const longer = run(book, changedPolicy(STANDARD_POLICY, { stages: { downgraded: { fromDay: 16 }, suspended: { fromDay: 21 } } }).policy, 1, silent);
    for (const [index, total] of longer.totals.entries()) {
      expect(total.serviceDaysGivenAway).toBeGreaterThan(today.totals[index]!.serviceDaysGivenAway);
      expect(total.recoveredCustomers).toBe(today.totals[index]!.recoveredCustomers);
    }
  });
});

describe('the past', () => {
  const record = (caseId: string, change: Partial<CaseRecord>): CaseRecord => ({
    caseId, customerId: 'c', subscriptionId: 's', openedAtMs: 0, anchorMs: 0, stage: 'active', nextStepAtMs: null, nextStepWhat: null, amountRemainingCents: 0, amountAtRiskCents: 5000, monthlyCents: 5000, currency: 'usd',
    policyVersion: 'standard-1', hardDecline: null, closedAtMs: 9 * 86_400_000, outcome: 'recovered', recoveredBy: 'customer', ...change,
  });
  const cases = [
    record('a', {}), record('b', { recoveredBy: 'schedule', closedAtMs: 3 * 86_400_000 }), record('c', { outcome: 'ended', recoveredBy: null, closedAtMs: 26 * 86_400_000 }), record('d', { outcome: 'waived', recoveredBy: null }),
    record('e', { closedAtMs: null, outcome: null, recoveredBy: null }), record('f', { recoveredBy: 'card_changed', hardDecline: 'stolen_card', closedAtMs: 20 * 86_400_000 }),
  ];

  it('under the policy of then comes out as it was', () => {
    const book = bookOfPast(cases, () => 'max');
    expect(book).toHaveLength(4);
    expect(book.map((customer) => { const played = playCase(customer, STANDARD_POLICY, catalogue, ASSUMED_BEHAVIOUR, 1); return [played.outcome, played.cause, played.daysToClose]; }))
      .toEqual([['recovered', 'customer', 9], ['recovered', 'schedule', 3], ['ended', null, 26], ['recovered', 'card_changed', 20]]);
  });

  it('a policy that ends sooner loses who paid late', () => {
    const { policy } = changedPolicy(STANDARD_POLICY, { stages: { grace: { fromDay: 3 }, downgraded: { fromDay: 6 }, suspended: { fromDay: 9 }, ended: { fromDay: 15 } }, payAgainOnDays: [1, 3] });
    expect(run(bookOfPast(cases, () => 'max'), policy).totals[0]).toMatchObject({ recoveredCustomers: 2, ended: 2 });
  });
});

describe('a changed policy', () => {
  it('takes its notices along, and says which had no room', () => {
    const { policy, adjusted } = changedPolicy(STANDARD_POLICY, { stages: { grace: { fromDay: 10 }, suspended: { fromDay: 17 } } });
    expect(policy.stages.suspended.notices).toContainEqual({ when: 'day', day: 21, announces: 'ended' });
    expect(policy.stages.grace.notices).toEqual([{ when: 'entry', announces: 'downgraded' }, { when: 'before', daysBefore: 1, announces: 'downgraded' }]);
    expect(adjusted).toEqual(['The notice of day 9 that announces downgraded is left out: grace runs from day 10 to day 12.', 'The notice of day 23 in suspended moves to day 21.']);
    expect(policy.version).toBe('standard-1-changed');
    expect(changedPolicy(STANDARD_POLICY, {}).adjusted).toEqual([]);
  });
});
