import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, ParentClosePolicy, getExternalWorkflowHandle, log, startChild, type ChildWorkflowOptions } from '@temporalio/workflow';
import type { InstanceStatus } from '#domain/instance/instance.types.js';
import { billing, docker, notify, projections } from '../activities.js';
import type { InboxMessage } from '../contracts/customer-lifecycle.js';
import { PROVISION_INSTANCE, TEARDOWN_INSTANCE, retryStepSignal, type ProvisionInput, type TeardownInput } from '../contracts/instance-workflows.js';
import { HostId, InstanceStatusAttribute, NeedsAttention } from '../contracts/search-attributes.js';
import { provisionWorkflowId, teardownWorkflowId } from '../contracts/workflow-ids.js';
import type { InstanceRef } from '../ports/docker.port.js';
import type { InstanceRecord } from '../ports/projections.port.js';
import { causeOf, unlessRefused } from '../saga/saga.js';
import type { Customer } from './customer.js';

type Wish = Extract<InboxMessage, { kind: 'instanceWished' }>;
type Settled = Extract<InboxMessage, { kind: 'instanceSettled' }>;

/** A container exists and may be stopped or exported. */
const HAS_CONTAINER: readonly InstanceStatus[] = ['running', 'unhealthy', 'restarting', 'stopped', 'suspended', 'needs_attention'];
const IS_UP: readonly InstanceStatus[] = ['running', 'unhealthy', 'restarting', 'needs_attention'];

/** Brings each instance of the customer to where its owner and the policy want it. One thing at a time per instance. */
export class InstanceKeeper {
  /** A background change has ended since the loop last looked. */
  finishedSomething = false;
  private readonly changing = new Set<string>();

  constructor(private readonly customer: Customer) {}

  /** Nothing in the background: continue-as-new may come. Children outlive it and are not counted. */
  get idle(): boolean { return this.changing.size === 0; }

  /** The owner's wish. The latest wish waits while something is being done to this instance. */
  async wish(wish: Wish): Promise<void> {
    const { instanceId } = wish;
    const child = this.customer.running[instanceId];
    if (child?.kind === 'provision' && wish.wish === 'remove') {
      await getExternalWorkflowHandle(provisionWorkflowId(instanceId, child.generation)).cancel().catch((error: unknown) => log.info('It had ended already', { cause: causeOf(error) }));
    }
    if (child || this.changing.has(instanceId)) { this.customer.waiting[instanceId] = wish; return; }
    const instance = await this.load(instanceId);
    if (!instance || instance.status === 'gone') return;
    if (instance.desiredState === 'removed') return this.remove(instance, 'Removed by its owner');
    switch (wish.wish) {
      case 'provision': if (instance.status === 'provisioning') await this.provision(instanceId); return;
      case 'start': if (instance.status === 'stopped' || instance.status === 'needs_attention') this.change(instance, 'restarting', 'running', (ref) => this.startAndWait(ref)); return;
      case 'stop': if (IS_UP.includes(instance.status)) this.change(instance, null, 'stopped', (ref) => docker(ref.hostId, 'changes', 'Stop, as its owner wishes').stopContainer(ref)); return;
      case 'restart': if (IS_UP.includes(instance.status)) this.change(instance, 'restarting', 'running', (ref) => this.restartAndWait(ref)); return;
      // What the policy stopped comes back by payment, not by a rebuild.
      case 'reprovision': if (instance.status !== 'suspended' && HAS_CONTAINER.includes(instance.status) || instance.status === 'failed') await this.rebuild(instance); return;
      case 'remove': return;
    }
  }

  /** A child has ended: what follows depends on how. */
  async settled(end: Settled): Promise<void> {
    delete this.customer.running[end.instanceId];
    if (end.outcome === 'succeeded') this.customer.attention.takeBack(end.instanceId);
    if (end.childKind === 'provision' && end.outcome === 'failed') await this.provisioningFailed(end);
    await this.takeUpWaiting(end.instanceId);
  }

  /** Brings the instance up unless that is under way: the first time, or round the data that an earlier container left. */
  async provision(instanceId: string, keepData = false): Promise<void> {
    const instance = await this.load(instanceId);
    if (!instance || this.customer.running[instanceId] || instance.desiredState === 'removed' || instance.status === 'gone') return;
    if (HAS_CONTAINER.includes(instance.status) || instance.status === 'failed') return this.rebuild(instance);
    const { generation, planId } = instance;
    if (instance.status !== 'provisioning') await projections('Provisioning begins').setInstanceStatus({ instanceId, status: 'provisioning', reason: null });
    const input: ProvisionInput = { customerId: this.customer.id, instanceId, generation, planId, keepData };
    await this.startOnce(PROVISION_INSTANCE, provisionWorkflowId(instanceId, generation), input, `Provision ${instanceId} on ${planId}`);
    this.customer.running[instanceId] = { kind: 'provision', generation };
  }

