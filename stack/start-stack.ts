import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { cacheFolder } from './cache-folder.js';
import { agentImageReference } from '#sandbox/emulators/openclaw/image.js';
import { chooseDocker, type DockerChoice } from './docker-choice.js';
import { machineEnvironment, productEnvironment, realSystems, type EnvironmentFacts } from './environment.js';
import { startEngineContainers, stopEngineContainers } from './engine-containers.js';
import { HOST_IDS, writeHostRow } from './host-row.js';
import { stopLeftovers } from './leftovers.js';
import { watchWarnings } from './log-warnings.js';
import { defaultPorts, freePorts, refuseTakenPorts, type PortName, type Ports } from './ports.js';
import { ensureDatabase, postgresUrl, preparePostgres } from './postgres.js';
import { until, answersHttp } from './probe.js';
import { takeLock } from './records.js';
import { builtScript, ROOT } from './root.js';
import { loadSecrets } from './secrets.js';
import { isBuilt, logFileOf, nodeSpec, postgresSpec, temporalSpec, type NodeService } from './services.js';
import { ensureStripeWebhook } from './stripe-webhook.js';
import { Supervisor } from './supervisor.js';
import { provideTemporalCli } from './temporal-cli.js';

type Given = Readonly<Record<string, string | undefined>>;

export interface StackOptions {
  /** Where everything is kept. */
  stateDir: string;
  /** `free` picks ports that nobody has, and the same again at the next start of this folder. */
  ports?: 'free' | 'default' | Ports;
  /** Says nothing. */
  quiet?: boolean;
  /** Takes the lines that would be printed. */
  say?: (line: string) => void;
  /** Settings as a person would set them. Nothing of this process's own environment is taken but what programs need to run. */
  environment?: Given;
  /** `auto` takes a real engine where one answers (as `npm start` does); the default is the emulator. */
  docker?: 'auto' | 'emulator';
  /** Called when a process keeps dying; by default the stack stops by itself and `stopped` rejects. */
  onHopeless?: (reason: string) => void;
  /** Gives up a start that is under way: what runs is stopped, and the call rejects. */
  signal?: AbortSignal;
  /** Leave these out: a test that brings its own. */
  without?: readonly NodeService[];
}

export interface StackProcess {
  name: string;
  readonly pid: number | undefined;
  /** Ends it with a signal (SIGKILL by default) as an accident would; the supervisor starts it again at once. Resolves when it is dead. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Resolves once it serves (again). */
  whenReady(): Promise<void>;
}

export interface StackUrls {
  dashboard: string; api: string; gateway: string; temporal: string; temporalUi: string; database: string;
  panel: string; stripe: string | null; docker: string; llm: string | null; mail: string | null; twilio: string | null; smtp: string;
  apiMetrics: string; workerMetrics: string; gatewayMetrics: string;
}

export interface Stack {
  urls: StackUrls;
  ports: Ports;
  stateDir: string;
  /** The environment of API, worker and gateway; it holds secrets. */
  env: Readonly<Record<string, string>>;
  docker: { engine: 'engine' | 'emulator'; url: string; why: string; hostId: string };
  temporalFrom: string;
  temporalNamespace: string;
  demoPassword: string;
  /** From the call to ready. */
  readyMs: number;
  processes: Record<string, StackProcess>;
  /** Stops everything in order and leaves no process. Safe to call twice. */
  stop(): Promise<void>;
}

const AGENT_BUNDLE = join(ROOT, 'dist/agent/openclaw-agent.mjs');
const DEFAULT_SLOTS = 20;

