import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitReachedMessage, usageDay, windowReset } from './message-limits.js';

describe('limits of messages', () => {
  it('says when they are empty again', () => {
    expect(limitReachedMessage('month', new Date('2026-11-02T10:00:00Z'))).toBe('Monthly limit reached, resets on 1 December 2026 (UTC)');
    expect(limitReachedMessage('day', new Date('2026-12-31T23:59:59Z'))).toBe('Daily limit reached, resets on 1 January 2027 (UTC)');
  });

  it('always resets in the future, and within the window', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }), (now) => {
        const inMs = (window: 'day' | 'month'): number => windowReset(window, now).getTime() - now.getTime();
        expect(inMs('day')).toBeGreaterThan(0);
        expect(inMs('day')).toBeLessThanOrEqual(24 * 3_600_000);
        expect(inMs('month')).toBeLessThanOrEqual(31 * 24 * 3_600_000);
        const { day, monthStart } = usageDay(now);
        expect(usageDay(windowReset('day', now)).day > day).toBe(true);
        expect(usageDay(windowReset('month', now)).day).toBe(usageDay(windowReset('month', now)).monthStart);
        expect(monthStart <= day).toBe(true);
      }),
    );
  });
});
