/** A recurring price: Stripe's `recurring.interval` and `interval_count`. */
export interface RecurringPrice {
  readonly amountCents: number;
  readonly interval: string;
  readonly intervalCount: number;
}

/** Months in one interval of Stripe's; a year has 365 days. */
const MONTHS: Readonly<Record<string, number>> = { day: 12 / 365, week: (7 * 12) / 365, month: 1, year: 12 };

/** What a price brings in a month, in whole cents, half a cent upwards. An interval that is not known brings 0: it is left out rather than guessed. */
export function monthlyCents({ amountCents, interval, intervalCount }: RecurringPrice): number {
  const months = Object.hasOwn(MONTHS, interval) ? MONTHS[interval] : undefined;
  if (months === undefined || intervalCount <= 0) return 0;
  return Math.round(amountCents / (months * intervalCount));
}

/** A discount that lasts: per cent or an amount for each interval. */
export type Discount = { readonly percentOff: number } | { readonly amountOffCents: number };

/** The price less its discounts, one after the other in their order, never less than 0. */
export const discounted = (amountCents: number, discounts: readonly Discount[]): number =>
  discounts.reduce((left, discount) => Math.max(0, 'percentOff' in discount ? Math.round(left * (1 - discount.percentOff / 100)) : left - discount.amountOffCents), amountCents);
