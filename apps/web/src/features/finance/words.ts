import type { Locale } from '../../i18n/locale.js';

/** `2026-11` → "Nov 2026", in UTC as the books are kept. */
export function monthName(locale: Locale, month: string): string {
  return new Intl.DateTimeFormat(locale === 'ru' ? 'ru-RU' : 'en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));
}

/** Whole days between an instant and now. */
export const ageDays = (at: string, nowMs: number): number => Math.max(0, Math.floor((nowMs - Date.parse(at)) / 86_400_000));
