import type Stripe from 'stripe';
import type { Paid } from '#workflows/contracts/customer-lifecycle.js';
import { listSubscriptions, requireStripeCustomer, type BillingDeps } from './billing-deps.js';
import { refuse } from './failures.js';
import { isOfPendingUpdate } from './snapshot.js';
import { tryInvoice } from './try-invoice.js';

/** Marks the invoice that a request of the customer is paying, so that a lost answer can be told from "nothing to pay". */
const REQUEST_MARK = 'payRequestId';

/**
 * Pays the oldest open invoice with the card on file, once per request; never that of an upgrade which waits, for paying it would change the plan.
 * Failures: NOTHING_TO_PAY, PAYMENT_FAILED (with Stripe's decline code; also while the money is on its way).
 */
export async function payOldestOpenInvoice(deps: BillingDeps, input: { customerId: string; requestId: string }): Promise<Paid> {
  const stripeCustomerId = await requireStripeCustomer(deps, input.customerId);
  const [invoices, subscriptions] = await Promise.all([
    deps.stripe.invoices.list({ customer: stripeCustomerId, limit: 100 }).autoPagingToArray({ limit: 5000 }),
    listSubscriptions(deps, stripeCustomerId),
  ]);
  const marked = invoices.find((invoice) => invoice.metadata?.[REQUEST_MARK] === input.requestId);
  if (marked?.status === 'paid') return paid(marked);
  const oldest = marked ?? invoices.filter((invoice) => invoice.status === 'open' && !isOfPendingUpdate(invoice, subscriptions)).sort((a, b) => a.created - b.created)[0];
  if (oldest === undefined || oldest.status !== 'open') throw refuse('NOTHING_TO_PAY', 'There is no open invoice.');
  if (marked === undefined) await deps.stripe.invoices.update(oldest.id, { metadata: { [REQUEST_MARK]: input.requestId } });
  const { outcome, code } = await tryInvoice(deps, { customerId: input.customerId, invoiceId: oldest.id, key: input.requestId });
  if (outcome === 'processing') throw refuse('PAYMENT_FAILED', 'The payment is on its way; your bank needs some days for it.');
  if (outcome === 'declined') throw refuse('PAYMENT_FAILED', `The card was declined${code === null ? '' : ` (${code})`}.`);
  const invoice = await deps.stripe.invoices.retrieve(oldest.id);
  if (invoice.status !== 'paid') throw refuse('NOTHING_TO_PAY', 'The invoice is no longer open.');
  return paid(invoice);
}

const paid = (invoice: Stripe.Invoice): Paid => ({ invoiceId: invoice.id, amountCents: invoice.amount_paid, currency: invoice.currency });

/** Stripe's own page for cards and receipts, or at once the one for a new card; comes back to our billing page. */
export async function openPortalSession(deps: BillingDeps, input: { customerId: string; flow?: 'payment_method_update' }): Promise<{ url: string }> {
  const customer = await requireStripeCustomer(deps, input.customerId);
  const returnUrl = `${deps.publicUrl}/app/billing`;
  const session = await deps.stripe.billingPortal.sessions.create({
    customer, return_url: returnUrl,
    ...(input.flow === undefined ? {} : { flow_data: { type: input.flow, after_completion: { type: 'redirect', redirect: { return_url: returnUrl } } } }),
  });
  return { url: session.url };
}
