import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { machineEnvironment, panelEnvironment, productEnvironment, twilioSandbox, type EnvironmentFacts } from './environment.js';
import { postgresAnswers, postgresUrl, type PostgresProgram } from './postgres.js';
import { answersHttp, answersTcp } from './probe.js';
import type { ProcessSpec } from './supervised-process.js';
import { temporalArguments } from './temporal-server.js';

/** Stopped from the highest tier down: who uses goes before what is used. */
const TIER = { store: 0, emulator: 1, product: 2 } as const;

const NODE_SERVICES = {
  'stripe emulator': { main: 'sandbox/emulators/stripe/main.js', tier: TIER.emulator },
  'docker emulator': { main: 'sandbox/emulators/docker-engine/main.js', tier: TIER.emulator },
  'llm emulator': { main: 'sandbox/emulators/llm/main.js', tier: TIER.emulator },
  'twilio emulator': { main: 'sandbox/emulators/twilio/main.js', tier: TIER.emulator },
  'mail emulator': { main: 'sandbox/emulators/mail/main.js', tier: TIER.emulator },
  panel: { main: 'sandbox/panel/main.js', tier: TIER.product },
  api: { main: 'apps/api/src/main.js', tier: TIER.product },
  worker: { main: 'apps/worker/src/main.js', tier: TIER.product },
  gateway: { main: 'apps/gateway/src/main.js', tier: TIER.product },
} as const;
/** V8's nursery grows to 48 MiB in an idle program that was busy once: emulators do well with less. */
const SMALL = ['--max-semi-space-size=2', '--v8-pool-size=2'];
export type NodeService = keyof typeof NODE_SERVICES;

export const logFileOf = (stateDir: string, name: string): string => join(stateDir, 'logs', `${name.replaceAll(' ', '-')}.log`);

export function postgresSpec(facts: EnvironmentFacts, program: PostgresProgram): ProcessSpec {
  const url = postgresUrl(facts.ports.postgres, facts.secrets.postgresPassword);
  return {
    name: 'postgres', file: program.file, args: program.args, cwd: facts.root, env: { ...machineEnvironment(facts.runId), LC_MESSAGES: 'C' },
    ...(program.user === undefined ? {} : { user: program.user }),
    // SIGINT is PostgreSQL's fast shutdown: it ends the sessions; SIGTERM would wait for them.
    stopSignal: 'SIGINT', tier: TIER.store, logFile: logFileOf(facts.stateDir, 'postgres'), probe: () => postgresAnswers(url),
  };
}

export function temporalSpec(facts: EnvironmentFacts, program: string): ProcessSpec {
  const { temporal, temporalUi } = facts.ports;
  return {
    name: 'temporal', file: program, args: temporalArguments(temporal, { uiPort: temporalUi, codecEndpoint: `http://127.0.0.1:${facts.ports.workerInternal}/codec` }, join(facts.stateDir, 'temporal', 'temporal.db')), cwd: facts.root,
    env: machineEnvironment(facts.runId), tier: TIER.store, logFile: logFileOf(facts.stateDir, 'temporal'), probe: () => answersTcp(temporal),
  };
}

/** One of our own programs. Throws when it is not built. */
export function nodeSpec(facts: EnvironmentFacts, name: NodeService): ProcessSpec {
  const { main, tier } = NODE_SERVICES[name];
  const file = join(facts.root, 'dist', main);
  if (!existsSync(file)) throw new Error(`${name} is not built: ${file} is missing`);
  return {
    name, file: process.execPath, args: [...(tier === TIER.emulator ? SMALL : []), '--enable-source-maps', file], cwd: facts.root, tier, logFile: logFileOf(facts.stateDir, name),
    env: environmentOf(facts, name), probe: probeOf(facts, name), readyMs: 90_000,
    // A worker drains its activities first, the Docker emulator stops its containers.
    ...(name === 'worker' || name === 'docker emulator' ? { stopMs: 15_000 } : {}),
  };
}

