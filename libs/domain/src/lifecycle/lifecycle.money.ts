/** Currencies without a minor unit (docs.stripe.com/currencies#zero-decimal). */
const ZERO_DECIMAL: ReadonlySet<string> = new Set(['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'ugx', 'vnd', 'vuv', 'xaf', 'xof', 'xpf']);

/** An amount in its smallest unit as support reads it: `29.00 USD`. */
export const sayAmount = (amountCents: number, currency: string): string =>
  `${ZERO_DECIMAL.has(currency) ? amountCents : (amountCents / 100).toFixed(2)} ${currency.toUpperCase()}`;
