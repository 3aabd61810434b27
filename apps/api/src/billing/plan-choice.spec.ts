import { describe, expect, it } from 'vitest';
import type { PlanPrice } from '#domain/plan/plan.types.js';
import { whenToChange, type PresentPrice } from './plan-choice.js';

const price = (amountCents: number, interval: PlanPrice['interval'] = 'month'): PlanPrice => ({ id: `p${amountCents}${interval}`, amountCents, currency: 'usd', interval, intervalCount: 1 });
const present: PresentPrice = { price_id: 'p2900month', amount_cents: '2900', interval: 'month', interval_count: 1 };

describe('when a change of plan begins', () => {
  it.each([
    ['a dearer plan at once', {}, price(7900), 'now'],
    ['a cheaper plan at the end of the period', {}, price(900), { prorationAtMs: null }],
    ['the present plan at the end: it lets a booked change go', {}, price(2900), { prorationAtMs: null }],
    ['another interval at once', {}, price(900, 'year'), 'now'],
    ['a cheaper plan at once where it is wished', { atPeriodEnd: false }, price(900), 'now'],
    ['a dearer plan at the end where it is wished', { atPeriodEnd: true }, price(7900), { prorationAtMs: null }],
    ['at the time of the preview', { prorationAt: '2027-03-01T00:00:00Z' }, price(7900), { prorationAtMs: Date.UTC(2027, 2, 1) }],
  ] as const)('%s', (_what, change, chosen, when) => {
    expect(whenToChange(change, chosen, present)).toEqual(when);
  });

  it('is not both, and without a subscription is now (the workflow says that there is none)', () => {
    expect(() => whenToChange({ prorationAt: '2027-03-01T00:00:00Z', atPeriodEnd: true }, price(900), present)).toThrow();
    expect(whenToChange({}, price(900), null)).toBe('now');
  });
});
