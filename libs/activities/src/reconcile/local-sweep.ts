import type { EntityManager } from 'typeorm';
import { compareService } from '#domain/reconcile/compare-book.js';
import type { BookInstance, Difference } from '#domain/reconcile/reconcile.types.js';

/** A change that is under way is no difference. */
const SETTLED_MINUTES = 10;

/**
 * What no list of this run has shown (customers on test clocks were compared one by one), two live subscriptions of one customer, and instances
 * that run against what is paid. Reads Postgres only.
 */
export async function findLocalDifferences(manager: EntityManager, runId: string): Promise<Difference[]> {
  const subscriptions: { id: string; customer_id: string; status: string }[] = await manager.query(
    `SELECT s.id, s.customer_id, s.status FROM subscription s JOIN customer c ON c.id = s.customer_id, reconcile_run r
      WHERE r.id = $1 AND s.seen_in_run IS DISTINCT FROM $1 AND s.status NOT IN ('canceled', 'incomplete_expired') AND c.test_clock_id IS NULL AND s.created < r.started_at`, [runId]);
  const invoices: { id: string; customer_id: string; amount_remaining_cents: string }[] = await manager.query(
    `SELECT i.id, i.customer_id, i.amount_remaining_cents FROM invoice i JOIN customer c ON c.id = i.customer_id, reconcile_run r
      WHERE r.id = $1 AND i.seen_in_run IS DISTINCT FROM $1 AND i.status = 'open' AND c.test_clock_id IS NULL AND i.created < r.started_at`, [runId]);
  const twice: { customer_id: string; ids: string[] }[] = await manager.query(
    `SELECT customer_id, array_agg(id ORDER BY id) AS ids FROM subscription WHERE status NOT IN ('canceled', 'incomplete', 'incomplete_expired') GROUP BY customer_id HAVING count(*) > 1`);
  const instances: BookInstance[] = await manager.query(
    `SELECT i.id AS "instanceId", i.customer_id AS "customerId", c.service_level AS "serviceLevel", i.status, i.desired_state AS "desiredState"
       FROM instance i JOIN customer c ON c.id = i.customer_id WHERE i.status <> 'gone' AND i.status_since < now() - make_interval(mins => $1)`, [SETTLED_MINUTES]);
  return [
    ...subscriptions.map((row): Difference => ({ kind: 'missing_stripe', subject: row.id, customerId: row.customer_id, local: row.status, stripe: null })),
    ...invoices.map((row): Difference => ({ kind: 'amount_due_mismatch', subject: row.id, customerId: row.customer_id, local: `${row.amount_remaining_cents} cents remain`, stripe: null })),
    ...twice.map((row): Difference => ({ kind: 'duplicate_active_sub', subject: row.ids.join(','), customerId: row.customer_id, local: `${row.ids.length} live subscriptions`, stripe: null })),
    ...compareService(instances),
  ];
}
