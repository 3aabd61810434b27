import type Stripe from 'stripe';
import { bringAbout } from './effect.js';
import { stripeCustomerIdOf, type BillingDeps } from './billing-deps.js';

/** As long as Stripe keeps an idempotency key. */
const EVENT_WINDOW_SECONDS = 24 * 3600;
const MOST_EVENTS = 2000;

/**
 * Finds or creates the one Stripe customer of ours and remembers it. A customer that was deleted at Stripe for certain is replaced by a new one;
 * a customer that Stripe merely cannot find (another account's key?) is an error, not a reason to create.
 */
export async function ensureStripeCustomer(deps: BillingDeps, customerId: string): Promise<string> {
  const known = await stripeCustomerIdOf(deps, customerId);
  if (known !== null) {
    const customer = await deps.stripe.customers.retrieve(known);
    if (customer.deleted !== true) return known;
    deps.logger.warn({ customerId, stripeCustomerId: known }, 'the Stripe customer was deleted at Stripe: making a new one');
  }
  const email = await ownerEmail(deps, customerId);
  let outcomeUnknown = false;
  const created = await bringAbout<Stripe.Customer>({
    key: `${customerId}:customer:${known ?? 'first'}`,
    find: async () => await findByMetadata(deps.stripe, customerId, email) ?? (outcomeUnknown ? findByEvent(deps.stripe, customerId) : null),
    write: async (options) => {
      outcomeUnknown = true;
      return deps.stripe.customers.create({ ...(email === null ? {} : { email }), metadata: { customerId } }, options);
    },
    // Lists leave out customers on test clocks, so a replayed answer is checked by its id.
    stands: async (customer) => (await deps.stripe.customers.retrieve(customer.id)).deleted !== true,
  });
  // Whoever comes first wins; all others use the winner's.
  await deps.dataSource.query(
    'UPDATE customer SET stripe_customer_id = $2 WHERE id = $1 AND stripe_customer_id IS NOT DISTINCT FROM $3', [customerId, created.id, known]);
  return (await stripeCustomerIdOf(deps, customerId)) ?? created.id;
}

async function findByMetadata(stripe: Stripe, customerId: string, email: string | null): Promise<Stripe.Customer | null> {
  const { data } = await stripe.customers.list({ ...(email === null ? {} : { email }), limit: 100 });
  return data.find((customer) => customer.metadata['customerId'] === customerId) ?? null;
}

/** Events tell of every customer, also of one on a test clock. For the rare case of an answer that was lost or an error. */
async function findByEvent(stripe: Stripe, customerId: string): Promise<Stripe.Customer | null> {
  const created = { gte: Math.floor(Date.now() / 1000) - EVENT_WINDOW_SECONDS };
  const events = await stripe.events.list({ type: 'customer.created', created, limit: 100 }).autoPagingToArray({ limit: MOST_EVENTS });
  for (const event of events) {
    const object = event.data.object as Stripe.Customer;
    if (object.metadata['customerId'] !== customerId) continue;
    const customer = await stripe.customers.retrieve(object.id);
    if (customer.deleted !== true) return customer;
  }
  return null;
}

async function ownerEmail(deps: BillingDeps, customerId: string): Promise<string | null> {
  const rows: { email: string }[] = await deps.dataSource.query(
    `SELECT u.email FROM member m JOIN "user" u ON u.id = m.user_id WHERE m.customer_id = $1 AND m.role = 'owner' ORDER BY m.created_at LIMIT 1`, [customerId]);
  return rows[0]?.email ?? null;
}
