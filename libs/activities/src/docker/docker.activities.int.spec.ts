import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ApplicationFailure } from '@temporalio/common';
import { pino } from 'pino';
import { extract } from 'tar-stream';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { hashToken } from '#database/secrets/token-hash.js';
import { startDockerEmulator, type DockerEmulator } from '#sandbox/emulators/docker-engine/emulator.js';
import { buildAgentBundle } from '#sandbox/emulators/openclaw/bundle.js';
import { ensureAgentImage } from '#sandbox/emulators/openclaw/image.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import type { DockerPort, InstanceRef } from '#workflows/ports/docker.port.js';
import { withoutCounting } from './answer-once.js';
import { startFakeProvider, type FakeProvider } from './contract/fake-provider.js';
import { createDockerActivities } from './docker.activities.js';
import { DockerHost } from './docker-host.js';
import { dockerNames, INSTANCE_LABEL } from './docker-names.js';
import { exportIdOf, storeExport } from './export-data.js';

let folder: string;
let database: TestDatabase;
let source: DataSource;
let emulator: DockerEmulator;
let provider: FakeProvider;
let host: DockerHost;
let activities: DockerPort;
let ref: InstanceRef;
let port: number;

const size = { memoryMiB: 192, cpus: 0.5, pidsLimit: 64 };
const plan = (id: string, sandboxSize: typeof size) => ({
  id, name: id, description: '', sold: true, prices: [], trialHours: 0, downgradeTo: null, onCancel: 'end' as const, afterCancelDays: 7,
  limits: { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: null, agents: 1, subAgents: 1 }, size, sandboxSize,
});
const catalogue = { id: 't', plans: [plan('pro', size), plan('small', { memoryMiB: 128, cpus: 0.25, pidsLimit: 48 })] };
const models = [{ id: 'gpt-x', name: 'X', provider: 'openai' as const, api: 'openai-completions' as const, contextWindow: 8000, maxTokens: 500 }];

/** What Stripe says within a harmful call. */
let standing: (customerId: string) => Promise<void> = () => Promise.resolve();

const freePort = (): Promise<number> => new Promise((resolve) => {
  const probe = createServer();
  probe.listen(0, '127.0.0.1', () => { const { port: free } = probe.address() as { port: number }; probe.close(() => { resolve(free); }); });
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ck-docker-activities-'));
  database = await createTestDatabase();
  source = await createDataSource(database.url, 5).initialize();
  const agentBundlePath = await buildAgentBundle({ outFile: join(folder, 'openclaw-agent.mjs') });
  const socketPath = join(folder, 'docker.sock');
  emulator = await startDockerEmulator({ port: 0, socketPath, stateDir: join(folder, 'docker'), agentBundlePath });
  provider = await startFakeProvider('127.0.0.1');
  host = new DockerHost({ hostId: 'h', connection: { socketPath } });
  const { reference } = await ensureAgentImage(host.client, { agentBundlePath });
  await source.query(
    `INSERT INTO host (id, docker_url, gateway_url, engine, image, capacity_slots, first_port, last_port) VALUES ('h', $1, $2, 'emulator', $3, 9, 1024, 65535)`,
    [`unix://${socketPath}`, `http://127.0.0.1:${String(provider.port)}`, reference]);
  const vault = new SecretVault(source, [{ id: 'k1', key: Buffer.alloc(32, 7) }]);
  activities = createDockerActivities({ host, dataSource: source, vault, catalogue, models, storageDir: join(folder, 'exports'), logger: pino({ level: 'silent' }), refuseIfPaid: (customerId) => standing(customerId) });
});
afterAll(async () => {
  await provider.close();
  await emulator.close();
  await source.destroy();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  ref = { customerId: randomUUID(), instanceId: randomUUID(), generation: 1, hostId: 'h' };
  port = await freePort();
  await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Ann')`, [ref.customerId]);
  await source.query(
    `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state, host_id) VALUES ($1, $2, 'Rex', $3, 'pro', 'openai', 'gpt-x', 'provisioning', 'running', 'h')`,
    [ref.instanceId, ref.customerId, ref.instanceId]);
  await source.query('INSERT INTO host_port (host_id, port, instance_id) VALUES ($1, $2, $3)', ['h', port, ref.instanceId]);
});
afterEach(async () => {
  await activities.removeContainer({ ...ref, generation: 99 });
  await activities.removeVolumes(ref);
  await activities.removeNetwork(ref);
});

