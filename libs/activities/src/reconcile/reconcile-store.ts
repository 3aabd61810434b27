import type { DataSource, EntityManager } from 'typeorm';
import { isMassHarm, wouldBeWorse } from '#domain/reconcile/compare-book.js';
import { EVENTS_ARE_KEPT_DAYS, type BookInvoice, type BookSubscription, type Difference } from '#domain/reconcile/reconcile.types.js';
import type { ReconcileReport } from '#workflows/ports/reconcile.port.js';

/** More than a person reads; the numbers in the report are whole. */
const MOST_REPORTED = 1000;

/** Writes the run down, once, and answers from when on events are asked for: an hour before the last whole run, 30 days at most. */
export async function beginRun(dataSource: DataSource, runId: string): Promise<{ sinceSeconds: number }> {
  await dataSource.query('INSERT INTO reconcile_run (id) VALUES ($1) ON CONFLICT (id) DO NOTHING', [runId]);
  const [row]: { since: number }[] = await dataSource.query(
    `SELECT extract(epoch FROM GREATEST(now() - make_interval(days => $2), (SELECT max(started_at) - interval '1 hour' FROM reconcile_run WHERE id <> $1 AND ended_at IS NOT NULL AND stopped_reason IS NULL)))::float8 AS since`,
    [runId, EVENTS_ARE_KEPT_DAYS]);
  return { sinceSeconds: Math.floor(row?.since ?? 0) };
}

/** Adds what a page showed; a page that is read again replaces its own. */
export async function addDifferences(manager: EntityManager, runId: string, differences: readonly Difference[]): Promise<void> {
  if (differences.length === 0) return;
  await manager.query(
    `INSERT INTO reconcile_difference (run_id, kind, subject, customer_id, local, stripe, worse)
     SELECT $1, d->>'kind', d->>'subject', (d->>'customerId')::uuid, d->>'local', d->>'stripe', (d->>'worse')::boolean FROM jsonb_array_elements($2::jsonb) AS d
     ON CONFLICT (run_id, kind, subject) DO UPDATE SET local = excluded.local, stripe = excluded.stripe, worse = excluded.worse, customer_id = excluded.customer_id`,
    [runId, JSON.stringify(differences.map((difference) => ({ ...difference, worse: wouldBeWorse(difference) })))]);
}

export const markSeen = (manager: EntityManager, runId: string, table: 'subscription' | 'invoice', ids: readonly string[]): Promise<unknown> =>
  manager.query(`UPDATE ${table} SET seen_in_run = $1 WHERE id = ANY($2)`, [runId, ids]);

/** Our customers by their Stripe ids. */
export async function customersByStripeId(manager: EntityManager, stripeIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows: { id: string; stripe_customer_id: string }[] = await manager.query('SELECT id, stripe_customer_id FROM customer WHERE stripe_customer_id = ANY($1)', [stripeIds]);
  return new Map(rows.map((row) => [row.stripe_customer_id, row.id]));
}

/** Our subscriptions, by their ids or all of one Stripe customer. */
export async function localSubscriptions(manager: EntityManager, of: { ids: readonly string[] } | { stripeCustomerId: string }): Promise<BookSubscription[]> {
  const [condition, value] = 'ids' in of ? ['id = ANY($1)', of.ids] : ['stripe_customer_id = $1', of.stripeCustomerId];
  const rows: { id: string; customer_id: string; status: string; price_id: string | null; current_period_end: Date | null }[] =
    await manager.query(`SELECT id, customer_id, status, price_id, current_period_end FROM subscription WHERE ${condition}`, [value]);
  return rows.map((row) => ({ id: row.id, customerId: row.customer_id, status: row.status, priceId: row.price_id, periodEndMs: row.current_period_end?.getTime() ?? null }));
}

