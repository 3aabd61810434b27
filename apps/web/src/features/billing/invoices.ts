import type { Invoice } from '../../api/types.js';

export type InvoiceState = 'paid' | 'open' | 'refunded' | 'partly_refunded' | 'void' | 'uncollectible' | 'draft';

/** Stripe's word with what has happened to the money since; null = a word we do not know, shown as it is. */
export function stateOf({ status, amountPaidCents, amountRefundedCents }: Pick<Invoice, 'status' | 'amountPaidCents' | 'amountRefundedCents'>): InvoiceState | null {
  if (status === 'paid' && amountRefundedCents > 0) return amountRefundedCents >= amountPaidCents ? 'refunded' : 'partly_refunded';
  return status === 'paid' || status === 'open' || status === 'void' || status === 'uncollectible' || status === 'draft' ? status : null;
}

/** The open invoice that is paid first, and how many are open in all. */
export function oldestOpen(invoices: readonly Invoice[]): { readonly invoice: Invoice | null; readonly count: number } {
  const open = invoices.filter(({ status, amountRemainingCents }) => status === 'open' && amountRemainingCents > 0).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  return { invoice: open[0] ?? null, count: open.length };
}