describe('a call that would hurt', () => {
  const paid = (): Promise<void> => Promise.reject(ApplicationFailure.nonRetryable('The customer owes nothing.', 'PAID_MEANWHILE'));
  afterEach(() => { standing = () => Promise.resolve(); });

  it('asks within itself whether the customer has paid, and then touches nothing', async () => {
    await provision();
    const { container } = dockerNames(ref.instanceId);
    const before = (await host.inspect(container)).HostConfig.Memory;
    standing = paid;
    await expect(activities.stopContainer({ ...ref, unlessPaid: true })).rejects.toMatchObject({ type: 'PAID_MEANWHILE' });
    await expect(activities.writeConfiguration({ ...ref, planId: 'small', unlessPaid: true })).rejects.toMatchObject({ type: 'PAID_MEANWHILE' });
    expect(await host.inspect(container)).toMatchObject({ State: { Running: true }, HostConfig: { Memory: before } });
    standing = () => Promise.reject(new Error('Stripe does not answer'));
    await expect(activities.stopContainer({ ...ref, unlessPaid: true })).rejects.toThrow();
    expect((await host.inspect(container)).State.Running, 'unknown is not unpaid').toBe(true);
  });

  it('gives the running container the limits of another plan, and those of its own back', async () => {
    await provision();
    const { container } = dockerNames(ref.instanceId);
    const full = (await host.inspect(container)).HostConfig;
    await twice(() => activities.writeConfiguration({ ...ref, planId: 'small', unlessPaid: true }));
    const less = (await host.inspect(container)).HostConfig;
    expect(less.Memory).toBeLessThan(full.Memory ?? 0);
    expect(less.NanoCpus).toBeLessThan(full.NanoCpus ?? 0);
    expect((await host.inspect(container)).State.Running).toBe(true);
    await activities.answerOnce(ref);
    await activities.writeConfiguration(ref);
    expect((await host.inspect(container)).HostConfig).toMatchObject({ Memory: full.Memory, NanoCpus: full.NanoCpus });
  });
});

/** Every call run twice: what a lost answer does. */
async function twice(call: () => Promise<unknown>): Promise<void> {
  await call();
  await call();
}

async function provision(): Promise<void> {
  await twice(() => activities.createNetwork(ref));
  await twice(() => activities.createVolumes(ref));
  await twice(() => activities.createContainer({ ...ref, port }));
  await twice(() => activities.writeConfiguration(ref));
  await twice(() => activities.startContainer(ref));
  await activities.awaitHealthy(ref);
}

const things = async (): Promise<string[]> => (await host.listByLabel({ [INSTANCE_LABEL]: ref.instanceId })).map(({ kind, name }) => `${kind} ${name}`).sort();

