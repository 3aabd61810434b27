import { ApplicationFailure } from '@temporalio/common';
import type { EntityManager } from 'typeorm';
import { isLegalMove } from '#domain/lifecycle/lifecycle.policy.js';
import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { ProjectionsPort } from '#workflows/ports/projections.port.js';
import { tellDashboard } from './event.js';

type DecisionInput = Parameters<ProjectionsPort['recordDecision']>[0];

/**
 * The customer's row, one ledger row, one event. A key that the ledger has is a repetition and changes nothing. A move that the table does not know,
 * from where the workflow thinks it is or from where the customer really is, is refused for good: ILLEGAL_TRANSITION.
 */
export async function saveDecision(manager: EntityManager, input: DecisionInput): Promise<void> {
  const { customerId, key, from, decision, actor, needsAttention } = input;
  const customers: { stage: Stage }[] = await manager.query('SELECT stage FROM customer WHERE id = $1 FOR NO KEY UPDATE', [customerId]);
  const current = customers[0];
  if (current === undefined) throw ApplicationFailure.nonRetryable('There is no such customer.', 'CUSTOMER_NOT_FOUND');
  const recorded: unknown[] = await manager.query('SELECT 1 FROM lifecycle_ledger WHERE key = $1', [key]);
  if (recorded.length > 0) return;
  for (const stage of new Set([from.stage, current.stage])) {
    if (!isLegalMove(stage, decision.stage)) {
      throw ApplicationFailure.nonRetryable(`The lifecycle knows no way from ${stage} to ${decision.stage}.`, 'ILLEGAL_TRANSITION', { from: stage, to: decision.stage, key });
    }
  }
  await manager.query(
    `INSERT INTO lifecycle_ledger (key, customer_id, from_stage, to_stage, service_level, overlays, plan_id, policy_version, reason, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [key, customerId, current.stage, decision.stage, decision.serviceLevel, decision.overlays, decision.planId, decision.policyVersion, decision.reason, actor],
  );
  const [updated] = await manager.query(
    `WITH changed AS (
       UPDATE customer SET stage = $2, service_level = $3, overlays = $4, plan_id = $5, subscription_id = $6, next_step = $7, needs_attention = $8, version = version + 1
        WHERE id = $1 RETURNING version)
     SELECT version FROM changed`,
    [customerId, decision.stage, decision.serviceLevel, decision.overlays, decision.planId, decision.subscriptionId,
      decision.nextStep === null ? null : JSON.stringify(decision.nextStep), needsAttention],
  ) as { version: string }[];
  await tellDashboard(manager, {
    customerId, type: 'customer.stage', entityId: customerId, version: updated?.version ?? '0',
    data: { stage: decision.stage, serviceLevel: decision.serviceLevel, overlays: decision.overlays, planId: decision.planId },
  });
}
