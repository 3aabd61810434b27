import { agentOfImage, buildContainerEnvironment, containerLimits, type ContainerLimits } from '#domain/instance-config/container.js';
import { OPENCLAW_PORT } from '#domain/instance-config/openclaw-config.js';
import type { Plan } from '#domain/plan/plan.types.js';
import type { InstanceRef } from '#workflows/ports/docker.port.js';
import type { ContainerSpec } from './container-options.js';
import { dockerLabels, dockerNames } from './docker-names.js';

/** OpenClaw's user in its own image and in the light one. */
export const AGENT_UID = 1000;

/** Limits by the plan, smaller where the host runs the light agent. */
export const limitsOf = (plan: Plan, imageReference: string): ContainerLimits => containerLimits(plan, agentOfImage(imageReference));

/** The container of an instance: pure, the same input gives the same specification, so that a repeated call finds what the first one made. */
export function containerSpec(ref: InstanceRef & { readonly port: number }, image: { readonly reference: string; readonly id: string }, plan: Plan): ContainerSpec {
  const names = dockerNames(ref.instanceId);
  const limits = limitsOf(plan, image.reference);
  return {
    name: names.container, hostname: names.container, image: image.id, labels: dockerLabels(ref),
    env: buildContainerEnvironment(limits), ...limits,
    networkName: names.network, stateVolume: names.stateVolume, configVolume: names.configVolume,
    hostPort: ref.port, containerPort: OPENCLAW_PORT, user: `${String(AGENT_UID)}:${String(AGENT_UID)}`,
    // The light agent starts by its image's own entrypoint.
    ...(agentOfImage(image.reference) === 'light' ? {} : { entrypoint: ['node'], command: ['openclaw.mjs', 'gateway', '--bind', 'lan', '--port', String(OPENCLAW_PORT)] }),
  };
}
