import type Stripe from 'stripe';
import { requireOwnSubscription, requireStripeCustomer, type BillingDeps } from './billing-deps.js';
import { refuse } from './failures.js';
import { idOf, openIntentIdsOf } from './snapshot.js';

/**
 * The end of an unpaid subscription: looks again within this very call, voids every open invoice of it, then cancels without proration. Where an
 * invoice was paid, or its money is on its way, nothing more is done: `paid_meanwhile`; but not after a lost dispute, for that payment was taken back.
 * Safe to repeat: what is void or canceled already is passed over.
 */
export async function voidAndCancel(
  deps: BillingDeps, input: { customerId: string; subscriptionId: string; invoiceIds: readonly string[]; cause: 'unpaid' | 'dispute_lost' },
): Promise<{ outcome: 'done' | 'paid_meanwhile' }> {
  const { stripe } = deps;
  const subscription = await requireOwnSubscription(deps, input.customerId, input.subscriptionId);
  const [named, open] = await Promise.all([
    Promise.all(input.invoiceIds.map((id) => stripe.invoices.retrieve(id, { expand: ['payments'] }))),
    openInvoicesOf(stripe, input.subscriptionId),
  ]);
  const stranger = named.find((invoice) => idOf(invoice.customer) !== idOf(subscription.customer));
  if (stranger !== undefined) throw refuse('STRIPE_REFUSED', 'The invoice is not of this customer.');
  const all = new Map([...named, ...open].map((invoice) => [invoice.id, invoice]));
  const yields = input.cause === 'unpaid';
  if (yields && named.some(({ status }) => status === 'paid')) return { outcome: 'paid_meanwhile' };
  const unpaid = [...all.values()].filter(({ status }) => status === 'open');
  const intents = await Promise.all(unpaid.flatMap(openIntentIdsOf).map((id) => stripe.paymentIntents.retrieve(id)));
  if (yields && intents.some(({ status }) => status === 'processing' || status === 'succeeded')) return { outcome: 'paid_meanwhile' };
  for (const { id } of unpaid) {
    if ((await voidInvoice(stripe, id)).status === 'paid' && yields) return { outcome: 'paid_meanwhile' };
  }
  await cancelAtOnce(stripe, subscription);
  return { outcome: 'done' };
}

/** Support forgives an invoice: void (what is paid of it stays paid), then who and why in its metadata. Safe to repeat. STRIPE_REFUSED where it is paid, on its way, a draft, or another's. */
export async function waiveInvoice(deps: BillingDeps, input: { customerId: string; invoiceId: string; actor: string; reason: string }): Promise<void> {
  const [owner, before] = await Promise.all([requireStripeCustomer(deps, input.customerId), deps.stripe.invoices.retrieve(input.invoiceId)]);
  if (idOf(before.customer) !== owner) throw refuse('STRIPE_REFUSED', 'The invoice is not of this customer.');
  const invoice = before.status === 'void' ? before : before.status === 'open' || before.status === 'uncollectible' ? await voidInvoice(deps.stripe, before.id) : before;
  const givenUp = invoice.status === 'void' || invoice.status === 'uncollectible' && invoice.amount_paid > 0;
  if (!givenUp) throw refuse('STRIPE_REFUSED', `The invoice is ${invoice.status ?? 'of no status'}: there is nothing to waive.`);
  if (invoice.metadata?.['waivedBy'] === undefined) {
    await deps.stripe.invoices.update(invoice.id, { metadata: { waivedBy: input.actor.slice(0, 200), waiveReason: input.reason.slice(0, 500) } });
  }
}

/**
 * Gives an invoice up and answers how it stands afterwards: `void`, or what it became a moment earlier. An error is answered by a look. One that was
 * paid in part cannot be void, for its payment stands: it becomes `uncollectible`, so that nobody collects the rest.
 */
export async function voidInvoice(stripe: Stripe, invoiceId: string): Promise<Stripe.Invoice> {
  try {
    return await stripe.invoices.voidInvoice(invoiceId);
  } catch (error) {
    const now = await stripe.invoices.retrieve(invoiceId);
    if (now.status === 'open' && now.amount_paid > 0) return markUncollectible(stripe, invoiceId);
    if (now.status === 'open' || now.status === 'uncollectible' && now.amount_paid === 0) throw error;
    return now;
  }
}

async function markUncollectible(stripe: Stripe, invoiceId: string): Promise<Stripe.Invoice> {
  try {
    return await stripe.invoices.markUncollectible(invoiceId);
  } catch (error) {
    const now = await stripe.invoices.retrieve(invoiceId);
    if (now.status === 'open') throw error;
    return now;
  }
}

/** Cancel is a DELETE without an idempotency key: an error is answered by a look whether it is canceled. */
export async function cancelAtOnce(stripe: Stripe, subscription: Stripe.Subscription): Promise<void> {
  if (isOver(subscription)) return;
  try {
    await stripe.subscriptions.cancel(subscription.id, { invoice_now: false, prorate: false });
  } catch (error) {
    if (!isOver(await stripe.subscriptions.retrieve(subscription.id))) throw error;
  }
}

const isOver = (subscription: Stripe.Subscription): boolean => subscription.status === 'canceled' || subscription.status === 'incomplete_expired';

export const openInvoicesOf = (stripe: Stripe, subscriptionId: string): Promise<Stripe.Invoice[]> =>
  stripe.invoices.list({ subscription: subscriptionId, status: 'open', limit: 100, expand: ['data.payments'] }).autoPagingToArray({ limit: 1000 });
