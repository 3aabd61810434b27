/** Readers for JSON of unknown shape: they answer undefined instead of throwing. */

export type JsonObject = Record<string, unknown>;

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A token count: a whole number from 0. */
export function asCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** Length of a text, 0 for what is none. */
export function textLength(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

/** Adds counts; undefined when none of them is known. */
export function sumCounts(...values: unknown[]): number | undefined {
  const counts = values.map(asCount).filter((count) => count !== undefined);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}
