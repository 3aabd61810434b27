import { ApplicationFailure } from '@temporalio/common';
import type Stripe from 'stripe';
import type { BillingFacts } from '#domain/lifecycle/lifecycle.types.js';
import { readCustomerMoney } from '../ledger/stripe-money.js';
import { writeStripeLedger } from '../ledger/write-ledger.js';
import { listSubscriptions, type BillingDeps } from './billing-deps.js';
import { refuse } from './failures.js';
import { saveSnapshot } from './projection-store.js';
import { watchRetryOwner } from './retry-owner.js';
import { noBillingFacts, openIntentIdsOf, toBillingFacts, type StripeSnapshot } from './snapshot.js';

const MOST_INVOICES = 5000;

/** What we have on record of a customer before Stripe is asked. */
interface Known { readonly stripeCustomerId: string | null; readonly onTestClock: boolean; readonly subscriptionIds: readonly string[]; readonly invoiceIds: readonly string[]; readonly openCheckoutIds: readonly string[] }

/**
 * Reads all of a customer from Stripe, refreshes our projections in one transaction, and answers the facts. A failed read changes nothing,
 * and so does one that leaves out what Stripe showed before: that is unknown, not gone (STRIPE_UNAVAILABLE).
 */
export async function fetchBillingFacts(deps: BillingDeps, customerId: string): Promise<BillingFacts> {
  const fetchedAtMs = deps.now?.() ?? Date.now();
  const known = await knownOf(deps, customerId);
  if (known.stripeCustomerId === null) return noBillingFacts(fetchedAtMs);
  const [snapshot, checkouts] = await Promise.all([readSnapshot(deps, known.stripeCustomerId, known.onTestClock, fetchedAtMs), checkoutStatuses(deps, known)]);
  refuseWhatIsMissing(known, snapshot);
  watchRetryOwner(deps, snapshot.invoices);
  const money = await readCustomerMoney(deps.stripe, deps.dataSource.manager, customerId, snapshot);
  const facts = toBillingFacts({ ...snapshot, disputes: money.disputes });
  await saveSnapshot(deps.dataSource, customerId, snapshot, facts, checkouts, (manager) => writeStripeLedger(manager, customerId, snapshot, money, facts));
  return facts;
}

/** Four requests at once; one more for each open invoice and each disputed charge, of which most customers have none. */
async function readSnapshot(deps: BillingDeps, stripeCustomerId: string, onTestClock: boolean, fetchedAtMs: number): Promise<StripeSnapshot> {
  const { stripe } = deps;
  const reading = stripe.customers.retrieve(stripeCustomerId, { expand: ['invoice_settings.default_payment_method', 'test_clock'] });
  // The clock must not be newer than what is read of the customer: a period would seem to be over and not renewed.
  if (onTestClock) await reading;
  const [customer, subscriptions, invoices, charges] = await Promise.all([
    reading,
    listSubscriptions(deps, stripeCustomerId),
    stripe.invoices.list({ customer: stripeCustomerId, limit: 100, expand: ['data.payments'] }).autoPagingToArray({ limit: MOST_INVOICES }),
    stripe.charges.list({ customer: stripeCustomerId, limit: 100, expand: ['data.refunds'] }).autoPagingToArray({ limit: MOST_INVOICES }),
  ]);
  const disputed = charges.filter((charge) => charge.disputed);
  const [testClock, intents, disputes] = await Promise.all([
    clockOf(stripe, customer),
    Promise.all(invoices.filter(({ status }) => status === 'open').flatMap(openIntentIdsOf).map((id) => stripe.paymentIntents.retrieve(id))),
    Promise.all(disputed.map(({ id }) => stripe.disputes.list({ charge: id, limit: 100 }))),
  ]);
  const unexplained = disputed.find((_, index) => disputes[index]?.data.length === 0);
  if (unexplained !== undefined) throw unknown(`Stripe calls the charge ${unexplained.id} disputed and lists no dispute of it.`);
  return {
    fetchedAtMs, customer, testClock, subscriptions, invoices, charges,
    intents: new Map(intents.map((intent) => [intent.id, intent])), disputes: disputes.flatMap(({ data }) => data),
  };
}

async function clockOf(stripe: Stripe, customer: StripeSnapshot['customer']): Promise<Stripe.TestHelpers.TestClock | null> {
  const clock = customer.deleted === true ? null : customer.test_clock ?? null;
  return typeof clock === 'string' ? stripe.testHelpers.testClocks.retrieve(clock) : clock;
}

/** How the customer's sessions that we think open stand now: id → status. */
async function checkoutStatuses(deps: BillingDeps, { openCheckoutIds }: Known): Promise<ReadonlyMap<string, string>> {
  const sessions = await Promise.all(openCheckoutIds.map((id) => deps.stripe.checkout.sessions.retrieve(id)));
  return new Map(sessions.filter((session) => session.status !== null && session.status !== 'open').map((session) => [session.id, session.status ?? 'expired']));
}

async function knownOf(deps: BillingDeps, customerId: string): Promise<Known> {
  const [row]: { stripe_customer_id: string | null; on_test_clock: boolean; subscriptions: string[]; invoices: string[]; checkouts: string[] }[] = await deps.dataSource.query(
    `SELECT c.stripe_customer_id, c.on_test_clock,
            ARRAY(SELECT s.id FROM subscription s WHERE s.customer_id = c.id AND s.stripe_customer_id = c.stripe_customer_id) AS subscriptions,
            ARRAY(SELECT i.id FROM invoice i WHERE i.customer_id = c.id AND i.stripe_customer_id = c.stripe_customer_id) AS invoices,
            ARRAY(SELECT k.id FROM checkout k WHERE k.customer_id = c.id AND k.status = 'open') AS checkouts
       FROM customer c WHERE c.id = $1`, [customerId]);
  if (row === undefined) throw refuse('NO_SUBSCRIPTION', 'There is no such customer.');
  return { stripeCustomerId: row.stripe_customer_id, onTestClock: row.on_test_clock, subscriptionIds: row.subscriptions, invoiceIds: row.invoices, openCheckoutIds: row.checkouts };
}

/** Stripe never forgets a subscription or a finalized invoice: a list without one that it showed before is no answer. */
function refuseWhatIsMissing(known: Known, { subscriptions, invoices }: StripeSnapshot): void {
  const listed = new Set([...subscriptions, ...invoices].map(({ id }) => id));
  const missing = [...known.subscriptionIds, ...known.invoiceIds].find((id) => !listed.has(id));
  if (missing !== undefined && invoices.length < MOST_INVOICES) throw unknown(`Stripe leaves out ${missing}, which it showed before.`);
}

const unknown = (message: string): ApplicationFailure => ApplicationFailure.create({ type: 'STRIPE_UNAVAILABLE', message });
