import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundary, type Interval, periodAt } from './calendar.js';
import { prorate, roundCents } from './proration.js';

const seconds = (iso: string): number => Date.parse(iso) / 1000;
const iso = (at: number): string => new Date(at * 1000).toISOString().slice(0, 16);
const anchors = fc.integer({ min: seconds('2000-01-01T00:00:00Z'), max: seconds('2099-12-31T23:59:59Z') });
const intervals = fc.constantFrom<Interval>('day', 'week', 'month', 'year');

describe('billing periods', () => {
  it('keeps the anchor day, clamped to each month', () => {
    const from = seconds('2027-01-31T10:00:00Z');
    expect([1, 2, 3, 4].map((n) => iso(boundary(from, 'month', 1, n)))).toEqual(['2027-02-28T10:00', '2027-03-31T10:00', '2027-04-30T10:00', '2027-05-31T10:00']);
  });

  it('knows leap years', () => {
    expect(iso(boundary(seconds('2028-01-31T10:00:00Z'), 'month', 1, 1))).toBe('2028-02-29T10:00');
    const leap = seconds('2028-02-29T00:00:00Z');
    expect([1, 2, 3, 4].map((n) => iso(boundary(leap, 'year', 1, n)))).toEqual(['2029-02-28T00:00', '2030-02-28T00:00', '2031-02-28T00:00', '2032-02-29T00:00']);
    expect(iso(boundary(seconds('2099-12-31T23:59:00Z'), 'month', 2, 1))).toBe('2100-02-28T23:59');
  });

  it('rises strictly, keeps the time of day, and never passes the month it belongs to', () => {
    fc.assert(
      fc.property(anchors, intervals, fc.integer({ min: 1, max: 12 }), fc.integer({ min: -40, max: 40 }), (anchor, interval, count, n) => {
        const at = boundary(anchor, interval, count, n);
        expect(boundary(anchor, interval, count, n + 1)).toBeGreaterThan(at);
        expect(((at % 86_400) + 86_400) % 86_400).toBe(anchor % 86_400);
        if (interval !== 'month') return;
        const from = new Date(anchor * 1000);
        const to = new Date(at * 1000);
        const months = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
        expect(months).toBe(n * count);
        expect(to.getUTCDate()).toBeLessThanOrEqual(from.getUTCDate());
      }),
    );
  });

  it('cuts time into periods without gap or overlap', () => {
    fc.assert(
      fc.property(anchors, intervals, fc.integer({ min: 1, max: 6 }), fc.integer({ min: -200_000_000, max: 200_000_000 }), (anchor, interval, count, offset) => {
        const at = anchor + offset;
        const { start, end } = periodAt(anchor, interval, count, at);
        expect(start).toBeLessThanOrEqual(at);
        expect(end).toBeGreaterThan(at);
        expect(periodAt(anchor, interval, count, end).start).toBe(end);
      }),
    );
  });
});

describe('proration', () => {
  it('splits exactly', () => {
    const [start, end, middle] = [seconds('2027-04-01T00:00:00Z'), seconds('2027-05-01T00:00:00Z'), seconds('2027-04-16T00:00:00Z')];
    expect([prorate(2000, start, end, middle), prorate(5000, start, end, middle), prorate(1, start, end, middle), prorate(-2000, start, end, middle)]).toEqual([1000, 2500, 1, -1000]);
    expect([prorate(2000, start, end, start), prorate(2000, start, end, end), prorate(2000, start, end, end + 99)]).toEqual([2000, 0, 0]);
  });

  it('is whole cents, within the amount, falls as time passes, and a change to the same price costs nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000 }), anchors, fc.integer({ min: 1, max: 40_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (amount, start, length, part) => {
        const at = start + Math.floor(length * part);
        const value = prorate(amount, start, start + length, at);
        expect(Number.isSafeInteger(value)).toBe(true);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(amount);
        expect(prorate(amount, start, start + length, at + 1)).toBeLessThanOrEqual(value);
        expect(prorate(-amount, start, start + length, at) + value).toBe(0);
      }),
    );
  });

  it('rounds half away from zero', () => {
    expect([roundCents(0.5), roundCents(-0.5), roundCents(1.4)]).toEqual([1, -1, 1]);
  });
});
