import type { Locale } from './locale.js';

/** Dates of `en` are written day first with a 24-hour clock, as in the mails; money follows the plain locale. */
const DATE_LOCALE: Record<Locale, string> = { en: 'en-GB', ru: 'ru-RU' };
const MONEY_LOCALE: Record<Locale, string> = { en: 'en-US', ru: 'ru-RU' };

const STYLES = {
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  dateTime: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  /** Deadlines: the weekday first. */
  deadline: { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  deadlineDay: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export type InstantStyle = keyof typeof STYLES;

const cache = new Map<string, Intl.DateTimeFormat>();

/** An instant (ISO 8601 or epoch milliseconds) in words of the locale and zone. */
export function formatInstant(locale: Locale, timeZone: string, instant: string | number, style: InstantStyle): string {
  const key = `${locale}/${timeZone}/${style}`;
  let format = cache.get(key);
  if (format === undefined) cache.set(key, (format = new Intl.DateTimeFormat(DATE_LOCALE[locale], { ...STYLES[style], timeZone })));
  return format.format(new Date(instant));
}

/** Minor units of a currency as money; the number of decimals is the currency's own (JPY none, KWD three). */
export function formatMoney(locale: Locale, amountMinor: number, currency: string): string {
  const code = currency.toUpperCase();
  const decimals = new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions().maximumFractionDigits ?? 2;
  const amount = amountMinor / 10 ** decimals;
  const whole = Number.isInteger(amount) ? { minimumFractionDigits: 0 } : {};
  return new Intl.NumberFormat(MONEY_LOCALE[locale], { style: 'currency', currency: code, ...whole }).format(amount);
}

/** As `formatMoney`, with the decimals always written: for tables and invoices. */
export function formatAmount(locale: Locale, amountMinor: number, currency: string): string {
  const code = currency.toUpperCase();
  const format = new Intl.NumberFormat(MONEY_LOCALE[locale], { style: 'currency', currency: code });
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export function formatNumber(locale: Locale, value: number): string {
  return new Intl.NumberFormat(MONEY_LOCALE[locale]).format(value);
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1_000],
];
const RELATIVE_LIMIT_MS = 7 * 86_400_000;

/** "3 hours ago", "in 2 days"; null where the distance is a week or more and a date says it better. */
export function formatRelative(locale: Locale, instant: string | number, nowMs: number): string | null {
  const distance = new Date(instant).getTime() - nowMs;
  if (Math.abs(distance) >= RELATIVE_LIMIT_MS) return null;
  // Rounded and counted, never named: 47 hours are two days, and not "tomorrow".
  const [unit, size] = UNITS.find(([, unitMs]) => Math.abs(distance) >= unitMs) ?? ['second', 1_000];
  const count = Math.round(distance / size);
  return new Intl.RelativeTimeFormat(DATE_LOCALE[locale], { numeric: count === 0 ? 'auto' : 'always' }).format(count, unit);
}

/** A span as its largest unit, short: "4 s", "12 min", "3 d". */
export function formatSpan(locale: Locale, spanMs: number): string {
  const [unit, size] = UNITS.find(([, unitMs]) => spanMs >= unitMs) ?? ['second', 1_000];
  const value = unit === 'second' && spanMs < 9_950 ? Math.round(spanMs / 100) / 10 : Math.floor(spanMs / size);
  return new Intl.NumberFormat(DATE_LOCALE[locale], { style: 'unit', unit, unitDisplay: unit === 'day' ? 'long' : 'narrow' }).format(value);
}
