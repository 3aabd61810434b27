import type Stripe from 'stripe';
import { openInvoicesOf, voidInvoice } from './ending.js';
import { isOfPendingUpdate, PENDING_UPDATE_MARK } from './snapshot.js';

/** Voids the invoices of an earlier upgrade that was not paid, which ends its waiting: only one may wait, or both could be collected. */
export async function voidWaiting(stripe: Stripe, subscription: Stripe.Subscription): Promise<void> {
  for (const { id } of await waitingInvoices(stripe, subscription)) await voidInvoice(stripe, id);
}

/** Marks the invoice of the waiting upgrade, and takes it out of Stripe's automatic collection: it must never be collected after it has lapsed. */
export async function markWaiting(stripe: Stripe, subscription: Stripe.Subscription): Promise<void> {
  for (const { id, metadata } of await waitingInvoices(stripe, subscription)) {
    if (metadata?.[PENDING_UPDATE_MARK] === undefined) await stripe.invoices.update(id, { auto_advance: false, metadata: { [PENDING_UPDATE_MARK]: subscription.id } });
  }
}

const waitingInvoices = async (stripe: Stripe, subscription: Stripe.Subscription): Promise<Stripe.Invoice[]> =>
  (await openInvoicesOf(stripe, subscription.id)).filter((invoice) => isOfPendingUpdate(invoice, [subscription]));
