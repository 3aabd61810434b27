/** A billing interval of Stripe. */
export type Interval = 'day' | 'week' | 'month' | 'year';

const daySeconds = 86_400;

/**
 * The n-th boundary after an anchor (UTC seconds). Months and years keep the anchor's day and clamp to the month's end,
 * always counted from the anchor: 31 Jan → 28 Feb → 31 Mar. n may be negative.
 */
export function boundary(anchor: number, interval: Interval, count: number, n: number): number {
  if (interval === 'day') return anchor + n * count * daySeconds;
  if (interval === 'week') return anchor + n * count * 7 * daySeconds;
  const from = new Date(anchor * 1000);
  const months = from.getUTCFullYear() * 12 + from.getUTCMonth() + n * count * (interval === 'year' ? 12 : 1);
  const year = Math.floor(months / 12);
  const month = months - year * 12;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const midnight = Date.UTC(year, month, Math.min(from.getUTCDate(), lastDay)) / 1000;
  return midnight + (((anchor % daySeconds) + daySeconds) % daySeconds);
}

/** The billing period that contains `at`, for an anchor in the past or the future. Its start is inclusive, its end exclusive. */
export function periodAt(anchor: number, interval: Interval, count: number, at: number): { start: number; end: number } {
  // A first guess that is never too late: long intervals count forward, short ones backward.
  const [shortest, longest] = { day: [1, 1], week: [7, 7], month: [28, 31], year: [365, 366] }[interval] as [number, number];
  let n = Math.floor((at - anchor) / ((at < anchor ? shortest : longest) * daySeconds * count)) - 1;
  while (boundary(anchor, interval, count, n + 1) <= at) n += 1;
  return { start: boundary(anchor, interval, count, n), end: boundary(anchor, interval, count, n + 1) };
}
