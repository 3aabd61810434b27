import { CancellationScope, upsertSearchAttributes } from '@temporalio/workflow';
import type { InstanceStatus } from '#domain/instance/instance.types.js';
import { projections } from '../activities.js';
import type { ProvisionInput } from '../contracts/instance-workflows.js';
import { InstanceStatusAttribute, NeedsAttention } from '../contracts/search-attributes.js';
import { InstanceStory } from '../saga/instance-story.js';
import { insist, runSaga } from '../saga/saga.js';
import { PROVISION_SAGA, type ProvisionContext } from './provision-steps.js';

/**
 * Brings one instance to a healthy, answering container, or leaves nothing behind.
 * Ends by telling `customer/<id>`, which owns what follows (running, or refund).
 */
export async function provisionInstance(input: ProvisionInput): Promise<void> {
  const { instanceId, generation } = input;
  const setStatus = async (status: InstanceStatus, reason: string | null) => {
    upsertSearchAttributes([{ key: InstanceStatusAttribute, value: status }]);
    await projections(`The instance is ${status}`).setInstanceStatus({ instanceId, status, reason });
  };
  const story = new InstanceStory(input, PROVISION_SAGA, {
    kind: 'provision',
    title: `Provisioning of ${instanceId}, generation ${generation}`,
    abandoning: 'give the standing step up',
    async needsAttention(reason) {
      upsertSearchAttributes([{ key: NeedsAttention, value: true }]);
      await setStatus('needs_attention', reason);
    },
    goesOn: () => upsertSearchAttributes([{ key: NeedsAttention, value: false }]),
  });

  const context: ProvisionContext = { ...input, hostId: null, port: null };
  const result = await runSaga(PROVISION_SAGA, context, story);

  await CancellationScope.nonCancellable(async () => {
    if (result.outcome === 'failed') {
      await insist('the instance is failed', () => setStatus('failed', `${result.step}: ${result.reason}`));
    }
    await story.settled(result.outcome, result.outcome === 'succeeded' ? null : `${result.step}: ${result.reason}`);
  });
}
