import { CancellationScope, getExternalWorkflowHandle, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { InstanceStatus } from '#domain/instance/instance.types.js';
import { stepsTable } from '#domain/provisioning/steps-table.js';
import type { StepState } from '#domain/provisioning/provisioning.types.js';
import { projections } from '../activities.js';
import { instanceSettledSignal } from '../contracts/customer-lifecycle.js';
import {
  abandonUpdate, instanceWorkflowQuery, retryStepUpdate, type ProvisionInput, type StepView,
} from '../contracts/instance-workflows.js';
import { InstanceStatusAttribute, NeedsAttention } from '../contracts/search-attributes.js';
import { customerWorkflowId } from '../contracts/workflow-ids.js';
import { AttentionDesk, insist, runSaga, unlessRefused, type SagaReport } from '../saga/saga.js';
import { PROVISION_SAGA, type ProvisionContext } from './provision-steps.js';

/**
 * Brings one instance to a healthy, answering container, or leaves nothing behind.
 * Ends by telling `customer/<id>`, which owns what follows (running, or refund).
 */
export async function provisionInstance(input: ProvisionInput): Promise<void> {
  const { customerId, instanceId, generation } = input;
  const desk = new AttentionDesk();
  const steps: StepView[] = PROVISION_SAGA.map(({ name }) => ({ name, state: 'waiting', error: null }));
  setHandler(instanceWorkflowQuery, () => ({ steps, needsAttention: desk.what }), { description: 'Steps and what stands in need of attention' });
  setHandler(retryStepUpdate, () => desk.decide('retry'), { description: 'Support: try the standing step once more' });
  setHandler(abandonUpdate, () => desk.decide('abandon'), { description: 'Support: give the standing step up; it must be cleared by hand' });

  const show = () => setCurrentDetails(stepsTable(`Provisioning of ${instanceId}, generation ${generation}`, steps, desk.what));
  const report: SagaReport = {
    async step(name, state, error) {
      const position = steps.findIndex((each) => each.name === name);
      steps[position] = { name, state, error };
      show();
      await projections(`${name}: ${state}`).recordStep({ instanceId, generation, kind: 'provision', step: name, position, state: state as StepState, error });
    },
    async attention(name, error) {
      // Asked before it is told: support may answer the moment it reads.
      const answer = desk.ask(`${name}: ${error}`);
      show();
      upsertSearchAttributes([{ key: NeedsAttention, value: true }]);
      await unlessRefused('needs attention', () => setStatus('needs_attention', `${name}: ${error}`));
      const decided = await answer;
      upsertSearchAttributes([{ key: NeedsAttention, value: false }]);
      return decided;
    },
  };
  const setStatus = async (status: InstanceStatus, reason: string | null) => {
    upsertSearchAttributes([{ key: InstanceStatusAttribute, value: status }]);
    await projections(`The instance is ${status}`).setInstanceStatus({ instanceId, status, reason });
  };

  show();
  const context: ProvisionContext = { ...input, hostId: null, port: null };
  const result = await runSaga(PROVISION_SAGA, context, report);

  await CancellationScope.nonCancellable(async () => {
    if (result.outcome === 'failed') {
      await insist('the instance is failed', () => setStatus('failed', `${result.step}: ${result.reason}`));
    }
    await getExternalWorkflowHandle(customerWorkflowId(customerId)).signal(instanceSettledSignal, {
      instanceId, generation, kind: 'provision', outcome: result.outcome, reason: result.outcome === 'succeeded' ? null : `${result.step}: ${result.reason}`,
    });
  });
}
