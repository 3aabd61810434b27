import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Dockerode from 'dockerode';
import { build } from 'esbuild';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildAgentBundle } from '#sandbox/emulators/openclaw/bundle.js';
import { findMarked } from './process-table.js';
import { markerPrefix } from './agent-process.js';
import { Store } from './store.js';

interface Running {
  child: ChildProcess;
  port: number;
  image: string;
}

let programs: string;
let emulatorProgram: string;
let agentBundle: string;
let stateDir: string;
let emulator: Running;
let docker: Dockerode;

/** Starts the emulator as its own process, as the stack does, and resolves when it says that it listens. */
async function start(): Promise<Running> {
  const child = spawn(process.execPath, [emulatorProgram], {
    env: { DOCKER_EMULATOR_PORT: '0', DOCKER_EMULATOR_SOCKET: join(stateDir, 'docker.sock'), DOCKER_EMULATOR_STATE_DIR: stateDir, DOCKER_EMULATOR_AGENT: agentBundle },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  const { port, image } = JSON.parse(line) as { port: number; image: string };
  return { child, port, image };
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const exited = once(emulator.child, 'exit');
  emulator.child.kill(signal);
  await exited;
}

async function startAgain(): Promise<void> {
  emulator = await start();
  docker = new Dockerode({ socketPath: join(stateDir, 'docker.sock') });
}

const control = async (path: string, body: object = {}): Promise<Response> => fetch(`http://127.0.0.1:${emulator.port}/_emulator${path}`, { method: 'POST', body: JSON.stringify(body) });

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function create(name: string, policy = 'unless-stopped'): Promise<{ container: Dockerode.Container; port: number }> {
  const port = await freePort();
  const container = await docker.createContainer({
    name,
    Image: emulator.image,
    HostConfig: {
      RestartPolicy: { Name: policy },
      PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
      Mounts: [{ Type: 'volume', Source: `${name}-cfg`, Target: '/cfg', ReadOnly: false }],
    },
  });
  const tar = pack();
  tar.entry({ name: 'openclaw.json' }, JSON.stringify({ gateway: { mode: 'local', bind: 'lan', auth: { token: 't' } } }));
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/cfg' });
  return { container, port };
}

async function status(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(500), headers: { connection: 'close' } });
    return ((await response.json()) as { status: string }).status;
  } catch {
    return 'no answer';
  }
}
const untilStatus = (port: number, wanted: string): Promise<void> => expect.poll(() => status(port), { timeout: 45_000, interval: 50 }).toBe(wanted);
const untilState = (container: Dockerode.Container, wanted: object): Promise<void> =>
  expect.poll(async () => (({ State, RestartCount }) => ({ ...State, RestartCount }))(await container.inspect()), { timeout: 45_000, interval: 50 }).toMatchObject(wanted);

/** Ground truth: processes of this state folder, by the kernel's own table. */
const processes = (): number[] => [...findMarked(markerPrefix(new Store(stateDir))).values()].flat();

beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), 'ck-emulator-program-'));
  agentBundle = await buildAgentBundle({ outFile: join(programs, 'agent.mjs') });
  emulatorProgram = join(programs, 'emulator.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')], outfile: emulatorProgram, bundle: true, platform: 'node', format: 'esm', conditions: ['source'], logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(() => rmSync(programs, { recursive: true, force: true }));
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'ck-emulator-'));
  await startAgain();
});
afterEach(async () => {
  if (emulator.child.exitCode === null && emulator.child.signalCode === null) {
    await control('/reset');
    await end('SIGTERM');
  }
  expect(processes()).toEqual([]);
  rmSync(stateDir, { recursive: true, force: true });
});

