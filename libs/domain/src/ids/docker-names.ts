import { parseInstanceId } from './ids.js';

/** What all things of ours on a Docker host are called; the sweep finds them by the labels. */
export interface DockerNames {
  readonly container: string;
  /** Fixed: OpenClaw's owner lease is bound to it, and a new one is locked out of its own state for five minutes. */
  readonly hostname: string;
  readonly network: string;
  readonly stateVolume: string;
  readonly configVolume: string;
}

export const DOCKER_NAME_PREFIX = 'clawkeep-';

/** Deterministic names from the instance's id alone: a second attempt finds what the first one made. @throws InvalidIdError */
export function dockerNames(instanceId: string): DockerNames {
  const name = `${DOCKER_NAME_PREFIX}${parseInstanceId(instanceId)}`;
  return { container: name, hostname: name, network: name, stateVolume: `${name}-state`, configVolume: `${name}-config` };
}

/** The instance that a name of ours belongs to, or null: the way back, for the sweep. */
export function instanceOfDockerName(name: string): string | null {
  const bare = name.replace(/^\//, '');
  const match = /^clawkeep-([0-9a-f-]{36})(-state|-config)?$/.exec(bare);
  return match?.[1] ?? null;
}

export const DOCKER_LABELS = {
  managed: 'clawkeep.managed', customerId: 'clawkeep.customer', instanceId: 'clawkeep.instance', generation: 'clawkeep.generation', kind: 'clawkeep.kind',
} as const;

/** Labels of everything that is made for an instance. Ids only: labels are readable by whoever reads the host. */
export const dockerLabels = (of: { customerId: string; instanceId: string; generation: number; kind: 'container' | 'network' | 'volume' }): Readonly<Record<string, string>> => ({
  [DOCKER_LABELS.managed]: 'true',
  [DOCKER_LABELS.customerId]: of.customerId,
  [DOCKER_LABELS.instanceId]: of.instanceId,
  [DOCKER_LABELS.generation]: String(of.generation),
  [DOCKER_LABELS.kind]: of.kind,
});
