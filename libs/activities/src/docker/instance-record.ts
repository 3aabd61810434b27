import { ApplicationFailure } from '@temporalio/common';
import type { DataSource } from 'typeorm';
import { hostAddress } from './host-address.js';

/** What Postgres knows of an instance and its host, as far as its container needs it. */
export interface InstanceOnHost {
  readonly instanceId: string;
  readonly customerId: string;
  readonly name: string;
  readonly subdomain: string;
  readonly planId: string;
  readonly provider: string;
  readonly model: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly image: string;
  /** Address of our gateway as seen from inside a container of this host. */
  readonly gatewayUrl: string;
  /** Where this process reaches the published ports of the host. */
  readonly address: string;
  readonly port: number | null;
}

interface Row {
  customer_id: string; name: string; subdomain: string; plan_id: string; provider: string; model: string; settings: Record<string, unknown>;
  image: string; gateway_url: string; docker_url: string; port: number | null;
}

/** Reads instance, host and port. A failure for good where instance or host does not exist. */
export async function loadInstanceOnHost(dataSource: DataSource, ref: { instanceId: string; hostId: string }): Promise<InstanceOnHost> {
  const rows: Row[] = await dataSource.query(
    `SELECT i.customer_id, i.name, i.subdomain, i.plan_id, i.provider, i.model, i.settings, h.image, h.gateway_url, h.docker_url, p.port
       FROM instance i CROSS JOIN host h LEFT JOIN host_port p ON p.instance_id = i.id AND p.host_id = h.id
      WHERE i.id = $1 AND h.id = $2`,
    [ref.instanceId, ref.hostId],
  );
  const row = rows[0];
  if (row === undefined) throw ApplicationFailure.nonRetryable('There is no such instance or host.', 'INSTANCE_NOT_FOUND');
  return {
    instanceId: ref.instanceId, customerId: row.customer_id, name: row.name, subdomain: row.subdomain, planId: row.plan_id, provider: row.provider, model: row.model,
    settings: row.settings, image: row.image, gatewayUrl: row.gateway_url, address: hostAddress(row.docker_url), port: row.port,
  };
}
