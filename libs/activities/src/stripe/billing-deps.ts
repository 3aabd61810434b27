import type Stripe from 'stripe';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import type { Catalogue, Plan, PlanPrice } from '#domain/plan/plan.types.js';
import { refuse } from './failures.js';
import { isLive } from './snapshot.js';

export interface BillingDeps {
  readonly stripe: Stripe;
  readonly dataSource: DataSource;
  readonly catalogue: Catalogue;
  /** Address under which people reach the dashboard, without a slash at its end. */
  readonly publicUrl: string;
  readonly logger: Logger;
  /** Who tries a failed payment again, by the policy; left out = not watched. */
  readonly retryOwner?: 'workflow' | 'stripe';
  /** Real clock in epoch milliseconds. */
  readonly now?: () => number;
}

/** The Stripe customer of one of ours; null = has none yet. Throws a failure for good where we do not know the customer at all. */
export async function stripeCustomerIdOf(deps: BillingDeps, customerId: string): Promise<string | null> {
  const rows: { stripe_customer_id: string | null }[] = await deps.dataSource.query('SELECT stripe_customer_id FROM customer WHERE id = $1', [customerId]);
  if (rows[0] === undefined) throw refuse('NO_SUBSCRIPTION', 'There is no such customer.');
  return rows[0].stripe_customer_id;
}

/** As above, for what makes sense only with a Stripe customer: NO_SUBSCRIPTION without. */
export async function requireStripeCustomer(deps: BillingDeps, customerId: string): Promise<string> {
  const id = await stripeCustomerIdOf(deps, customerId);
  if (id === null) throw refuse('NO_SUBSCRIPTION', 'There is no subscription yet.');
  return id;
}

/** Every subscription of a Stripe customer, whatever its status, with its own card. */
export const listSubscriptions = (deps: BillingDeps, stripeCustomerId: string): Promise<Stripe.Subscription[]> =>
  deps.stripe.subscriptions.list({ customer: stripeCustomerId, status: 'all', limit: 100, expand: ['data.default_payment_method', 'data.schedule'] }).autoPagingToArray({ limit: 1000 });

/** The subscription by its id, checked to be of this customer and live: else NO_SUBSCRIPTION. */
export async function requireLiveSubscription(deps: BillingDeps, customerId: string, subscriptionId: string): Promise<Stripe.Subscription> {
  const subscription = await requireOwnSubscription(deps, customerId, subscriptionId);
  if (!isLive(subscription)) throw refuse('NO_SUBSCRIPTION', 'The subscription is over.');
  return subscription;
}

/** The subscription by its id, checked to be of this customer. */
export async function requireOwnSubscription(deps: BillingDeps, customerId: string, subscriptionId: string): Promise<Stripe.Subscription> {
  const owner = await requireStripeCustomer(deps, customerId);
  const subscription = await deps.stripe.subscriptions.retrieve(subscriptionId, { expand: ['schedule'] });
  if (subscription.customer !== owner) throw refuse('NO_SUBSCRIPTION', 'The subscription is not of this customer.');
  return subscription;
}

/** Plan and price of the catalogue by our ids: PLAN_NOT_SOLD where there is no such price. */
export function requirePrice(catalogue: Catalogue, priceId: string, options: { planId?: string; sold: boolean }): { plan: Plan; price: PlanPrice } {
  for (const plan of catalogue.plans) {
    const price = plan.prices.find((one) => one.id === priceId);
    if (price !== undefined && (options.planId === undefined || options.planId === plan.id) && (plan.sold || !options.sold)) return { plan, price };
  }
  throw refuse('PLAN_NOT_SOLD', 'This plan is not sold.');
}