/**
 * Brings the whole of Clawkeep up and resolves when it is ready to serve.
 * Rejects with a sentence for a person, with everything stopped again, when a part does not come up.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const begin = Date.now();
  const given = options.environment ?? {};
  const stateDir = resolve(options.stateDir);
  const say = options.quiet === true ? () => undefined : (options.say ?? ((line: string) => void process.stdout.write(`${line}\n`)));
  mkdirSync(stateDir, { recursive: true });
  const lock = takeLock(stateDir, null);
  let supervisor: Supervisor | undefined;
  try {
    const leftovers = await stopLeftovers(stateDir);
    if (leftovers.length > 0) say(`Stopped what the last run left: ${leftovers.join(', ')}`);
    const ports = options.ports === 'free' ? await freePorts(stateDir) : typeof options.ports === 'object' ? options.ports : defaultPorts(given);
    const real = realSystems(given);
    // A real engine is asked first: whether the emulator's port is needed depends on it.
    const docker = await chooseDocker(options.docker === 'auto' ? given : { ...given, CLAWKEEP_DOCKER: 'emulator' }, AGENT_BUNDLE);
    const without = new Set<NodeService>(options.without ?? []);
    await refuseTakenPorts(ports, wantedPorts(real, docker));

    const runId = randomBytes(8).toString('hex');
    const facts: EnvironmentFacts = { root: ROOT, stateDir, runId, ports, given, secrets: loadSecrets(stateDir), hostId: HOST_IDS[docker.engine], engine: docker.engine };
    let hopeless: string | undefined;
    const running = new Supervisor(stateDir, runId, {
      say,
      hopeless: (reason) => { hopeless = reason; (options.onHopeless ?? ((text) => { say(text); void stop(); }))(reason); },
    });
    supervisor = running;
    options.signal?.addEventListener('abort', () => void running.stop(), { once: true });
    if (options.signal?.aborted === true) throw new Error('The start was given up.');
    const tail = watchWarnings((['api', 'worker', 'gateway', 'panel'] as const).map((name) => ({ name, file: logFileOf(stateDir, name) })), say);
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= stopInOrder());
    const stopInOrder = async (): Promise<void> => {
      tail.stop();
      if (docker.engine === 'engine' && docker.url !== null) {
        await stopEngineContainers(docker.url, databaseUrl(facts), facts.hostId, stateDir).catch((error: unknown) => say(`The containers on ${docker.url ?? ''} could not be stopped: ${error instanceof Error ? error.message : String(error)}`));
      }
      await running.stop();
      lock.release();
    };
    const service = async (name: NodeService): Promise<void> => {
      if (without.has(name)) return;
      if (!isBuilt(ROOT, name)) { say(`!! ${name} is not built yet: left out`); return; }
      await running.start(nodeSpec(facts, name));
    };

    const temporal = async (): Promise<string> => {
      if (real.temporal) return 'TEMPORAL_ADDRESS';
      const cli = await provideTemporalCli(cacheFolder(), { say, ...(options.signal === undefined ? {} : { signal: options.signal }) });
      mkdirSync(join(stateDir, 'temporal'), { recursive: true });
      await running.start(temporalSpec(facts, cli.path));
      return `${cli.path}, from ${cli.from}`;
    };
    const database = async (): Promise<void> => {
      if (!real.postgres) {
        const url = postgresUrl(ports.postgres, facts.secrets.postgresPassword);
        await running.start(postgresSpec(facts, await preparePostgres(join(stateDir, 'postgres'), ports.postgres, facts.secrets.postgresPassword)));
        await ensureDatabase(url);
      }
      await migrate(facts);
      await writeHostRow(databaseUrl(facts), hostRow(facts, docker));
      if (docker.engine === 'engine' && docker.url !== null) await startEngineContainers(docker.url, stateDir);
    };
    const stripe = async (): Promise<void> => {
      if (real.stripe || without.has('stripe emulator') || !isBuilt(ROOT, 'stripe emulator')) return;
      await service('stripe emulator');
      facts.secrets = await ensureStripeWebhook(`http://127.0.0.1:${ports.stripe}`, productEnvironment(facts)['PUBLIC_URL'] ?? '', stateDir, facts.secrets);
    };
    const [temporalFrom] = await allOrFirstError([
      temporal(), database(), stripe(),
      docker.engine === 'emulator' ? service('docker emulator') : Promise.resolve(),
      real.llm ? Promise.resolve() : service('llm emulator'),
      real.mail ? Promise.resolve() : service('mail emulator'),
      real.twilio ? Promise.resolve() : service('twilio emulator'),
    ]);
    await allOrFirstError([service('api'), service('worker'), service('gateway'), service('panel')]);
    const env = productEnvironment(facts);
    if (running.processes.has('api')) await until('The API', () => answersHttp(`http://127.0.0.1:${ports.api}/api/v1/ready`), 60_000, () => hopeless);
    const urls = urlsOf(facts, docker, env);
    lock.setUrl(urls.dashboard);
    return {
      urls, ports, stateDir, env, docker: { engine: docker.engine, url: urls.docker, why: docker.why, hostId: facts.hostId },
      temporalFrom: temporalFrom as string, temporalNamespace: given['TEMPORAL_NAMESPACE'] ?? 'default', demoPassword: facts.secrets.demoPassword, readyMs: Date.now() - begin,
      processes: Object.fromEntries([...running.processes].map(([name, process]) => [name, process])), stop,
    };
  } catch (error) {
    await supervisor?.stop();
    lock.release();
    throw error;
  }
}

/** Throws away everything a stack has kept. Throws when one runs on it. */
export async function eraseState(stateDir: string): Promise<void> {
  if (!existsSync(stateDir)) return;
  const lock = takeLock(stateDir, null);
  await stopLeftovers(stateDir);
  lock.release();
  rmSync(stateDir, { recursive: true, force: true });
}

