import type Stripe from 'stripe';
import type { DuplicatesResolved } from '#workflows/ports/billing.port.js';
import { listSubscriptions, requireStripeCustomer, type BillingDeps } from './billing-deps.js';
import { cancelAndRefundInFull } from './refund.js';
import { isLive } from './snapshot.js';

/** Within this time of the first, a second subscription is the other tab of the same wish; later it is something that a person must judge. */
const SAME_WISH_SECONDS = 48 * 3600;

/**
 * Two checkouts in two tabs, both paid: the earlier subscription stays, each later one is canceled and paid back in full, with a row in `billing_review`.
 * A later one that has been charged more than once, or that came days after, is left (`left`): a person decides. Safe to repeat; none = nothing.
 */
export async function resolveDuplicateSubscriptions(deps: BillingDeps, input: { customerId: string }): Promise<DuplicatesResolved> {
  const [served]: { subscription_id: string | null }[] = await deps.dataSource.query('SELECT subscription_id FROM customer WHERE id = $1', [input.customerId]);
  // Of two of the same second the one that is served already stays.
  const rank = ({ id }: Stripe.Subscription): string => (id === served?.subscription_id ? '' : id);
  const live = (await listSubscriptions(deps, await requireStripeCustomer(deps, input.customerId))).filter(isLive).sort((a, b) => a.created - b.created || (rank(a) < rank(b) ? -1 : 1));
  const [kept, ...later] = live;
  if (kept === undefined || later.length === 0) return { keptId: kept?.id ?? null, refunded: [], left: [] };
  const refunded: DuplicatesResolved['refunded'] = [];
  const left: string[] = [];
  for (const subscription of later) {
    if (!await isSecondTab(deps.stripe, kept, subscription)) {
      left.push(subscription.id);
      continue;
    }
    const { refundedCents, currency } = await cancelAndRefundInFull(deps, { customerId: input.customerId, subscriptionId: subscription.id, reason: 'duplicate_subscription' });
    refunded.push({ subscriptionId: subscription.id, refundedCents, currency });
    await deps.dataSource.query(
      `INSERT INTO billing_review (key, customer_id, kind, detail) VALUES ($1, $2, 'duplicate_subscription', $3) ON CONFLICT (key) DO NOTHING`,
      [`${input.customerId}:duplicate:${subscription.id}`, input.customerId, JSON.stringify({ keptId: kept.id, canceledId: subscription.id, refundedCents, currency })]);
    deps.logger.warn({ customerId: input.customerId, keptId: kept.id, canceledId: subscription.id, refundedCents }, 'a second subscription was canceled and paid back in full');
  }
  return { keptId: kept.id, refunded, left };
}

async function isSecondTab(stripe: Stripe, kept: Stripe.Subscription, later: Stripe.Subscription): Promise<boolean> {
  if (later.created - kept.created > SAME_WISH_SECONDS || (kept.status !== 'active' && kept.status !== 'trialing')) return false;
  const { data } = await stripe.invoices.list({ subscription: later.id, status: 'paid', limit: 10 });
  return data.filter(({ amount_paid: paid }) => paid > 0).length <= 1;
}
