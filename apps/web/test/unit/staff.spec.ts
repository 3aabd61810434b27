import { describe, expect, it } from 'vitest';
import { LEDGER_KINDS as KNOWN_KINDS } from '#domain/finance/ledger.types.js';
import { csvUrl } from '../../src/api/finance.js';
import type { SupportCustomerDetail } from '../../src/api/support.js';
import { caseFilter, LEDGER_KINDS, ledgerFilter, ledgerSpan } from '../../src/features/finance/filters.js';
import { daysOf as retryDays, faultsOf, fieldOf, NO_CHANGE, wishOf } from '../../src/features/finance/simulation-form.js';
import { isPhone, phoneFrom } from '../../src/features/settings/phone.js';
import { sectionAt, sectionsOf } from '../../src/features/staff/roles.js';
import { isForward, refusalOf, shiftedDeadlines, VERBS } from '../../src/features/support/actions.js';
import { customerSearch } from '../../src/features/support/search.js';
import { daysOf } from '../../src/features/support/timeline.js';

describe('staff', () => {
  it('see the part of the house they work in', () => {
    const sections = (['member', 'support', 'finance', 'operator'] as const).map((role) => sectionsOf({ role }));
    expect(sections).toEqual([[], ['support'], ['finance'], ['support', 'finance']]);
    expect(['/finance', '/finance/ledger', '/support/1', '/financex', '/app/finance'].map(sectionAt)).toEqual(['finance', 'finance', 'support', null, null]);
  });
});

describe('the ledger', () => {
  it('can be filtered by every kind of fact there is', () => {
    expect([...LEDGER_KINDS].sort()).toEqual([...KNOWN_KINDS].sort());
  });
  it('takes from an address only what it understands', () => {
    expect(ledgerFilter({ from: '2026-11-01', to: 'soon', kind: 'nonsense', customerId: "1' OR 1=1" })).toEqual({ from: '2026-11-01' });
    expect(caseFilter({ stage: 'grace', state: 'everything' })).toEqual({ stage: 'grace' });
    expect(customerSearch({ q: 42, stage: 'nowhere' })).toEqual({ q: '42' });
  });
  it('has both days of a span in it', () => {
    expect(ledgerSpan({ from: '2026-11-01', to: '2026-11-30' })).toEqual({ from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' });
  });
  it('is downloaded as it is filtered', () => {
    expect(csvUrl('ledger', { from: '2026-11-01T00:00:00.000Z', kind: undefined })).toBe('/api/v1/finance/ledger.csv?from=2026-11-01T00%3A00%3A00.000Z');
    expect(csvUrl('ageing')).toBe('/api/v1/finance/ageing.csv');
  });
});

describe('the simulator', () => {
  it('reads days as people write them', () => {
    expect([retryDays('1, 3;5 8'), retryDays('-'), retryDays(''), retryDays('1, soon'), retryDays('1.5')]).toEqual([[1, 3, 5, 8], [], [], null, null]);
  });
  it('changes only what was filled in', () => {
    expect(wishOf('past', NO_CHANGE)).toEqual({ source: 'past', customers: 1000, seed: 1 });
    expect(wishOf('generated', { ...NO_CHANGE, retryDays: '-', grace: '7' }).policy).toEqual({ payAgainOnDays: [], stages: { grace: { fromDay: 7 } } });
  });
  it('names the field that is wrong, its own and those of the server', () => {
    expect(faultsOf({ ...NO_CHANGE, retryDays: 'x', seed: '-1', ended: '2.5' })).toEqual({ retryDays: 'days', seed: 'number', ended: 'number' });
    expect(faultsOf(NO_CHANGE)).toEqual({});
    expect(['policy.stages.grace.fromDay', 'stages.torn_down', 'policy.payAgainOnDays.0', 'customers', 'massBreaker'].map(fieldOf)).toEqual(['grace', 'torn_down', 'retryDays', 'customers', null]);
  });
});

describe('acts of support', () => {
  const invoice = { id: 'in_1', status: 'open', amountRemainingCents: 900, createdAt: '2026-11-01' };
  const dunning = { shifts: [], deadlines: [['grace', '2026-11-05'], ['downgraded', '2026-11-12'], ['suspended', '2026-11-19']].map(([stage, day]) => ({ stage, at: `${day}T10:00:00.000Z` })) };
  const customer = (over: object) => ({ stage: 'grace', dunning, invoices: [invoice], instances: [{}], ...over }) as unknown as SupportCustomerDetail;
  const refusals = (over: object) => Object.fromEntries(VERBS.map((verb) => [verb, refusalOf(verb, customer(over))]));
  it('are offered where they can do something', () => {
    expect(Object.values(refusals({}))).toEqual([null, null, null, null, null, null]);
    expect(refusals({ stage: 'active', dunning: null, invoices: [{ ...invoice, status: 'paid' }], instances: [] })).toEqual({
      'pay-now': 'noInvoice', 'extend-grace': 'noCase', 'pause-dunning': 'noCase', 'waive-invoice': 'noInvoice', 'set-stage': 'noCase', 'retry-step': 'noInstance',
    });
    expect(refusals({ stage: 'suspended', dunning: { ...dunning, shifts: [{ kind: 'pause' }] } })).toMatchObject({ 'extend-grace': 'graceOver', 'pause-dunning': 'paused', 'set-stage': null });
  });
  it('move the deadlines that they mean', () => {
    const moved = (verb: 'extend-grace' | 'pause-dunning', stage: 'retrying' | 'grace' | 'downgraded') => shiftedDeadlines(verb, 3, customer({}).dunning as never, stage).map(({ stage: one, to }) => `${one} ${to.slice(0, 10)}`);
    expect(moved('extend-grace', 'retrying')).toEqual(['downgraded 2026-11-15', 'suspended 2026-11-22']);
    expect(moved('pause-dunning', 'retrying')).toEqual(['grace 2026-11-08', 'downgraded 2026-11-15', 'suspended 2026-11-22']);
    expect(moved('pause-dunning', 'downgraded')).toEqual(['suspended 2026-11-22']);
  });
  it('skip forward or move back', () => {
    expect([isForward('grace', 'suspended'), isForward('suspended', 'grace'), isForward('retrying', 'grace')]).toEqual([true, false, true]);
  });
  it('are told by the day they fall on', () => {
    const entries = ['2026-11-03T10:00Z', '2026-11-03T09:00Z', '2026-11-01T09:00Z'].map((at) => ({ at }));
    expect(daysOf(entries, (at) => at.slice(0, 10)).map(({ day, entries: found }) => [day, found.length])).toEqual([['2026-11-03', 2], ['2026-11-01', 1]]);
  });
});

it('takes a phone number as it is written', () => {
  expect(['+49 (151) 123-456', '0049151123456', ' +7 912 345-67-89 '].map(phoneFrom).map((phone) => [phone, isPhone(phone)])).toEqual([['+49151123456', true], ['+49151123456', true], ['+79123456789', true]]);
  expect(['0151 123456', '+0123456789', '+49', 'call me'].map((text) => isPhone(phoneFrom(text)))).toEqual([false, false, false, false]);
});
