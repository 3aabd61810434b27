import type { EntityManager } from 'typeorm';
import { inTransaction, lockPlacement } from './placement-lock.js';

/** Whose slot: one instance has at most one. */
export interface SlotOwner {
  readonly instanceId: string;
  readonly customerId: string;
}

/**
 * Holds a slot for an instance until `expiresAt` (real clock) and answers the host's id, or null where every host is full or draining.
 * Holds that have run out are given back first. Holding again extends one's own hold and keeps its host; a slot already taken stays taken.
 * Runs in the caller's transaction, or in one of its own.
 */
export async function holdSlot(manager: EntityManager, input: SlotOwner & { readonly expiresAt: Date }): Promise<string | null> {
  return place(manager, input, input.expiresAt);
}

/** Makes the instance's hold lasting, or takes a free slot where it has none; answers the host's id, or null where none is free. Safe to repeat. */
export async function takeSlot(manager: EntityManager, input: SlotOwner): Promise<string | null> {
  return place(manager, input, null);
}

/** Gives the instance's slot back, held or taken. A slot that is not there is no error. */
export async function releaseSlot(manager: EntityManager, input: { readonly instanceId: string }): Promise<void> {
  await manager.query('DELETE FROM slot_reservation WHERE instance_id = $1', [input.instanceId]);
}

/** `expiresAt` null = taken. The trigger of slot_reservation counts used_slots; its CHECK refuses an oversell whoever writes. */
async function place(manager: EntityManager, owner: SlotOwner, expiresAt: Date | null): Promise<string | null> {
  return inTransaction(manager, async (inside) => {
    await lockPlacement(inside, 'slots');
    // What has run out is free again, and so is one's own hold on a host that takes nobody in any more.
    await inside.query(
      `DELETE FROM slot_reservation r USING host h
        WHERE h.id = r.host_id AND r.state = 'held'
          AND (r.expires_at <= clock_timestamp() AND r.instance_id <> $1 OR r.instance_id = $1 AND h.draining)`,
      [owner.instanceId],
    );
    const rows: { host_id: string }[] = await inside.query(PLACE, [owner.instanceId, owner.customerId, expiresAt]);
    return rows[0]?.host_id ?? null;
  });
}

/** The emptiest host by share. NO KEY UPDATE: rows that merely refer to the host are not held up. */
const PLACE = `
  WITH own AS (
    UPDATE slot_reservation
       SET state = CASE WHEN state = 'taken' OR $3::timestamptz IS NULL THEN 'taken' ELSE 'held' END,
           expires_at = CASE WHEN state = 'taken' THEN NULL ELSE $3::timestamptz END
     WHERE instance_id = $1
    RETURNING host_id
  ), chosen AS (
    SELECT id FROM host
     WHERE NOT draining AND used_slots < capacity_slots AND NOT EXISTS (SELECT 1 FROM own)
     ORDER BY used_slots::float8 / capacity_slots, id
     LIMIT 1 FOR NO KEY UPDATE
  ), placed AS (
    INSERT INTO slot_reservation (instance_id, customer_id, host_id, state, expires_at)
    SELECT $1, $2, id, CASE WHEN $3::timestamptz IS NULL THEN 'taken' ELSE 'held' END, $3::timestamptz FROM chosen
    RETURNING host_id
  )
  SELECT host_id FROM own UNION ALL SELECT host_id FROM placed`;
