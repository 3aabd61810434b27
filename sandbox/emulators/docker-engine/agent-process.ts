import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { ContainerRecord } from './records.js';
import { isAlive, MARKER, processStart } from './process-table.js';
import type { Store } from './store.js';

/** Same flags as in the image: a small young generation and few threads. */
const NODE_FLAGS = ['--max-old-space-size=96', '--max-semi-space-size=1', '--v8-pool-size=1'];
const ADOPTED_POLL_MS = 150;
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
/** What Docker says when it lost a process and cannot know how it ended. */
const EXIT_UNKNOWN = 255;

export interface RunningAgent {
  pid: number;
  start: string;
  /** Resolves once with the exit code, by the shell's convention (128 + signal). */
  exited: Promise<number>;
  /** Stops watching, and lets the process live. */
  release(): void;
}

/** First part of the marker of this state folder, so that two emulators on one machine never take each other's children. */
export const markerPrefix = (store: Store): string => `${createHash('sha256').update(store.stateDir).digest('hex').slice(0, 12)}:`;

export const sickFile = (store: Store, id: string): string => join(store.containerFolder(id), 'sick');
const exitFile = (store: Store, id: string): string => join(store.containerFolder(id), 'exit-code');

/** Starts the light agent as the container's process. It is a process group of its own, so it outlives a killed emulator. */
export function spawnAgent(store: Store, record: ContainerRecord, agentBundlePath: string): RunningAgent {
  mkdirSync(store.rootFolder(record.id), { recursive: true });
  for (const mount of record.mounts) mkdirSync(mount.source, { recursive: true });
  rmSync(exitFile(store, record.id), { force: true });
  const log = store.logFile(record.id);
  if (existsSync(log) && statSync(log).size > LOG_LIMIT_BYTES) truncateSync(log);
  const output = openSync(log, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...NODE_FLAGS, agentBundlePath], {
      cwd: store.rootFolder(record.id),
      env: childEnvironment(store, record),
      detached: true,
      stdio: ['ignore', output, output],
    });
    const exited = new Promise<number>((resolve) => {
      child.once('error', () => resolve(127));
      child.once('exit', (code, name) => resolve(code ?? 128 + (name === null ? 0 : constants.signals[name])));
    });
    return { pid: child.pid ?? 0, start: child.pid === undefined ? '' : processStart(child.pid), exited, release: () => child.unref() };
  } finally {
    closeSync(output);
  }
}

/** Takes over a process that an earlier emulator started. Its end is seen by polling, its exit code read from where it wrote it. */
export function adoptAgent(store: Store, id: string, pid: number, start: string): RunningAgent {
  let timer: NodeJS.Timeout | undefined;
  const exited = new Promise<number>((resolve) => {
    timer = setInterval(() => {
      if (isAlive(pid, start)) return;
      clearInterval(timer);
      resolve(lastExitCode(store, id));
    }, ADOPTED_POLL_MS);
    timer.unref();
  });
  return { pid, start, exited, release: () => clearInterval(timer) };
}

/** Exit code that the agent left behind; 255 when it had no chance to, as after a kill. */
export function lastExitCode(store: Store, id: string): number {
  try {
    return Number(readFileSync(exitFile(store, id), 'utf8'));
  } catch {
    return EXIT_UNKNOWN;
  }
}

function childEnvironment(store: Store, record: ContainerRecord): Record<string, string> {
  const given: Record<string, string> = { OPENCLAW_STATE_DIR: '/home/node/.openclaw', OPENCLAW_CONFIG_PATH: '/cfg/openclaw.json' };
  for (const entry of record.config.Env) {
    const at = entry.indexOf('=');
    if (at > 0) given[entry.slice(0, at)] = entry.slice(at + 1);
  }
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) environment[name] = translate(store, record, value, name.startsWith('OPENCLAW_'));
  // Sized for the real agent in its container; the light one has flags of its own.
  delete environment.NODE_OPTIONS;
  delete environment.LD_LIBRARY_PATH;
  return {
    ...environment,
    HOSTNAME: record.config.Hostname,
    OPENCLAW_GATEWAY_PORT: String(record.boundPort),
    OPENCLAW_LIGHT_BIND_HOST: '127.0.0.1',
    OPENCLAW_LIGHT_HOSTS: extraHosts(record),
    OPENCLAW_LIGHT_SICK_FILE: sickFile(store, record.id),
    OPENCLAW_LIGHT_EXIT_FILE: exitFile(store, record.id),
    [MARKER]: `${markerPrefix(store)}${record.id}`,
  };
}

/** A path inside the container becomes the folder that stands for it here. */
function translate(store: Store, record: ContainerRecord, value: string, isContainerPath: boolean): string {
  const mount = [...record.mounts].sort((a, b) => b.destination.length - a.destination.length).find(({ destination }) => value === destination || value.startsWith(`${destination}/`));
  if (mount) return mount.source + value.slice(mount.destination.length);
  return isContainerPath && value.startsWith('/') ? store.rootFolder(record.id) + value : value;
}

/** The host is this machine: `host-gateway` is its loopback. */
function extraHosts(record: ContainerRecord): string {
  const hosts = Array.isArray(record.hostConfig.ExtraHosts) ? (record.hostConfig.ExtraHosts as string[]) : [];
  return hosts
    .map((entry) => {
      const at = entry.indexOf(':');
      const address = entry.slice(at + 1);
      return `${entry.slice(0, at)}=${address === 'host-gateway' ? '127.0.0.1' : address}`;
    })
    .join(',');
}
