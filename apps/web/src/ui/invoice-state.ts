import type { Tone } from './Status.js';

export type InvoiceState = 'paid' | 'open' | 'refunded' | 'partly_refunded' | 'void' | 'uncollectible' | 'draft';

/** How an invoice looks, for its payer and for support. */
export const INVOICE_TONES: Readonly<Record<InvoiceState, Tone>> = { paid: 'ok', open: 'warn', refunded: 'idle', partly_refunded: 'ok', void: 'idle', uncollectible: 'bad', draft: 'idle' };

/** Stripe's word with what has happened to the money since; null = a word we do not know, shown as it is. */
export function invoiceState({ status, amountPaidCents, amountRefundedCents }: { readonly status: string; readonly amountPaidCents: number; readonly amountRefundedCents: number }): InvoiceState | null {
  if (status === 'paid' && amountRefundedCents > 0) return amountRefundedCents >= amountPaidCents ? 'refunded' : 'partly_refunded';
  return status === 'paid' || status === 'open' || status === 'void' || status === 'uncollectible' || status === 'draft' ? status : null;
}
