import { ApplicationFailure } from '@temporalio/common';
import type { DockerPort, InstanceRef } from '#workflows/ports/docker.port.js';

export interface MemoryContainer { running: boolean; generation: number; planId: string | null }

/** What exists on one host, and nothing else of Docker. `before` is called in each harmful call, after its own look at Stripe. */
export interface MemoryDocker extends DockerPort {
  readonly containers: Map<string, MemoryContainer>;
  readonly volumes: Set<string>;
  readonly networks: Set<string>;
  /** Instance → how often its data was exported. */
  readonly exports: Map<string, number>;
}

export interface MemoryDockerDeps {
  /** Throws PAID_MEANWHILE where the customer owes nothing: the product's own look. */
  readonly refuseIfPaid: (customerId: string) => Promise<void>;
  /** The plan on the instance's row, for a configuration that is written without a plan of its own. */
  readonly planOf: (instanceId: string) => Promise<string>;
  /** Something was taken away from a customer because of a payment: right after the look within the call. */
  readonly onHarm: (customerId: string, what: string) => Promise<void>;
}

/** A Docker host that keeps what exists in memory, with the promises of the port: finding what is there, content with nothing. */
export function createMemoryDocker({ refuseIfPaid, planOf, onHarm }: MemoryDockerDeps): MemoryDocker {
  const [containers, volumes, networks, exports] = [new Map<string, MemoryContainer>(), new Set<string>(), new Set<string>(), new Map<string, number>()];
  const mustBe = (ref: InstanceRef): MemoryContainer => {
    const container = containers.get(ref.instanceId);
    if (container === undefined) throw ApplicationFailure.create({ message: `No such container: ${ref.instanceId}`, type: 'DOCKER_NOT_FOUND' });
    return container;
  };
  const at = (act: (ref: InstanceRef) => void) => (ref: InstanceRef): Promise<void> => Promise.resolve().then(() => { act(ref); });
  return {
    containers, volumes, networks, exports,
    createNetwork: at((ref) => networks.add(ref.instanceId)),
    removeNetwork: at((ref) => networks.delete(ref.instanceId)),
    createVolumes: at((ref) => volumes.add(ref.instanceId)),
    removeVolumes: at((ref) => volumes.delete(ref.instanceId)),
    createContainer: at((ref) => {
      const there = containers.get(ref.instanceId);
      if (there === undefined || there.generation < ref.generation) containers.set(ref.instanceId, { running: false, generation: ref.generation, planId: null });
    }),
    removeContainer: at((ref) => { if ((containers.get(ref.instanceId)?.generation ?? 0) <= ref.generation) containers.delete(ref.instanceId); }),
    async writeConfiguration(ref) {
      if (ref.unlessPaid === true) {
        await refuseIfPaid(ref.customerId);
        await onHarm(ref.customerId, `the limits of ${ref.planId ?? ''}`);
      }
      const planId = ref.planId ?? await planOf(ref.instanceId);
      const container = containers.get(ref.instanceId);
      if (container !== undefined) container.planId = planId;
    },
    removeConfiguration: at(() => undefined),
    startContainer: at((ref) => { mustBe(ref).running = true; }),
    async stopContainer(ref) {
      const container = containers.get(ref.instanceId);
      if ((container?.generation ?? 0) > ref.generation) return;
      if (ref.unlessPaid === true) {
        await refuseIfPaid(ref.customerId);
        if (container?.running === true) await onHarm(ref.customerId, 'a stop');
      }
      if (container !== undefined) container.running = false;
    },
    restartContainer: at((ref) => { mustBe(ref).running = true; }),
    awaitHealthy: at((ref) => { if (!mustBe(ref).running) throw ApplicationFailure.nonRetryable('The container has ended.', 'AGENT_EXITED'); }),
    answerOnce: at((ref) => { mustBe(ref); }),
    exportData: (ref) => Promise.resolve().then(() => {
      if (!volumes.has(ref.instanceId)) throw ApplicationFailure.nonRetryable('There is no data of this instance on the host.', 'NO_DATA');
      exports.set(ref.instanceId, (exports.get(ref.instanceId) ?? 0) + 1);
      return { exportId: ref.instanceId, bytes: 1 };
    }),
  };
}
