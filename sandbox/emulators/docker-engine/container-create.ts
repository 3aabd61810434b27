import { mkdirSync } from 'node:fs';
import { EngineError } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import { newId } from './ids.js';
import type { ContainerRecord, Foreign, ImageRecord, MountRecord } from './records.js';
import { ZERO_TIME } from './records.js';
import { ensureVolume } from './volumes.js';

const NAME = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const object = (value: unknown): Foreign => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Foreign) : {});
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []);

/** POST /containers/create. @throws EngineError 400, 404 (image), 409 (name) in Docker's words */
export function createContainer(engine: Engine, nameWanted: string | undefined, body: Foreign): { Id: string; Warnings: string[] } {
  const { store } = engine;
  const reference = typeof body.Image === 'string' ? body.Image : '';
  if (reference === '') throw new EngineError(400, 'No image specified');
  const image = engine.findImage(reference);
  if (!image) throw new EngineError(404, `No such image: ${reference.includes(':') ? reference : `${reference}:latest`}`);
  const id = newId();
  const name = (nameWanted ?? `emulated_${id.slice(0, 8)}`).replace(/^\//, '');
  if (!NAME.test(name)) throw new EngineError(400, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  const holder = store.containers.all().find((item) => item.name === name);
  if (holder) {
    throw new EngineError(409, `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`);
  }

  const config = mergedConfig(body, image, id);
  const entrypoint = strings(config.Entrypoint);
  if (entrypoint.length + strings(config.Cmd).length === 0) throw new EngineError(400, 'No command specified');
  const hostConfig = fullHostConfig(object(body.HostConfig));
  assertResources(hostConfig);
  const record: ContainerRecord = {
    id,
    name,
    createdAt: new Date().toISOString(),
    imageReference: reference,
    imageId: image.id,
    config,
    hostConfig,
    mounts: mountsOf(engine, hostConfig, id),
    networks: networksOf(hostConfig, body),
    status: 'created',
    pid: 0,
    pidStart: '',
    exitCode: 0,
    oomKilled: false,
    error: '',
    startedAt: ZERO_TIME,
    finishedAt: ZERO_TIME,
    restartCount: 0,
    stoppedByHand: false,
    boundPort: 0,
    failingStarts: { code: 0, times: 0 },
  };
  mkdirSync(store.rootFolder(id), { recursive: true });
  store.containers.save(id, record);
  engine.containerEvent(record, 'create');
  return { Id: id, Warnings: [] };
}

/** The client's Config over the image's: environment and labels are joined, a given entrypoint drops the image's command. */
function mergedConfig(body: Foreign, image: ImageRecord, id: string): ContainerRecord['config'] {
  const { HostConfig: _host, NetworkingConfig: _network, ...given } = body;
  const names = new Set(strings(given.Env).map((entry) => entry.split('=', 1)[0]));
  const ownEntrypoint = strings(given.Entrypoint).length > 0;
  return {
    Domainname: '',
    User: image.config.User ?? '',
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    WorkingDir: image.config.WorkingDir ?? '',
    Volumes: null,
    OnBuild: null,
    ...given,
    Hostname: typeof given.Hostname === 'string' && given.Hostname !== '' ? given.Hostname : id.slice(0, 12),
    Env: [...strings(given.Env), ...strings(image.config.Env).filter((entry) => !names.has(entry.split('=', 1)[0]))],
    Cmd: strings(given.Cmd).length > 0 ? strings(given.Cmd) : ownEntrypoint ? null : (image.config.Cmd ?? null),
    Entrypoint: ownEntrypoint ? strings(given.Entrypoint) : (image.config.Entrypoint ?? null),
    Labels: { ...(object(image.config.Labels) as Record<string, string>), ...(object(given.Labels) as Record<string, string>) },
  };
}

/** What Engine 20.10 fills in, so that inspect shows the whole of a HostConfig. */
function fullHostConfig(given: Foreign): Foreign {
  const runtime = typeof given.Runtime === 'string' && given.Runtime !== '' ? given.Runtime : 'runc';
  const network = typeof given.NetworkMode === 'string' && given.NetworkMode !== '' ? given.NetworkMode : 'default';
  return {
    Binds: null, ContainerIDFile: '', AutoRemove: false, VolumeDriver: '', VolumesFrom: null, CapAdd: null, CapDrop: null, CgroupnsMode: 'host', Dns: null, DnsOptions: null, DnsSearch: null,
    ExtraHosts: null, GroupAdd: null, Cgroup: '', Links: null, OomScoreAdj: 0, PidMode: '', Privileged: false, PublishAllPorts: false, ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '',
    UsernsMode: '', ShmSize: 67108864, Isolation: '', CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '', CpuPeriod: 0, CpuQuota: 0, CpusetCpus: '', CpusetMems: '', Devices: [],
    DeviceCgroupRules: null, DeviceRequests: null, MemoryReservation: 0, MemorySwap: 0, MemorySwappiness: null, OomKillDisable: false, PidsLimit: null, Ulimits: null, PortBindings: {},
    ...given,
    IpcMode: typeof given.IpcMode === 'string' && given.IpcMode !== '' ? given.IpcMode : 'private',
    LogConfig: { Type: 'json-file', Config: {}, ...object(given.LogConfig) },
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0, ...object(given.RestartPolicy) },
    NetworkMode: network,
    Runtime: runtime,
  };
}

function assertResources(hostConfig: Foreign): void {
  const { Memory: memory, MemorySwap: swap, NanoCpus: cpus } = hostConfig as Record<string, number>;
  if (memory !== undefined && memory > 0 && memory < 6 * 1024 * 1024) throw new EngineError(400, 'Minimum memory limit allowed is 6MB');
  if (memory !== undefined && swap !== undefined && swap > 0 && swap < memory) throw new EngineError(400, 'Minimum memoryswap limit should be larger than memory limit, see usage');
  if (cpus !== undefined && cpus < 0) throw new EngineError(400, 'Range of CPUs is from 0.01 to the number available');
}

function mountsOf(engine: Engine, hostConfig: Foreign, id: string): MountRecord[] {
  const mounts: MountRecord[] = [];
  const add = (type: string, source: string, destination: string, writable: boolean): void => {
    if (!destination.startsWith('/')) throw new EngineError(400, `invalid mount config for type "${type}": invalid mount path: '${destination}' mount path must be absolute`);
    if (mounts.some((mount) => mount.destination === destination)) throw new EngineError(400, `Duplicate mount point: ${destination}`);
    if (type === 'bind') mounts.push({ type: 'bind', name: '', source, destination, writable });
    else if (type === 'tmpfs') mounts.push({ type: 'tmpfs', name: '', source: `${engine.store.containerFolder(id)}/tmpfs/${encodeURIComponent(destination)}`, destination, writable });
    else {
      const volume = ensureVolume(engine, source === '' ? undefined : source, {});
      mounts.push({ type: 'volume', name: volume.name, source: engine.store.volumeFolder(volume.name), destination, writable });
    }
  };
  for (const bind of strings(hostConfig.Binds)) {
    const [source = '', destination = '', options = ''] = bind.split(':');
    add(source.startsWith('/') ? 'bind' : 'volume', source, destination, !options.split(',').includes('ro'));
  }
  for (const mount of Array.isArray(hostConfig.Mounts) ? hostConfig.Mounts.map(object) : []) {
    add(String(mount.Type ?? 'volume'), String(mount.Source ?? ''), String(mount.Target ?? ''), mount.ReadOnly !== true);
  }
  for (const destination of Object.keys(object(hostConfig.Tmpfs))) add('tmpfs', '', destination, true);
  return mounts;
}

function networksOf(hostConfig: Foreign, body: Foreign): ContainerRecord['networks'] {
  const mode = String(hostConfig.NetworkMode);
  const names = new Set([mode === 'default' ? 'bridge' : mode, ...Object.keys(object(object(body.NetworkingConfig).EndpointsConfig))]);
  return Object.fromEntries([...names].map((name) => [name, { endpointId: '', address: '' }]));
}
