import { ApplicationFailure, log, upsertSearchAttributes } from '@temporalio/workflow';
import type { ProvisionStep } from '#domain/provisioning/provisioning.types.js';
import { docker, notify, placement, projections } from '../activities.js';
import type { ProvisionInput } from '../contracts/instance-workflows.js';
import { HostId } from '../contracts/search-attributes.js';
import type { InstanceRef } from '../ports/docker.port.js';
import { causeOf, failureType, type SagaStep } from '../saga/saga.js';

export interface ProvisionContext extends ProvisionInput { hostId: string | null; port: number | null }

const on = (context: ProvisionContext): InstanceRef => {
  if (context.hostId === null) throw ApplicationFailure.nonRetryable('No host was chosen yet', 'NO_HOST');
  const { customerId, instanceId, generation, hostId } = context;
  return { customerId, instanceId, generation, hostId };
};

/** An undo before a host was chosen has nothing on any host to take back. */
const onHost = (undo: (ref: InstanceRef) => Promise<void>) => async (context: ProvisionContext): Promise<void> => {
  if (context.hostId !== null) await undo(on(context));
};

const MOST_FOREIGN_PORTS = 20;

/**
 * Starts the container. A port that somebody else on the host has bound is exchanged, and the container made anew: after such a
 * conflict a newer engine would start the old one later without its port (measured, openclaw.md 2).
 */
async function startOnFreePort(context: ProvisionContext): Promise<void> {
  const ref = on(context);
  const avoidPorts: number[] = [];
  for (;;) {
    try {
      return await docker(ref.hostId, 'changes', 'Start the container').startContainer(ref);
    } catch (error) {
      if (failureType(error) !== 'PORT_TAKEN' || avoidPorts.length === MOST_FOREIGN_PORTS) throw error;
      avoidPorts.push(context.port!);
      await docker(ref.hostId, 'changes', `Port ${context.port} is taken: remove the container`).removeContainer(ref);
      context.port = (await placement('Exchange the port').reservePort({ instanceId: ref.instanceId, hostId: ref.hostId, avoidPorts })).port;
      await docker(ref.hostId, 'changes', `Create it again on port ${context.port}`).createContainer({ ...ref, port: context.port });
    }
  }
}

/** lifecycle.md, "Provisioning: steps and their undo", in its order. */
export const PROVISION_SAGA: readonly (SagaStep<ProvisionContext> & { name: ProvisionStep })[] = [
  {
    name: 'reserve_slot',
    run: async (context) => {
      const { hostId } = await placement('Take the slot that was held at checkout').reserveSlot(context);
      context.hostId = hostId;
      upsertSearchAttributes([{ key: HostId, value: hostId }]);
    },
    undo: async ({ instanceId }) => placement('Give the slot back').releaseSlot({ instanceId }),
  },
  {
    name: 'reserve_port',
    run: async (context) => {
      const { port } = await placement('Reserve a loopback port').reservePort({ instanceId: context.instanceId, hostId: on(context).hostId });
      context.port = port;
    },
    undo: async ({ instanceId }) => placement('Give the port back').releasePort({ instanceId }),
  },
  {
    name: 'create_network',
    run: async (context) => docker(on(context).hostId, 'changes', 'Create its own network').createNetwork(on(context)),
    undo: onHost((ref) => docker(ref.hostId, 'undo', 'Remove the network').removeNetwork(ref)),
  },
  {
    name: 'create_volumes',
    run: async (context) => docker(on(context).hostId, 'changes', 'Create its volumes').createVolumes(on(context)),
    // A rebuilt instance keeps its owner's data, whatever becomes of the rebuild.
    undo: async (context) => {
      if (!context.keepData) await onHost((ref) => docker(ref.hostId, 'undo', 'Remove the volumes').removeVolumes(ref))(context);
    },
  },
  {
    name: 'create_container',
    run: async (context) => docker(on(context).hostId, 'changes', 'Create the hardened container').createContainer({ ...on(context), port: context.port! }),
    undo: onHost((ref) => docker(ref.hostId, 'undo', 'Remove the container').removeContainer(ref)),
  },
  {
    name: 'write_configuration',
    run: async (context) => docker(on(context).hostId, 'changes', 'Write configuration and secrets as files').writeConfiguration(on(context)),
    // The step makes the tokens that it writes: both go, and neither is passed over.
    undo: async (context) => {
      await onHost((ref) => docker(ref.hostId, 'undo', 'Remove configuration and secrets').removeConfiguration(ref))(context);
      await placement('Revoke tokens').revokeAccess({ instanceId: context.instanceId });
    },
  },
  {
    name: 'start_container',
    run: startOnFreePort,
    undo: onHost((ref) => docker(ref.hostId, 'undo', 'Stop the container').stopContainer(ref)),
  },
  {
    name: 'await_healthy',
    run: async (context) => docker(on(context).hostId, 'waits', 'Wait until the agent says that it is ready').awaitHealthy(on(context)),
  },
  {
    name: 'first_answer',
    run: async (context) => docker(on(context).hostId, 'waits', 'Ask for one real answer').answerOnce(on(context)),
  },
  {
    name: 'publish_route',
    run: async (context) => {
      await placement('Publish the route').publishRoute({ instanceId: context.instanceId, hostId: on(context).hostId, port: context.port! });
    },
    undo: async ({ instanceId }) => placement('Take the route back').unpublishRoute({ instanceId }),
  },
  {
    name: 'announce',
    run: async ({ customerId, instanceId, generation }) => {
      await projections('The assistant runs').setInstanceStatus({ instanceId, status: 'running', reason: null });
      try {
        await notify('Tell the owner that the assistant is ready').sendNotice({ customerId, instanceId, key: `${customerId}:ready:${instanceId}:${generation}`, kind: 'assistant_ready', data: {} });
      } catch (error) {
        // A mail server that is down takes no running assistant away; the notice stays on record as failed.
        log.warn('The ready notice was not sent', { instanceId, cause: causeOf(error) });
      }
    },
  },
];
