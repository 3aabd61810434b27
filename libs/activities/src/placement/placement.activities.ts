import { ApplicationFailure } from '@temporalio/common';
import type { DataSource } from 'typeorm';
import { PortHeldElsewhere, releasePort, reservePort } from '#database/placement/ports.js';
import { releaseSlot, takeSlot } from '#database/placement/slots.js';
import type { PlacementPort } from '#workflows/ports/placement.port.js';
import { hostAddress } from '../docker/host-address.js';

export interface PlacementDeps {
  readonly dataSource: DataSource;
  /** Address under which people reach the dashboard, without a slash at its end. */
  readonly publicUrl: string;
}

/** Slots, ports, routes and tokens in Postgres. Each call may be repeated; each undo is content with nothing to undo. */
export function createPlacementActivities({ dataSource, publicUrl }: PlacementDeps): PlacementPort {
  return {
    async reserveSlot({ instanceId, customerId }) {
      const hostId = await dataSource.transaction(async (manager) => {
        const taken = await takeSlot(manager, { instanceId, customerId });
        if (taken !== null) await manager.query('UPDATE instance SET host_id = $2 WHERE id = $1', [instanceId, taken]);
        return taken;
      });
      if (hostId === null) throw ApplicationFailure.nonRetryable('No host has a free slot.', 'NO_CAPACITY');
      return { hostId };
    },

    async releaseSlot({ instanceId }) {
      await dataSource.transaction(async (manager) => {
        await releaseSlot(manager, { instanceId });
        await manager.query('UPDATE instance SET host_id = NULL WHERE id = $1', [instanceId]);
      });
    },

    async reservePort({ instanceId, hostId, avoidPorts = [] }) {
      try {
        const port = await reservePort(dataSource.manager, { instanceId, hostId, avoidPorts });
        if (port === null) throw ApplicationFailure.nonRetryable(`No port is free on host ${hostId}.`, 'NO_CAPACITY');
        return { port };
      } catch (error) {
        if (error instanceof PortHeldElsewhere) throw ApplicationFailure.nonRetryable(error.message, 'PORT_HELD_ELSEWHERE');
        throw error;
      }
    },

    async releasePort({ instanceId }) {
      await releasePort(dataSource.manager, { instanceId });
    },

    async publishRoute({ instanceId, hostId, port }) {
      const hosts: { docker_url: string }[] = await dataSource.query('SELECT docker_url FROM host WHERE id = $1', [hostId]);
      if (hosts[0] === undefined) throw ApplicationFailure.nonRetryable(`There is no host ${hostId}.`, 'HOST_NOT_FOUND');
      const url = `${publicUrl}/app/instances/${instanceId}`;
      const address = hostAddress(hosts[0].docker_url);
      await dataSource.transaction(async (manager) => {
        const published: unknown[] = await manager.query(
          `INSERT INTO route (instance_id, subdomain, host_id, address, port) SELECT id, subdomain, $2, $3, $4 FROM instance WHERE id = $1
           ON CONFLICT (instance_id) DO UPDATE SET subdomain = excluded.subdomain, host_id = excluded.host_id, address = excluded.address, port = excluded.port, published_at = now()
           RETURNING instance_id`,
          [instanceId, hostId, address, port],
        );
        if (published.length === 0) throw ApplicationFailure.nonRetryable('There is no such instance.', 'INSTANCE_NOT_FOUND');
        await manager.query('UPDATE instance SET url = $2 WHERE id = $1', [instanceId, url]);
      });
      return { url };
    },

    async unpublishRoute({ instanceId }) {
      await dataSource.transaction(async (manager) => {
        await manager.query('DELETE FROM route WHERE instance_id = $1', [instanceId]);
        await manager.query('UPDATE instance SET url = NULL WHERE id = $1', [instanceId]);
      });
    },

    async revokeAccess({ instanceId }) {
      await dataSource.transaction(async (manager) => {
        await manager.query('UPDATE gateway_token SET revoked_at = now() WHERE instance_id = $1 AND revoked_at IS NULL', [instanceId]);
        await manager.query(`DELETE FROM secret WHERE subject = $1 AND kind IN ('agent_token', 'gateway_token')`, [instanceId]);
      });
    },
  } satisfies PlacementPort;
}
