import { upsertSearchAttributes } from '@temporalio/workflow';
import type { TeardownStep } from '#domain/provisioning/provisioning.types.js';
import { docker, placement, projections } from '../activities.js';
import type { TeardownInput } from '../contracts/instance-workflows.js';
import { InstanceStatusAttribute, NeedsAttention } from '../contracts/search-attributes.js';
import { InstanceStory } from '../saga/instance-story.js';
import { insist, runForward, type SagaStep } from '../saga/saga.js';

type Step = SagaStep<TeardownInput> & { name: TeardownStep };

/** Everything that provisioning made, in reverse; data are exported before they go. Steps on a host are passed over where no host was ever chosen. */
const STEPS: readonly Step[] = [
  { name: 'unpublish_route', run: async ({ instanceId }) => placement('Take the route back').unpublishRoute({ instanceId }) },
  { name: 'stop_container', run: onHost((ref) => docker(ref.hostId, 'undo', 'Stop the container').stopContainer(ref)) },
  {
    name: 'export_data',
    run: async (input) => {
      if (input.keepExport) await onHost(async (ref) => { await docker(ref.hostId, 'export', 'Export the data').exportData(ref); })(input);
    },
  },
  { name: 'remove_container', run: onHost((ref) => docker(ref.hostId, 'undo', 'Remove the container').removeContainer(ref)) },
  { name: 'remove_volumes', run: onHost((ref) => docker(ref.hostId, 'undo', 'Remove the volumes').removeVolumes(ref)) },
  { name: 'remove_network', run: onHost((ref) => docker(ref.hostId, 'undo', 'Remove the network').removeNetwork(ref)) },
  { name: 'revoke_access', run: async ({ instanceId }) => placement('Revoke tokens').revokeAccess({ instanceId }) },
  { name: 'release_port', run: async ({ instanceId }) => placement('Give the port back').releasePort({ instanceId }) },
  { name: 'release_slot', run: async ({ instanceId }) => placement('Give the slot back').releaseSlot({ instanceId }) },
];

function onHost(run: (ref: TeardownInput & { hostId: string }) => Promise<void>): (input: TeardownInput) => Promise<void> {
  return async (input) => { if (input.hostId !== null) await run({ ...input, hostId: input.hostId }); };
}

/** Removes one instance for good and proves it step by step; a step that does not succeed waits for a person. */
export async function teardownInstance(input: TeardownInput): Promise<void> {
  const { instanceId } = input;
  const story = new InstanceStory(input, STEPS, {
    kind: 'teardown',
    title: `Teardown of ${instanceId}: ${input.reason}`,
    abandoning: 'pass the standing step over',
    async needsAttention(reason) {
      upsertSearchAttributes([{ key: NeedsAttention, value: true }, { key: InstanceStatusAttribute, value: 'needs_attention' }]);
      await projections('A person is needed').setInstanceStatus({ instanceId, status: 'needs_attention', reason });
    },
    goesOn: () => upsertSearchAttributes([{ key: NeedsAttention, value: false }, { key: InstanceStatusAttribute, value: 'tearing_down' }]),
  });

  await insist('the instance is being removed', () => projections('The instance is being removed').setInstanceStatus({ instanceId, status: 'tearing_down', reason: input.reason, desiredState: 'removed' }));
  const { abandoned } = await runForward(STEPS, input, story);
  upsertSearchAttributes([{ key: InstanceStatusAttribute, value: 'gone' }]);
  await insist('the instance is gone', () => projections('The instance is gone').setInstanceStatus({
    instanceId, status: 'gone', reason: abandoned.length === 0 ? input.reason : `${input.reason}; left by support: ${abandoned.join(', ')}`,
  }));
  await story.settled('succeeded', null);
}
