/**
 * Records golden histories: `node dist/test/replay/record.js [--suffix <text>] [--only <scenes, a regular expression>]`. Histories are only ever added: a name that is there
 * already is left alone; after a change of a workflow that is meant (and patched), `--suffix v2` records the new way beside the old one.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WorkflowNotFoundError } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { FaultPlan } from '#testing/fault-kit/fault-plan.js';
import { FREE, LifeRunner, PAID, type Life } from '#testing/fault-kit/lives.js';
import { startHarness, type Harness } from '#testing/harness/harness.js';
import { startServers } from '#testing/harness/servers.js';
import { waitFor } from '#testing/harness/wait-for.js';
import { abandonUpdate, instanceWorkflowQuery } from '#workflows/contracts/instance-workflows.js';
import { cancelSubscriptionUpdate, statusQuery } from '#workflows/contracts/customer-lifecycle.js';
import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import { MONEY_ENVIRONMENT, MONEY_SCENES, type Scene } from './money-scenes.js';

const DAY_MS = 86_400_000;
const FOLDER = join(process.cwd(), 'histories');
const { values: { suffix, only } } = parseArgs({ options: { suffix: { type: 'string', default: '' }, only: { type: 'string', default: '' } } });

const fileOf = (name: string): string => join(FOLDER, `${name}${suffix === '' ? '' : `.${suffix}`}.json`);

async function onStage(servers: { postgresUrl: string; temporalAddress: string }, play: (scene: Scene) => Promise<void>, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const plan = new FaultPlan();
  const harness = await startHarness({ ...servers, environment, activityInterceptors: [plan.interceptor] });
  try {
    await play({
      harness, plan, lives: new LifeRunner(harness, plan),
      async keep(name, workflowId, runId) {
        const file = fileOf(name);
        if (existsSync(file)) { process.stdout.write(`  ${name}: is there already\n`); return; }
        const history = await harness.client.workflow.getHandle(workflowId, runId).fetchHistory();
        writeFileSync(file, `${historyToJSON(history)}\n`);
        process.stdout.write(`  ${name}: ${history.events?.length ?? 0} events\n`);
      },
    });
  } finally {
    await harness.stop();
  }
}

const settled = (harness: Harness, life: Life, stage: Stage): Promise<true> => waitFor(`customer ${life.customerId} is ${stage}`, async () => {
  const view = await harness.client.workflow.getHandle(life.customerWorkflowId).query(statusQuery);
  return view.stage === stage && view.inboxLength === 0 ? true : undefined;
});

async function provisionings({ lives, plan, harness, keep }: Scene): Promise<void> {
  const well = await lives.begin(FREE);
  await lives.untilRunning(well);
  await keep('provision-ok', well.provisionId);
  const failing = await lives.begin(FREE, { breaks: true });
  await lives.untilProvisionEnds(failing);
  await keep('provision-undone', failing.provisionId);
  const stuck = await lives.begin(FREE, {
    breaks: true, prepare: ({ provisionId }) => plan.plant({ workflowId: provisionId, activityType: 'removeVolumes', occurrence: 1, mode: 'failsBefore' }),
  });
  await lives.untilProvisionEnds(stuck);
  await keep('provision-undo-needs-attention', stuck.provisionId);
  const canceled = await lives.begin(FREE, {
    prepare: ({ provisionId }) => plan.plant({ workflowId: provisionId, activityType: 'createContainer', occurrence: 1, mode: 'transientBefore', attempts: 1_000 }),
  });
  await waitFor('the container is being made', () => (plan.steps(canceled.provisionId).some(({ activityType }) => activityType === 'createContainer') ? true : undefined));
  await lives.remove(canceled);
  await keep('provision-canceled', canceled.provisionId);
  await keep('customer-removes-while-provisioning', canceled.customerWorkflowId);
  await lives.remove(well);
  await keep('teardown-ok', well.teardownId);
  await keep('customer-free', well.customerWorkflowId);
  const halting = await lives.begin(FREE);
  await lives.untilRunning(halting);
  plan.plant({ workflowId: halting.teardownId, activityType: 'removeVolumes', occurrence: 1, mode: 'failsBefore' });
  await lives.remove(halting);
  await keep('teardown-needs-attention', halting.teardownId);
  await harness.ring(halting.customerId);
}

/** Support gives a standing step up: an undo, and a step of a teardown. */
async function abandonings({ lives, plan, harness, keep }: Scene): Promise<void> {
  const volumesStay = (workflowId: string): void => { plan.plant({ workflowId, activityType: 'removeVolumes', occurrence: 1, mode: 'failsBefore' }); };
  const abandon = async (workflowId: string): Promise<void> => {
    const handle = harness.client.workflow.getHandle(workflowId);
    await waitFor(`${workflowId} needs a person`, async () => {
      const view = await handle.query(instanceWorkflowQuery).catch((error: unknown) => { if (error instanceof WorkflowNotFoundError) return null; throw error; });
      return view !== null && view.needsAttention !== null ? true : undefined;
    });
    await handle.executeUpdate(abandonUpdate, { args: [{ actor: 'support', reason: 'it is cleared by hand' }] });
    await handle.result();
  };
  const undone = await lives.begin(FREE, { breaks: true, prepare: ({ provisionId }) => volumesStay(provisionId) });
  await abandon(undone.provisionId);
  await keep('provision-undo-abandoned', undone.provisionId);
  const halting = await lives.begin(FREE);
  await lives.untilRunning(halting);
  volumesStay(halting.teardownId);
  await harness.wish(halting, 'remove');
  await abandon(halting.teardownId);
  await keep('teardown-abandoned', halting.teardownId);
}

