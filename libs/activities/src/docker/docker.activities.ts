import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import type { SecretVault } from '#database/secrets/secret-vault.js';
import type { Model } from '#domain/instance-config/model.types.js';
import type { Catalogue, Plan } from '#domain/plan/plan.types.js';
import type { DockerPort, InstanceRef } from '#workflows/ports/docker.port.js';
import { runOnHost } from './activity-run.js';
import { answerOnce, withoutCounting } from './answer-once.js';
import { awaitHealthy, type AgentAddress } from './await-healthy.js';
import { DockerError } from './docker-error.js';
import type { DockerHost } from './docker-host.js';
import { dockerLabels, dockerNames, GENERATION_LABEL, helperName, INSTANCE_LABEL } from './docker-names.js';
import { findExport, storeExport } from './export-data.js';
import { loadInstanceOnHost, type InstanceOnHost } from './instance-record.js';
import { AGENT_UID, containerSpec, limitsOf } from './instance-spec.js';
import { ensureTokens, findAgentToken } from './instance-tokens.js';
import { openclawConfiguration } from './openclaw-configuration.js';

export interface DockerDeps {
  readonly host: DockerHost;
  readonly dataSource: DataSource;
  readonly vault: SecretVault;
  readonly catalogue: Catalogue;
  readonly models: readonly Model[];
  /** Folder of the exports. */
  readonly storageDir: string;
  readonly logger: Logger;
  /** Asks Stripe now; throws PAID_MEANWHILE where the customer owes nothing, and what Stripe throws where it does not answer. */
  readonly refuseIfPaid: (customerId: string) => Promise<void>;
}

/** OpenClaw ends in 0.2–9 s when asked; a turn that runs longer is cut. */
const STOP_SECONDS = 10;
const CONFIGURATION_FILE = 'openclaw.json';
/** The folder may be read by the agent and written by nobody inside. */
const CONFIGURATION_ROOT = { mode: 0o750, uid: 0, gid: AGENT_UID };

/** Activities of one Docker host. Making finds what is there by its name; removing is content with nothing; "unknown" is an error, never "gone". */
export function createDockerActivities(deps: DockerDeps): DockerPort {
  const { host, dataSource, vault } = deps;
  return {
    createNetwork: (ref) => runOnHost(async (signal) => {
      await host.ensureNetwork({ name: dockerNames(ref.instanceId).network, labels: dockerLabels(ref) }, signal);
    }),

    removeNetwork: (ref) => runOnHost(async (signal) => {
      await host.removeNetwork(dockerNames(ref.instanceId).network, signal);
    }),

    createVolumes: (ref) => runOnHost(async (signal) => {
      const { stateVolume, configVolume } = dockerNames(ref.instanceId);
      for (const name of [stateVolume, configVolume]) await host.ensureVolume({ name, labels: dockerLabels(ref) }, signal);
    }),

    removeVolumes: (ref) => runOnHost(async (signal) => {
      const { stateVolume, configVolume } = dockerNames(ref.instanceId);
      for (const volume of [configVolume, stateVolume]) {
        // A helper that outlived a killed worker would hold the volume for ever.
        await host.removeContainer(helperName(volume, 'writer'), signal);
        await host.removeContainer(helperName(volume, 'reader'), signal);
        await host.removeVolume(volume, signal);
      }
    }),

    createContainer: (ref) => runOnHost((signal) => createContainer(deps, ref, signal)),

    removeContainer: (ref) => runOnHost(async (signal) => {
      const { container } = dockerNames(ref.instanceId);
      if (await generationOf(host, container, signal) > ref.generation) return;
      await host.removeContainer(container, signal);
    }),

    writeConfiguration: (ref) => runOnHost((signal) => writeConfiguration(deps, ref, signal)),

    removeConfiguration: (ref) => runOnHost(async (signal) => {
      const volume = dockerNames(ref.instanceId).configVolume;
      if (!await hasVolume(host, ref, volume, signal)) return;
      const { image } = await loadInstanceOnHost(dataSource, ref);
      await host.eraseFiles({ volume, image, labels: dockerLabels(ref), paths: [CONFIGURATION_FILE], signal });
    }),

    startContainer: (ref) => runOnHost(async (signal) => {
      await host.start(dockerNames(ref.instanceId).container, signal);
    }),

    stopContainer: (ref) => runOnHost(async (signal) => {
      const { container } = dockerNames(ref.instanceId);
      if (await generationOf(host, container, signal) > ref.generation) return;
      if (ref.unlessPaid === true) await deps.refuseIfPaid(ref.customerId);
      await host.stop(container, STOP_SECONDS, signal);
    }),

    restartContainer: (ref) => runOnHost(async (signal) => {
      await host.restart(dockerNames(ref.instanceId).container, STOP_SECONDS, signal);
    }),

    awaitHealthy: (ref) => runOnHost(async (signal) => {
      const agent = agentAddress(await loadInstanceOnHost(dataSource, ref));
      await awaitHealthy(host, dockerNames(ref.instanceId).container, agent, signal);
    }),

    answerOnce: (ref) => runOnHost(async (signal) => {
      const agent = agentAddress(await loadInstanceOnHost(dataSource, ref));
      const token = await findAgentToken(dataSource, vault, ref);
      if (token === null) throw ApplicationFailure.nonRetryable('The agent has no token.', 'NO_AGENT_TOKEN');
      await withoutCounting(dataSource, ref.instanceId, () => answerOnce(agent, token, signal));
    }),

    exportData: (ref) => runOnHost((signal) => exportData(deps, ref, signal)),
  } satisfies DockerPort;
}

