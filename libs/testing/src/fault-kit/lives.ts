import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/common';
import { cancelSubscriptionUpdate, resumeSubscriptionUpdate } from '#workflows/contracts/customer-lifecycle.js';
import { instanceWorkflowQuery, retryStepUpdate } from '#workflows/contracts/instance-workflows.js';
import { customerWorkflowId, provisionWorkflowId, teardownWorkflowId } from '#workflows/contracts/workflow-ids.js';
import type { Harness } from '../harness/harness.js';
import type { Person } from '../harness/people.js';
import { MoneyLife } from '../harness/money-life.js';
import { waitFor } from '../harness/wait-for.js';
import type { FaultPlan } from './fault-plan.js';

export const FREE = { planId: 'free', priceId: null } as const;
/** Without a trial, so that there is money to pay back. */
export const PAID = { planId: 'team', priceId: 'team_month' } as const;
/** Leads to no smaller plan: unpaid, it ends in the removal. */
export const DEAD_END = { planId: 'solo', priceId: 'solo_month' } as const;
type Offer = typeof FREE | typeof PAID | typeof DEAD_END;
/** Plans in which all of these are sold. */
export const KIT_PLANS_FILE = '../test/money/plans.yaml';

export interface Life extends Person {
  readonly offer: Offer;
  readonly customerWorkflowId: string;
  readonly provisionId: string;
  readonly teardownId: string;
  /** What stood in need of attention, as support reads it; a person then asked for another try. */
  readonly attention: string[];
}

/** Longest that a life's part may take: the longest time-out of an activity (30 s) twice, and a busy machine. */
const DEFAULT_PATIENCE_MS = 150_000;
/** As the owner's next click, or Stripe's next event. */
const ASK_AGAIN_MS = 4_000;
const RETRY_EVERY_MS = 700;

/** Lives lived through the product's own doors: the wish, the checkout, the card, the cancel; and support's retry where a person is asked. */
export class LifeRunner {
  /** What breaks in a life that `breaks`: late, and after its effect, so that everything is there to be taken back. */
  readonly breakingActivity = 'publishRoute';

  constructor(private readonly harness: Harness, private readonly plan: FaultPlan, private readonly patienceMs = DEFAULT_PATIENCE_MS) {}

  /** Signs up and begins; `prepare` plants faults before anything runs. */
  async begin(offer: Offer, options: { breaks?: boolean; prepare?: (life: Life) => void } = {}): Promise<Life> {
    const { harness } = this;
    const person = await harness.newPerson({ planId: offer.planId, status: offer === FREE ? 'provisioning' : 'awaiting_payment' });
    const life: Life = {
      ...person, offer, attention: [], customerWorkflowId: customerWorkflowId(person.customerId),
      provisionId: provisionWorkflowId(person.instanceId, 1), teardownId: teardownWorkflowId(person.instanceId, 1),
    };
    if (options.breaks === true) this.plan.plant({ workflowId: life.provisionId, activityType: this.breakingActivity, occurrence: 1, mode: 'failsAfter' });
    options.prepare?.(life);
    if (offer.priceId === null) await harness.wish(life, 'provision');
    else await harness.pay((await this.checkOut(life, offer)).checkoutSessionId);
    return life;
  }

  /** Support or the owner ask again where the first try was refused. */
  private async checkOut(life: Life, offer: typeof PAID | typeof DEAD_END): Promise<{ checkoutSessionId: string }> {
    try {
      return await this.harness.openCheckout(life, offer);
    } catch {
      return this.harness.openCheckout(life, offer);
    }
  }

  async untilRunning(life: Life): Promise<void> {
    await this.untilProvisionEnds(life);
    const { status, statusReason } = await this.harness.truth(life);
    if (status !== 'running') throw new Error(`The assistant is ${status}: ${statusReason ?? 'no reason'}`);
  }

  /** Until the provisioning is over and, where it failed, the customer was told. Rings again where nothing moves. */
  async untilProvisionEnds(life: Life, lift?: () => void): Promise<void> {
    await this.untilEnded(life, life.provisionId, lift);
    if ((await this.status(life)) !== 'failed') return;
    let rungAt = performance.now();
    await waitFor(`customer ${life.customerId} told of the failure`, async () => {
      rungAt = await this.ringAgain(life, rungAt);
      const { rows } = await this.harness.pool.query(`SELECT 1 FROM notice WHERE customer_id = $1 AND kind LIKE 'provisioning_failed%' AND state = 'sent'`, [life.customerId]);
      return rows.length > 0 ? true : undefined;
    }, { timeoutMs: this.patienceMs, last: () => this.harness.truth(life) });
  }

  async untilRefunded(life: Life): Promise<void> {
    await this.untilProvisionEnds(life);
    let rungAt = performance.now();
    await waitFor(`customer ${life.customerId} refunded`, async () => {
      rungAt = await this.ringAgain(life, rungAt);
      const { chargedCents, refundedCents, liveSubscriptions } = await this.harness.truth(life);
      return chargedCents > 0 && chargedCents === refundedCents && liveSubscriptions === 0 ? true : undefined;
    }, { timeoutMs: this.patienceMs, last: () => this.harness.truth(life) });
  }