async function changes({ lives, harness, keep }: Scene): Promise<void> {
  const life = await lives.begin(FREE);
  await lives.untilRunning(life);
  for (const [wish, status] of [['stop', 'stopped'], ['start', 'running'], ['restart', 'restarting'], ['restart', 'running']] as const) {
    if (status !== 'running' || wish === 'start') await harness.wish(life, wish);
    await waitFor(`the assistant is ${status}`, async () => ((await lives.status(life)) === status ? true : undefined), { everyMs: 10 });
  }
  await keep('customer-stop-start-restart', life.customerWorkflowId);
}

async function paidLives({ lives, harness, keep }: Scene): Promise<void> {
  const trial = await lives.begin({ planId: 'pro', priceId: 'pro_month' } as unknown as typeof PAID);
  await lives.untilRunning(trial);
  await settled(harness, trial, 'trialing');
  const handle = harness.client.workflow.getHandle(trial.customerWorkflowId);
  await handle.executeUpdate(cancelSubscriptionUpdate, { args: [{ actor: 'owner' }] });
  const now = Date.now();
  await harness.advanceClock(trial.customerId, now + 3 * DAY_MS);
  await settled(harness, trial, 'ended');
  await waitFor('the export is offered', async () => ((await harness.truth(trial)).exports > 0 ? true : undefined));
  for (const days of [6, 9.5, 12, 20]) await harness.advanceClock(trial.customerId, now + days * DAY_MS);
  await settled(harness, trial, 'torn_down');
  await waitFor('the assistant is gone', async () => ((await lives.status(trial)) === 'gone' ? true : undefined));
  await harness.ring(trial.customerId);
  await settled(harness, trial, 'torn_down');
  await keep('customer-trial-canceled-ended-torn-down', trial.customerWorkflowId);
  await keep('teardown-with-export', trial.teardownId);
  const paid = await lives.begin(PAID);
  await lives.untilRunning(paid);
  await lives.cancelAndResume(paid);
  await keep('customer-paid-cancel-resume', paid.customerWorkflowId);
  const refunded = await lives.begin(PAID, { breaks: true });
  await lives.untilRefunded(refunded);
  await keep('customer-refunded', refunded.customerWorkflowId);
}

/** The server suggests continue-as-new early: a chain of three runs. */
async function chain({ lives, harness, keep }: Scene): Promise<void> {
  const life = await lives.begin(FREE);
  await lives.untilRunning(life);
  const handle = harness.client.workflow.getHandle(life.customerWorkflowId);
  const runs: string[] = [];
  while (runs.length < 3) {
    const { runId } = await handle.describe();
    if (runs.at(-1) !== runId) runs.push(runId);
    await harness.ring(life.customerId);
    await settled(harness, life, 'active');
  }
  for (const [index, runId] of runs.entries()) await keep(`customer-continued-${index + 1}`, life.customerWorkflowId, runId);
}

mkdirSync(FOLDER, { recursive: true });
const named = new RegExp(only);
for (const [settings, all] of [[[], [provisionings, abandonings, changes, paidLives, ...MONEY_SCENES]], [['limit.historyCount.suggestContinueAsNew=60'], [chain]]] as const) {
  const scenes = all.filter(({ name }) => named.test(name));
  if (scenes.length === 0) continue;
  const servers = await startServers(settings);
  try {
    for (const scene of scenes) await onStage(servers, scene, MONEY_SCENES.includes(scene) ? MONEY_ENVIRONMENT : {});
  } finally {
    await servers.stop();
  }
}
process.exit(0);
