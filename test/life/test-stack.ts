import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { readGroundTruth, type GroundTruth, type TruthSources } from '#testing/harness/ground-truth.js';
import { startStack, type Stack } from '../../stack/start-stack.js';
import type { BrowserOptions } from './browser.js';
import { LifeClient } from './life-client.js';

export interface TestStackOptions {
  readonly slots?: number;
  /** First and last port for containers; by chance where left out. */
  readonly hostPorts?: readonly [number, number];
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes what the supervisor says. */
  readonly say?: (line: string) => void;
}

/** Whom the truth is asked about. */
export interface Known { readonly customerId: string; readonly instanceId: string; readonly email: string }

/** The whole product as `npm start` brings it up, in a folder of its own, on the Docker emulator, with nobody in it yet. */
export interface TestStack {
  readonly stack: Stack;
  /** Past our own code: straight at PostgreSQL. */
  readonly pool: pg.Pool;
  visitor(email?: string, options?: BrowserOptions): LifeClient;
  truth(known: Known): Promise<GroundTruth>;
  /** The end of every process's log, for a failure. */
  logs(lines?: number): string;
  stop(): Promise<void>;
}

/** Below the range from which the kernel gives ports to outgoing connections. */
const [LOWEST_PORT, HIGHEST_PORT, PORTS_EACH] = [12_000, 32_000, 300];
const RATE_LIMIT = '1000000';

/** Starts built processes (`node stack/build.mjs` first). Rejects with the words of the part that did not come up. */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const stateDir = mkdtempSync(join(tmpdir(), 'ck-system-'));
  const firstPort = randomInt(LOWEST_PORT, HIGHEST_PORT - PORTS_EACH);
  const [first, last] = options.hostPorts ?? [firstPort, firstPort + PORTS_EACH];
  let hopeless: string | undefined;
  let stack: Stack;
  try {
    stack = await startStack({
      stateDir, ports: 'free', docker: 'emulator', quiet: options.say === undefined, ...(options.say === undefined ? {} : { say: options.say }),
      environment: {
        CLAWKEEP_DOCKER: 'emulator', CLAWKEEP_HOST_SLOTS: String(options.slots ?? 20), CLAWKEEP_HOST_PORTS: `${first}-${last}`,
        RATE_LIMIT_PER_IP: RATE_LIMIT, RATE_LIMIT_PER_USER: RATE_LIMIT, ...options.environment,
      },
      onHopeless: (reason) => { hopeless = reason; },
    });
  } catch (error) {
    rmSync(stateDir, { recursive: true, force: true });
    throw error;
  }
  const pool = new pg.Pool({ connectionString: stack.urls.database, max: 6, connectionTimeoutMillis: 5_000 });
  // PostgreSQL is killed on purpose.
  pool.on('error', () => undefined);
  const sources: TruthSources = { pool, dockerUrl: stack.urls.docker, stripeUrl: stack.urls.stripe!, mailUrl: stack.urls.mail!, storageDir: stack.env['STORAGE_DIR']! };
  return {
    stack, pool,
    visitor: (email, browser) => new LifeClient(stack.urls, email, browser),
    truth: (known) => readGroundTruth(sources, known),
    logs: (lines = 25) => `${hopeless ?? ''}\n${Object.keys(stack.processes).map((name) => tail(join(stateDir, 'logs', `${name.replaceAll(' ', '-')}.log`), name, lines)).join('\n')}`,
    async stop() {
      await pool.end();
      await stack.stop();
      rmSync(stateDir, { recursive: true, force: true });
      if (hopeless !== undefined) throw new Error(`A process kept dying: ${hopeless}`);
    },
  };
}

function tail(file: string, name: string, lines: number): string {
  if (!existsSync(file)) return '';
  const told = readFileSync(file, 'utf8').trimEnd().split('\n').filter((line) => !/"msg":"(request completed|model call)"/.test(line));
  return `--- ${name}\n${told.slice(-lines).map((line) => line.slice(0, 600)).join('\n')}`;
}
