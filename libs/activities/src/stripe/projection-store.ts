import type { DataSource, EntityManager } from 'typeorm';
import type { BillingFacts } from '#domain/lifecycle/lifecycle.types.js';
import { toInvoiceRow, toSubscriptionRow, type InvoiceRow, type SubscriptionRow } from './projection-rows.js';
import { clockIdOf, type StripeSnapshot } from './snapshot.js';

/**
 * Writes what was read to `subscription`, `invoice`, `checkout` and `customer` in one transaction, and tells the dashboard of what is new:
 * rows in `event` of type `subscription` and `invoice`. A snapshot that says nothing new writes nothing. `writeLedger` puts the facts into the ledger, in the same transaction.
 */
export async function saveSnapshot(
  dataSource: DataSource, customerId: string, snapshot: StripeSnapshot, facts: BillingFacts, checkouts: ReadonlyMap<string, string>,
  writeLedger: (manager: EntityManager) => Promise<void>,
): Promise<void> {
  const subscriptions = snapshot.subscriptions.map((one) => toSubscriptionRow(one, snapshot.customer));
  const invoices = snapshot.invoices.flatMap((one) => toInvoiceRow(one, snapshot.charges) ?? []);
  await dataSource.transaction(async (manager) => {
    // The customer's row first: one writer at a time, in one order.
    await manager.query('SELECT 1 FROM customer WHERE id = $1 FOR NO KEY UPDATE', [customerId]);
    const changed: { type: 'subscription' | 'invoice'; id: string; data: object }[] = [];
    for (const row of subscriptions) {
      if (await upsert(manager, 'subscription', customerId, row)) changed.push({ type: 'subscription', id: row.id, data: { status: row.status, cancelAtPeriodEnd: row.cancel_at_period_end } });
    }
    for (const row of invoices) {
      if (await upsert(manager, 'invoice', customerId, row)) changed.push({ type: 'invoice', id: row.id, data: { status: row.status } });
    }
    for (const [id, status] of checkouts) await manager.query('UPDATE checkout SET status = $2 WHERE id = $1', [id, status]);
    await saveCustomer(manager, customerId, snapshot, facts);
    await tell(manager, customerId, changed);
    // Last: it holds the head of the ledger to the end of the transaction.
    await writeLedger(manager);
  });
}

/** Inserts or updates one row by its id; true where something is other than before. Column names are our own, never from outside. */
async function upsert(manager: EntityManager, table: 'subscription' | 'invoice', customerId: string, row: SubscriptionRow | InvoiceRow): Promise<boolean> {
  const names = Object.keys(row);
  const values = Object.values(row).map((value: unknown) => (isPlainObject(value) ? JSON.stringify(value) : value));
  const rest = names.filter((name) => name !== 'id');
  const written: unknown[] = await manager.query(
    `INSERT INTO ${table} AS kept (customer_id, ${names.map(quote).join(', ')}) VALUES ($1, ${names.map((_, i) => `$${String(i + 2)}`).join(', ')})
     ON CONFLICT (id) DO UPDATE SET ${rest.map((name) => `${quote(name)} = excluded.${quote(name)}`).join(', ')}
     WHERE kept.customer_id = excluded.customer_id
       AND (${rest.map((name) => `kept.${quote(name)}`).join(', ')}) IS DISTINCT FROM (${rest.map((name) => `excluded.${quote(name)}`).join(', ')})
     RETURNING id`,
    [customerId, ...values],
  );
  return written.length > 0;
}

async function saveCustomer(manager: EntityManager, customerId: string, snapshot: StripeSnapshot, facts: BillingFacts): Promise<void> {
  const { subscription } = facts;
  const live = subscription !== null && facts.liveSubscriptionCount > 0;
  const clockId = clockIdOf(snapshot.customer);
  await manager.query(
    `UPDATE customer SET on_test_clock = $2, test_clock_id = $3, trial_ends_at = $4, current_period_ends_at = $5, cancel_at_period_end = $6 WHERE id = $1`,
    [customerId, facts.onTestClock, clockId,
      subscription?.trialEndMs == null ? null : new Date(subscription.trialEndMs),
      !live || subscription.currentPeriodEndMs === null ? null : new Date(subscription.currentPeriodEndMs),
      live && (subscription.cancelAtPeriodEnd || subscription.cancelAtMs !== null)],
  );
}

async function tell(manager: EntityManager, customerId: string, changed: readonly { type: string; id: string; data: object }[]): Promise<void> {
  if (changed.length === 0) return;
  // `UPDATE … RETURNING` answers [rows, count] in TypeORM; a CTE keeps it to rows.
  await manager.query(
    `WITH bumped AS (UPDATE customer SET version = version + 1 WHERE id = $1 RETURNING version)
     INSERT INTO event (customer_id, type, entity_id, version, data)
     SELECT $1, item->>'type', item->>'id', bumped.version, item->'data' FROM bumped, jsonb_array_elements($2::jsonb) AS item`,
    [customerId, JSON.stringify(changed)],
  );
}

const quote = (name: string): string => `"${name}"`;
const isPlainObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !(value instanceof Date);
