import { createContext, useContext, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import { IntlProvider } from 'use-intl';
import { formatAmount, formatInstant, formatMoney, formatNumber, formatRelative, formatSpan, type InstantStyle } from './format.js';
import { i18n, type Locale } from './locale.js';

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
const ZoneContext = createContext(browserZone);

/** Language and time zone of everything below. `timeZone` is the user's preference; without one the browser's. */
export function I18nProvider({ children }: { readonly children: ReactNode }) {
  const { locale, messages } = useSyncExternalStore(i18n.subscribe, i18n.snapshot);
  return (
    <IntlProvider locale={locale} messages={messages} timeZone={browserZone} now={START}>
      {children}
    </IntlProvider>
  );
}
const START = new Date();

export function ZoneProvider({ timeZone, children }: { readonly timeZone: string | null; readonly children: ReactNode }) {
  return <ZoneContext.Provider value={timeZone ?? browserZone}>{children}</ZoneContext.Provider>;
}

export const useLocale = (): Locale => useSyncExternalStore(i18n.subscribe, i18n.snapshot).locale;

export interface Formats {
  readonly locale: Locale;
  readonly timeZone: string;
  instant(value: string | number, style: InstantStyle): string;
  money(amountMinor: number, currency: string): string;
  amount(amountMinor: number, currency: string): string;
  number(value: number): string;
  relative(value: string | number, nowMs: number): string | null;
  span(spanMs: number): string;
}

/** The formatters of i18n/format.ts, bound to the language and zone of the person. */
export function useFormats(): Formats {
  const locale = useLocale();
  const timeZone = useContext(ZoneContext);
  return useMemo(() => ({
    locale,
    timeZone,
    instant: (value, style) => formatInstant(locale, timeZone, value, style),
    money: (amount, currency) => formatMoney(locale, amount, currency),
    amount: (amount, currency) => formatAmount(locale, amount, currency),
    number: (value) => formatNumber(locale, value),
    relative: (value, nowMs) => formatRelative(locale, value, nowMs),
    span: (spanMs) => formatSpan(locale, spanMs),
  }), [locale, timeZone]);
}
