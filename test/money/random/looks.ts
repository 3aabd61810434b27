import { verifyChain } from '#database/ledger/verify-chain.js';
import { MONEY_KINDS, tieOut, type MoneyRow } from '#domain/finance/tie-out.js';
import type { DataSource } from 'typeorm';
import type Stripe from 'stripe';
import type { InProcessRig } from './in-process-rig.js';

interface Ledger {
  charges: { id: string; amount: number; status: string; invoice: string | null }[];
  balanceTransactions: { id: string; type: string; reporting_category: string; source: string | null; amount: number; currency: string }[];
}

const owes = (invoice: Stripe.Invoice): boolean => invoice.status === 'open' && invoice.amount_remaining > 0;

/** Reads past faults that are meant for the product: they may not hide the truth. */
async function surely<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try { return await read(); } catch (error) { if (attempt === 12) throw error; }
  }
}

interface Truth { readonly live: Stripe.Subscription | undefined; readonly owing: readonly Stripe.Invoice[]; readonly invoices: readonly Stripe.Invoice[] }

/** What Stripe really has of the customer: its own lists, by a client of its own. */
async function truthOf({ stripe, dataSource, person }: InProcessRig): Promise<Truth> {
  const [row] = await dataSource.query('SELECT stripe_customer_id FROM customer WHERE id = $1', [person.customerId]) as { stripe_customer_id: string }[];
  const customer = row!.stripe_customer_id;
  const [subscriptions, invoices] = await surely(() => Promise.all([stripe.subscriptions.list({ customer, status: 'all', limit: 100 }), stripe.invoices.list({ customer, limit: 100 })]));
  const live = subscriptions.data.find(({ status }) => status === 'active' || status === 'trialing');
  return { live, owing: invoices.data.filter(owes), invoices: invoices.data };
}

/** Something is being taken away: the customer must owe something. */
export async function moneyContradictions(rig: InProcessRig, what: string): Promise<readonly string[]> {
  const { live, owing, invoices } = await truthOf(rig);
  // Nothing listed at all: an empty answer that was ordered for the product.
  if (live === undefined || owing.length > 0 || invoices.length === 0) return [];
  return [`${what}, and the customer has paid everything`];
}

/** At rest, with nothing lost on the way: who has paid is served whole; money is taken once; the books agree. */
export async function serviceContradictions(rig: InProcessRig): Promise<readonly string[]> {
  const [{ live, owing }, status, instances] = await Promise.all([
    truthOf(rig), rig.status(),
    rig.dataSource.query('SELECT id, status, desired_state AS desired, plan_id AS plan FROM instance WHERE customer_id = $1', [rig.person.customerId]) as Promise<{ id: string; status: string; desired: string; plan: string }[]>,
  ]);
  const found: string[] = [];
  const tried = status.needsAttention !== null || status.overlays.includes('review_hold');
  if (live !== undefined && owing.length === 0 && !tried) {
    if (['grace', 'downgraded', 'suspended', 'ended', 'torn_down'].includes(status.stage)) found.push(`paid, and yet ${status.stage}`);
    for (const { id, status: is, plan } of instances) {
      const container = rig.docker.containers.get(id);
      if (is === 'running' && container?.running !== true) found.push('paid, and its container does not run');
      if (is === 'suspended') found.push('paid, and its assistant is suspended');
      if (is === 'running' && container?.planId !== plan) found.push(`paid for ${plan}, and its container has the limits of ${container?.planId ?? 'nothing'}`);
    }
  }
  return found;
}

/** At the end of a life: no invoice collected twice, and the ledger of money is Stripe's, pair by pair. */
export async function bookContradictions(rig: InProcessRig): Promise<readonly string[]> {
  const [ledger, { invoices }, rows] = await Promise.all([
    rig.control<Ledger>('GET', '/ledger'), truthOf(rig),
    rig.dataSource.query(
      'SELECT kind, stripe_ref AS "stripeRef", amount_minor::int AS "amountMinor", currency FROM billing_ledger WHERE customer_id = $1 AND kind = ANY($2)', [rig.person.customerId, MONEY_KINDS],
    ) as Promise<MoneyRow[]>,
  ]);
  const found: string[] = [];
  for (const invoice of invoices) {
    const charged = ledger.charges.filter((charge) => charge.invoice === invoice.id && charge.status === 'succeeded').reduce((sum, { amount }) => sum + amount, 0);
    if (charged > invoice.amount_due || invoice.amount_paid > invoice.amount_due) found.push(`invoice ${invoice.id} of ${invoice.amount_due} was charged ${charged}, paid ${invoice.amount_paid}`);
  }
  const balance = ledger.balanceTransactions.map((one) => ({ id: one.id, type: one.type, reportingCategory: one.reporting_category, source: one.source, amountMinor: one.amount, currency: one.currency }));
  for (const { differences } of tieOut(rows, balance)) for (const difference of differences) found.push(`the ledger does not tie out: ${JSON.stringify(difference)}`);
  return found;
}

/** Once for all lives that share the database. */
export async function chainContradiction(dataSource: DataSource): Promise<string | null> {
  const { ok, fault, rows } = await verifyChain(dataSource.manager);
  return ok && rows > 0 ? null : `the chain of the ledger is broken: ${JSON.stringify(fault)} (${rows} rows)`;
}
