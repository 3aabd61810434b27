import type { Invoice } from '../../api/types.js';

/** The open invoice that is paid first, and how many are open in all. */
export function oldestOpen(invoices: readonly Invoice[]): { readonly invoice: Invoice | null; readonly count: number } {
  const open = invoices.filter(({ status, amountRemainingCents }) => status === 'open' && amountRemainingCents > 0).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  return { invoice: open[0] ?? null, count: open.length };
}
