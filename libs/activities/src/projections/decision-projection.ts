import { ApplicationFailure } from '@temporalio/common';
import type { EntityManager } from 'typeorm';
import { isLegalMove } from '#domain/lifecycle/lifecycle.policy.js';
import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import { appendLedger } from '#database/ledger/append-ledger.js';
import { ownFact, writeDecisionToBooks } from '#database/ledger/decision-books.js';
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
    `INSERT INTO lifecycle_ledger (key, customer_id, from_stage, to_stage, service_level, overlays, plan_id, policy_version, reason, actor, next_step, customer_time, details)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [key, customerId, current.stage, decision.stage, decision.serviceLevel, decision.overlays, decision.planId, decision.policyVersion, decision.reason, actor,
      json(decision.nextStep), new Date(input.customerNowMs), JSON.stringify(decision.dunning === null ? {} : { caseId: decision.dunning.id })],
  );
  await oweNotices(manager, input);
  const [updated] = await manager.query(
    `WITH changed AS (
       UPDATE customer SET stage = $2, service_level = $3, overlays = $4, plan_id = $5, subscription_id = $6, next_step = $7, needs_attention = $8, dunning = $9, version = version + 1
        WHERE id = $1 RETURNING version)
     SELECT version FROM changed`,
    [customerId, decision.stage, decision.serviceLevel, decision.overlays, decision.planId, decision.subscriptionId,
      json(decision.nextStep), needsAttention, json(decision.dunning)],
  ) as { version: string }[];
  await tellDashboard(manager, {
    customerId, type: 'customer.stage', entityId: customerId, version: updated?.version ?? '0',
    data: { stage: decision.stage, serviceLevel: decision.serviceLevel, overlays: decision.overlays, planId: decision.planId },
  });
  await writeDecisionToBooks(manager, { customerId, key, fromStage: current.stage, decision, actor, customerNowMs: input.customerNowMs });
}

/** The notices of a move stand in its transaction: a crash between the move and the sending loses none. */
async function oweNotices(manager: EntityManager, { customerId, notices }: DecisionInput): Promise<void> {
  for (const { key, kind, data } of notices) {
    await manager.query(`INSERT INTO notice (key, customer_id, kind, state, data) VALUES ($1, $2, $3, 'owed', $4) ON CONFLICT (key) DO NOTHING`, [key, customerId, kind, JSON.stringify(data)]);
  }
}

/** One ledger row of what support did, and the case as it is then. A key that the ledger has is a repetition and changes nothing. */
export async function saveSupportAct(manager: EntityManager, input: Parameters<ProjectionsPort['recordSupportAct']>[0]): Promise<void> {
  const { customerId, key, verb, actor, reason, details, after } = input;
  const written: unknown[] = await manager.query(
    `INSERT INTO lifecycle_ledger (key, customer_id, from_stage, to_stage, service_level, overlays, plan_id, policy_version, reason, actor, verb, details, next_step, customer_time)
     SELECT $1, c.id, c.stage, c.stage, c.service_level, c.overlays, c.plan_id, $3, $4, $5, $6, $7, c.next_step, $8 FROM customer c WHERE c.id = $2
     ON CONFLICT (key) DO NOTHING RETURNING seq`,
    [key, customerId, after.policyVersion, reason, actor, verb, JSON.stringify({ ...details, caseId: after.dunning?.id ?? null }), new Date(input.customerNowMs)],
  );
  if (written.length === 0) return;
  const [changed] = await manager.query(
    'WITH changed AS (UPDATE customer SET dunning = $2, version = version + 1 WHERE id = $1 RETURNING version, stage, service_level, overlays, plan_id) SELECT * FROM changed',
    [customerId, json(after.dunning)],
  ) as { version: string; stage: Stage; service_level: string; overlays: string[]; plan_id: string | null }[];
  if (changed === undefined) return;
  await tellDashboard(manager, {
    customerId, type: 'customer.stage', entityId: customerId, version: changed.version,
    data: { stage: changed.stage, serviceLevel: changed.service_level, overlays: changed.overlays, planId: changed.plan_id },
  });
  await appendLedger(manager, [ownFact({
    kind: 'support_act', customerId, key, atMs: input.customerNowMs, actor, caseId: after.dunning?.id ?? null, policyVersion: after.policyVersion, detail: { verb, reason, ...details },
  })]);
}

const json = (value: unknown): string | null => (value === null || value === undefined ? null : JSON.stringify(value));
