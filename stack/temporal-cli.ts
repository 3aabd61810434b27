import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { builtScript } from './root.js';

const execute = promisify(execFile);
/** The release that the measurements were made with; built from source where nothing else is to be had. */
const CLI_VERSION = 'v1.5.1';
/** Update-with-start and the flags below need this server. */
const OLDEST_SERVER = [1, 28] as const;
/** A download that brings no byte for this long is given up: behind a closed network it never would. */
const STALL_MS = 12_000;

export interface Progress { say(line: string): void; signal?: AbortSignal }

/**
 * Finds or gets the `temporal` program: on PATH, in the user's cache, by the SDK's own download, or built by Go.
 * Throws with the reason why each was passed over when none is left.
 */
export async function provideTemporalCli(cache: string, progress: Progress, environment: Readonly<Record<string, string | undefined>> = process.env): Promise<{ path: string; from: string }> {
  const passedOver: string[] = [];
  const cached = join(cache, `temporal-${CLI_VERSION}`);
  const downloads = join(cache, 'downloads');
  const ways: { from: string; get: () => Promise<string> }[] = [
    { from: 'PATH', get: async () => onPath('temporal', environment) },
    { from: 'the cache', get: async () => inCache(cached, downloads) },
    { from: "the SDK's download", get: () => download(downloads, progress) },
    { from: `go install ${CLI_VERSION}`, get: () => goInstall(cache, cached, progress, environment) },
  ];
  for (const { from, get } of ways) {
    try {
      const path = await get();
      await refuseOld(path);
      return { path, from };
    } catch (error) {
      progress.signal?.throwIfAborted();
      passedOver.push(`  - ${from}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  throw new Error(`No Temporal server is to be had. Passed over:\n  - TEMPORAL_ADDRESS: not set\n${passedOver.join('\n')}\nInstall the Temporal CLI (https://docs.temporal.io/cli) or Go, or set TEMPORAL_ADDRESS.`);
}

/** The first executable of this name on PATH. Throws when there is none. */
export function onPath(name: string, environment: Readonly<Record<string, string | undefined>>): string {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && isExecutable(path)) return path;
  }
  throw new Error(`no \`${name}\` there`);
}

function inCache(cached: string, downloads: string): string {
  if (isExecutable(cached)) return cached;
  const downloaded = findDownloaded(downloads);
  if (downloaded !== undefined) return downloaded;
  throw new Error(`nothing at ${cached}`);
}

function findDownloaded(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder).filter((name) => /^temporal-(?!test-server)/.test(name)).map((name) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function refuseOld(path: string): Promise<void> {
  const { stdout } = await execute(path, ['--version'], { timeout: 10_000 });
  const server = /Server (\d+)\.(\d+)/.exec(stdout);
  if (server === null) throw new Error(`${path} does not tell its server's version`);
  const [major, minor] = [Number(server[1]), Number(server[2])];
  if (major < OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor < OLDEST_SERVER[1])) {
    throw new Error(`${path} brings server ${major}.${minor}; ${OLDEST_SERVER.join('.')} is the oldest that will do`);
  }
}

async function download(folder: string, progress: Progress): Promise<string> {
  await downloadBySdk('dev-server', folder, progress);
  const path = findDownloaded(folder);
  if (path === undefined) throw new Error('the download left no program');
  return path;
}

/**
 * Has the SDK fetch one of its servers into `folder`, in a process of its own that is given up when nothing arrives.
 * Rejects with the SDK's words.
 */
export async function downloadBySdk(kind: 'dev-server' | 'time-skipping', folder: string, progress: Progress): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [builtScript('temporal-download.js'), kind, folder], { stdio: ['ignore', 'ignore', 'pipe'], ...aborted(progress) });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => { told += chunk.toString('utf8'); });
  await new Promise<void>((resolve, reject) => {
    let size = -1;
    let grownAt = Date.now();
    const timer = setInterval(() => {
      const now = readdirSync(folder).reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
      if (now !== size) [size, grownAt] = [now, Date.now()];
      if (size > 0) progress.say(`Downloading Temporal's ${kind === 'dev-server' ? 'server' : 'test server'}: ${(size / 1e6).toFixed(0)} MB`);
      if (Date.now() - grownAt > STALL_MS) {
        told += `nothing arrived for ${STALL_MS / 1000} s`;
        child.kill('SIGKILL');
      }
    }, 2_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(timer);
      if (code === 0) resolve();
      else reject(new Error(told.trim().split('\n').pop() || `the SDK's download failed (code ${code ?? 'none'})`));
    });
  });
}

const aborted = ({ signal }: Progress): { signal?: AbortSignal; killSignal: 'SIGKILL' } => ({ killSignal: 'SIGKILL', ...(signal === undefined ? {} : { signal }) });

async function goInstall(cache: string, target: string, progress: Progress, environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const go = onPath('go', environment);
  const incoming = join(cache, `incoming-${process.pid}`);
  mkdirSync(incoming, { recursive: true });
  const begin = Date.now();
  let compiled = 0;
  let told = '';
  // -v names each package as it is compiled.
  const child = spawn(go, ['install', '-v', `github.com/temporalio/cli/cmd/temporal@${CLI_VERSION}`], { env: { ...environment, GOBIN: incoming }, stdio: ['ignore', 'ignore', 'pipe'], ...aborted(progress) });
  child.stderr.on('data', (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    compiled += text.split('\n').length - 1;
    told = (told + text).slice(-2_000);
  });
  const timer = setInterval(() => progress.say(`Building Temporal ${CLI_VERSION} with Go (once, about 3 minutes): ${Math.round((Date.now() - begin) / 1000)} s, ${compiled} packages`), 2_000);
  const stop = (): void => { child.kill('SIGKILL'); };
  process.once('exit', stop);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(told.trim().split('\n').pop() || `go ended with code ${code ?? 'none'}`))));
    });
    renameSync(join(incoming, 'temporal'), target);
    return target;
  } finally {
    clearInterval(timer);
    process.off('exit', stop);
    rmSync(incoming, { recursive: true, force: true });
  }
}
