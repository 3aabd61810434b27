import { describe, expect, it } from 'vitest';
import { fileSize } from '../../src/features/billing/file-size.js';
import { formatAmount, formatInstant, formatMoney, formatRelative, formatSpan } from '../../src/i18n/format.js';

const plain = (text: string | null) => text?.replace(/[\u00a0\u202f]/g, ' ') ?? null;

describe('money', () => {
  it('takes the decimals from the currency', () => {
    expect(formatMoney('en', 2900, 'usd')).toBe('$29');
    expect(formatMoney('en', 2950, 'usd')).toBe('$29.50');
    expect(formatAmount('en', 2900, 'usd')).toBe('$29.00');
    expect(formatAmount('en', 2900, 'jpy')).toBe('¥2,900');
    expect(formatAmount('en', -2900, 'usd')).toBe('-$29.00');
  });
  it('follows the language', () => {
    expect(plain(formatAmount('ru', 2900, 'usd'))).toBe('29,00 $');
  });
});

describe('instants', () => {
  it('are shown in the zone of the person, with 24 hours', () => {
    expect(formatInstant('en', 'Europe/Berlin', '2026-11-21T22:30:00Z', 'dateTime')).toBe('21 Nov 2026, 23:30');
    expect(formatInstant('en', 'UTC', '2026-11-21T22:30:00Z', 'time')).toBe('22:30');
    expect(formatInstant('en', 'Europe/Berlin', '2026-11-23T09:00:00Z', 'deadline')).toBe('Mon 23 Nov, 10:00');
  });
  it('are relative below seven days and not beyond', () => {
    const now = Date.parse('2026-11-21T10:00:00Z');
    expect(formatRelative('en', '2026-11-23T10:00:00Z', now)).toBe('in 2 days');
    expect(formatRelative('en', '2026-11-23T09:55:00Z', now)).toBe('in 2 days');
    expect(formatRelative('en', '2026-11-21T10:00:00Z', now)).toBe('now');
    expect(formatRelative('en', '2026-11-21T09:57:00Z', now)).toBe('3 minutes ago');
    expect(formatRelative('ru', '2026-11-23T10:00:00Z', now)).toBe('через 2 дня');
    expect(formatRelative('en', '2026-11-28T10:00:00Z', now)).toBeNull();
  });
  it('says spans with their largest unit', () => {
    expect(formatSpan('en', 420)).toBe('0.4s');
    expect(formatSpan('en', 61_000)).toBe('1m');
    expect(formatSpan('en', 3 * 86_400_000)).toBe('3 days');
    expect(plain(formatSpan('ru', 3 * 86_400_000))).toBe('3 дня');
  });
});

it('tells the size of a file in decimal units', () => {
  expect(fileSize('en', 0)).toBe('0 byte');
  expect(fileSize('en', 1_500)).toBe('1.5 kB');
  expect(fileSize('en', 18_400_000)).toBe('18.4 MB');
});