  /** Removes the assistant and waits until it is gone. */
  async remove(life: Life, lift?: () => void): Promise<void> {
    await this.harness.wish(life, 'remove');
    await this.untilEnded(life, life.teardownId, lift);
    await waitFor(`instance ${life.instanceId} gone`, async () => ((await this.status(life)) === 'gone' ? true : undefined), { timeoutMs: this.patienceMs, last: () => this.harness.truth(life) });
  }

  /** Cancels at the end of the period, and takes it back; each asked again once where it is refused. */
  async cancelAndResume(life: Life): Promise<void> {
    const handle = this.harness.client.workflow.getHandle(life.customerWorkflowId);
    for (const update of [cancelSubscriptionUpdate, resumeSubscriptionUpdate]) {
      const wanted = update === cancelSubscriptionUpdate;
      const ask = async (): Promise<boolean> => (await handle.executeUpdate(update, { updateId: randomUUID(), args: [{ actor: 'owner' }] })).overlays.includes('canceling');
      // Where the answer was lost but the effect is there, the second try may be told so.
      const shown = await ask().catch(() => ask()).catch((error: unknown) => { if (wanted || !/not about to end/.test(causeText(error))) throw error; return false; });
      if (shown !== wanted) throw new Error(`After ${String(update.name)} the customer is ${shown ? '' : 'not '}canceling`);
    }
  }

  /** Until the customer's workflow waits for the next message or its own hour. */
  async atRest(life: Life): Promise<MoneyLife> {
    const money = MoneyLife.of(this.harness, life);
    await money.settle(this.patienceMs);
    return money;
  }

  /** The renewal fails; down to the smaller plan; a new card pays, and all is given back. */
  async payLate(life: Life): Promise<void> {
    const money = await this.atRest(life);
    await money.failRenewal();
    await money.untilStage('downgraded');
    await this.untilPlan(life, 'free');
    // As the portal does: into the customer's slot, which the subscription does not look at.
    await money.card('works', 'customer');
    // The clock stands still meanwhile: where an act failed it is asked for again at the next ring, and not weeks later.
    await this.untilPlan(life, life.offer.planId);
    await this.atRest(life);
  }

  /** The renewal fails and nobody pays: exported, ended, removed. */
  async neverPay(life: Life): Promise<void> {
    const money = await this.atRest(life);
    await money.failRenewal();
    await money.untilStage('torn_down');
    await this.untilEnded(life, life.teardownId);
    await this.atRest(life);
  }

  private async untilPlan(life: Life, planId: string): Promise<void> {
    let rungAt = performance.now();
    await waitFor(`instance ${life.instanceId} with the limits of ${planId}`, async () => {
      rungAt = await this.ringAgain(life, rungAt);
      const { rows: [row] } = await this.harness.pool.query<{ plan_id: string }>('SELECT plan_id FROM instance WHERE id = $1', [life.instanceId]);
      return row?.plan_id === planId ? true : undefined;
    }, { timeoutMs: this.patienceMs, last: () => this.harness.truth(life) });
  }

  status = async ({ instanceId }: Life): Promise<string> =>
    (await this.harness.pool.query<{ status: string }>('SELECT status FROM instance WHERE id = $1', [instanceId])).rows[0]!.status;

  /** Until the workflow is closed. Where a person is asked, what is asked is noted, the cause lifted and another try wished. */
  private async untilEnded(life: Life, workflowId: string, lift?: () => void): Promise<void> {
    const handle = this.harness.client.workflow.getHandle(workflowId);
    let rungAt = performance.now();
    let triedAt = 0;
    const state = await waitFor(`${workflowId} closed`, async () => {
      const described = await handle.describe().catch((error: unknown) => { if (error instanceof WorkflowNotFoundError) return null; throw error; });
      if (described === null) { rungAt = await this.ringAgain(life, rungAt); return undefined; }
      if (described.status.name !== 'RUNNING') return described.status.name;
      if ((await this.status(life)) === 'needs_attention' && performance.now() - triedAt > RETRY_EVERY_MS) {
        const { needsAttention } = await handle.query(instanceWorkflowQuery);
        if (needsAttention === null) return undefined;
        triedAt = performance.now();
        life.attention.push(needsAttention);
        lift?.();
        await handle.executeUpdate(retryStepUpdate, { args: [{ actor: 'support', reason: 'the cause is mended' }] }).catch(() => undefined);
      }
      return undefined;
    }, { timeoutMs: this.patienceMs, last: () => this.harness.truth(life) });
    if (state !== 'COMPLETED') throw new Error(`${workflowId} ended as ${state}`);
  }

  private async ringAgain(life: Life, since: number): Promise<number> {
    if (performance.now() - since < ASK_AGAIN_MS) return since;
    await this.harness.ring(life.customerId);
    return performance.now();
  }
}

/** All messages of an error and its causes. */
export function causeText(error: unknown): string {
  return error instanceof Error ? `${error.message} ${causeText(error.cause)}` : '';
}
