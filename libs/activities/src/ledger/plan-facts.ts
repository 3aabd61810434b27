import type { EntityManager } from 'typeorm';
import type { LedgerFact } from '#domain/finance/ledger.types.js';
import { monthlyCents } from '#domain/finance/mrr.js';
import { idOf, ms, planIdOf, subscriptionOf, type StripeSnapshot } from '../stripe/snapshot.js';
import type { Invoice, Subscription } from './stripe-money.js';

/** Statuses in which a subscription is billed month by month; a trial and a pause bring nothing. */
const BILLED = new Set<string>(['active', 'past_due', 'unpaid']);

/**
 * What each subscription brings in a month, where it is other than the ledger's last word on it.
 * Call it under the lock of the customer's row: the last word is read from the ledger.
 */
export async function planFacts(manager: EntityManager, customerId: string, snapshot: Pick<StripeSnapshot, 'subscriptions' | 'invoices'>, customerNowMs: number): Promise<readonly LedgerFact[]> {
  if (snapshot.subscriptions.length === 0) return [];
  const rows: { subscription_id: string; amount_minor: string; plan_id: string | null; times: string }[] = await manager.query(
    `SELECT DISTINCT ON (detail->>'subscriptionId') detail->>'subscriptionId' AS subscription_id, amount_minor, detail->>'planId' AS plan_id, count(*) OVER (PARTITION BY detail->>'subscriptionId') AS times
       FROM billing_ledger WHERE customer_id = $1 AND kind = 'plan_changed' ORDER BY detail->>'subscriptionId', seq DESC`, [customerId]);
  const known = new Map(rows.map((row) => [row.subscription_id, row]));
  return snapshot.subscriptions.flatMap((subscription): LedgerFact[] => {
    const before = known.get(subscription.id);
    const amountMinor = monthlyOf(subscription, snapshot.invoices);
    const planId = planIdOf(subscription);
    if (before === undefined ? amountMinor === 0 : Number(before.amount_minor) === amountMinor && (amountMinor === 0 || before.plan_id === planId)) return [];
    return [{
      kind: 'plan_changed', customerId, stripeRef: `${subscription.id}#${Number(before?.times ?? 0) + 1}`, amountMinor, currency: subscription.currency,
      occurredAtMs: changedAt(subscription, before !== undefined, customerNowMs), caseId: null, actor: 'stripe', policyVersion: null,
      detail: { subscriptionId: subscription.id, planId, status: subscription.status, beforeCents: Number(before?.amount_minor ?? 0) },
    }];
  });
}

/** Net of discounts that still run, as far as an invoice showed what they take off. */
export function monthlyOf(subscription: Subscription, invoices: readonly Invoice[]): number {
  if (!BILLED.has(subscription.status)) return 0;
  const first = subscription.items.data[0]?.price.recurring;
  const gross = subscription.items.data.reduce((sum, { price, quantity }) => sum + (price.recurring === null ? 0
    : monthlyCents({ amountCents: (price.unit_amount ?? 0) * (quantity ?? 1), interval: price.recurring.interval, intervalCount: price.recurring.interval_count })), 0);
  const running = new Set([...subscription.discounts, ...subscription.items.data.flatMap((item) => item.discounts)].map((discount) => idOf(discount)));
  if (running.size === 0 || first == null) return gross;
  const newest = invoices
    .filter((invoice) => subscriptionOf(invoice) === subscription.id && ['subscription_create', 'subscription_cycle'].includes(invoice.billing_reason ?? '') && invoice.total_discount_amounts !== null)
    .sort((a, b) => b.created - a.created)[0];
  const off = (newest?.total_discount_amounts ?? []).reduce((sum, { amount, discount }) => (running.has(idOf(discount)) ? sum + amount : sum), 0);
  return Math.max(0, gross - monthlyCents({ amountCents: off, interval: first.interval, intervalCount: first.interval_count }));
}

function changedAt(subscription: Subscription, known: boolean, customerNowMs: number): number {
  if (subscription.ended_at !== null) return ms(subscription.ended_at);
  if (known) return customerNowMs;
  const trialEnd = subscription.trial_end === null ? 0 : ms(subscription.trial_end);
  return Math.max(ms(subscription.start_date), trialEnd <= customerNowMs ? trialEnd : 0);
}
