import type { Readable } from 'node:stream';
import Dockerode from 'dockerode';
import { containerCreateOptions, resourceOptions, type ContainerResources, type ContainerSpec } from './container-options.js';
import { callDocker } from './docker-call.js';
import { dockerodeOptions, type DockerConnection } from './docker-connection.js';
import { DockerError } from './docker-error.js';
import { INSTANCE_LABEL, PLATFORM, PLATFORM_LABEL, SPEC_LABEL } from './docker-names.js';
import { observeContainer, publishedPort } from './docker-observe.js';
import { containerLogs, engineEvents, type EventOptions, type LogOptions } from './docker-streams.js';
import type { ContainerState, ContainerStatus, DockerEvent, LabelledObject, LogLine, NetworkSpec, Outcome, VolumeCall, VolumeFile, VolumeSpec } from './docker-types.js';
import { readJsonLines } from './log-frames.js';
import { VolumeFiles } from './volume-files.js';

const CALL_TIMEOUT_MS = 30_000;
const PULL_TIMEOUT_MS = 15 * 60_000;

export interface DockerHostOptions {
  hostId: string;
  connection: DockerConnection;
  /** Longest wait for an ordinary answer, in milliseconds. */
  callTimeoutMs?: number;
}

/**
 * One Docker host, in small calls that may each be run twice: making finds what is already there by its name and labels,
 * removing tolerates what is already gone. Every failure is a {@link DockerError}; no call retries by itself.
 */
export class DockerHost {
  readonly hostId: string;
  /** For what this class does not cover, such as importing the sandbox's image. */
  readonly client: Dockerode;
  private readonly files: VolumeFiles;
  private readonly callTimeoutMs: number;

  constructor(options: DockerHostOptions) {
    this.hostId = options.hostId;
    this.callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
    this.client = new Dockerode(dockerodeOptions(options.connection) as Dockerode.DockerOptions);
    this.files = new VolumeFiles(this.client, this.hostId);
  }

