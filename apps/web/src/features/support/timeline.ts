/** Entries, newest first, put together by the day they fall on in the reader's zone. */
export function daysOf<T extends { readonly at: string }>(entries: readonly T[], dayOf: (at: string) => string): readonly { readonly day: string; readonly entries: readonly T[] }[] {
  const days: { day: string; entries: T[] }[] = [];
  for (const entry of entries) {
    const day = dayOf(entry.at);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}
