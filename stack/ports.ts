import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ownerOfPort } from './port-owner.js';
import { replaceFile } from './records.js';

/** Every port of the stack: the variable that changes it and its default (api.md). */
export const PORTS = {
  api: { variable: 'PORT', port: 4400 },
  gateway: { variable: 'GATEWAY_PORT', port: 4401 },
  workerInternal: { variable: 'WORKER_INTERNAL_PORT', port: 4402 },
  apiMetrics: { variable: 'METRICS_PORT', port: 9464 },
  workerMetrics: { variable: 'WORKER_METRICS_PORT', port: 9465 },
  gatewayMetrics: { variable: 'GATEWAY_METRICS_PORT', port: 9466 },
  postgres: { variable: 'POSTGRES_PORT', port: 5544 },
  temporal: { variable: 'TEMPORAL_PORT', port: 7233 },
  temporalUi: { variable: 'TEMPORAL_UI_PORT', port: 8233 },
  panel: { variable: 'SANDBOX_PORT', port: 4410 },
  stripe: { variable: 'STRIPE_EMULATOR_PORT', port: 4411 },
  docker: { variable: 'DOCKER_EMULATOR_PORT', port: 4412 },
  twilio: { variable: 'TWILIO_EMULATOR_PORT', port: 4413 },
  llm: { variable: 'LLM_EMULATOR_PORT', port: 4415 },
  mail: { variable: 'MAIL_EMULATOR_PORT', port: 4416 },
  smtp: { variable: 'MAIL_EMULATOR_SMTP_PORT', port: 4417 },
} as const;

export type PortName = keyof typeof PORTS;
export type Ports = Record<PortName, number>;
const NAMES = Object.keys(PORTS) as PortName[];

/** Ports from the environment, else the defaults. Throws when a variable is no port. */
export function defaultPorts(environment: Readonly<Record<string, string | undefined>>): Ports {
  const ports = {} as Ports;
  for (const name of NAMES) {
    const { variable, port } = PORTS[name];
    const text = environment[variable];
    const value = text === undefined || text === '' ? port : Number(text);
    if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new Error(`${variable}: wants a port from 1 to 65535`);
    ports[name] = value;
  }
  return ports;
}

/** Free ports, the same again for the same state folder while nobody else has taken one: addresses stored in it stay true. */
export async function freePorts(stateDir: string): Promise<Ports> {
  const file = join(stateDir, 'ports.json');
  let ports: Ports | undefined;
  try {
    ports = JSON.parse(readFileSync(file, 'utf8')) as Ports;
  } catch {
    // the first start of this folder
  }
  // A folder of an older version may lack a port.
  if (ports === undefined || (await Promise.all(NAMES.map((name) => { const port: number | undefined = ports?.[name]; return port !== undefined && isFree(port); }))).includes(false)) {
    const picked = await pickFree(NAMES.length);
    ports = Object.fromEntries(NAMES.map((name, index) => [name, picked[index]])) as Ports;
    mkdirSync(stateDir, { recursive: true });
    replaceFile(file, JSON.stringify(ports));
  }
  return ports;
}

/** Throws one message that names every taken port, who has it, and the variable to change. */
export async function refuseTakenPorts(ports: Ports, wanted: readonly PortName[]): Promise<void> {
  const taken: string[] = [];
  for (const name of wanted) {
    if (await isFree(ports[name])) continue;
    const owner = ownerOfPort(ports[name]);
    taken.push(`  port ${ports[name]} (${name}) is taken${owner === undefined ? '' : ` by ${owner}`}: stop it, or set ${PORTS[name].variable} to another port`);
  }
  if (taken.length > 0) throw new Error(`Clawkeep can't start:\n${taken.join('\n')}\nOr take whatever is free: CLAWKEEP_PORTS=free npm start`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/** Below the range that systems give to outgoing connections (Linux: from 32768): under load one of those would take a port that is looked up now and opened later. */
const [FIRST_FREE, LAST_FREE] = [11_000, 20_900];

async function pickFree(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = randomInt(FIRST_FREE, LAST_FREE - 1_000); ports.length < count; port++) {
    if (port > LAST_FREE) throw new Error('There are not enough free ports for a stack.');
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}
