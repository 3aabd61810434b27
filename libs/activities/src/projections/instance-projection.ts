import { ApplicationFailure } from '@temporalio/common';
import type { EntityManager } from 'typeorm';
import type { ProjectionsPort } from '#workflows/ports/projections.port.js';
import { tellDashboard } from './event.js';

type StatusInput = Parameters<ProjectionsPort['setInstanceStatus']>[0];
type StepInput = Parameters<ProjectionsPort['recordStep']>[0];

const LONGEST_ERROR = 500;

/** Status, reason, wish, plan and generation of an instance; what is already so changes nothing. A late call of an older generation is passed over. */
export async function saveInstanceStatus(manager: EntityManager, input: StatusInput): Promise<void> {
  const { instanceId, status, reason, desiredState = null, generation = null, planId = null } = input;
  await lockInstance(manager, instanceId);
  const [changed] = await manager.query(
    `WITH changed AS (
       UPDATE instance SET
         status = $2, status_reason = $3, status_since = CASE WHEN status = $2 THEN status_since ELSE now() END,
         desired_state = COALESCE($4, desired_state), generation = COALESCE($5, generation), plan_id = COALESCE($6, plan_id),
         gone_at = CASE WHEN $2 = 'gone' THEN COALESCE(gone_at, now()) END, version = version + 1
        WHERE id = $1 AND COALESCE($5, generation) >= generation
          AND (status, status_reason, desired_state, generation, plan_id) IS DISTINCT FROM ($2, $3, COALESCE($4, desired_state), COALESCE($5, generation), COALESCE($6, plan_id))
        RETURNING customer_id, version, desired_state, generation)
     SELECT * FROM changed`,
    [instanceId, status, reason, desiredState, generation, planId],
  ) as { customer_id: string; version: string; desired_state: string; generation: number }[];
  if (changed === undefined) return;
  await tellDashboard(manager, {
    customerId: changed.customer_id, type: 'instance.status', entityId: instanceId, version: changed.version,
    data: { status, reason, desiredState: changed.desired_state, generation: changed.generation },
  });
}

/** One step of provisioning or teardown. It starts when it first runs (again after an undo) and ends when it is done, failed or undone. */
export async function saveStep(manager: EntityManager, input: StepInput): Promise<void> {
  const { instanceId, generation, kind, step, position, state } = input;
  const error = input.error?.slice(0, LONGEST_ERROR) ?? null;
  const customerId = await lockInstance(manager, instanceId);
  const written: { started_at: Date | null; ended_at: Date | null }[] = await manager.query(
    `INSERT INTO instance_step AS kept (instance_id, generation, kind, step, position, state, started_at, ended_at, error)
     VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6 <> 'waiting' THEN clock_timestamp() END, CASE WHEN $6 IN ('done', 'failed', 'undone') THEN clock_timestamp() END, $7)
     ON CONFLICT (instance_id, generation, kind, step) DO UPDATE SET
       position = excluded.position, state = excluded.state, error = excluded.error, ended_at = excluded.ended_at,
       started_at = CASE WHEN excluded.state = 'waiting' THEN NULL WHEN excluded.state = 'running' AND kept.state <> 'running' THEN excluded.started_at ELSE COALESCE(kept.started_at, excluded.started_at) END
     WHERE (kept.position, kept.state, kept.error) IS DISTINCT FROM (excluded.position, excluded.state, excluded.error)
     RETURNING started_at, ended_at`,
    [instanceId, generation, kind, step, position, state, error],
  );
  const row = written[0];
  if (row === undefined) return;
  const [bumped] = await manager.query(
    'WITH changed AS (UPDATE instance SET version = version + 1 WHERE id = $1 RETURNING version) SELECT version FROM changed', [instanceId],
  ) as { version: string }[];
  await tellDashboard(manager, {
    customerId, type: 'instance.step', entityId: instanceId, version: bumped?.version ?? '0',
    data: { generation, kind, step, position, state, error, startedAt: row.started_at, endedAt: row.ended_at },
  });
}

async function lockInstance(manager: EntityManager, instanceId: string): Promise<string> {
  const rows: { customer_id: string }[] = await manager.query('SELECT customer_id FROM instance WHERE id = $1 FOR NO KEY UPDATE', [instanceId]);
  if (rows[0] === undefined) throw ApplicationFailure.nonRetryable('There is no such instance.', 'INSTANCE_NOT_FOUND');
  return rows[0].customer_id;
}