/** Our open invoices, by their ids or all of one Stripe customer. */
export async function localOpenInvoices(manager: EntityManager, of: { ids: readonly string[] } | { stripeCustomerId: string }): Promise<BookInvoice[]> {
  const [condition, value] = 'ids' in of ? ['id = ANY($1)', of.ids] : ['stripe_customer_id = $1', of.stripeCustomerId];
  const rows: { id: string; customer_id: string; amount_remaining_cents: string }[] =
    await manager.query(`SELECT id, customer_id, amount_remaining_cents FROM invoice WHERE status = 'open' AND ${condition}`, [value]);
  return rows.map((row) => ({ id: row.id, customerId: row.customer_id, amountRemainingCents: Number(row.amount_remaining_cents), subscriptionStatus: null }));
}

/** Judges the run, rings the doorbells that may be rung, and writes the report: one transaction, once. */
export async function closeRun(
  dataSource: DataSource, { runId, failed, accepted = null }: { runId: string; failed: string | null; accepted?: { actor: string; reason: string } | null }, breaker: { customers: number; share: number },
): Promise<ReconcileReport> {
  return dataSource.transaction(async (manager) => {
    const [run]: { ended_at: Date | null; replayed_events: number; looked_at: number; rung: number; stopped_reason: string | null; report: { total: number; worse: number } | null }[] =
      await manager.query(`SELECT ended_at, replayed_events, looked_at, rung, stopped_reason, differences->'sum' AS report FROM reconcile_run WHERE id = $1 FOR UPDATE`, [runId]);
    if (run === undefined) throw new Error(`There is no run ${runId}.`);
    if (run.ended_at !== null) {
      return { runId, lookedAt: run.looked_at, replayedEvents: run.replayed_events, differences: run.report?.total ?? 0, worseCustomers: run.report?.worse ?? 0, rung: run.rung, stoppedReason: run.stopped_reason };
    }
    const found: { kind: string; subject: string; customer_id: string | null; local: string | null; stripe: string | null; worse: boolean }[] =
      await manager.query('SELECT kind, subject, customer_id, local, stripe, worse FROM reconcile_difference WHERE run_id = $1 ORDER BY worse DESC, kind, subject', [runId]);
    const [{ customers } = { customers: 0 }]: { customers: number }[] = await manager.query(`SELECT count(*)::int AS customers FROM customer WHERE stripe_customer_id IS NOT NULL AND stage <> 'torn_down'`);
    const known = found.filter((row): row is typeof row & { customer_id: string } => row.customer_id !== null);
    const worse = new Set(known.filter((row) => row.worse).map((row) => row.customer_id));
    const mass = accepted === null && isMassHarm(worse.size, customers, breaker);
    const stoppedReason = failed !== null ? `The sweep is not whole: ${failed}`
      : mass ? `${worse.size} of ${customers} customers would be worse off at once: the cause is more likely Stripe's answer, our key or our clock than they` : null;
    const ring = failed !== null ? [] : [...new Set(known.map((row) => row.customer_id))].filter((id) => !mass || !worse.has(id));
    await manager.query(
      `INSERT INTO outbox (topic, customer_id, payload)
       SELECT 'stripeChanged', id, jsonb_build_object('eventId', 'reconcile:' || $1::text || ':' || id, 'type', 'reconcile', 'objectId', NULL) FROM unnest($2::uuid[]) AS id`, [runId, ring]);
    await manager.query(
      `UPDATE reconcile_run SET ended_at = now(), looked_at = $2, differences = $3, rung = $4, stopped_reason = $5 WHERE id = $1`,
      [runId, customers, JSON.stringify({ sum: { total: found.length, worse: worse.size, accepted }, found: found.slice(0, MOST_REPORTED) }), ring.length, stoppedReason]);
    await manager.query('DELETE FROM reconcile_difference WHERE run_id = $1', [runId]);
    const [{ replayed_events: replayedEvents } = { replayed_events: 0 }] = [run];
    return { runId, lookedAt: customers, replayedEvents, differences: found.length, worseCustomers: worse.size, rung: ring.length, stoppedReason };
  });
}
