import type { BillingFacts } from '#domain/lifecycle/lifecycle.types.js';
import { listSubscriptions, stripeCustomerIdOf, type BillingDeps } from './billing-deps.js';
import { saveSnapshot } from './projection-store.js';
import { idOf, noBillingFacts, toBillingFacts, type StripeSnapshot } from './snapshot.js';

const MOST_INVOICES = 5000;

/** Reads all of a customer from Stripe, refreshes our projections in one transaction, and answers the facts. A failed read changes nothing. */
export async function fetchBillingFacts(deps: BillingDeps, customerId: string): Promise<BillingFacts> {
  const fetchedAtMs = deps.now?.() ?? Date.now();
  const stripeCustomerId = await stripeCustomerIdOf(deps, customerId);
  if (stripeCustomerId === null) return noBillingFacts(fetchedAtMs);
  const snapshot = await readSnapshot(deps, stripeCustomerId, fetchedAtMs);
  const facts = toBillingFacts(snapshot);
  await saveSnapshot(deps.dataSource, customerId, snapshot, facts, await checkoutStatuses(deps, customerId));
  return facts;
}

async function readSnapshot(deps: BillingDeps, stripeCustomerId: string, fetchedAtMs: number): Promise<StripeSnapshot> {
  const { stripe } = deps;
  const customer = await stripe.customers.retrieve(stripeCustomerId, { expand: ['invoice_settings.default_payment_method'] });
  const clockId = customer.deleted === true ? null : idOf(customer.test_clock);
  const [testClock, subscriptions, invoices, charges] = await Promise.all([
    clockId === null ? null : stripe.testHelpers.testClocks.retrieve(clockId),
    listSubscriptions(deps, stripeCustomerId),
    stripe.invoices.list({ customer: stripeCustomerId, limit: 100, expand: ['data.payments'] }).autoPagingToArray({ limit: MOST_INVOICES }),
    stripe.charges.list({ customer: stripeCustomerId, limit: 100 }).autoPagingToArray({ limit: MOST_INVOICES }),
  ]);
  return { fetchedAtMs, customer, testClock, subscriptions, invoices, charges };
}

/** How the customer's sessions that we think open stand now: id → status. */
async function checkoutStatuses(deps: BillingDeps, customerId: string): Promise<ReadonlyMap<string, string>> {
  const open: { id: string }[] = await deps.dataSource.query(`SELECT id FROM checkout WHERE customer_id = $1 AND status = 'open'`, [customerId]);
  const sessions = await Promise.all(open.map(({ id }) => deps.stripe.checkout.sessions.retrieve(id)));
  return new Map(sessions.filter((session) => session.status !== null && session.status !== 'open').map((session) => [session.id, session.status ?? 'expired']));
}
