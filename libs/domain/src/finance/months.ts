/** The calendar month of an instant in UTC, such as `2027-03`. */
export const monthOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

/** `2027-12` → `2028-01`. */
export function nextMonth(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
}

/** First instant of a month and of the one after it, epoch milliseconds. */
export const spanOfMonth = (month: string): { fromMs: number; beforeMs: number } => ({ fromMs: Date.parse(`${month}-01T00:00:00Z`), beforeMs: Date.parse(`${nextMonth(month)}-01T00:00:00Z`) });