function wantedPorts(real: ReturnType<typeof realSystems>, docker: DockerChoice): PortName[] {
  return [
    'api', 'gateway', 'workerInternal', 'apiMetrics', 'workerMetrics', 'gatewayMetrics', 'panel',
    ...(real.postgres ? [] : ['postgres' as const]), ...(real.temporal ? [] : ['temporal' as const, 'temporalUi' as const]),
    ...(real.stripe ? [] : ['stripe' as const]), ...(docker.engine === 'engine' ? [] : ['docker' as const]),
    ...(real.llm ? [] : ['llm' as const]), ...(real.mail ? [] : ['mail' as const, 'smtp' as const]), ...(real.twilio ? [] : ['twilio' as const]),
  ];
}

/** Waits until every part has settled, so that nothing is started behind the back of a stop; then throws the first failure. */
async function allOrFirstError<T extends readonly Promise<unknown>[]>(work: readonly [...T]): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as { -readonly [K in keyof T]: Awaited<T[K]> };
}

const databaseUrl = (facts: EnvironmentFacts): string => productEnvironment(facts)['DATABASE_URL'] ?? '';

function hostRow(facts: EnvironmentFacts, docker: DockerChoice): Parameters<typeof writeHostRow>[1] {
  const [firstPort = 21_000, lastPort = 21_999] = (facts.given['CLAWKEEP_HOST_PORTS'] ?? '21000-21999').split('-').map(Number);
  const emulated = docker.engine === 'emulator';
  return {
    id: facts.hostId, engine: docker.engine,
    dockerUrl: emulated ? `http://127.0.0.1:${facts.ports.docker}` : (docker.url ?? ''),
    gatewayUrl: `http://${emulated ? '127.0.0.1' : 'host.docker.internal'}:${facts.ports.gateway}`,
    image: docker.image ?? agentImageReference({ agentBundlePath: AGENT_BUNDLE }), slots: Number(facts.given['CLAWKEEP_HOST_SLOTS'] ?? DEFAULT_SLOTS), firstPort, lastPort,
  };
}

async function migrate(facts: EnvironmentFacts): Promise<void> {
  const child = spawn(process.execPath, ['--enable-source-maps', builtScript('migrate.js')], { cwd: ROOT, env: { ...machineEnvironment(facts.runId), DATABASE_URL: databaseUrl(facts) }, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => { told += chunk.toString('utf8'); });
  await new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error(`The database could not be brought to the newest schema:\n${told.trim()}`))));
  });
}

function urlsOf(facts: EnvironmentFacts, docker: DockerChoice, env: Readonly<Record<string, string>>): StackUrls {
  const { ports, given } = facts;
  const local = (port: number): string => `http://127.0.0.1:${port}`;
  const real = realSystems(given);
  return {
    dashboard: env['PUBLIC_URL'] ?? local(ports.api), api: local(ports.api), gateway: local(ports.gateway),
    temporal: env['TEMPORAL_ADDRESS'] ?? '', temporalUi: env['TEMPORAL_UI_URL'] ?? '', database: env['DATABASE_URL'] ?? '',
    panel: local(ports.panel), stripe: real.stripe ? null : local(ports.stripe),
    docker: docker.engine === 'engine' ? (docker.url ?? '') : local(ports.docker),
    llm: real.llm ? null : local(ports.llm), mail: real.mail ? null : local(ports.mail), twilio: real.twilio ? null : local(ports.twilio), smtp: env['SMTP_URL'] ?? '',
    apiMetrics: local(ports.apiMetrics), workerMetrics: local(ports.workerMetrics), gatewayMetrics: local(ports.gatewayMetrics),
  };
}
