const DAY_MS = 86_400_000;

/** Where each bucket begins, in whole days since the invoice was finalized; each ends where the next begins, the last never. */
export const AGEING_FROM_DAYS = [0, 7, 15, 21, 31, 61, 91] as const;

/** An invoice that is owed. */
export interface Receivable {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly currency: string;
  readonly finalizedAtMs: number;
  /** Still to be paid, more than 0. */
  readonly remainingCents: number;
}

export interface AgeingBucket {
  readonly fromDay: number;
  /** First day that is no longer in it; null = without end. */
  readonly toDay: number | null;
  readonly invoices: number;
  readonly amountCents: number;
}

export interface CurrencyAgeing {
  readonly currency: string;
  readonly totalCents: number;
  readonly invoices: number;
  readonly buckets: readonly AgeingBucket[];
}

/** Whole days since it was finalized; an invoice of this very instant, or of a clock ahead of ours, is 0 days old. */
export const ageDays = (finalizedAtMs: number, asOfMs: number): number => Math.max(0, Math.floor((asOfMs - finalizedAtMs) / DAY_MS));

/** Index of the one bucket for this age: half-open, so that no day is in two and none is in none. */
export const bucketOf = (days: number): number => AGEING_FROM_DAYS.findLastIndex((fromDay) => days >= fromDay);

/** Receivables by age on what is still to be paid, each currency for itself, in the order of their names. Each invoice stands in exactly one bucket. */
export function ageReceivables(receivables: Iterable<Receivable>, asOfMs: number): readonly CurrencyAgeing[] {
  const currencies = new Map<string, { invoices: number; amountCents: number }[]>();
  for (const { currency, finalizedAtMs, remainingCents } of receivables) {
    const buckets = currencies.get(currency) ?? AGEING_FROM_DAYS.map(() => ({ invoices: 0, amountCents: 0 }));
    currencies.set(currency, buckets);
    const bucket = buckets[bucketOf(ageDays(finalizedAtMs, asOfMs))]!;
    bucket.invoices += 1;
    bucket.amountCents += remainingCents;
  }
  return [...currencies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, buckets]) => ({
    currency,
    totalCents: buckets.reduce((sum, { amountCents }) => sum + amountCents, 0),
    invoices: buckets.reduce((sum, { invoices }) => sum + invoices, 0),
    buckets: buckets.map((bucket, index) => ({ fromDay: AGEING_FROM_DAYS[index]!, toDay: AGEING_FROM_DAYS[index + 1] ?? null, ...bucket })),
  }));
}
