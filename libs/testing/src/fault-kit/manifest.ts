import { readFileSync } from 'node:fs';
import type { FaultPlan, Step } from './fault-plan.js';
import type { Scenario } from './cells.js';
import type { Harness } from '../harness/harness.js';
import { DEAD_END, FREE, PAID, LifeRunner, type Life } from './lives.js';

export interface ManifestStep { readonly activityType: string; readonly occurrence: number }
/** The places where a fault can be planted, by scenario, in the order in which they run. */
export type Manifest = Readonly<Record<Scenario, readonly ManifestStep[]>>;

export const readManifest = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest;

/** Lives each scenario once without a fault of its own and writes down what ran: nobody lists steps by hand, so none can be forgotten. */
export async function discoverSteps(harness: Harness, plan: FaultPlan): Promise<Manifest> {
  const lives = new LifeRunner(harness, plan);
  const free = await lives.begin(FREE);
  await lives.untilRunning(free);
  await lives.remove(free);
  const failing = await lives.begin(FREE, { breaks: true });
  await lives.untilProvisionEnds(failing);
  const paid = await lives.begin(PAID);
  await lives.untilRunning(paid);
  await lives.cancelAndResume(paid);
  const refunded = await lives.begin(PAID, { breaks: true });
  await lives.untilRefunded(refunded);
  const late = await lives.begin(PAID);
  const lateSteps = await stepsOf(late, () => lives.payLate(late));
  const ending = await lives.begin(DEAD_END);
  const endingSteps = await stepsOf(ending, () => lives.neverPay(ending));

  const provisioned = plan.steps(free.provisionId).map(place);
  const undone = plan.steps(failing.provisionId).map(place);
  const broken = undone.findIndex(({ activityType }) => activityType === lives.breakingActivity);
  const kinds = (steps: readonly Step[], without: readonly ManifestStep[] = []): ManifestStep[] =>
    [...new Set(steps.map(({ activityType }) => activityType))].filter((name) => !without.some(({ activityType }) => activityType === name))
      .sort().map((activityType) => ({ activityType, occurrence: 1 }));
  // What the customer's workflow does hangs on when Stripe's events come: its kinds of activities are compared, not their order.
  const evaluate = kinds(plan.steps(free.customerWorkflowId));
  const cancel = kinds(plan.steps(paid.customerWorkflowId)).filter(({ activityType }) => /cancel/i.test(activityType));
  const refund = kinds(plan.steps(refunded.customerWorkflowId)).filter(({ activityType }) => /refund|sendNotice/i.test(activityType));
  // The reads are hit in `evaluate`.
  const dunning = kinds(lateSteps).filter(({ activityType }) => !/^(fetch|load)/.test(activityType));
  return {
    provision: provisioned,
    undo: undone.slice(broken + 1),
    teardown: plan.steps(free.teardownId).map(place),
    evaluate,
    checkout: kinds(plan.steps(paid.customerWorkflowId), [...evaluate, ...cancel, ...refund]),
    cancel,
    refund,
    dunning,
    ending: kinds(endingSteps, dunning).filter(({ activityType }) => !/^(fetch|load)/.test(activityType)),
  };

  /** What the customer's workflow ran during the act. */
  async function stepsOf(life: Life, act: () => Promise<void>): Promise<readonly Step[]> {
    await lives.untilRunning(life);
    await lives.atRest(life);
    const before = plan.steps(life.customerWorkflowId).length;
    await act();
    return plan.steps(life.customerWorkflowId).slice(before);
  }
}

const place = ({ activityType, occurrence }: Step): ManifestStep => ({ activityType, occurrence });
