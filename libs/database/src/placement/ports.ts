import type { EntityManager } from 'typeorm';
import { inTransaction, lockPlacement } from './placement-lock.js';

/** The instance has a port on another host: it must be released (after its container is gone) before it can have one here. */
export class PortHeldElsewhere extends Error {
  constructor(readonly heldOnHostId: string) {
    super(`The instance still holds a port on host ${heldOnHostId}.`);
    this.name = 'PortHeldElsewhere';
  }
}

/**
 * Gives the instance the lowest free port of the host's range, or the one it already has there; null where the range is used up.
 * `avoidPorts` are known to be bound by somebody else on the host: a port among them is exchanged. Throws PortHeldElsewhere. Runs in the caller's transaction, or in one of its own.
 */
export async function reservePort(manager: EntityManager, input: { readonly instanceId: string; readonly hostId: string; readonly avoidPorts?: readonly number[] }): Promise<number | null> {
  return inTransaction(manager, async (inside) => {
    await lockPlacement(inside, `ports.${input.hostId}`);
    const own: { host_id: string; port: number }[] = await inside.query('SELECT host_id, port FROM host_port WHERE instance_id = $1', [input.instanceId]);
    if (own[0] !== undefined) {
      if (own[0].host_id !== input.hostId) throw new PortHeldElsewhere(own[0].host_id);
      if (!input.avoidPorts?.includes(own[0].port)) return own[0].port;
      await releasePort(inside, input);
    }
    const given: { port: number }[] = await inside.query(
      `INSERT INTO host_port (host_id, port, instance_id)
       SELECT h.id, p, $2 FROM host h, generate_series(h.first_port, h.last_port) AS p
        WHERE h.id = $1 AND p <> ALL($3::int[]) AND NOT EXISTS (SELECT 1 FROM host_port x WHERE x.host_id = h.id AND x.port = p)
        ORDER BY p LIMIT 1
       RETURNING port`,
      [input.hostId, input.instanceId, input.avoidPorts ?? []],
    );
    return given[0]?.port ?? null;
  });
}

/** Frees the instance's port. Call it only once its container is known to be gone; a port that is not there is no error. */
export async function releasePort(manager: EntityManager, input: { readonly instanceId: string }): Promise<void> {
  await manager.query('DELETE FROM host_port WHERE instance_id = $1', [input.instanceId]);
}
