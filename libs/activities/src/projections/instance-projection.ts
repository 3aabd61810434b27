import { ApplicationFailure } from '@temporalio/common';
import type { EntityManager } from 'typeorm';
import type { ProjectionsPort } from '#workflows/ports/projections.port.js';
import { tellDashboard } from './event.js';

type StatusInput = Parameters<ProjectionsPort['setInstanceStatus']>[0];
type StepsInput = Parameters<ProjectionsPort['recordSteps']>[0];

const LONGEST_ERROR = 500;
const ISO_8601 = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

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

/**
 * Steps of provisioning or teardown. One starts when it first runs (again after an undo) and ends when it is done, failed or undone. One statement:
 * the instance's row is locked first, each row that really changed is told with a version of its own, in the order in which they came.
 */
export async function saveSteps(manager: EntityManager, { instanceId, generation, kind, changes }: StepsInput): Promise<void> {
  const rows: unknown[] = await manager.query(
    `WITH locked AS (SELECT id, customer_id FROM instance WHERE id = $1 FOR NO KEY UPDATE),
     change AS (
       SELECT locked.id AS instance_id, item.ordinality, item.value->>'step' AS step, (item.value->>'position')::int AS position, item.value->>'state' AS state, left(item.value->>'error', $5) AS error
         FROM locked, jsonb_array_elements($4::jsonb) WITH ORDINALITY AS item),
     written AS (
       INSERT INTO instance_step AS kept (instance_id, generation, kind, step, position, state, started_at, ended_at, error)
       SELECT instance_id, $2, $3, step, position, state, CASE WHEN state <> 'waiting' THEN clock_timestamp() END, CASE WHEN state IN ('done', 'failed', 'undone') THEN clock_timestamp() END, error FROM change
       ON CONFLICT (instance_id, generation, kind, step) DO UPDATE SET
         position = excluded.position, state = excluded.state, error = excluded.error, ended_at = excluded.ended_at,
         started_at = CASE WHEN excluded.state = 'waiting' THEN NULL WHEN excluded.state = 'running' AND kept.state <> 'running' THEN excluded.started_at ELSE COALESCE(kept.started_at, excluded.started_at) END
       WHERE (kept.position, kept.state, kept.error) IS DISTINCT FROM (excluded.position, excluded.state, excluded.error)
       RETURNING step, position, state, error, started_at, ended_at),
     told AS (SELECT written.*, row_number() OVER (ORDER BY change.ordinality) AS nth, count(*) OVER () AS total FROM written JOIN change USING (step)),
     bumped AS (UPDATE instance SET version = version + (SELECT count(*) FROM written) WHERE id = $1 AND EXISTS (SELECT 1 FROM written) RETURNING version),
     event AS (
       INSERT INTO event (customer_id, type, entity_id, version, data)
       SELECT locked.customer_id, 'instance.step', locked.id, bumped.version - told.total + told.nth, jsonb_build_object(
                'generation', $2::int, 'kind', $3::text, 'step', told.step, 'position', told.position, 'state', told.state, 'error', told.error,
                'startedAt', to_char(told.started_at AT TIME ZONE 'UTC', $6), 'endedAt', to_char(told.ended_at AT TIME ZONE 'UTC', $6))
         FROM told, bumped, locked ORDER BY told.nth)
     SELECT id FROM locked`,
    [instanceId, generation, kind, JSON.stringify(changes), LONGEST_ERROR, ISO_8601],
  );
  if (rows.length === 0) throw noSuchInstance();
}

async function lockInstance(manager: EntityManager, instanceId: string): Promise<string> {
  const rows: { customer_id: string }[] = await manager.query('SELECT customer_id FROM instance WHERE id = $1 FOR NO KEY UPDATE', [instanceId]);
  if (rows[0] === undefined) throw noSuchInstance();
  return rows[0].customer_id;
}

const noSuchInstance = (): ApplicationFailure => ApplicationFailure.nonRetryable('There is no such instance.', 'INSTANCE_NOT_FOUND');