  /** One after the other; the first that does not succeed ends it, the policy asks again. */
  async each(instanceIds: readonly string[], act: (instanceId: string) => Promise<void>): Promise<void> {
    for (const instanceId of instanceIds) await act(instanceId);
  }

  /** Stopped by the policy, data kept. The call itself looks once more whether it was paid (PAID_MEANWHILE). */
  async suspend(instanceId: string, reason: string): Promise<void> {
    const instance = await this.load(instanceId);
    if (!instance || instance.hostId === null || !HAS_CONTAINER.includes(instance.status)) return;
    const ref = this.ref(instance, instance.hostId);
    await docker(ref.hostId, 'undo', `Stop: ${reason}`.slice(0, 200)).stopContainer({ ...ref, unlessPaid: true });
    await projections('Stopped by the policy').setInstanceStatus({ instanceId, status: 'suspended', reason });
  }

  /**
   * Other limits for a running assistant: memory and processor of its container, its configuration, which it reads anew by itself, and last
   * its row, which the gateway's quotas follow: while the row has the old plan the policy asks again.
   * `unlessPaid`: fewer limits than were bought, so the call itself looks once more (PAID_MEANWHILE).
   */
  async applyPlan(instanceId: string, planId: string, unlessPaid: boolean): Promise<void> {
    const instance = await this.load(instanceId);
    if (!instance || this.customer.running[instanceId]) return;
    if (instance.hostId !== null && HAS_CONTAINER.includes(instance.status)) {
      await docker(instance.hostId, 'changes', `Write the limits of ${planId}`).writeConfiguration({ ...this.ref(instance, instance.hostId), planId, unlessPaid });
    }
    await projections(`The limits of ${planId}`).setInstanceStatus({ instanceId, status: instance.status, reason: null, planId });
  }

  /** Support: the step that stands in need of attention once more; an assistant that did not start is started. */
  async retryStep(instanceId: string): Promise<void> {
    const child = this.customer.running[instanceId];
    if (child) {
      const workflowId = child.kind === 'provision' ? provisionWorkflowId(instanceId, child.generation) : teardownWorkflowId(instanceId, child.generation);
      return getExternalWorkflowHandle(workflowId).signal(retryStepSignal);
    }
    const instance = await this.load(instanceId);
    if (!instance || instance.customerId !== this.customer.id) throw ApplicationFailure.nonRetryable('This customer has no such instance.', 'INSTANCE_NOT_FOUND');
    if (instance.status === 'needs_attention' && !this.changing.has(instanceId)) this.change(instance, 'restarting', 'running', (ref) => this.startAndWait(ref));
  }

  async exportData(instanceId: string): Promise<void> {
    const instance = await this.load(instanceId);
    if (!instance || instance.hostId === null || !HAS_CONTAINER.includes(instance.status)) return;
    await docker(instance.hostId, 'export', 'Export the data for its owner').exportData(this.ref(instance, instance.hostId));
  }

  async teardown(instanceId: string, reason: string): Promise<void> {
    const instance = await this.load(instanceId);
    if (instance && instance.status !== 'gone') await this.remove(instance, reason);
  }

  private async remove(instance: InstanceRecord, reason: string): Promise<void> {
    const { id: instanceId, generation, hostId } = instance;
    const child = this.customer.running[instanceId];
    if (child?.kind === 'teardown') return;
    if (child) {
      this.customer.waiting[instanceId] = { kind: 'instanceWished', requestId: `teardown:${instanceId}`, instanceId, wish: 'remove', actor: 'policy' };
      await projections('To be removed').setInstanceStatus({ instanceId, status: instance.status, reason, desiredState: 'removed' });
      await getExternalWorkflowHandle(provisionWorkflowId(instanceId, child.generation)).cancel().catch((error: unknown) => log.info('It had ended already', { cause: causeOf(error) }));
      return;
    }
    const keepExport = HAS_CONTAINER.includes(instance.status) || instance.status === 'tearing_down';
    const input: TeardownInput = { customerId: this.customer.id, instanceId, generation, hostId, reason, keepExport: keepExport && hostId !== null };
    await this.startOnce(TEARDOWN_INSTANCE, teardownWorkflowId(instanceId, generation), input, `Remove ${instanceId}`);
    this.customer.running[instanceId] = { kind: 'teardown', generation };
  }

