import type { EntityManager } from 'typeorm';

/** Types of `event` rows that these projections write; the dashboard's live view switches over them. */
export type ProjectionEvent = 'customer.stage' | 'instance.status' | 'instance.step';

/** One row for the dashboard, in the transaction of the change it tells of. `data` is small and holds nothing personal. */
export async function tellDashboard(
  manager: EntityManager, event: { customerId: string; type: ProjectionEvent; entityId: string; version: string; data: object },
): Promise<void> {
  await manager.query(
    'INSERT INTO event (customer_id, type, entity_id, version, data) VALUES ($1, $2, $3, $4, $5)',
    [event.customerId, event.type, event.entityId, event.version, JSON.stringify(event.data)],
  );
}
