import type { Engine } from './engine.js';
import { hasLabel } from './event-bus.js';
import { processStat } from './process-table.js';
import type { ContainerRecord, Foreign } from './records.js';

const PAGE_BYTES = 4096;
const NANOSECONDS_PER_TICK = 10_000_000;

const commandOf = (record: ContainerRecord): string[] => [...((record.config.Entrypoint as string[] | null) ?? []), ...((record.config.Cmd as string[] | null) ?? [])];

function mountViews(record: ContainerRecord): Foreign[] {
  return record.mounts
    .filter((mount) => mount.type !== 'tmpfs')
    .map((mount) => ({ Type: mount.type, Name: mount.name, Source: mount.source, Destination: mount.destination, Driver: 'local', Mode: 'z', RW: mount.writable, Propagation: '' }));
}

function publishedPorts(record: ContainerRecord): Record<string, { HostIp: string; HostPort: string }[] | null> {
  const bindings = (record.hostConfig.PortBindings ?? {}) as Record<string, { HostIp?: string; HostPort?: string }[] | null>;
  if (record.status !== 'running') return {};
  return Object.fromEntries(
    Object.entries(bindings).map(([port, list]) => [port, (list ?? []).map((binding) => ({ HostIp: binding.HostIp ?? '0.0.0.0', HostPort: String(record.boundPort) }))]),
  );
}

function networkViews(engine: Engine, record: ContainerRecord): Foreign {
  const runs = record.status === 'running';
  return Object.fromEntries(
    Object.entries(record.networks).map(([name, endpoint]) => {
      const network = engine.store.networks.all().find((item) => item.name === name);
      return [
        name,
        {
          IPAMConfig: null, Links: null, Aliases: null, NetworkID: network?.id ?? '', EndpointID: runs ? endpoint.endpointId : '', Gateway: runs ? (network?.gateway ?? '') : '',
          IPAddress: runs ? endpoint.address : '', IPPrefixLen: runs && endpoint.address !== '' ? 28 : 0, IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, MacAddress: '', DriverOpts: null,
        },
      ];
    }),
  );
}

/** GET /containers/:id/json */
export function inspectView(engine: Engine, record: ContainerRecord): Foreign {
  const [path = '', ...args] = commandOf(record);
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: path,
    Args: args,
    State: {
      Status: record.status,
      Running: record.status === 'running' || record.status === 'restarting',
      Paused: false,
      Restarting: record.status === 'restarting',
      OOMKilled: record.oomKilled,
      Dead: false,
      Pid: record.pid,
      ExitCode: record.exitCode,
      Error: record.error,
      StartedAt: record.startedAt,
      FinishedAt: record.finishedAt,
    },
    Image: record.imageId,
    ResolvConfPath: '',
    HostnamePath: '',
    HostsPath: '',
    LogPath: engine.store.logFile(record.id),
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: 'clawkeep-emulator',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: record.hostConfig,
    GraphDriver: { Data: {}, Name: 'clawkeep-emulator' },
    Mounts: mountViews(record),
    Config: { ...record.config, Image: record.imageReference },
    NetworkSettings: { Bridge: '', SandboxID: '', HairpinMode: false, Ports: publishedPorts(record), Networks: networkViews(engine, record) },
  };
}

/** Docker's words for how long ago something was, as `docker ps` prints them. */
function age(since: string): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
  if (seconds < 1) return 'Less than a second';
  if (seconds < 60) return `${seconds} second${seconds === 1 ? '' : 's'}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes === 1 ? 'About a minute' : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return hours === 1 ? 'About an hour' : `${hours} hours`;
  return `${Math.floor(hours / 24)} days`;
}

function statusText(record: ContainerRecord): string {
  switch (record.status) {
    case 'created':
      return 'Created';
    case 'running':
      return `Up ${age(record.startedAt)}`;
    case 'restarting':
      return `Restarting (${record.exitCode}) ${age(record.finishedAt)} ago`;
    case 'exited':
      return `Exited (${record.exitCode}) ${age(record.finishedAt)} ago`;
  }
}

/** One row of GET /containers/json */
function listView(engine: Engine, record: ContainerRecord): Foreign {
  const ports = Object.entries(publishedPorts(record)).flatMap(([port, list]) =>
    (list ?? []).map((binding) => ({ IP: binding.HostIp, PrivatePort: Number(port.split('/')[0]), PublicPort: Number(binding.HostPort), Type: port.split('/')[1] ?? 'tcp' })),
  );
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: record.imageReference,
    ImageID: record.imageId,
    Command: commandOf(record).join(' '),
    Created: Math.floor(Date.parse(record.createdAt) / 1000),
    Ports: ports,
    Labels: record.config.Labels,
    State: record.status,
    Status: statusText(record),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode },
    NetworkSettings: { Networks: networkViews(engine, record) },
    Mounts: mountViews(record),
  };
}

/** GET /containers/json: newest first; without `all` only those that run. */
export function listContainers(engine: Engine, all: boolean, filters: Record<string, string[]>, limit: number | undefined): Foreign[] {
  const any = (values: string[] | undefined, test: (value: string) => boolean): boolean => values === undefined || values.length === 0 || values.some(test);
  const found = engine.store.containers
    .all()
    .filter(
      (record) =>
        (all || filters.status !== undefined || limit !== undefined || record.status === 'running' || record.status === 'restarting') &&
        any(filters.status, (status) => record.status === status) &&
        any(filters.id, (id) => record.id.startsWith(id)) &&
        // Docker matches names as regular expressions, with and without the leading slash; ours are plain, so a part is enough.
        any(filters.name, (name) => `/${record.name}`.includes(name.replace(/^\^|\$$/g, ''))) &&
        any(filters.network, (network) => network in record.networks) &&
        any(filters.volume, (volume) => record.mounts.some((mount) => mount.name === volume || mount.destination === volume)) &&
        (filters.label ?? []).every((label) => hasLabel(record.config.Labels, label)),
    )
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  return found.slice(0, limit).map((record) => listView(engine, record));
}

/** GET /containers/:id/stats, one reading: the process's own figures in Docker's fields. */
export function statsView(record: ContainerRecord, processors: number): Foreign {
  const stat = processStat(record.pid);
  const cpu = stat ? (stat.userTicks + stat.systemTicks) * NANOSECONDS_PER_TICK : 0;
  const memoryLimit = Number(record.hostConfig.Memory ?? 0);
  const usage = { total_usage: cpu, usage_in_kernelmode: (stat?.systemTicks ?? 0) * NANOSECONDS_PER_TICK, usage_in_usermode: (stat?.userTicks ?? 0) * NANOSECONDS_PER_TICK };
  const rss = (stat?.rssPages ?? 0) * PAGE_BYTES;
  return {
    read: new Date().toISOString(),
    preread: '0001-01-01T00:00:00Z',
    name: `/${record.name}`,
    id: record.id,
    num_procs: 0,
    pids_stats: stat ? { current: 1, limit: record.hostConfig.PidsLimit ?? 0 } : {},
    cpu_stats: { cpu_usage: usage, system_cpu_usage: Math.round(process.uptime() * 1e9 * processors), online_cpus: processors, throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 } },
    precpu_stats: { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 }, throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 } },
    memory_stats: stat ? { usage: rss, max_usage: rss, stats: { rss, cache: 0 }, limit: memoryLimit } : {},
    networks: {},
    storage_stats: {},
  };
}
