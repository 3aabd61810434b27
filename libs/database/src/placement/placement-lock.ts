import type { EntityManager } from 'typeorm';

/** Runs `work` in the manager's open transaction, or in a new one where none is open. */
export async function inTransaction<T>(manager: EntityManager, work: (inside: EntityManager) => Promise<T>): Promise<T> {
  return manager.queryRunner?.isTransactionActive === true ? work(manager) : manager.transaction(work);
}

/**
 * One caller at a time at this counter, until the transaction ends. Row locks alone would not do: skipping a locked host says "full"
 * where there is room, and waiting for several hosts in different orders is a deadlock. The holder needs a few milliseconds.
 */
export async function lockPlacement(inside: EntityManager, counter: string): Promise<void> {
  await inside.query(`SELECT pg_advisory_xact_lock(hashtextextended('clawkeep.placement.' || $1, 0))`, [counter]);
}
