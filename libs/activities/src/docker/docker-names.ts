/** Deterministic names and labels: whoever lost an answer finds the thing again by them. */
export const PLATFORM_LABEL = 'clawkeep.platform';
export const PLATFORM = 'clawkeep';
export const CUSTOMER_LABEL = 'clawkeep.customer';
export const INSTANCE_LABEL = 'clawkeep.instance';
export const GENERATION_LABEL = 'clawkeep.generation';
/** Set to `helper` on the one-off containers that carry files into and out of volumes. */
export const ROLE_LABEL = 'clawkeep.role';
/** Hash of the specification that a container was created from. */
export const SPEC_LABEL = 'clawkeep.spec';

// Docker's own pattern for names; ids come from the database, so a mismatch is a fault of ours.
const SAFE_ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export interface DockerNames {
  container: string;
  network: string;
  /** State volume, at /home/node/.openclaw. */
  stateVolume: string;
  /** Configuration volume, read-only at /cfg. */
  configVolume: string;
}

/** Names of everything that belongs to an instance on its host. @throws Error when the id cannot be part of a name. */
export function dockerNames(instanceId: string): DockerNames {
  if (!SAFE_ID.test(instanceId)) throw new Error('The instance id cannot be part of a Docker name');
  const name = `ck-${instanceId}`;
  return { container: name, network: name, stateVolume: name, configVolume: `${name}-config` };
}

/** Labels of everything that belongs to an instance; the orphan sweep reads them. */
export function dockerLabels(input: { customerId: string; instanceId: string; generation: number }): Record<string, string> {
  return {
    [PLATFORM_LABEL]: PLATFORM,
    [CUSTOMER_LABEL]: input.customerId,
    [INSTANCE_LABEL]: input.instanceId,
    [GENERATION_LABEL]: String(input.generation),
  };
}

/** Name of the one-off container that has the volume mounted; the same for each attempt, so that a leftover is found. */
export const helperName = (volume: string, purpose: 'writer' | 'reader'): string => `${volume}-${purpose}`;
