import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../container-options.js';
import type { DockerConnection } from '../docker-connection.js';
import { DockerHost } from '../docker-host.js';
import { dockerLabels, dockerNames, helperName } from '../docker-names.js';
import type { DockerEvent } from '../docker-types.js';
import { allOf, entriesOf, freePort, until, WAIT_MS } from './contract-kit.js';
import { startFakeProvider, type FakeProvider } from './fake-provider.js';

export interface ContractTarget {
  connection: DockerConnection;
  /** The light agent's image, by id or reference. */
  image: string;
}

const TOKEN = 'contract-gateway-token-0123456789';
const SECOND_TOKEN = 'contract-gateway-token-rotated-99';
const KEY = 'contract-provider-key';
/** Docker's proxy takes a connection before the agent listens, and a request may then get no answer at all. */
const PROBE_MS = 1_000;

/**
 * What Clawkeep relies on in a Docker engine, said once and asked of the real engine and of the emulator alike.
 * Everything it makes carries ids of its own and is removed at the end.
 */
export function dockerHostContract(target: () => Promise<ContractTarget>): void {
  describe('DockerHost', () => {
    let host: DockerHost;
    let image: string;
    let provider: FakeProvider | undefined;
    const made: string[] = [];

    beforeAll(async () => {
      const given = await target();
      host = new DockerHost({ hostId: 'contract', connection: given.connection });
      image = given.image;
      provider = await startFakeProvider(await host.hostGatewayAddress());
    }, 60_000);

    afterEach(async () => {
      for (const instanceId of made.splice(0)) await removeAll(instanceId);
    });

    afterAll(() => provider?.close());

    async function removeAll(instanceId: string): Promise<void> {
      const names = dockerNames(instanceId);
      for (const container of [names.container, helperName(names.configVolume, 'writer'), helperName(names.stateVolume, 'reader'), `${names.container}-2`]) await host.removeContainer(container);
      await host.removeNetwork(names.network);
      for (const volume of [names.stateVolume, names.configVolume]) await host.removeVolume(volume);
    }

    function newInstance(): { id: string; labels: Record<string, string>; names: ReturnType<typeof dockerNames> } {
      const id = `contract${randomBytes(4).toString('hex')}`;
      made.push(id);
      return { id, labels: dockerLabels({ customerId: 'c-contract', instanceId: id, generation: 1 }), names: dockerNames(id) };
    }

    function specOf(instance: ReturnType<typeof newInstance>, hostPort: number, change: Partial<ContainerSpec> = {}): ContainerSpec {
      return {
        name: instance.names.container, hostname: instance.names.container, image, labels: instance.labels,
        env: { OPENCLAW_CONFIG_PATH: '/cfg/openclaw.json', OPENCLAW_STATE_DIR: '/home/node/.openclaw' },
        memoryMiB: 192, cpus: 1, pidsLimit: 64, networkName: instance.names.network, stateVolume: instance.names.stateVolume, configVolume: instance.names.configVolume,
        hostPort, containerPort: 18789, tmpfsMiB: 16, user: '1000:1000', ...change,
      };
    }

    const configText = (token: string): string =>
      JSON.stringify({
        gateway: { mode: 'local', bind: 'lan', port: 18789, auth: { mode: 'token', token }, http: { endpoints: { chatCompletions: { enabled: true } } } },
        models: { mode: 'replace', providers: { host: { baseUrl: `http://host.docker.internal:${provider?.port}/v1`, apiKey: KEY, api: 'openai-completions', models: [{ id: 'fake-1', maxTokens: 100 }] } } },
        agents: { defaults: { model: { primary: 'host/fake-1' } } },
      });

    async function writeConfig(instance: ReturnType<typeof newInstance>, token: string): Promise<void> {
      await host.writeFiles({
        volume: instance.names.configVolume, image, labels: instance.labels, root: { mode: 0o750, uid: 1000, gid: 1000 },
        files: [{ path: 'openclaw.json', mode: 0o400, uid: 1000, gid: 1000, content: Buffer.from(configText(token)) }],
      });
    }

    async function prepare(instance: ReturnType<typeof newInstance>): Promise<void> {
      await host.ensureNetwork({ name: instance.names.network, labels: instance.labels });
      await host.ensureVolume({ name: instance.names.stateVolume, labels: instance.labels });
      await host.ensureVolume({ name: instance.names.configVolume, labels: instance.labels });
      await writeConfig(instance, TOKEN);
    }

    async function running(): Promise<ReturnType<typeof newInstance> & { port: number; spec: ContainerSpec }> {
      const instance = newInstance();
      const port = await freePort();
      await prepare(instance);
      const spec = specOf(instance, port);
      await host.ensureContainer(spec);
      await host.start(spec.name);
      await untilStarted(port);
      return { ...instance, port, spec };
    }

    const untilStarted = (port: number): Promise<boolean> =>
      until('the agent says started', async () => {
        const response = await fetch(`http://127.0.0.1:${port}/startupz`, { signal: AbortSignal.timeout(PROBE_MS) });
        return ((await response.json()) as { status?: string }).status === 'started';
      });

    async function chat(port: number, text: string, token = TOKEN): Promise<{ status: number; text: string }> {
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        signal: AbortSignal.timeout(WAIT_MS),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'openclaw', user: 'contract', messages: [{ role: 'user', content: text }] }),
      });
      const body = (await response.json()) as { choices?: { message: { content: string } }[]; error?: { message: string } };
      return { status: response.status, text: body.choices?.[0]?.message.content ?? body.error?.message ?? '' };
    }

    it('answers a ping and tells its version', async () => {
      await host.ping();
      expect((await host.version()).apiVersion).toMatch(/^1\.\d+$/);
    });

    it('lives a whole life: made, answering, reloaded, restarted with its memory, exported, gone', async () => {
      const { id, port, spec, names } = await running();
      expect(await chat(port, 'hello')).toEqual({ status: 200, text: 'heard 1: hello' });
      expect(provider?.calls.at(-1)?.authorization).toBe(`Bearer ${KEY}`);

      await writeConfig({ id, labels: spec.labels, names }, SECOND_TOKEN);
      await until('the new token is taken', async () => (await chat(port, 'again', SECOND_TOKEN)).status === 200);
      expect((await chat(port, 'old', TOKEN)).status).toBe(401);

      await host.restart(spec.name, 10);
      await untilStarted(port);
      expect((await chat(port, 'third', SECOND_TOKEN)).text).toBe('heard 3: third');

      const exported = await entriesOf(await host.exportVolume({ volume: names.stateVolume, image, labels: spec.labels }));
      const session = [...exported].find(([name]) => name.endsWith('.jsonl'));
      expect(session?.[1]).toContain('again');
      expect([...exported.keys()].every((name) => name.startsWith('./') || name === '.')).toBe(true);
      expect(await host.containerState(helperName(names.stateVolume, 'reader'))).toEqual({ kind: 'absent' });

      expect(await host.stop(spec.name, 10)).toBe('done');
      expect(await host.containerState(spec.name)).toMatchObject({ kind: 'present', status: 'exited', running: false, exitCode: 0, oomKilled: false });
      expect(await host.removeContainer(spec.name)).toBe('done');
      expect(await host.containerState(spec.name)).toEqual({ kind: 'absent' });
      await removeAll(id);
      expect(await host.listByLabel({ 'clawkeep.instance': id })).toEqual([]);
    });

    it('shows the whole hardening in inspect', async () => {
      const { spec } = await running();
      const { Config, HostConfig, Mounts } = await host.inspect(spec.name);
      expect(HostConfig).toMatchObject({
        CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'], ReadonlyRootfs: true, Privileged: false, Init: true, PidsLimit: 64,
        Memory: 192 * 1024 * 1024, MemorySwap: 192 * 1024 * 1024, NanoCpus: 1e9, IpcMode: 'private', PidMode: '', UTSMode: '', UsernsMode: '', NetworkMode: spec.networkName,
        PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: String(spec.hostPort) }] }, RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }, Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=16m,mode=1777' },
      });
      expect(HostConfig.Devices ?? []).toEqual([]);
      expect(HostConfig.Ulimits).toContainEqual({ Name: 'nofile', Soft: 4096, Hard: 8192 });
      expect(Config).toMatchObject({ User: '1000:1000', Hostname: spec.hostname, Labels: spec.labels });
      expect(JSON.stringify(Config.Env)).not.toMatch(new RegExp(`${TOKEN}|${KEY}`));
      expect(Mounts.map((mount) => [mount.Type, mount.Name, mount.Destination, mount.RW]).sort((a, b) => String(a[2]).localeCompare(String(b[2])))).toEqual([
        ['volume', spec.configVolume, '/cfg', false],
        ['volume', spec.stateVolume, '/home/node/.openclaw', true],
      ]);
      const network = await host.client.getNetwork(spec.networkName).inspect();
      expect(network.Options).toMatchObject({ 'com.docker.network.bridge.enable_icc': 'false' });
      expect(await host.hostPort(spec.name)).toBe(spec.hostPort);
    });

    it('refuses to write through a read-only mount or into a read-only root', async () => {
      const { spec } = await running();
      const container = host.client.getContainer(spec.name);
      const empty = Buffer.alloc(1024);
      await expect(container.putArchive(empty, { path: '/cfg' })).rejects.toThrow('mounted volume is marked read-only');
      await expect(container.putArchive(empty, { path: '/app' })).rejects.toThrow('container rootfs is marked read-only');
      await expect(container.putArchive(empty, { path: '/nowhere' })).rejects.toMatchObject({ statusCode: 404 });
    });

    it('runs each call twice without a second effect', async () => {
      const instance = newInstance();
      const { names, labels } = instance;
      const twice = async <T>(call: () => Promise<T>): Promise<[T, T]> => [await call(), await call()];
      const [first, second] = await twice(() => host.ensureNetwork({ name: names.network, labels }));
      expect([first.outcome, second.outcome, first.id]).toEqual(['done', 'already', second.id]);
      expect(await twice(() => host.ensureVolume({ name: names.stateVolume, labels }))).toEqual([{ outcome: 'done' }, { outcome: 'already' }]);
      await host.ensureVolume({ name: names.configVolume, labels });
      await twice(() => writeConfig(instance, TOKEN));
      const spec = specOf(instance, await freePort());
      const [made1, made2] = await twice(() => host.ensureContainer(spec));
      expect([made1.outcome, made2.outcome, made1.id]).toEqual(['done', 'already', made2.id]);
      expect(await twice(() => host.start(spec.name))).toEqual(['done', 'already']);
      await untilStarted(spec.hostPort);
      await twice(() => host.updateResources(spec.name, { memoryMiB: 256, cpus: 0.5, pidsLimit: 80 }));
      await twice(() => host.restart(spec.name, 10));
      expect(await twice(() => host.stop(spec.name, 10))).toEqual(['done', 'already']);
      expect(await twice(() => host.removeContainer(spec.name))).toEqual(['done', 'absent']);
      expect(await host.stop(spec.name, 1)).toBe('absent');
      expect(await twice(() => host.removeNetwork(names.network))).toEqual(['done', 'absent']);
      expect(await twice(() => host.removeVolume(names.stateVolume))).toEqual(['done', 'absent']);
    });

    it('brings a container to new resources in place, and refuses another specification under the same name', async () => {
      const { spec, port } = await running();
      expect((await host.ensureContainer({ ...spec, memoryMiB: 256, cpus: 0.5 })).outcome).toBe('done');
      const { HostConfig, State } = await host.inspect(spec.name);
      expect(HostConfig).toMatchObject({ Memory: 256 * 1024 * 1024, MemorySwap: 256 * 1024 * 1024, NanoCpus: 5e8 });
      expect(State.Running).toBe(true);
      await expect(host.ensureContainer({ ...spec, hostPort: port + 1 })).rejects.toMatchObject({ kind: 'conflict' });
    });

    it('takes over nothing that belongs to another instance', async () => {
      const { names, labels } = newInstance();
      const stranger = { ...labels, 'clawkeep.instance': 'somebody-else' };
      await host.ensureVolume({ name: names.stateVolume, labels: stranger });
      await host.ensureNetwork({ name: names.network, labels: stranger });
      await expect(host.ensureVolume({ name: names.stateVolume, labels })).rejects.toMatchObject({ kind: 'conflict' });
      await expect(host.ensureNetwork({ name: names.network, labels })).rejects.toMatchObject({ kind: 'conflict' });
    });

    it('tells a port taken by another container, and leaves the loser created', async () => {
      const first = await running();
      const second = { ...first.spec, name: `${first.spec.name}-2`, hostname: `${first.spec.name}-2` };
      await host.ensureContainer(second);
      await expect(host.start(second.name)).rejects.toMatchObject({ kind: 'port_taken', statusCode: 500, message: expect.stringContaining('port is already allocated') as unknown });
      expect(await host.containerState(second.name)).toMatchObject({ kind: 'present', status: 'created', running: false });
      // The way out is a new container with another port, under the same name.
      await host.removeContainer(second.name);
      const port = await freePort();
      await host.ensureContainer({ ...second, hostPort: port });
      await host.start(second.name);
      await untilStarted(port);
    });

    it('tells a port taken by a foreign process', async () => {
      const squatter: Server = createServer();
      await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
      try {
        const instance = newInstance();
        await prepare(instance);
        const spec = specOf(instance, (squatter.address() as { port: number }).port);
        await host.ensureContainer(spec);
        await expect(host.start(spec.name)).rejects.toMatchObject({ kind: 'port_taken' });
      } finally {
        await new Promise((resolve) => squatter.close(resolve));
      }
    });

    it('refuses what is in use: a running container, its network, its volumes, its name', async () => {
      const { spec } = await running();
      const container = host.client.getContainer(spec.name);
      await expect(container.remove({})).rejects.toMatchObject({ statusCode: 409 });
      await expect(host.removeNetwork(spec.networkName)).rejects.toMatchObject({ kind: 'conflict' });
      await expect(host.removeVolume(spec.stateVolume)).rejects.toMatchObject({ kind: 'conflict' });
      await expect(host.client.createContainer({ name: spec.name, Image: image })).rejects.toMatchObject({ statusCode: 409 });
      await expect(host.client.createNetwork({ Name: spec.networkName, CheckDuplicate: true })).rejects.toMatchObject({ statusCode: 409 });
      await host.stop(spec.name, 10);
      await expect(host.removeVolume(spec.stateVolume)).rejects.toMatchObject({ kind: 'conflict' });
      await host.removeNetwork(spec.networkName);
      await expect(host.start(spec.name)).rejects.toMatchObject({ kind: 'not_found' });
    });

    it('makes no volume by the way: files and containers need it to be there', async () => {
      const instance = newInstance();
      const call = { volume: instance.names.configVolume, image, labels: instance.labels };
      await expect(writeConfig(instance, TOKEN)).rejects.toMatchObject({ kind: 'not_found' });
      expect(await host.eraseFiles({ ...call, paths: ['openclaw.json'] })).toBe('absent');
      await expect(host.exportVolume(call)).rejects.toMatchObject({ kind: 'not_found' });
      await expect(host.ensureContainer(specOf(instance, 1))).rejects.toMatchObject({ kind: 'not_found' });
      expect((await host.client.listVolumes({ filters: JSON.stringify({ name: [instance.names.configVolume] }) })).Volumes ?? []).toEqual([]);
    });

    it('tells absent things in one kind', async () => {
      await expect(host.inspect('ck-no-such')).rejects.toMatchObject({ kind: 'not_found', statusCode: 404 });
      await expect(host.start('ck-no-such')).rejects.toMatchObject({ kind: 'not_found' });
      const { names, labels, ...rest } = newInstance();
      for (const name of [names.stateVolume, names.configVolume]) await host.ensureVolume({ name, labels });
      await expect(host.ensureContainer(specOf({ names, labels, ...rest }, 1, { image: 'clawkeep/no-such-image:none' }))).rejects.toMatchObject({ kind: 'not_found' });
    });

    it('finds a leftover helper again, and erases files', async () => {
      const instance = newInstance();
      await host.ensureVolume({ name: instance.names.configVolume, labels: instance.labels });
      await host.client.createContainer({
        name: helperName(instance.names.configVolume, 'writer'), Image: image, Entrypoint: ['/never-started'], Labels: instance.labels,
        HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'volume', Source: instance.names.configVolume, Target: '/volume', VolumeOptions: { NoCopy: true } as never }] },
      });
      await writeConfig(instance, TOKEN);
      const read = async (): Promise<Map<string, string>> => entriesOf(await host.exportVolume({ volume: instance.names.configVolume, image, labels: instance.labels }));
      expect((await read()).get('./openclaw.json')).toContain(TOKEN);
      expect(await host.eraseFiles({ volume: instance.names.configVolume, image, labels: instance.labels, paths: ['openclaw.json'] })).toBe('done');
      expect((await read()).get('./openclaw.json')).toBe('');
      expect((await host.listByLabel({ 'clawkeep.instance': instance.id })).map((item) => item.kind)).toEqual(['volume']);
    });

    it('lists containers, networks and volumes by label, stopped ones too', async () => {
      const { spec, id } = await running();
      await host.stop(spec.name, 10);
      const listed = await host.listByLabel({ 'clawkeep.platform': 'clawkeep', 'clawkeep.instance': id });
      expect(listed.map((item) => `${item.kind} ${item.name}`).sort()).toEqual([`container ${spec.name}`, `network ${spec.name}`, `volume ${spec.name}`, `volume ${spec.name}-config`]);
      expect(listed.find((item) => item.kind === 'container')).toMatchObject({ status: 'exited', labels: spec.labels });
    });

    it('tells events of the platform as they happen, and again from an instant on', async () => {
      const sinceSeconds = Math.floor(Date.now() / 1000) - 1;
      const listening = new AbortController();
      const seen: DockerEvent[] = [];
      const collected = (async () => {
        for await (const event of host.events({ sinceSeconds, signal: listening.signal })) seen.push(event);
      })();
      const { spec, id } = await running();
      await host.stop(spec.name, 10);
      await host.removeContainer(spec.name);
      const mine = (): DockerEvent[] => seen.filter((event) => event.attributes['clawkeep.instance'] === id && event.attributes.name === spec.name);
      await until('the container is seen to go', async () => mine().some((event) => event.action === 'destroy'));
      listening.abort();
      await collected;
      const actions = mine().map((event) => event.action);
      expect(actions.filter((action) => ['create', 'start', 'kill', 'die', 'stop', 'destroy'].includes(action))).toEqual(['create', 'start', 'kill', 'die', 'stop', 'destroy']);
      expect(mine().find((event) => event.action === 'die')?.attributes.exitCode).toBe('0');
    });

    it('gives the log by its tail and follows it until the container stops', async () => {
      const { spec } = await running();
      const lines = await allOf(host.logs(spec.name, { tail: 1 }));
      expect(lines).toHaveLength(1);
      expect(lines[0]?.text).toContain('listening');
      const followed = allOf(host.logs(spec.name, { follow: true }));
      await host.stop(spec.name, 10);
      expect((await followed).map((line) => line.text).join('\n')).toContain('stopping');
      await expect(host.logs('ck-no-such').next()).rejects.toMatchObject({ kind: 'not_found' });
    });

    it('leaves a wrong configuration with exit code 78, and comes back after the mend', async () => {
      const instance = newInstance();
      await prepare(instance);
      await host.writeFiles({ volume: instance.names.configVolume, image, labels: instance.labels, files: [{ path: 'openclaw.json', mode: 0o400, uid: 1000, gid: 1000, content: Buffer.from('{"gateway":{}}') }] });
      const spec = specOf(instance, await freePort());
      await host.ensureContainer(spec);
      await host.start(spec.name);
      await until('exit code 78 and a restart', async () => {
        const state = await host.containerState(spec.name);
        return state.kind === 'present' && state.exitCode === 78 && state.restartCount > 0;
      });
      await writeConfig(instance, TOKEN);
      await untilStarted(spec.hostPort);
    });

    it('knows nothing, rather than "absent", when nobody answers', async () => {
      const nobody = new DockerHost({ hostId: 'gone', connection: { socketPath: '/nonexistent/docker.sock' } });
      const state = await nobody.containerState('ck-any');
      expect(state.kind).toBe('unknown');
      await expect(nobody.ping()).rejects.toMatchObject({ kind: 'unreachable', statusCode: undefined });
    });

    it("stops waiting at the caller's abort", async () => {
      const reason = new Error('no longer wanted');
      const aborted = AbortSignal.abort(reason);
      await expect(host.inspect('ck-any', aborted)).rejects.toBe(reason);
    });
  });
}
