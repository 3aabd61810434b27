import type Stripe from 'stripe';
import type { DataSource } from 'typeorm';
import { ringsTheBell } from '#domain/lifecycle/doorbells.js';
import { compareBook } from '#domain/reconcile/compare-book.js';
import type { BookInvoice, BookSubscription } from '#domain/reconcile/reconcile.types.js';
import { readStripeEvent, storeStripeEvents, withoutNul } from '#database/stripe-events/stripe-event-row.js';
import { addDifferences, customersByStripeId, localOpenInvoices, localSubscriptions, markSeen } from '../reconcile/reconcile-store.js';
import { isMissing } from './failures.js';
import { idOf, msOrNull, periodEnd, priceIdOf, subscriptionOf } from './snapshot.js';

export interface ReconcileDeps { readonly stripe: Stripe; readonly dataSource: DataSource; readonly live: boolean }
interface Page { readonly runId: string; readonly cursor: string | null; readonly beat: () => void }

const PAGE = 100;
const CLOCK_CUSTOMERS = 20;
/** Two requests each: well below Stripe's 100 a second (25 in test mode). */
const CUSTOMERS_AT_ONCE = 5;

/** One page of events that some endpoint did not take: each is stored as if it had come, and rings as it would have. Answers where the next page begins. */
export async function replayUndelivered({ stripe, dataSource, live }: ReconcileDeps, { runId, cursor, beat }: Page, sinceSeconds: number): Promise<string | null> {
  const page = await stripe.events.list({ delivery_success: false, created: { gte: sinceSeconds }, limit: PAGE, ...after(cursor) });
  const known: { id: string }[] = await dataSource.query('SELECT id FROM stripe_event WHERE id = ANY($1)', [page.data.map(({ id }) => id)]);
  const stored = new Set(known.map(({ id }) => id));
  let fetched = 0;
  // Oldest first, as they would have come.
  for (const event of page.data.filter(({ id }) => !stored.has(id)).reverse()) {
    beat();
    const payload = withoutNul(JSON.stringify(event));
    const read = readStripeEvent(JSON.parse(payload));
    if (read === null) continue;
    // Whatever API version it is written in: it only rings, and the truth is fetched.
    const { text, values } = storeStripeEvents([{ event: read, payload, rings: read.livemode === live && ringsTheBell(read.type) }]);
    await dataSource.query(text, values);
    fetched += 1;
  }
  if (fetched > 0) await dataSource.query('UPDATE reconcile_run SET replayed_events = replayed_events + $2 WHERE id = $1', [runId, fetched]);
  return nextCursor(page);
}

/** One page of all of Stripe's subscriptions, whatever their status. */
export async function sweepSubscriptions({ stripe, dataSource }: ReconcileDeps, { runId, cursor }: Page): Promise<string | null> {
  const page = await stripe.subscriptions.list({ status: 'all', limit: PAGE, ...after(cursor) });
  await dataSource.transaction(async (manager) => {
    const owners = await customersByStripeId(manager, page.data.flatMap(({ customer }) => idOf(customer) ?? []));
    const ids = page.data.map(({ id }) => id);
    const theirs = page.data.map((one) => toBookSubscription(one, owners.get(idOf(one.customer) ?? '') ?? null));
    const differences = compareBook({ subscriptions: theirs, openInvoices: [] }, { subscriptions: await localSubscriptions(manager, { ids }), openInvoices: [] }, { stripe: false, local: true });
    await addDifferences(manager, runId, differences);
    await markSeen(manager, runId, 'subscription', ids);
  });
  return nextCursor(page);
}