  /** Resolves when the engine answers. @throws DockerError `unreachable` */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.call('ping', signal, (abortSignal) => this.client.ping({ abortSignal } as never) as unknown as Promise<Buffer>);
  }

  /** The engine's version, and its name when it is an emulator. */
  async version(signal?: AbortSignal): Promise<{ version: string; apiVersion: string; platform: string }> {
    const answer = await this.call('version', signal, (abortSignal) => this.client.version({ abortSignal } as never) as unknown as Promise<Dockerode.DockerVersion>);
    return { version: answer.Version, apiVersion: answer.ApiVersion, platform: answer.Platform?.Name ?? '' };
  }

  /**
   * Address of this host that containers reach as `host.docker.internal`: the default bridge's own. Whatever serves the
   * instances must listen on it; loopback is not reachable from a container.
   */
  async hostGatewayAddress(signal?: AbortSignal): Promise<string> {
    const operation = 'inspect network bridge';
    const bridge = (await this.call(operation, signal, (abortSignal) => this.client.getNetwork('bridge').inspect({ abortSignal } as never) as unknown as Promise<Dockerode.NetworkInspectInfo>)) as Dockerode.NetworkInspectInfo;
    const { Gateway: gateway, Subnet: subnet } = bridge.IPAM?.Config?.[0] ?? {};
    // Engine 20.10 leaves the gateway out when the subnet comes from its pools; it is then the subnet's first address.
    const first = subnet?.split('/')[0]?.replace(/\d+$/, (last) => String(Number(last) + 1));
    const address = gateway ?? first;
    if (address === undefined) throw new DockerError('other', this.hostId, operation, 'the default bridge has no address');
    return address;
  }

  /** Finds the image, or pulls it. Returns the engine's id (`sha256:…`), the form to use in a specification. */
  async ensureImage(reference: string, signal?: AbortSignal): Promise<{ id: string; outcome: Outcome }> {
    const present = await this.imageId(reference, signal);
    if (present !== undefined) return { id: present, outcome: 'already' };
    const options = { ...this.options(`pull ${reference}`, signal), timeoutMs: PULL_TIMEOUT_MS };
    await callDocker(options, async (abortSignal) => {
      const progress = await this.client.createImage({ fromImage: reference, abortSignal });
      for await (const line of readJsonLines(progress as unknown as AsyncIterable<Buffer>)) {
        const failure = (line as { error?: string }).error;
        if (failure !== undefined) throw new DockerError('other', this.hostId, options.operation, failure);
      }
    });
    const id = await this.imageId(reference, signal);
    if (id === undefined) throw new DockerError('not_found', this.hostId, options.operation, 'the image is not there after the pull');
    return { id, outcome: 'done' };
  }

  /** One bridge per instance, without talk between containers on it. @throws DockerError `conflict` when the name belongs to another instance */
  async ensureNetwork(spec: NetworkSpec, signal?: AbortSignal): Promise<{ id: string; outcome: Outcome }> {
    const present = await this.findNetwork(spec, signal);
    if (present !== undefined) return { id: present, outcome: 'already' };
    try {
      const network = await this.call(`create network ${spec.name}`, signal, (abortSignal) =>
        this.client.createNetwork({
          Name: spec.name,
          Driver: 'bridge',
          CheckDuplicate: true,
          Internal: false,
          Attachable: false,
          EnableIPv6: false,
          Labels: spec.labels,
          Options: { 'com.docker.network.bridge.enable_icc': 'false' },
          ...(spec.subnet === undefined ? {} : { IPAM: { Config: [{ Subnet: spec.subnet }] } }),
          abortSignal,
        }),
      );
      return { id: network.id, outcome: 'done' };
    } catch (error) {
      const id = isKind(error, 'conflict') ? await this.findNetwork(spec, signal) : undefined;
      if (id === undefined) throw error;
      return { id, outcome: 'already' };
    }
  }

  /** @throws DockerError `conflict` when the name belongs to another instance */
  async ensureVolume(spec: VolumeSpec, signal?: AbortSignal): Promise<{ outcome: Outcome }> {
    const operation = `create volume ${spec.name}`;
    const present = await this.orAbsent(this.call(operation, signal, (abortSignal) => this.client.getVolume(spec.name).inspect({ abortSignal })));
    if (present !== undefined) {
      this.assertOurs(operation, present.Labels, spec.labels);
      return { outcome: 'already' };
    }
    // Creating is itself find-or-create in Docker, so a race ends well.
    await this.call(operation, signal, (abortSignal) => this.client.createVolume({ Name: spec.name, Driver: 'local', Labels: spec.labels, abortSignal } as Dockerode.VolumeCreateOptions));
    return { outcome: 'done' };
  }

  /**
   * Finds or creates the container; one that differs only in its resources is brought to them in place.
   * @throws DockerError `conflict` when the name is another instance's, or the container was made from another
   * specification (its port, image, environment …): remove it and call again; `not_found` without its image or a volume.
   */
  async ensureContainer(spec: ContainerSpec, signal?: AbortSignal): Promise<{ id: string; outcome: Outcome }> {
    const operation = `create container ${spec.name}`;
    const found = await this.findContainer(spec, signal);
    if (found !== undefined) return found;
    // Docker would make a missing volume by itself, without the labels that the orphan sweep goes by.
    for (const volume of [spec.stateVolume, spec.configVolume]) {
      await this.call(operation, signal, (abortSignal) => this.client.getVolume(volume).inspect({ abortSignal }));
    }
    try {
      const { name, ...body } = containerCreateOptions(spec);
      const created = await this.call(operation, signal, (abortSignal) =>
        this.client.createContainer({ _query: { name }, _body: body, abortSignal } as unknown as Dockerode.ContainerCreateOptions),
      );
      return { id: created.id, outcome: 'done' };
    } catch (error) {
      const raced = isKind(error, 'conflict') ? await this.findContainer(spec, signal) : undefined;
      if (raced === undefined) throw error;
      return raced;
    }
  }

  /** Brings a container to new limits without a restart. */
  async updateResources(name: string, resources: ContainerResources, signal?: AbortSignal): Promise<void> {
    await this.call(`update ${name}`, signal, (abortSignal) => this.client.getContainer(name).update({ _body: resourceOptions(resources), _query: {}, abortSignal }));
  }

  /**
   * Writes files into a volume, mounted read-only or not elsewhere; existing ones are replaced.
   * `root` also sets the mode and owner of the volume's own directory.
   */
  async writeFiles(call: VolumeCall & { files: readonly VolumeFile[]; root?: { mode: number; uid: number; gid: number } }): Promise<void> {
    await this.files.write(call, call.files, call.root);
  }

  /**
   * Erases the content of files. Docker's archive calls cannot unlink, so an empty file of mode 0400 stays in its place;
   * removing the volume takes that too.
   */
  async eraseFiles(call: VolumeCall & { paths: readonly string[] }): Promise<Outcome> {
    const empty = call.paths.map((path) => ({ path, mode: 0o400, uid: 1000, gid: 1000, content: Buffer.alloc(0) }));
    return this.removal(this.files.write(call, empty));
  }

  /** A tar of the volume's content. The stream must be read to its end or destroyed. */
  exportVolume(call: VolumeCall): Promise<Readable> {
    return this.files.read(call);
  }

  /** @throws DockerError `port_taken` when the host port is in use: remove the container and create it with another one, do not start it again */
  async start(name: string, signal?: AbortSignal): Promise<Outcome> {
    return this.unlessNotModified(this.call(`start ${name}`, signal, (abortSignal) => this.client.getContainer(name).start({ _query: {}, _body: {}, abortSignal } as Dockerode.ContainerStartOptions)));
  }

  /** Asks to stop, and kills after the seconds given. */
  async stop(name: string, timeoutSeconds: number, signal?: AbortSignal): Promise<Outcome> {
    const stopping = callDocker({ ...this.options(`stop ${name}`, signal), timeoutMs: this.callTimeoutMs + timeoutSeconds * 1000 }, (abortSignal) =>
      this.client.getContainer(name).stop({ _query: { t: timeoutSeconds }, _body: {}, abortSignal } as unknown as Dockerode.ContainerStopOptions),
    );
    return (await this.orAbsent(this.unlessNotModified(stopping))) ?? 'absent';
  }

  async restart(name: string, timeoutSeconds: number, signal?: AbortSignal): Promise<void> {
    await callDocker({ ...this.options(`restart ${name}`, signal), timeoutMs: this.callTimeoutMs + timeoutSeconds * 1000 }, (abortSignal) =>
      this.client.getContainer(name).restart({ _query: { t: timeoutSeconds }, _body: {}, abortSignal }),
    );
  }

  /** Kills and removes the container, if it is there. Named volumes stay. */
  async removeContainer(name: string, signal?: AbortSignal): Promise<Outcome> {
    const operation = `remove container ${name}`;
    try {
      await this.call(operation, signal, (abortSignal) => this.client.getContainer(name).remove({ force: true, abortSignal }));
      return 'done';
    } catch (error) {
      if (isKind(error, 'not_found')) return 'absent';
      if (!isKind(error, 'conflict') || !/already in progress/.test((error as Error).message)) throw error;
      await this.orAbsent(this.call(operation, signal, (abortSignal) => this.client.getContainer(name).wait({ condition: 'removed', abortSignal })));
      return 'already';
    }
  }

  /** @throws DockerError `conflict` while a running container is on it */
  async removeNetwork(name: string, signal?: AbortSignal): Promise<Outcome> {
    return this.removal(this.call(`remove network ${name}`, signal, (abortSignal) => this.client.getNetwork(name).remove({ abortSignal })));
  }

  /** @throws DockerError `conflict` while a container, running or not, has it */
  async removeVolume(name: string, signal?: AbortSignal): Promise<Outcome> {
    return this.removal(this.call(`remove volume ${name}`, signal, (abortSignal) => this.client.getVolume(name).remove({ abortSignal } as Dockerode.VolumeRemoveOptions)));
  }

  /** The whole of what the engine says. @throws DockerError `not_found` */
  async inspect(name: string, signal?: AbortSignal): Promise<Dockerode.ContainerInspectInfo> {
    return this.call(`inspect ${name}`, signal, (abortSignal) => this.client.getContainer(name).inspect({ abortSignal }));
  }

  /** Present, absent or unknown. Never throws for the engine's sake: "unknown" must not be acted upon as "absent". */
  async containerState(name: string, signal?: AbortSignal): Promise<ContainerState> {
    try {
      return { kind: 'present', ...observeContainer(await this.inspect(name, signal)) };
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      return error.kind === 'not_found' ? { kind: 'absent' } : { kind: 'unknown', why: error.message };
    }
  }

  /** The host port that the container publishes by its configuration. @throws DockerError `not_found` */
  async hostPort(name: string, signal?: AbortSignal): Promise<number | undefined> {
    return publishedPort(await this.inspect(name, signal));
  }

  /** Every container (stopped ones too), network and volume that carries all these labels; all of the platform's by default. */
  async listByLabel(labels: Record<string, string> = { [PLATFORM_LABEL]: PLATFORM }, signal?: AbortSignal): Promise<LabelledObject[]> {
    const filters = JSON.stringify({ label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) });
    const [containers, networks, volumes] = await Promise.all([
      this.call('list containers', signal, (abortSignal) => this.client.listContainers({ all: true, filters, abortSignal })),
      this.call('list networks', signal, (abortSignal) => this.client.listNetworks({ filters, abortSignal })),
      this.call('list volumes', signal, (abortSignal) => this.client.listVolumes({ filters, abortSignal })),
    ]);
    return [
      ...containers.map((item) => ({ kind: 'container' as const, id: item.Id, name: (item.Names[0] ?? '').replace(/^\//, ''), labels: item.Labels ?? {}, status: item.State as ContainerStatus })),
      ...networks.map((item) => ({ kind: 'network' as const, id: item.Id, name: item.Name, labels: item.Labels ?? {} })),
      // The list of volumes is null, not empty, when there is none.
      ...(volumes.Volumes ?? []).map((item) => ({ kind: 'volume' as const, id: item.Name, name: item.Name, labels: item.Labels ?? {} })),
    ];
  }

  /** Log lines from the last `tail` ones on; with `follow` until the container stops, the caller aborts, or the engine goes away. */
  logs(name: string, options: LogOptions = {}): AsyncGenerator<LogLine> {
    return containerLogs(this.client, this.options(`logs ${name}`, options.signal), name, options);
  }

  /** Events of the platform's containers as they happen; ends when the engine closes the stream or the caller aborts. */
  events(options: EventOptions = {}): AsyncGenerator<DockerEvent> {
    return engineEvents(this.client, this.options('events', options.signal), options);
  }

  private async imageId(reference: string, signal?: AbortSignal): Promise<string | undefined> {
    const found = await this.orAbsent(this.call(`inspect image ${reference}`, signal, (abortSignal) => this.client.getImage(reference).inspect({ abortSignal } as Dockerode.ImageInspectOptions)));
    return found?.Id;
  }

  private async findNetwork(spec: NetworkSpec, signal?: AbortSignal): Promise<string | undefined> {
    const operation = `create network ${spec.name}`;
    const filters = JSON.stringify({ name: [spec.name] });
    const listed = await this.call(operation, signal, (abortSignal) => this.client.listNetworks({ filters, abortSignal }));
    // Docker's name filter matches parts of names.
    const found = listed.find((network) => network.Name === spec.name);
    if (found) this.assertOurs(operation, found.Labels, spec.labels);
    return found?.Id;
  }

  private async findContainer(spec: ContainerSpec, signal?: AbortSignal): Promise<{ id: string; outcome: Outcome } | undefined> {
    const operation = `create container ${spec.name}`;
    const found = await this.orAbsent(this.inspect(spec.name, signal));
    if (found === undefined) return undefined;
    this.assertOurs(operation, found.Config.Labels, spec.labels);
    const wanted = containerCreateOptions(spec);
    if (found.Config.Labels[SPEC_LABEL] !== wanted.Labels?.[SPEC_LABEL]) {
      throw new DockerError('conflict', this.hostId, operation, 'the container exists with another specification; remove it first', 409);
    }
    const { Memory, MemorySwap, NanoCpus, PidsLimit } = found.HostConfig;
    const resources = resourceOptions(spec);
    const same = Memory === resources.Memory && MemorySwap === resources.MemorySwap && NanoCpus === resources.NanoCpus && PidsLimit === resources.PidsLimit;
    if (!same) await this.updateResources(spec.name, spec, signal);
    return { id: found.Id, outcome: same ? 'already' : 'done' };
  }

  /** A thing with our name that belongs to somebody else is never taken over. */
  private assertOurs(operation: string, actual: Record<string, string> | null | undefined, wanted: Record<string, string>): void {
    for (const label of [PLATFORM_LABEL, INSTANCE_LABEL]) {
      if (wanted[label] !== undefined && actual?.[label] !== wanted[label]) {
        throw new DockerError('conflict', this.hostId, operation, `the name is in use by something whose label ${label} differs`, 409);
      }
    }
  }

  private options(operation: string, signal?: AbortSignal): { hostId: string; operation: string; timeoutMs: number; signal?: AbortSignal } {
    return { hostId: this.hostId, operation, timeoutMs: this.callTimeoutMs, signal };
  }

  private call<T>(operation: string, signal: AbortSignal | undefined, call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    return callDocker(this.options(operation, signal), call);
  }

  private async orAbsent<T>(pending: Promise<T>): Promise<T | undefined> {
    try {
      return await pending;
    } catch (error) {
      if (isKind(error, 'not_found')) return undefined;
      throw error;
    }
  }

  private async removal(pending: Promise<unknown>): Promise<Outcome> {
    return (await this.orAbsent(pending.then(() => 'done' as const))) ?? 'absent';
  }

  /** 304: the container already is as asked. */
  private async unlessNotModified(pending: Promise<unknown>): Promise<Outcome> {
    try {
      await pending;
      return 'done';
    } catch (error) {
      if (error instanceof DockerError && error.statusCode === 304) return 'already';
      throw error;
    }
  }
}

function isKind(error: unknown, kind: DockerError['kind']): boolean {
  return error instanceof DockerError && error.kind === kind;
}
