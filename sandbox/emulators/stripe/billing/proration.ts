/** Rounds half away from zero, as Stripe does with cents. */
export function roundCents(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** The part of `amountCents` that falls on [at, end) of the period [start, end), in whole cents. Exact: computed in integers. */
export function prorate(amountCents: number, start: number, end: number, at: number): number {
  const length = end - start;
  if (length <= 0) return 0;
  const rest = Math.min(Math.max(end - at, 0), length);
  const product = BigInt(amountCents) * BigInt(rest);
  const negative = product < 0n;
  const size = negative ? -product : product;
  const rounded = (size * 2n + BigInt(length)) / (2n * BigInt(length));
  return Number(negative ? -rounded : rounded);
}