/** One page of all of Stripe's open invoices. */
export async function sweepOpenInvoices({ stripe, dataSource }: ReconcileDeps, { runId, cursor }: Page): Promise<string | null> {
  const page = await stripe.invoices.list({ status: 'open', limit: PAGE, ...after(cursor) });
  await dataSource.transaction(async (manager) => {
    const owners = await customersByStripeId(manager, page.data.flatMap(({ customer }) => idOf(customer) ?? []));
    const subscriptions = new Map((await localSubscriptions(manager, { ids: page.data.flatMap((one) => subscriptionOf(one) ?? []) })).map(({ id, status }) => [id, status]));
    const ids = page.data.map(({ id }) => id);
    const theirs = page.data.map((one) => toBookInvoice(one, owners.get(idOf(one.customer) ?? '') ?? null, subscriptions));
    const differences = compareBook({ subscriptions: [], openInvoices: theirs }, { subscriptions: [], openInvoices: await localOpenInvoices(manager, { ids }) }, { stripe: false, local: true });
    await addDifferences(manager, runId, differences);
    await markSeen(manager, runId, 'invoice', ids);
  });
  return nextCursor(page);
}

/** A page of our customers on test clocks, each with all that Stripe has of it: lists without a customer leave them out. */
export async function sweepClockCustomers({ stripe, dataSource }: ReconcileDeps, { runId, cursor, beat }: Page): Promise<string | null> {
  const customers: { id: string; stripe_customer_id: string }[] = await dataSource.query(
    `SELECT id, stripe_customer_id FROM customer
      WHERE test_clock_id IS NOT NULL AND stripe_customer_id IS NOT NULL AND stage <> 'torn_down' AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT ${CLOCK_CUSTOMERS}`, [cursor]);
  const waiting = [...customers];
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      beat();
      const { id: customerId, stripe_customer_id: stripeCustomerId } = one;
      const [subscriptions, invoices] = await ofCustomer(stripe, stripeCustomerId);
      const statuses = new Map(subscriptions.map(({ id, status }) => [id, status]));
      const theirs = { subscriptions: subscriptions.map((each) => toBookSubscription(each, customerId)), openInvoices: invoices.map((each) => toBookInvoice(each, customerId, statuses)) };
      await dataSource.transaction(async (manager) => {
        const ours = { subscriptions: await localSubscriptions(manager, { stripeCustomerId }), openInvoices: await localOpenInvoices(manager, { stripeCustomerId }) };
        await addDifferences(manager, runId, compareBook(theirs, ours, { stripe: true, local: true }));
      });
    }
  };
  await Promise.all(Array.from({ length: CUSTOMERS_AT_ONCE }, lane));
  return customers.length < CLOCK_CUSTOMERS ? null : customers.at(-1)?.id ?? null;
}

/** A customer whom Stripe no longer has (its test clock was deleted) has nothing there: what we think it has is missing. */
async function ofCustomer(stripe: Stripe, customer: string): Promise<[Stripe.Subscription[], Stripe.Invoice[]]> {
  try {
    return await Promise.all([
      stripe.subscriptions.list({ customer, status: 'all', limit: PAGE }).autoPagingToArray({ limit: 1000 }),
      stripe.invoices.list({ customer, status: 'open', limit: PAGE }).autoPagingToArray({ limit: 1000 }),
    ]);
  } catch (error) {
    if (isMissing(error)) return [[], []];
    throw error;
  }
}

const toBookSubscription = (one: Stripe.Subscription, customerId: string | null): BookSubscription =>
  ({ id: one.id, customerId, status: one.status, priceId: priceIdOf(one), periodEndMs: msOrNull(periodEnd(one)) });

const toBookInvoice = (one: Stripe.Invoice, customerId: string | null, statuses: ReadonlyMap<string, string>): BookInvoice =>
  ({ id: one.id, customerId, amountRemainingCents: one.amount_remaining, subscriptionStatus: statuses.get(subscriptionOf(one) ?? '') ?? null });

const after = (cursor: string | null): { starting_after?: string } => (cursor === null ? {} : { starting_after: cursor });
const nextCursor = (page: { has_more: boolean; data: { id: string }[] }): string | null => (page.has_more ? page.data.at(-1)?.id ?? null : null);
