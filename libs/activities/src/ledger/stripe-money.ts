import type { EntityManager } from 'typeorm';
import type { BillingDeps } from '../stripe/billing-deps.js';
import type { StripeSnapshot } from '../stripe/snapshot.js';

export type StripeClient = BillingDeps['stripe'];
export type Charge = StripeSnapshot['charges'][number];
export type Invoice = StripeSnapshot['invoices'][number];
export type Subscription = StripeSnapshot['subscriptions'][number];
export type Dispute = Awaited<ReturnType<StripeClient['disputes']['retrieve']>>;
export type Refund = Awaited<ReturnType<StripeClient['refunds']['retrieve']>>;
export type CreditNote = Awaited<ReturnType<StripeClient['creditNotes']['retrieve']>>;
export type BalanceChange = Awaited<ReturnType<StripeClient['customers']['retrieveBalanceTransaction']>>;

/** What moves a customer's money besides invoices and charges. */
export interface CustomerMoney {
  readonly refunds: readonly Omit<Refund, 'lastResponse'>[];
  readonly disputes: readonly Omit<Dispute, 'lastResponse'>[];
  readonly creditNotes: readonly Omit<CreditNote, 'lastResponse'>[];
  readonly balanceChanges: readonly Omit<BalanceChange, 'lastResponse'>[];
}

const MOST = 1000;

/** What the ledger has of a customer that Stripe may still change. A dispute is asked for by its id, also a while after its end: a charge that was won back may no longer call itself disputed. */
interface Unsettled { disputes: string[]; refunded: string[]; credited: boolean }

/**
 * Reads refunds (they come with the charges), disputes, credit notes and the customer's balance from Stripe. Most customers have none of it, and then nothing is asked.
 * Throws as Stripe's client does.
 */
export async function readCustomerMoney(stripe: StripeClient, manager: EntityManager, customerId: string, snapshot: StripeSnapshot): Promise<CustomerMoney> {
  const unsettled = await unsettledOf(manager, customerId);
  const known = new Set(snapshot.disputes.map(({ id }) => id));
  const [refunds, disputes, creditNotes, balanceChanges] = await Promise.all([
    Promise.all(snapshot.charges.map((charge) => refundsOf(stripe, charge, unsettled))),
    Promise.all(unsettled.disputes.filter((id) => !known.has(id)).map((id) => stripe.disputes.retrieve(id))),
    unsettled.credited || snapshot.invoices.some((invoice) => invoice.pre_payment_credit_notes_amount > 0 || invoice.post_payment_credit_notes_amount > 0)
      ? stripe.creditNotes.list({ customer: snapshot.customer.id, limit: 100 }).autoPagingToArray({ limit: MOST }) : [],
    hasBalance(snapshot) ? stripe.customers.listBalanceTransactions(snapshot.customer.id, { limit: 100 }).autoPagingToArray({ limit: MOST }) : [],
  ]);
  return { refunds: refunds.flat(), disputes: [...snapshot.disputes, ...disputes], creditNotes, balanceChanges };
}

async function refundsOf(stripe: StripeClient, charge: Charge, { refunded }: Unsettled): Promise<CustomerMoney['refunds']> {
  if (charge.refunds != null && !charge.refunds.has_more) return charge.refunds.data;
  // Not expanded, or more than fit: asked for where there is one. One that failed is no longer in the charge's sum, but the ledger knows of it.
  return charge.amount_refunded === 0 && !refunded.includes(charge.id) ? [] : await stripe.refunds.list({ charge: charge.id, limit: 100 }).autoPagingToArray({ limit: MOST });
}

const hasBalance = ({ customer, invoices }: StripeSnapshot): boolean =>
  customer.deleted !== true && customer.balance !== 0 || invoices.some((invoice) => invoice.ending_balance !== null && invoice.ending_balance !== invoice.starting_balance);

async function unsettledOf(manager: EntityManager, customerId: string): Promise<Unsettled> {
  const [row] = await manager.query(
    `SELECT ARRAY(SELECT stripe_ref FROM billing_ledger o WHERE o.customer_id = $1 AND o.kind = 'dispute_opened'
                     AND NOT EXISTS (SELECT 1 FROM billing_ledger c WHERE c.kind IN ('dispute_won', 'dispute_lost') AND c.stripe_ref = o.stripe_ref AND c.recorded_at < now() - interval '30 days')) AS disputes,
            ARRAY(SELECT DISTINCT detail->>'chargeId' FROM billing_ledger WHERE customer_id = $1 AND kind = 'refund') AS refunded,
            EXISTS (SELECT 1 FROM billing_ledger WHERE customer_id = $1 AND kind = 'credit_note') AS credited`, [customerId]) as Unsettled[];
  return row ?? { disputes: [], refunded: [], credited: false };
}
