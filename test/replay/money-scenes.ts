import type { UpdateDefinition } from '@temporalio/common';
import type { FaultPlan } from '#testing/fault-kit/fault-plan.js';
import { FREE, type LifeRunner } from '#testing/fault-kit/lives.js';
import type { Harness } from '#testing/harness/harness.js';
import { MoneyLife } from '#testing/harness/money-life.js';
import { waitFor } from '#testing/harness/wait-for.js';
import {
  changePlanUpdate, extendGraceUpdate, openPortalUpdate, pauseDunningUpdate, payNowUpdate, previewChangeUpdate, retryInstanceStepUpdate, setStageUpdate, waiveInvoiceUpdate,
} from '#workflows/contracts/customer-lifecycle.js';
import { LIFECYCLE_QUEUE } from '#workflows/contracts/queues.js';
import { RECONCILE_STRIPE } from '#workflows/contracts/reconcile.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';

/** The stage of a scene: its own harness, so that scenes do not wait for one another. */
export interface Scene { readonly harness: Harness; readonly plan: FaultPlan; readonly lives: LifeRunner; keep(name: string, workflowId: string, runId?: string): Promise<void> }

/** Plans with every way down: `pro` leads to Free, `max` to `solo`, `solo` nowhere. */
export const MONEY_ENVIRONMENT = { PLANS_FILE: '../test/money/plans.yaml' };
const PRO = { planId: 'pro', priceId: 'pro_month' };
const SOLO = { planId: 'solo', priceId: 'solo_month' };
const MAX = { planId: 'max', priceId: 'max_month' };

const BY_SUPPORT = { actor: 'support:anna', reason: 'as the customer asked' };
const BY_OWNER = { actor: 'owner' };

function ask<Answer, Question>({ harness, customerId }: MoneyLife, update: UpdateDefinition<Answer, [Question]>, question: Question): Promise<Answer> {
  return harness.client.workflow.getHandle(customerWorkflowId(customerId)).executeUpdate(update, { args: [question] });
}

/** A case to its end: every stage and notice, the end of the subscription, the export, the removal; or, where there is one, the free plan. */
async function neverPays({ harness, keep }: Scene): Promise<void> {
  for (const [name, offer, stage] of [['customer-never-pays', SOLO, 'torn_down'], ['customer-moved-to-free', PRO, 'active']] as const) {
    const life = await MoneyLife.begin(harness, offer);
    await life.failRenewal();
    if (stage === 'active') await life.untilStage('downgraded');
    await life.untilStage(stage);
    await life.settle();
    await keep(name, customerWorkflowId(life.customerId));
  }
}

async function paysLate({ harness, keep }: Scene): Promise<void> {
  for (const [stage, offer] of [['downgraded', PRO], ['suspended', SOLO]] as const) {
    const life = await MoneyLife.begin(harness, offer);
    await life.failRenewal();
    await life.untilStage(stage);
    await life.card('works');
    await life.untilStage('active', 2);
    await waitFor('the assistant runs with its limits', async () => {
      const { rows: [row] } = await harness.pool.query<{ status: string; plan_id: string }>('SELECT status, plan_id FROM instance WHERE id = $1', [life.person.instanceId]);
      return row?.status === 'running' && row.plan_id === offer.planId ? true : undefined;
    });
    await life.settle();
    await keep(`customer-paid-while-${stage}`, customerWorkflowId(life.customerId));
  }
}

/** Each verb of support, the customer's own try between them. */
async function supportActs({ harness, lives, plan, keep }: Scene): Promise<void> {
  const life = await MoneyLife.begin(harness, PRO);
  await life.failRenewal();
  await ask(life, pauseDunningUpdate, { ...BY_SUPPORT, days: 2 });
  await life.untilStage('grace');
  await ask(life, extendGraceUpdate, { ...BY_SUPPORT, days: 3 });
  await ask(life, payNowUpdate, BY_OWNER).catch(() => undefined);
  await ask(life, setStageUpdate, { ...BY_SUPPORT, stage: 'downgraded' });
  await life.untilStage('downgraded');
  await ask(life, waiveInvoiceUpdate, { ...BY_SUPPORT, invoiceId: await life.openInvoiceId() });
  await life.untilStage('active', 2);
  await life.settle();
  await keep('customer-support-acts', customerWorkflowId(life.customerId));

  const halting = await lives.begin(FREE);
  await lives.untilRunning(halting);
  const fault = plan.plant({ workflowId: halting.teardownId, activityType: 'removeVolumes', occurrence: 1, mode: 'failsBefore' });
  await harness.wish(halting, 'remove');
  await waitFor('a person is needed', async () => ((await lives.status(halting)) === 'needs_attention' ? true : undefined));
  fault.lift();
  await ask(MoneyLife.of(harness, halting), retryInstanceStepUpdate, { ...BY_SUPPORT, instanceId: halting.instanceId });
  await waitFor('the assistant is gone', async () => ((await lives.status(halting)) === 'gone' ? true : undefined));
  await MoneyLife.of(harness, halting).settle();
  await keep('customer-support-retries-step', halting.customerWorkflowId);
}

/** Down at the end of the period, as booked; up at once, prorated; and the portal. */
async function planChanges({ harness, keep }: Scene): Promise<void> {
  const life = await MoneyLife.begin(harness, MAX);
  await ask(life, openPortalUpdate, { ...BY_OWNER, flow: 'payment_method_update' });
  await ask(life, changePlanUpdate, { ...BY_OWNER, ...SOLO, prorationAtMs: null });
  await life.settle();
  await life.jump(await life.renewalAtMs() + 60_000);
  const { prorationAtMs } = await ask(life, previewChangeUpdate, MAX);
  await ask(life, changePlanUpdate, { ...BY_OWNER, ...MAX, prorationAtMs });
  await life.settle();
  await keep('customer-changes-plan', customerWorkflowId(life.customerId));
}

async function disputes({ harness, keep }: Scene): Promise<void> {
  const life = await MoneyLife.begin(harness, PRO);
  const { id: charge } = await life.newest<{ id: string }>('charges');
  const { dispute } = await life.control('/disputes', { charge, status: 'needs_response' }) as { dispute: { id: string } };
  await life.settle();
  await life.control(`/disputes/${dispute.id}/status`, { status: 'won' });
  await life.settle();
  await keep('customer-dispute-won', customerWorkflowId(life.customerId));
}

async function reconciliation({ harness, keep }: Scene): Promise<void> {
  await MoneyLife.begin(harness, PRO);
  const workflowId = 'reconcile-recorded';
  await harness.client.workflow.execute(RECONCILE_STRIPE, { workflowId, taskQueue: LIFECYCLE_QUEUE });
  await keep('reconcile', workflowId);
}

export const MONEY_SCENES = [neverPays, paysLate, supportActs, planChanges, disputes, reconciliation];
