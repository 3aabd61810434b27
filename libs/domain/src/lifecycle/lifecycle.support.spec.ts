import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from './lifecycle.policy.js';
import { LifecycleStory } from './lifecycle.story.js';
import type { SupportAct } from './lifecycle.types.js';
import { describeLifecycle } from './lifecycle.describe.js';

const by = { actor: 'support:anna', reason: 'Called, pays on Friday.' };
let story: LifecycleStory;

beforeEach(() => {
  story = LifecycleStory.at('2027-02-01T10:00Z').instance('a', { planId: 'max' }).subscribe('sub_1', { planId: 'max', instanceId: 'a', currentPeriodEndMs: Date.parse('2027-03-01T10:00Z') });
  story.paidInvoiceCount = 1;
  story.evaluate().sleepUntil('2027-03-01T10:05Z').change({ currentPeriodEndMs: Date.parse('2027-04-01T10:00Z') }).fail('in_1').evaluate();
});
const onDay = (day: number): LifecycleStory => story.sleepUntil(Date.parse('2027-03-01T10:05Z') + day * DAY_MS);

describe('support is refused', () => {
  const cases: [string, number, SupportAct, string, string | null][] = [
    ['without a reason', 6, { verb: 'extend_grace', days: 3, actor: 'support:anna', reason: ' a ' }, 'REASON_MISSING', 'reason'],
    ['half a day', 6, { verb: 'extend_grace', days: 0.5, ...by }, 'NOT_POSSIBLE_HERE', 'days'],
    ['no day at all', 6, { verb: 'pause_dunning', days: 0, ...by }, 'NOT_POSSIBLE_HERE', 'days'],
    ['more than a month of grace', 6, { verb: 'extend_grace', days: 31, ...by }, 'TOO_LONG', 'days'],
    ['grace when it is over', 13, { verb: 'extend_grace', days: 3, ...by }, 'NOT_POSSIBLE_HERE', null],
    ['a pause of more than 14 days', 6, { verb: 'pause_dunning', days: 15, ...by }, 'TOO_LONG', 'days'],
    ['the stage it is in', 6, { verb: 'set_stage', stage: 'grace', ...by }, 'NOT_POSSIBLE_HERE', 'stage'],
    ['back to retrying', 13, { verb: 'set_stage', stage: 'retrying', ...by }, 'NOT_POSSIBLE_HERE', 'stage'],
    ['the teardown', 20, { verb: 'set_stage', stage: 'torn_down', ...by }, 'NOT_POSSIBLE_HERE', 'stage'],
  ];
  it.each(cases)('%s', (_what, day, act, code, field) => {
    const before = onDay(day).state;
    expect(story.support(act)).toMatchObject({ code, field });
    expect(story.state, 'and nothing has changed').toEqual(before);
  });

  it('where no case is open', () => {
    story.pay('in_1').evaluate();
    expect(story.support({ verb: 'extend_grace', days: 3, ...by })).toMatchObject({ code: 'NO_OPEN_CASE' });
  });

  it('when a case was paused once, and when the extensions together are too long', () => {
    expect(story.support({ verb: 'pause_dunning', days: 2, ...by })).toBeNull();
    expect(story.support({ verb: 'pause_dunning', days: 2, ...by })).toMatchObject({ code: 'PAUSE_USED' });
    expect(story.support({ verb: 'extend_grace', days: 29, ...by })).toBeNull();
    expect(story.support({ verb: 'extend_grace', days: 2, ...by })).toMatchObject({ code: 'TOO_LONG', detail: expect.stringContaining('1 are left') as string });
  });

  it('a skip to a stage that is due already and waits for its notice', () => {
    onDay(6);
    story.mailWorks = false;
    story.support({ verb: 'set_stage', stage: 'downgraded', ...by });
    onDay(11).evaluate();
    expect(story.state.stage, 'told five days before').toBe('downgraded');
    onDay(20).evaluate();
    expect(story.state.stage, 'nobody was told of the stop').toBe('downgraded');
    expect(story.support({ verb: 'set_stage', stage: 'suspended', ...by })).toMatchObject({ code: 'NOT_POSSIBLE_HERE', field: 'stage' });
  });
});

it('skips suspended where the plan leads to a free one', () => {
  story.change({ planId: 'pro' }).evaluate();
  expect(story.support({ verb: 'set_stage', stage: 'suspended', ...by })).toMatchObject({ code: 'NOT_POSSIBLE_HERE', detail: expect.stringContaining('grace, downgraded, ended') as string });
});

it('a skip forward to the end tells of each stage long enough before, and a payment ends it all', () => {
  onDay(6);
  expect(story.support({ verb: 'set_stage', stage: 'ended', ...by })).toBeNull();
  expect(story.state.stage, 'grace was told a day before').toBe('downgraded');
  onDay(7);
  expect(story.state.stage).toBe('suspended');
  onDay(9);
  expect(story.state.stage).toBe('suspended');
  story.pay('in_1').evaluate();
  expect(story.state).toMatchObject({ stage: 'active', serviceLevel: 'full', dunning: null, lastCase: { outcome: 'recovered', recoveredBy: 'other' } });
  expect(story.statusOf('a')).toBe('running');
});

it('shows the case in the Temporal UI: attempts, deadlines, what was given and by whom', () => {
  onDay(2);
  story.support({ verb: 'pause_dunning', days: 3, ...by });
  const table = describeLifecycle(story.state, null);
  expect(table).toContain('| Stage | **retrying** (dunning_paused) |');
  expect(table).toContain('| Case | sub_1:1 · 29.00 USD open since 2027-03-01 10:05 UTC · in_1 · policy standard-1 |');
  expect(table).toContain('| Attempts | 2027-03-02 10:05 UTC schedule: declined |');
  expect(table).toContain('| Deadlines | grace 2027-03-09 10:05 UTC; downgraded 2027-03-16 10:05 UTC; suspended 2027-03-23 10:05 UTC; ended 2027-03-30 10:05 UTC; torn_down 2027-04-29 10:05 UTC |');
  expect(table).toContain('| Given by support | pause +3 days by support:anna: Called, pays on Friday. |');
  expect(table).toContain('| Support can | collect now, extend grace');
});