describe('an instance on a Docker host', () => {
  it('comes up, answers, is exported and leaves nothing, with each call run twice', async () => {
    await provision();
    await activities.answerOnce(ref);
    const call = provider.calls.at(-1);
    const { container, configVolume, stateVolume, network } = dockerNames(ref.instanceId);
    expect(await things()).toEqual([`container ${container}`, `network ${network}`, `volume ${stateVolume}`, `volume ${configVolume}`]);

    // The gateway knows the token that the agent presented, by its hash only; the container's environment holds no secret.
    const presented = (call?.authorization ?? '').replace('Bearer ', '');
    expect(await source.query('SELECT instance_id, revoked_at FROM gateway_token WHERE token_hash = $1', [hashToken(presented)])).toEqual([{ instance_id: ref.instanceId, revoked_at: null }]);
    expect(await source.query('SELECT kind FROM secret WHERE subject = $1 ORDER BY kind', [ref.instanceId])).toEqual([{ kind: 'agent_token' }, { kind: 'gateway_token' }]);
    expect(JSON.stringify(await host.inspect(container))).not.toContain(presented);

    await twice(() => activities.stopContainer(ref));
    const first = await activities.exportData(ref);
    expect(await activities.exportData(ref)).toMatchObject({ exportId: first.exportId });
    const [row] = await source.query('SELECT path, bytes, sha256, instance_name FROM export WHERE id = $1', [first.exportId]) as { path: string; bytes: string; sha256: string; instance_name: string }[];
    const tar = readFileSync(join(folder, 'exports', row?.path ?? ''));
    expect(row).toMatchObject({ path: `${exportIdOf(ref)}.tar`, bytes: String(tar.length), sha256: createHash('sha256').update(tar).digest('hex'), instance_name: 'Rex' });
    const names: string[] = [];
    for await (const entry of Readable.from([tar]).pipe(extract())) { names.push(entry.header.name); entry.resume(); }
    expect(names.length).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'exports')).filter((name) => name.endsWith('.partial'))).toEqual([]);

    await twice(() => activities.removeContainer(ref));
    await twice(() => activities.removeConfiguration(ref));
    await twice(() => activities.removeVolumes(ref));
    await twice(() => activities.removeNetwork(ref));
    await twice(() => activities.removeConfiguration(ref));
    expect(await things()).toEqual([]);
    // Gone from the host, but kept for its owner.
    expect(await activities.exportData(ref)).toMatchObject({ exportId: first.exportId });
  });

  it('takes the messages of the first answer off the customer\'s account, and keeps those that were there', async () => {
    await provision();
    const day = new Date().toISOString().slice(0, 10);
    const messages = async (): Promise<number> => (await source.query('SELECT messages FROM usage_daily WHERE instance_id = $1', [ref.instanceId]) as { messages: number }[])[0]?.messages ?? 0;
    await source.query('INSERT INTO usage_daily (instance_id, customer_id, day, messages) VALUES ($1, $2, $3, 3)', [ref.instanceId, ref.customerId, day]);
    await withoutCounting(source, ref.instanceId, () => source.query('UPDATE usage_daily SET messages = messages + 1 WHERE instance_id = $1', [ref.instanceId]));
    expect(await messages()).toBe(3);
  });

  it('says at once and for good why a container ended: 78 is its configuration', async () => {
    await activities.createNetwork(ref);
    await activities.createVolumes(ref);
    await activities.createContainer({ ...ref, port });
    // No openclaw.json: the agent leaves with 78.
    await activities.startContainer(ref);
    await expect(activities.awaitHealthy(ref)).rejects.toMatchObject({ type: 'CONTAINER_EXITED', nonRetryable: true, message: expect.stringContaining('configuration') as unknown });
  });

  it('says so when the container is gone, and goes on asking where Docker does not answer', async () => {
    await expect(activities.awaitHealthy(ref)).rejects.toMatchObject({ type: 'CONTAINER_GONE', nonRetryable: true });
    await fetch(`http://127.0.0.1:${String(emulator.port)}/_emulator/faults`, { method: 'POST', body: JSON.stringify({ kind: 'down', count: 3 }) });
    await expect(activities.awaitHealthy(ref)).rejects.toMatchObject({ type: 'CONTAINER_GONE' });
    await fetch(`http://127.0.0.1:${String(emulator.port)}/_emulator/faults`, { method: 'POST', body: JSON.stringify({ kind: 'down', count: 1 }) });
    await expect(activities.removeContainer(ref)).rejects.toMatchObject({ type: 'HOST_UNREACHABLE', nonRetryable: false });
    await fetch(`http://127.0.0.1:${String(emulator.port)}/_emulator/faults`, { method: 'DELETE' });
  });

  it('leaves a newer generation alone when a late call of an older one comes', async () => {
    await provision();
    const newer = { ...ref, generation: 2 };
    await activities.removeContainer(newer);
    await activities.createContainer({ ...newer, port });
    await activities.removeContainer(ref);
    await activities.stopContainer(ref);
    expect(await things()).toContain(`container ${dockerNames(ref.instanceId).container}`);
    await expect(activities.createContainer({ ...ref, port })).rejects.toMatchObject({ type: 'STALE_GENERATION', nonRetryable: true });
    // The other way round the newer makes its way over what an older one left.
    await activities.createContainer({ ...ref, generation: 3, port });
  });

  it('ends with one pair of tokens when two calls make them at once', async () => {
    await activities.createVolumes(ref);
    await Promise.all([activities.writeConfiguration(ref), activities.writeConfiguration(ref)]);
    expect(await source.query('SELECT count(*)::int AS n FROM gateway_token WHERE instance_id = $1', [ref.instanceId])).toEqual([{ n: 1 }]);
  });
});

describe('exports', () => {
  it('leave no half file behind, and the whole one as it was, when the stream breaks off', async () => {
    const target = { customerId: ref.customerId, instanceId: ref.instanceId, generation: 1, instanceName: 'Rex' };
    const storageDir = join(folder, 'broken');
    const whole = await storeExport({ dataSource: source, storageDir }, target, Readable.from([Buffer.from('whole')]), new AbortController().signal);
    const broken = Readable.from((async function* () { yield Buffer.from('ha'); await Promise.resolve(); throw new Error('cut'); })());
    await expect(storeExport({ dataSource: source, storageDir }, target, broken, new AbortController().signal)).rejects.toThrow('cut');
    expect(readdirSync(storageDir)).toEqual([`${whole.exportId}.tar`]);
    expect(readFileSync(join(storageDir, `${whole.exportId}.tar`), 'utf8')).toBe('whole');
  });
});