/** Makes the container of this generation. One that an older generation left under the name makes way: what it knew is on the volumes. */
async function createContainer(deps: DockerDeps, ref: InstanceRef & { port: number }, signal: AbortSignal): Promise<void> {
  const { host, dataSource } = deps;
  const instance = await loadInstanceOnHost(dataSource, ref);
  const { id } = await host.ensureImage(instance.image, signal);
  const spec = containerSpec(ref, { reference: instance.image, id }, planOf(deps, instance));
  await dataSource.query('UPDATE instance SET image = $2 WHERE id = $1', [ref.instanceId, instance.image]);
  try {
    await host.ensureContainer(spec, signal);
  } catch (error) {
    if (!(error instanceof DockerError) || error.kind !== 'conflict') throw error;
    const state = await host.containerState(spec.name, signal);
    if (state.kind !== 'present' || state.labels[INSTANCE_LABEL] !== ref.instanceId) throw error;
    if (Number(state.labels[GENERATION_LABEL]) > ref.generation) throw ApplicationFailure.nonRetryable('A newer container of this instance is there already.', 'STALE_GENERATION');
    await host.removeContainer(spec.name, signal);
    await host.ensureContainer(spec, signal);
  }
}

/** Tokens where they are missing, openclaw.json, and the plan's size on a container that is there already. The agent reads a changed file by itself. */
async function writeConfiguration(deps: DockerDeps, ref: Parameters<DockerPort['writeConfiguration']>[0], signal: AbortSignal): Promise<void> {
  const { host, dataSource, vault } = deps;
  const onRecord = await loadInstanceOnHost(dataSource, ref);
  const instance = ref.planId === undefined ? onRecord : { ...onRecord, planId: ref.planId };
  const plan = planOf(deps, instance);
  if (ref.unlessPaid === true) await deps.refuseIfPaid(ref.customerId);
  const tokens = await ensureTokens(dataSource, vault, ref);
  const names = dockerNames(ref.instanceId);
  await host.writeFiles({
    volume: names.configVolume, image: instance.image, labels: dockerLabels(ref), root: CONFIGURATION_ROOT, signal,
    files: [{ path: CONFIGURATION_FILE, mode: 0o400, uid: AGENT_UID, gid: AGENT_UID, content: Buffer.from(openclawConfiguration({ instance, plan, tokens, models: deps.models })) }],
  });
  const state = await host.containerState(names.container, signal);
  if (state.kind === 'present') await host.updateResources(names.container, limitsOf(plan, instance.image), signal);
}

async function exportData(deps: DockerDeps, ref: InstanceRef, signal: AbortSignal): Promise<{ exportId: string; bytes: number }> {
  const { host, dataSource, storageDir } = deps;
  const volume = dockerNames(ref.instanceId).stateVolume;
  if (!await hasVolume(host, ref, volume, signal)) {
    // Reading a volume that is not there would make one.
    const earlier = await findExport(dataSource, ref);
    if (earlier !== null) return earlier;
    throw ApplicationFailure.nonRetryable('There is no data of this instance on the host.', 'NO_DATA');
  }
  const instance = await loadInstanceOnHost(dataSource, ref);
  const tar = await host.exportVolume({ volume, image: instance.image, labels: dockerLabels(ref), signal });
  return storeExport({ dataSource, storageDir }, { customerId: instance.customerId, instanceId: ref.instanceId, generation: ref.generation, instanceName: instance.name }, tar, signal);
}

/** Generation of the container that is there; 0 where none is. Not to know is an error. */
async function generationOf(host: DockerHost, container: string, signal: AbortSignal): Promise<number> {
  try {
    return Number((await host.inspect(container, signal)).Config.Labels[GENERATION_LABEL] ?? 0);
  } catch (error) {
    if (error instanceof DockerError && error.kind === 'not_found') return 0;
    throw error;
  }
}

async function hasVolume(host: DockerHost, ref: InstanceRef, volume: string, signal: AbortSignal): Promise<boolean> {
  const things = await host.listByLabel({ [INSTANCE_LABEL]: ref.instanceId }, signal);
  return things.some(({ kind, name }) => kind === 'volume' && name === volume);
}

function planOf({ catalogue }: DockerDeps, { planId }: InstanceOnHost): Plan {
  const plan = catalogue.plans.find(({ id }) => id === planId);
  if (plan === undefined) throw ApplicationFailure.nonRetryable(`There is no plan ${planId} in the catalogue.`, 'PLAN_NOT_FOUND');
  return plan;
}

function agentAddress({ address, port }: InstanceOnHost): AgentAddress {
  if (port === null) throw ApplicationFailure.nonRetryable('The instance has no port on this host.', 'NO_PORT');
  return { address, port };
}