describe('the Docker Engine emulator as a process', () => {
  it('says what it is', async () => {
    expect((await docker.version()).Platform.Name).toContain('emulator');
    expect(((await docker.info()) as { OperatingSystem: string }).OperatingSystem).toContain('emulator');
    const version = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${emulator.port}${path}`);
    expect((await version('/v1.41/_ping')).status).toBe(200);
    const tooNew = await version('/v1.99/info');
    expect([tooNew.status, ((await tooNew.json()) as { message: string }).message]).toEqual([400, 'client version 1.99 is too new. Maximum supported API version is 1.43']);
    expect((await version('/v1.41/nothing')).status).toBe(404);
  });

  it('finds the same containers after kill -9, running and never twice', async () => {
    const { container, port } = await create('ck-a');
    const idle = await create('ck-b');
    await container.start();
    await untilStatus(port, 'live');
    const before = await container.inspect();
    await end('SIGKILL');
    expect(await status(port)).toBe('live');
    await startAgain();
    const after = await docker.getContainer('ck-a').inspect();
    expect([after.Id, after.State.Pid, after.State.StartedAt, after.State.Status]).toEqual([before.Id, before.State.Pid, before.State.StartedAt, 'running']);
    expect((await docker.getContainer(idle.container.id).inspect()).State.Status).toBe('created');
    expect(processes()).toEqual([before.State.Pid]);
    // An adopted process is stopped, seen to end, and told with its own exit code.
    await docker.getContainer('ck-a').stop({ t: 5 });
    expect((await docker.getContainer('ck-a').inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 0 });
  });

  it('starts again what died while nobody looked, but not what was stopped', async () => {
    const wanted = await create('ck-a');
    const stopped = await create('ck-b');
    const never = await create('ck-c', 'no');
    for (const { container, port } of [wanted, stopped, never]) {
      await container.start();
      await untilStatus(port, 'live');
    }
    await stopped.container.stop();
    const pids = processes();
    await end('SIGKILL');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await expect.poll(() => processes()).toEqual([]);
    await startAgain();
    await untilStatus(wanted.port, 'live');
    expect((await docker.getContainer('ck-b').inspect()).State.Status).toBe('exited');
    expect((await docker.getContainer('ck-c').inspect()).State.Status).toBe('exited');
    expect(processes()).toHaveLength(1);
  });

  it('stops its containers on SIGTERM and brings them back at the next start', async () => {
    const { container, port } = await create('ck-a');
    await container.start();
    await untilStatus(port, 'live');
    await end('SIGTERM');
    expect(emulator.child.exitCode).toBe(0);
    expect(processes()).toEqual([]);
    await startAgain();
    await untilStatus(port, 'live');
  });

  it('never has two processes of a container, at whatever moment of starting and stopping it is killed', async () => {
    const { container, port } = await create('ck-a');
    for (const killAfterMs of [0, 3, 6, 10, 15, 25, 40, 60]) {
      const pending = [container.start(), container.restart({ t: 1 })].map((call: Promise<unknown>) => call.catch(() => undefined));
      await new Promise((resolve) => setTimeout(resolve, killAfterMs)); // the moment is the subject of the test
      await end('SIGKILL');
      await Promise.all(pending);
      await startAgain();
      const { State } = await docker.getContainer('ck-a').inspect();
      expect(processes(), `killed after ${killAfterMs} ms`).toEqual(State.Running && State.Pid > 0 ? [State.Pid] : []);
    }
    await docker.getContainer('ck-a').start().catch(() => undefined);
    await untilStatus(port, 'live');
    expect(processes()).toHaveLength(1);
  }, 30_000);

  it('keeps volumes, networks and files over kill -9', async () => {
    await create('ck-a');
    await docker.createNetwork({ Name: 'ck-a', Labels: { a: 'b' } });
    await end('SIGKILL');
    await startAgain();
    expect((await docker.listNetworks({ filters: JSON.stringify({ label: ['a=b'] }) })).map((network) => network.Name)).toEqual(['ck-a']);
    expect((await docker.getVolume('ck-a-cfg').inspect()).Name).toBe('ck-a-cfg');
    const tar = (await docker.getContainer('ck-a').getArchive({ path: '/cfg/openclaw.json' })) as unknown as AsyncIterable<Buffer>;
    let text = '';
    for await (const piece of tar) text += piece.toString('latin1');
    expect(text).toContain('"mode":"local"');
  });
});

describe('faults of a container', () => {
  let container: Dockerode.Container;
  let port: number;
  beforeEach(async () => {
    ({ container, port } = await create('ck-f'));
    await container.start();
    await untilStatus(port, 'live');
  });
  const fault = async (kind: string, body: object = {}): Promise<void> => expect((await control(`/containers/ck-f/${kind}`, body)).status).toBe(200);

  it('exit: dies with the code and comes back by its policy', async () => {
    await fault('exit', { code: 3 });
    await untilState(container, { Status: 'running', RestartCount: 1 });
    await untilStatus(port, 'live');
  });

  it('exit, several times: keeps dying until its starts are used up', async () => {
    await fault('exit', { code: 78, times: 3 });
    await untilState(container, { Restarting: true, ExitCode: 78 });
    await untilState(container, { Status: 'running', RestartCount: 3 });
  });

  it('oom: says so', async () => {
    const seen: string[] = [];
    const events = (await docker.getEvents({ filters: JSON.stringify({ event: ['oom', 'die'] }) })) as unknown as NodeJS.ReadableStream & { destroy(): void };
    events.on('data', (piece: Buffer) => seen.push(...piece.toString().trim().split('\n').map((line) => (JSON.parse(line) as { Action: string }).Action)));
    await container.update({ RestartPolicy: { Name: 'no' } });
    await fault('oom');
    await untilState(container, { Status: 'exited', OOMKilled: true, ExitCode: 137 });
    await expect.poll(() => seen).toEqual(['oom', 'die']);
    events.destroy();
  });

  it('hang: holds its port and answers nothing, until healed or killed by a stop that runs out', async () => {
    await fault('hang');
    expect(await status(port)).toBe('no answer');
    expect((await container.inspect()).State.Running).toBe(true);
    await fault('heal');
    await untilStatus(port, 'live');
    await fault('hang');
    await container.stop({ t: 1 });
    expect((await container.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
  });

  it('unhealthy: runs, and says no, until healed', async () => {
    await fault('unhealthy');
    await untilStatus(port, 'unhealthy');
    await container.restart();
    await untilStatus(port, 'unhealthy');
    await fault('heal');
    await untilStatus(port, 'live');
  });

  it('kill and wait, top, stats, rename', async () => {
    expect((await container.top()) as { Processes: string[][] }).toMatchObject({ Processes: [expect.any(Array) as unknown] });
    const stats = await container.stats({ stream: false, 'one-shot': true });
    expect(stats.memory_stats.usage).toBeGreaterThan(1024 * 1024);
    expect(stats.memory_stats.usage).toBeLessThan(64 * 1024 * 1024);
    await container.rename({ name: 'ck-g' });
    expect((await docker.getContainer('ck-g').inspect()).Id).toBe(container.id);
    const ended = container.wait() as Promise<{ StatusCode: number }>;
    await container.kill();
    expect((await ended).StatusCode).toBe(137);
    await expect(container.kill()).rejects.toMatchObject({ statusCode: 409 });
  });

  it('tells a control call that it does not know, and a fault of no kind', async () => {
    expect((await control('/containers/ck-f/explode')).status).toBe(404);
    expect((await control('/faults', { kind: 'weather' })).status).toBe(400);
    const state = (await (await fetch(`http://127.0.0.1:${emulator.port}/_emulator/state`)).json()) as { containers: object[] };
    expect(state.containers).toMatchObject([{ name: 'ck-f', port, processAlive: true, sick: false }]);
  });
});
