import Stripe from 'stripe';
import type { CheckoutOpened } from '#workflows/contracts/customer-lifecycle.js';
import { listSubscriptions, requirePrice, type BillingDeps } from './billing-deps.js';
import { ensurePrice } from './catalogue.js';
import { bringAbout } from './effect.js';
import { refuse } from './failures.js';
import { isLive } from './snapshot.js';
import { ensureStripeCustomer } from './stripe-customer.js';

export interface CheckoutWish { customerId: string; planId: string; priceId: string; instanceId: string; promotionCode?: string; requestId: string }

/** Stripe wants at least 30 minutes from the moment it takes the request. */
const SESSION_LIFE_SECONDS = 31 * 60;

/**
 * Opens the pay page for a plan. The same request answers the same session; an older open session of the customer is expired first, so that a person
 * with two tabs pays once. Failures: PLAN_NOT_SOLD, ALREADY_SUBSCRIBED, PROMOTION_CODE_INVALID.
 */
export async function openCheckoutSession(deps: BillingDeps, wish: CheckoutWish): Promise<CheckoutOpened> {
  const { plan, price } = requirePrice(deps.catalogue, wish.priceId, { planId: wish.planId, sold: true });
  const stripeCustomerId = await ensureStripeCustomer(deps, wish.customerId);
  const subscriptions = await listSubscriptions(deps, stripeCustomerId);
  if (subscriptions.some(isLive)) throw alreadySubscribed();

  const before = await listSessions(deps, stripeCustomerId);
  const same = before.find((session) => session.metadata?.['requestId'] === wish.requestId);
  if (same?.status === 'complete') throw alreadySubscribed();
  await expireOthers(deps, wish, before);

  const discounts = wish.promotionCode === undefined ? null : [{ promotion_code: await promotionCodeId(deps.stripe, wish.promotionCode) }];
  const trialDays = plan.trialHours > 0 && !subscriptions.some((one) => one.trial_end !== null) ? Math.ceil(plan.trialHours / 24) : 0;
  const stripePriceId = await ensurePrice(deps.stripe, plan, price);
  const expiresAt = Math.floor((deps.now?.() ?? Date.now()) / 1000) + SESSION_LIFE_SECONDS;
  const metadata = { customerId: wish.customerId, instanceId: wish.instanceId, planId: plan.id };

  const session = await bringAbout<Stripe.Checkout.Session>({
    key: `${wish.customerId}:checkout:${wish.requestId}:${String(expiresAt)}`,
    find: async () => (await listSessions(deps, stripeCustomerId)).find((one) => one.metadata?.['requestId'] === wish.requestId && one.status === 'open') ?? null,
    write: (options) => deps.stripe.checkout.sessions.create({
      mode: 'subscription', customer: stripeCustomerId, client_reference_id: wish.instanceId,
      line_items: [{ price: stripePriceId, quantity: 1 }],
      ...(discounts === null ? {} : { discounts }),
      metadata: { ...metadata, priceId: price.id, requestId: wish.requestId },
      subscription_data: { metadata, ...(trialDays > 0 ? { trial_period_days: trialDays } : {}) },
      payment_method_collection: 'always',
      expires_at: expiresAt,
      success_url: `${deps.publicUrl}/app/checkout/return?session={CHECKOUT_SESSION_ID}`,
      cancel_url: `${deps.publicUrl}/app/checkout/return?canceled=1&instance=${encodeURIComponent(wish.instanceId)}`,
    }, options).catch((error: unknown) => { throw discounts !== null && isAboutDiscounts(error) ? promotionCodeInvalid() : error; }),
  });
  // A slow twin of this call may have made one too: one open session is the rule.
  await expireOthers(deps, wish, await listSessions(deps, stripeCustomerId), session.id);
  await remember(deps, wish, session);
  if (session.url === null) throw refuse('STRIPE_REFUSED', 'Stripe gave no address for the pay page.');
  return { checkoutSessionId: session.id, checkoutUrl: session.url, expiresAtMs: session.expires_at * 1000 };
}

const listSessions = (deps: BillingDeps, stripeCustomerId: string): Promise<Stripe.Checkout.Session[]> =>
  deps.stripe.checkout.sessions.list({ customer: stripeCustomerId, limit: 100 }).autoPagingToArray({ limit: 500 });

/** Expires the customer's other open sessions. One that was paid meanwhile cannot be expired: then the customer is subscribed. */
async function expireOthers(deps: BillingDeps, wish: CheckoutWish, sessions: readonly Stripe.Checkout.Session[], keepId?: string): Promise<void> {
  for (const session of sessions) {
    const own = keepId === undefined ? session.metadata?.['requestId'] === wish.requestId : session.id === keepId;
    if (own || session.status !== 'open') continue;
    const after = await expire(deps.stripe, session.id);
    await deps.dataSource.query('UPDATE checkout SET status = $2 WHERE id = $1', [after.id, after.status]);
    if (after.status === 'complete') throw alreadySubscribed();
  }
}

async function expire(stripe: Stripe, sessionId: string): Promise<Stripe.Checkout.Session> {
  try {
    return await stripe.checkout.sessions.expire(sessionId);
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    const session = await stripe.checkout.sessions.retrieve(sessionId);
    if (session.status === 'open') throw error;
    return session;
  }
}

async function promotionCodeId(stripe: Stripe, code: string): Promise<string> {
  const { data } = await stripe.promotionCodes.list({ code, active: true, limit: 1 });
  if (data[0] === undefined) throw promotionCodeInvalid();
  return data[0].id;
}

const isAboutDiscounts = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && (error.param?.startsWith('discounts') ?? false);

async function remember(deps: BillingDeps, wish: CheckoutWish, session: Stripe.Checkout.Session): Promise<void> {
  await deps.dataSource.query(
    `INSERT INTO checkout (id, customer_id, instance_id, plan_id, price_id, url, status, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status`,
    [session.id, wish.customerId, wish.instanceId, wish.planId, wish.priceId, session.url ?? '', session.status ?? 'open', new Date(session.expires_at * 1000)],
  );
}

const alreadySubscribed = () => refuse('ALREADY_SUBSCRIBED', 'There is a subscription already.');
const promotionCodeInvalid = () => refuse('PROMOTION_CODE_INVALID', 'This promotion code is not valid here.');
