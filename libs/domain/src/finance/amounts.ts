/** Currencies whose minor unit is not a hundredth (docs.stripe.com/currencies). */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'ugx', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'].map((currency) => [currency, 0])),
  ...Object.fromEntries(['bhd', 'jod', 'kwd', 'omr', 'tnd'].map((currency) => [currency, 3])),
};

/** An amount in minor units as a decimal number in text, exact: 1999 usd → `19.99`, 1999 jpy → `1999`. '' where there is no currency. */
export function decimalOf(amountMinor: number, currency: string): string {
  if (currency === '') return '';
  const places = DECIMALS[currency] ?? 2;
  const digits = String(Math.abs(amountMinor)).padStart(places + 1, '0');
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return amountMinor < 0 ? `-${text}` : text;
}