export const isBuilt = (root: string, name: NodeService): boolean => existsSync(join(root, 'dist', NODE_SERVICES[name].main));

function environmentOf(facts: EnvironmentFacts, name: NodeService): Record<string, string> {
  const { ports, stateDir, root } = facts;
  const emulator = { ...machineEnvironment(facts.runId), EMULATOR_HOST: '127.0.0.1', NODE_ENV: 'production' };
  switch (name) {
    case 'stripe emulator': return {
      ...emulator, STRIPE_EMULATOR_PORT: String(ports.stripe), STRIPE_EMULATOR_STATE_DIR: join(stateDir, 'stripe'), STRIPE_SECRET_KEY: facts.secrets.stripeSecretKey,
      // In the sandbox every customer can be moved through time.
      STRIPE_EMULATOR_AUTO_TEST_CLOCK: '1',
      // Closer together than Stripe's: after a restart the world is whole again in seconds.
      STRIPE_EMULATOR_WEBHOOK_DELAYS: '0.5,1,2,4,8,15,30,60,300,900', ...chosen(facts.given, ['STRIPE_EMULATOR_RETRIES', 'STRIPE_EMULATOR_RETRY_END', 'STRIPE_EMULATOR_WEBHOOK_DELAYS', 'STRIPE_EMULATOR_PUBLIC_URL', 'STRIPE_EMULATOR_AUTO_TEST_CLOCK']),
    };
    case 'docker emulator': return {
      ...emulator, DOCKER_EMULATOR_PORT: String(ports.docker), DOCKER_EMULATOR_STATE_DIR: join(stateDir, 'docker'),
      DOCKER_EMULATOR_SOCKET: join(stateDir, 'run', 'docker.sock'), DOCKER_EMULATOR_AGENT: join(root, 'dist/agent/openclaw-agent.mjs'),
    };
    case 'llm emulator': return { ...emulator, LLM_EMULATOR_PORT: String(ports.llm) };
    case 'twilio emulator': return {
      ...emulator, ...twilioSandbox(facts), TWILIO_EMULATOR_PORT: String(ports.twilio), TWILIO_EMULATOR_STATE_DIR: join(stateDir, 'twilio'), ...chosen(facts.given, ['CONFIG_DIR', 'NOTICES_FILE', 'TWILIO_ACCOUNT_SID', 'TWILIO_SMS_FROM', 'TWILIO_WHATSAPP_FROM']),
    };
    case 'mail emulator': return { ...emulator, MAIL_EMULATOR_PORT: String(ports.mail), MAIL_EMULATOR_SMTP_PORT: String(ports.smtp), MAIL_EMULATOR_STATE_DIR: join(stateDir, 'mail') };
    case 'panel': return panelEnvironment(facts);
    case 'api': case 'worker': case 'gateway': return productEnvironment(facts);
  }
}

function chosen(given: EnvironmentFacts['given'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => { const value = given[name]; return value === undefined || value === '' ? [] : [[name, value]]; }));
}

function probeOf(facts: EnvironmentFacts, name: NodeService): () => Promise<boolean> {
  const { ports } = facts;
  switch (name) {
    case 'stripe emulator': return () => answersTcp(ports.stripe);
    case 'docker emulator': return () => answersTcp(ports.docker);
    case 'llm emulator': return () => answersTcp(ports.llm);
    case 'twilio emulator': return () => answersTcp(ports.twilio);
    case 'mail emulator': return async () => (await answersTcp(ports.mail)) && answersTcp(ports.smtp);
    case 'panel': return () => answersTcp(ports.panel);
    case 'api': return () => answersHttp(`http://127.0.0.1:${ports.api}/api/v1/health`);
    case 'worker': return () => answersHttp(`http://127.0.0.1:${ports.workerInternal}/readyz`);
    case 'gateway': return () => answersTcp(ports.gateway);
  }
}
