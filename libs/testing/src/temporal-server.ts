import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '#workflows/contracts/search-attributes.js';
import { freePort, waitForPort } from './loopback.js';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** By default a shard's queue is read 20 times a second at most, which makes an activity after any burst wait 100 ms. */
const FAST_QUEUES = ['transfer', 'timer', 'visibility'].map((queue) => `history.${queue}ProcessorMaxPollRPS=2000`);

export interface TestTemporal {
  /** `127.0.0.1:port` of the gRPC face; namespace `default` has the search attributes. */
  address: string;
  stop(): Promise<void>;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Finds Temporal's command line: `TEMPORAL_BIN`, then `temporal` on the PATH, then Go's folder for installed programs. */
export function findTemporalBinary(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const onPath = (environment['PATH'] ?? '').split(delimiter).filter(Boolean).map((folder) => join(folder, 'temporal'));
  return [environment['TEMPORAL_BIN'] ?? '', ...onPath, join(homedir(), 'go', 'bin', 'temporal')].filter(Boolean).find(isExecutable);
}

/** Starts a headless, in-memory development server; `settings` are dynamic configuration (`name=value`) on top. Rejects with its last output when it does not listen within 30 s. */
export async function startTestTemporal(binary: string, settings: readonly string[] = []): Promise<TestTemporal> {
  const port = await freePort();
  const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]);
  const flags = ['--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'error', ...attributes];
  const child = spawn(binary, ['server', 'start-dev', ...flags, ...[...FAST_QUEUES, ...settings].flatMap((value) => ['--dynamic-config-value', value])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2_000)));
  const ended = new AbortController();
  const exit = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', (error) => ended.abort(error));
  void exit.then(() => ended.abort(new Error(`the Temporal server ended: ${output}`)));
  const killOnExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killOnExit);
  const stop = async (): Promise<void> => {
    process.off('exit', killOnExit);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(kill);
  };
  try {
    // The SDK's first connection, made too early, costs a whole second of back-off: so the port is probed first.
    await waitForPort(port, START_TIMEOUT_MS, ended.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: `127.0.0.1:${port}`, stop };
}
