import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import { SPEC_LABEL } from './docker-names.js';

export const STATE_DESTINATION = '/home/node/.openclaw';
export const CONFIG_DESTINATION = '/cfg';
const MIB = 1024 * 1024;

/** What one assistant's container is made of. */
export interface ContainerSpec {
  name: string;
  /** Fixed, since OpenClaw's owner lease is bound to it: with a new one it refuses to start for five minutes. */
  hostname: string;
  /** By id or digest. */
  image: string;
  labels: Record<string, string>;
  /** Never secrets: anybody who may inspect the container reads them. */
  env: Record<string, string>;
  memoryMiB: number;
  /** Processor time in cores, fractions allowed. */
  cpus: number;
  pidsLimit: number;
  networkName: string;
  stateVolume: string;
  configVolume: string;
  /** Port on the host's loopback. */
  hostPort: number;
  containerPort: number;
  tmpfsMiB: number;
  /** `uid:gid`. */
  user: string;
  /** OCI runtime such as `runsc`; the engine's default when absent. */
  runtime?: string;
  entrypoint?: string[];
  command?: string[];
}

/** The part of a container that the engine can change while it lives. */
export interface ContainerResources {
  memoryMiB: number;
  cpus: number;
  pidsLimit: number;
}

/** The resource fields of a HostConfig. Memory equals memory with swap: no swap, so that a limit is a limit. */
export function resourceOptions(resources: ContainerResources): { Memory: number; MemorySwap: number; NanoCpus: number; PidsLimit: number } {
  const memory = Math.round(resources.memoryMiB * MIB);
  return { Memory: memory, MemorySwap: memory, NanoCpus: Math.round(resources.cpus * 1e9), PidsLimit: resources.pidsLimit };
}

/**
 * The hardened options of an assistant's container (CIS Docker benchmark 5.x; the tenant is assumed to be the attacker).
 * Pure: the same specification gives the same options.
 * `unless-stopped` rather than CIS's `on-failure:5`: running assistants must come back after a host restart without us.
 */
export function containerCreateOptions(spec: ContainerSpec): ContainerCreateOptions & { name: string } {
  if (!/^[1-9]\d*:[1-9]\d*$/.test(spec.user)) throw new Error('The container user must be a non-root uid:gid');
  const port = `${spec.containerPort}/tcp`;
  return {
    name: spec.name,
    Hostname: spec.hostname,
    Image: spec.image,
    User: spec.user,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: spec.entrypoint }),
    ...(spec.command === undefined ? {} : { Cmd: spec.command }),
    Labels: { ...spec.labels, [SPEC_LABEL]: specHash(spec) },
    ExposedPorts: { [port]: {} },
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: {
      ...resourceOptions(spec),
      CapAdd: [],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Privileged: false,
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,size=${spec.tmpfsMiB}m,mode=1777` },
      Mounts: [
        { Type: 'volume', Source: spec.stateVolume, Target: STATE_DESTINATION, ReadOnly: false },
        { Type: 'volume', Source: spec.configVolume, Target: CONFIG_DESTINATION, ReadOnly: true },
      ],
      Binds: [],
      Devices: [],
      PidMode: '',
      IpcMode: 'private',
      UTSMode: '',
      UsernsMode: '',
      NetworkMode: spec.networkName,
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(spec.hostPort) }] },
      PublishAllPorts: false,
      ExtraHosts: ['host.docker.internal:host-gateway'],
      Ulimits: [
        { Name: 'nofile', Soft: 4096, Hard: 8192 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      OomKillDisable: false,
      Init: true,
      RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      AutoRemove: false,
      ...(spec.runtime === undefined ? {} : { Runtime: spec.runtime }),
    },
  };
}

/** Tells two specifications apart by what can only be changed by creating the container anew; resources are changed in place. */
export function specHash(spec: ContainerSpec): string {
  const { memoryMiB: _memory, cpus: _cpus, pidsLimit: _pids, ...fixed } = spec;
  return createHash('sha256').update(stableJson(fixed)).digest('hex').slice(0, 32);
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}
