import type { BillingFacts } from './lifecycle.types.js';

/**
 * True where a running subscription owes nothing: such a customer may not be made worse off (lifecycle.md rule 4).
 * Asked once more within the call that does the harm, on facts that this call has read.
 */
export function isPaidUp({ subscription, openInvoices }: BillingFacts): boolean {
  if (subscription === null || subscription.status !== 'active' && subscription.status !== 'trialing') return false;
  return openInvoices.every((invoice) => invoice.subscriptionId !== subscription.id || invoice.amountRemainingCents === 0
    || invoice.processing || invoice.ofPendingUpdate || invoice.collectionMethod !== 'charge_automatically');
}
