import type { DataSource } from 'typeorm';
import type { InstanceFacts } from '#domain/lifecycle/lifecycle.types.js';
import type { InstanceRecord, ProjectionsPort } from '#workflows/ports/projections.port.js';
import { saveInstanceStatus, saveSteps } from './instance-projection.js';
import { saveDecision, saveSupportAct } from './decision-projection.js';

export interface ProjectionsDeps {
  readonly dataSource: DataSource;
}

/** What the dashboard reads, and the ledger of the lifecycle. One transaction or one statement each; repeating changes nothing. */
export function createProjectionsActivities({ dataSource }: ProjectionsDeps): ProjectionsPort {
  return {
    async loadInstances({ customerId }) {
      return await dataSource.query(
        `SELECT id, status, desired_state AS "desiredState", plan_id AS "planId" FROM instance WHERE customer_id = $1 ORDER BY created_at, id`,
        [customerId],
      ) as InstanceFacts[];
    },

    async loadInstance({ instanceId }) {
      const rows = await dataSource.query(
        `SELECT id, customer_id AS "customerId", plan_id AS "planId", status, desired_state AS "desiredState", generation, host_id AS "hostId", subdomain
           FROM instance WHERE id = $1`,
        [instanceId],
      ) as InstanceRecord[];
      return rows[0] ?? null;
    },

    async recordDecision(input) {
      await dataSource.transaction((manager) => saveDecision(manager, input));
    },

    async recordSupportAct(input) {
      await dataSource.transaction((manager) => saveSupportAct(manager, input));
    },

    async setNeedsAttention({ customerId, needsAttention }) {
      await dataSource.query('UPDATE customer SET needs_attention = $2, version = version + 1 WHERE id = $1 AND needs_attention IS DISTINCT FROM $2', [customerId, needsAttention]);
    },

    async setInstanceStatus(input) {
      await dataSource.transaction((manager) => saveInstanceStatus(manager, input));
    },

    async recordSteps(input) {
      await saveSteps(dataSource.manager, input);
    },
  } satisfies ProjectionsPort;
}