  /** A new container round the same data. */
  private async rebuild(instance: InstanceRecord): Promise<void> {
    const keepData = instance.hostId !== null && instance.status !== 'failed';
    if (keepData) {
      const ref = this.ref(instance, instance.hostId!);
      await docker(ref.hostId, 'undo', 'Remove the old container').removeContainer(ref);
    }
    await projections('A new generation begins').setInstanceStatus({ instanceId: instance.id, status: 'provisioning', reason: 'Rebuilt by its owner', generation: instance.generation + 1 });
    await this.provision(instance.id, keepData);
  }

  /** Paid means running, or refunded: what was paid for this instance is paid back, whole, and said so. */
  private async provisioningFailed({ instanceId, generation, reason }: Settled): Promise<void> {
    this.customer.attention.call(instanceId, `Provisioning of ${instanceId} failed: ${reason ?? 'unknown'}`);
    const { subscription } = await billing('Read what was paid').fetchBillingFacts({ customerId: this.customer.id });
    // Ended or not: a first try may have canceled it and not come further. What was paid back already is only counted.
    const paidForIt = subscription !== null && subscription.instanceId === instanceId && generation === 1;
    const refund = paidForIt
      ? await billing('Cancel and refund in full').cancelAndRefundInFull({ customerId: this.customer.id, subscriptionId: subscription.id, reason: 'provisioning_failed' })
      : null;
    try {
      await notify('Tell the owner').sendNotice({
        customerId: this.customer.id, instanceId, key: `${this.customer.id}:provisioning_failed:${instanceId}:${generation}`,
        kind: refund ? 'provisioning_failed_refunded' : 'provisioning_failed',
        data: { amountCents: refund?.refundedCents ?? null, currency: refund?.currency ?? null },
      });
    } catch (error) {
      log.warn('The notice was not sent', { cause: causeOf(error) });
    }
  }

  /** Runs a change beside the loop, so that a slow boot does not hold up a cancellation. */
  private change(instance: InstanceRecord, during: InstanceStatus | null, after: InstanceStatus, act: (ref: InstanceRef) => Promise<void>): void {
    if (instance.hostId === null) return;
    const { id: instanceId } = instance;
    const ref = this.ref(instance, instance.hostId);
    this.changing.add(instanceId);
    void (async () => {
      try {
        if (during) await projections(`The instance is ${during}`).setInstanceStatus({ instanceId, status: during, reason: null });
        await act(ref);
        await projections(`The instance is ${after}`).setInstanceStatus({ instanceId, status: after, reason: null });
        this.customer.attention.takeBack(instanceId);
      } catch (error) {
        this.customer.attention.call(instanceId, `${instanceId}: ${causeOf(error)}`);
        // Nobody awaits this: a refusal here would stop the whole workflow.
        await unlessRefused('needs attention', () => projections('A person is needed').setInstanceStatus({ instanceId, status: 'needs_attention', reason: causeOf(error) }));
      } finally {
        this.changing.delete(instanceId);
        await this.takeUpWaiting(instanceId).catch((error: unknown) => this.customer.stumble(`${instanceId}: ${causeOf(error)}`));
        this.finishedSomething = true;
      }
    })();
  }

  private async startAndWait(ref: InstanceRef): Promise<void> {
    await docker(ref.hostId, 'changes', 'Start, as its owner wishes').startContainer(ref);
    await docker(ref.hostId, 'waits', 'Wait until it is ready').awaitHealthy(ref);
  }

  private async restartAndWait(ref: InstanceRef): Promise<void> {
    await docker(ref.hostId, 'changes', 'Restart, as its owner wishes').restartContainer(ref);
    await docker(ref.hostId, 'waits', 'Wait until it is ready').awaitHealthy(ref);
  }

  private async takeUpWaiting(instanceId: string): Promise<void> {
    const next = this.customer.waiting[instanceId];
    delete this.customer.waiting[instanceId];
    if (next) await this.wish(next);
  }

  private load(instanceId: string): Promise<InstanceRecord | null> {
    return projections('Read the instance').loadInstance({ instanceId });
  }

  private ref({ id, generation }: InstanceRecord, hostId: string): InstanceRef {
    return { customerId: this.customer.id, instanceId: id, generation, hostId };
  }

  private async startOnce(type: string, workflowId: string, input: ProvisionInput | TeardownInput, staticSummary: string): Promise<void> {
    const options: ChildWorkflowOptions = {
      workflowId, parentClosePolicy: ParentClosePolicy.ABANDON, workflowIdReusePolicy: 'REJECT_DUPLICATE', staticSummary,
      typedSearchAttributes: [
        { key: NeedsAttention, value: false },
        { key: InstanceStatusAttribute, value: type === PROVISION_INSTANCE ? 'provisioning' : 'tearing_down' },
        ...('hostId' in input && input.hostId !== null ? [{ key: HostId, value: input.hostId }] : []),
      ],
    };
    try {
      await startChild(type, { ...options, args: [input] });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      log.info('It was started already', { workflowId });
    }
  }
}
