import Stripe from 'stripe';
import type { Paid } from '#workflows/contracts/customer-lifecycle.js';
import { requireStripeCustomer, type BillingDeps } from './billing-deps.js';
import { bringAbout } from './effect.js';
import { refuse } from './failures.js';

/** Marks the invoice that a request of the customer is paying, so that a lost answer can be told from "nothing to pay". */
const REQUEST_MARK = 'payRequestId';

/**
 * Pays the oldest open invoice with the card on file, once per request. Failures: NOTHING_TO_PAY, PAYMENT_FAILED (with Stripe's decline code).
 */
export async function payOldestOpenInvoice(deps: BillingDeps, input: { customerId: string; requestId: string }): Promise<Paid> {
  const stripeCustomerId = await requireStripeCustomer(deps, input.customerId);
  const invoices = await deps.stripe.invoices.list({ customer: stripeCustomerId, limit: 100 }).autoPagingToArray({ limit: 5000 });
  const marked = invoices.find((invoice) => invoice.metadata?.[REQUEST_MARK] === input.requestId);
  if (marked?.status === 'paid') return paid(marked);
  const oldest = marked ?? invoices.filter((invoice) => invoice.status === 'open').sort((a, b) => a.created - b.created)[0];
  if (oldest === undefined || oldest.status !== 'open') throw refuse('NOTHING_TO_PAY', 'There is no open invoice.');
  if (marked === undefined) await deps.stripe.invoices.update(oldest.id, { metadata: { [REQUEST_MARK]: input.requestId } });
  const findPaid = async (): Promise<Stripe.Invoice | null> => {
    const invoice = await deps.stripe.invoices.retrieve(oldest.id);
    return invoice.status === 'paid' ? invoice : null;
  };
  const invoice = await bringAbout<Stripe.Invoice>({
    key: `${input.customerId}:${oldest.id}:pay:${input.requestId}`,
    find: findPaid,
    write: async (options) => {
      try {
        return await deps.stripe.invoices.pay(oldest.id, {}, options);
      } catch (error) {
        // Paid a moment earlier by somebody else, or in another tab.
        const done = error instanceof Stripe.errors.StripeInvalidRequestError ? await findPaid() : null;
        if (done === null) throw error;
        return done;
      }
    },
  });
  if (invoice.status !== 'paid') throw refuse('PAYMENT_FAILED', 'The payment did not go through.');
  return paid(invoice);
}

const paid = (invoice: Stripe.Invoice): Paid => ({ invoiceId: invoice.id, amountCents: invoice.amount_paid, currency: invoice.currency });

/** Stripe's own page for cards and receipts; comes back to our billing page. */
export async function openPortalSession(deps: BillingDeps, input: { customerId: string }): Promise<{ url: string }> {
  const customer = await requireStripeCustomer(deps, input.customerId);
  const session = await deps.stripe.billingPortal.sessions.create({ customer, return_url: `${deps.publicUrl}/app/billing` });
  return { url: session.url };
}
