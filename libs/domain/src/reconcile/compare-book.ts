import type { Book, BookInstance, BookInvoice, BookSubscription, Difference } from './reconcile.types.js';

/** Statuses in which Stripe has ended a subscription, or never began it. */
const OVER = new Set(['canceled', 'incomplete_expired']);
/** Statuses in which a customer is served, were it by our grace. */
const SERVED = new Set(['trialing', 'active', 'past_due']);
const UP = new Set(['running', 'unhealthy', 'restarting', 'provisioning']);

/**
 * What Stripe and we say differently of the same customers. A side that is `whole` lists everything: only then what it lacks is a difference,
 * for a page of a list says nothing of what stands on the next one.
 */
export function compareBook(stripe: Book, local: Book, whole: { readonly stripe: boolean; readonly local: boolean }): Difference[] {
  return [...compareSubscriptions(stripe.subscriptions, local.subscriptions, whole), ...duplicates(stripe.subscriptions), ...compareInvoices(stripe.openInvoices, local.openInvoices, whole)];
}

function compareSubscriptions(stripe: readonly BookSubscription[], local: readonly BookSubscription[], whole: { stripe: boolean; local: boolean }): Difference[] {
  const ours = new Map(local.map((one) => [one.id, one]));
  const theirs = new Set(stripe.map(({ id }) => id));
  const differences = stripe.flatMap((there): Difference[] => {
    const here = ours.get(there.id);
    if (here === undefined) return whole.local && there.customerId !== null && !OVER.has(there.status) ? [{ kind: 'missing_local', subject: there.id, customerId: there.customerId, local: null, stripe: there.status }] : [];
    const of = { subject: there.id, customerId: here.customerId };
    if (here.status !== there.status) return [{ ...of, kind: 'status_mismatch', local: here.status, stripe: there.status }];
    // What is over changes no more; its price and period matter to nobody.
    if (OVER.has(there.status)) return [];
    return [
      ...(here.priceId === there.priceId ? [] : [{ ...of, kind: 'price_mismatch' as const, local: here.priceId, stripe: there.priceId }]),
      ...(here.periodEndMs === there.periodEndMs ? [] : [{ ...of, kind: 'period_mismatch' as const, local: instant(here.periodEndMs), stripe: instant(there.periodEndMs) }]),
    ];
  });
  if (!whole.stripe) return differences;
  const missing = local.filter(({ id, status }) => !theirs.has(id) && !OVER.has(status));
  return [...differences, ...missing.map(({ id, customerId, status }): Difference => ({ kind: 'missing_stripe', subject: id, customerId, local: status, stripe: null }))];
}

function duplicates(stripe: readonly BookSubscription[]): Difference[] {
  const live = new Map<string, string[]>();
  for (const { id, customerId, status } of stripe) {
    if (customerId !== null && !OVER.has(status) && status !== 'incomplete') live.set(customerId, [...(live.get(customerId) ?? []), id]);
  }
  return [...live].flatMap(([customerId, ids]): Difference[] => (ids.length < 2 ? [] : [{ kind: 'duplicate_active_sub', subject: ids.sort().join(','), customerId, local: null, stripe: `${ids.length} live subscriptions` }]));
}

function compareInvoices(stripe: readonly BookInvoice[], local: readonly BookInvoice[], whole: { stripe: boolean; local: boolean }): Difference[] {
  const ours = new Map(local.map((one) => [one.id, one]));
  const theirs = new Set(stripe.map(({ id }) => id));
  const differences = stripe.flatMap((there): Difference[] => {
    const here = ours.get(there.id);
    const of = { subject: there.id, customerId: here?.customerId ?? there.customerId };
    const amount = here === undefined ? whole.local && of.customerId !== null : here.amountRemainingCents !== there.amountRemainingCents;
    return [
      ...(amount ? [{ ...of, kind: 'amount_due_mismatch' as const, local: here === undefined ? null : cents(here), stripe: cents(there) }] : []),
      ...(there.subscriptionStatus !== null && OVER.has(there.subscriptionStatus) && of.customerId !== null
        ? [{ ...of, kind: 'open_invoice_on_ended_sub' as const, local: null, stripe: cents(there) }] : []),
    ];
  });
  if (!whole.stripe) return differences;
  return [...differences, ...local.filter(({ id }) => !theirs.has(id)).map((here): Difference => ({ kind: 'amount_due_mismatch', subject: here.id, customerId: here.customerId, local: cents(here), stripe: null }))];
}

/** What runs without being paid for, and what is paid for and does not run. */
export function compareService(instances: readonly BookInstance[]): Difference[] {
  return instances.flatMap(({ instanceId, customerId, serviceLevel, status, desiredState }): Difference[] => {
    const entitled = serviceLevel === 'full' || serviceLevel === 'downgraded';
    if (!entitled && UP.has(status)) return [{ kind: 'container_running_without_entitlement', subject: instanceId, customerId, local: status, stripe: serviceLevel }];
    if (entitled && desiredState === 'running' && status === 'suspended') return [{ kind: 'entitled_without_container', subject: instanceId, customerId, local: status, stripe: serviceLevel }];
    return [];
  });
}

/** True where following what was found could take service away: Stripe shows ended, paused or nothing where we serve, or something runs that nobody pays for. */
export function wouldBeWorse({ kind, local, stripe }: Difference): boolean {
  if (kind === 'missing_stripe' || kind === 'container_running_without_entitlement') return true;
  return kind === 'status_mismatch' && local !== null && SERVED.has(local) && (stripe === null || !SERVED.has(stripe) && stripe !== 'incomplete');
}

/**
 * The mass-harm breaker (lifecycle.md rule 5): too many customers would be worse off at once, so the cause is more likely with us or with Stripe
 * than with them. One customer alone is no mass, however small the book.
 */
export const isMassHarm = (worseCustomers: number, customers: number, breaker: { readonly customers: number; readonly share: number }): boolean =>
  worseCustomers > breaker.customers || worseCustomers > 1 && worseCustomers > breaker.share * customers;

const cents = ({ amountRemainingCents }: BookInvoice): string => `${amountRemainingCents} cents remain`;
const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
