import { join } from 'node:path';
import { RUN_MARK } from './process-identity.js';
import { postgresUrl } from './postgres.js';
import type { Ports } from './ports.js';
import type { StackSecrets } from './secrets.js';

type Variables = Record<string, string>;

export interface EnvironmentFacts {
  root: string;
  stateDir: string;
  runId: string;
  ports: Ports;
  secrets: StackSecrets;
  /** What the person has set; a named real system is used instead of its emulator. */
  given: Readonly<Record<string, string | undefined>>;
  hostId: string;
  engine: 'engine' | 'emulator';
}

/** Which systems are real ones named by a variable (api.md): their emulator is not started. */
export interface RealSystems { postgres: boolean; temporal: boolean; stripe: boolean; mail: boolean; llm: boolean; twilio: boolean }

export function realSystems(given: Readonly<Record<string, string | undefined>>): RealSystems {
  const set = (name: string): boolean => (given[name] ?? '') !== '';
  return {
    postgres: set('DATABASE_URL'), temporal: set('TEMPORAL_ADDRESS'), stripe: set('STRIPE_SECRET_KEY'), mail: set('SMTP_URL'), twilio: set('TWILIO_AUTH_TOKEN'),
    llm: set('OPENAI_BASE_URL') && set('ANTHROPIC_BASE_URL') && set('GOOGLE_BASE_URL'),
  };
}

/** What any program needs of the machine, and no more: settings and secrets are added for each by name. */
const MACHINE = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TEMP', 'TMP', 'SYSTEMROOT', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'];

export function machineEnvironment(runId: string): Variables {
  // glibc gives each thread a heap of its own: two are enough here and keep the idle memory down.
  const kept: Variables = { [RUN_MARK]: runId, MALLOC_ARENA_MAX: '2' };
  for (const name of MACHINE) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** The one environment of API, worker, gateway, migrations and panel: settings of the sandbox, under whatever the person has set. */
export function productEnvironment(facts: EnvironmentFacts): Variables {
  const { ports, secrets, given, stateDir } = facts;
  const local = (port: number): string => `http://127.0.0.1:${port}`;
  const real = realSystems(given);
  const ours: Variables = {
    CLAWKEEP_SANDBOX: '1',
    NODE_ENV: 'production',
    PUBLIC_URL: local(ports.api),
    PORT: String(ports.api),
    METRICS_PORT: String(ports.apiMetrics),
    WORKER_METRICS_PORT: String(ports.workerMetrics),
    WORKER_INTERNAL_PORT: String(ports.workerInternal),
    GATEWAY_METRICS_PORT: String(ports.gatewayMetrics),
    GATEWAY_PORT: String(ports.gateway),
    SANDBOX_PORT: String(ports.panel),
    // Containers of a real engine come by its bridge, emulated ones by loopback.
    GATEWAY_BIND_ADDRESS: facts.engine === 'engine' ? '0.0.0.0' : '127.0.0.1',
    DATABASE_URL: postgresUrl(ports.postgres, secrets.postgresPassword),
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_UI_URL: local(ports.temporalUi),
    TEMPORAL_CODEC_KEYS: secrets.temporalCodecKeys,
    ENCRYPTION_KEYS: secrets.encryptionKeys,
    AUTH_SECRET: secrets.authSecret,
    STORAGE_DIR: join(stateDir, 'exports'),
    DOCKER_HOST_IDS: facts.hostId,
    WEB_DIST_DIR: join(facts.root, 'apps/web/dist'),
    WORKFLOW_BUNDLE: join(facts.root, 'dist/workflow-bundle.js'),
    OPENAI_BASE_URL: `${local(ports.llm)}/openai/v1`,
    ANTHROPIC_BASE_URL: `${local(ports.llm)}/anthropic/v1`,
    GOOGLE_BASE_URL: `${local(ports.llm)}/google/v1beta`,
    SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
  };
  if (!real.stripe) {
    ours['STRIPE_SECRET_KEY'] = secrets.stripeSecretKey;
    ours['STRIPE_API_URL'] = local(ports.stripe);
    if (secrets.stripeWebhook !== null) ours['STRIPE_WEBHOOK_SECRETS'] = secrets.stripeWebhook.secret;
  }
  if (!real.twilio) Object.assign(ours, twilioSandbox(facts), { TWILIO_API_URL: local(ports.twilio) });
  return { ...machineEnvironment(facts.runId), ...ours, ...settings(given) };
}

/** The account of the Twilio emulator, and our number there: the one of Twilio's test credentials that can send. */
export function twilioSandbox({ secrets }: EnvironmentFacts): Variables {
  return { TWILIO_ACCOUNT_SID: secrets.twilioAccountSid, TWILIO_AUTH_TOKEN: secrets.twilioAuthToken, TWILIO_SMS_FROM: '+15005550006', TWILIO_WHATSAPP_FROM: '+15005550006' };
}

/** What the person has set, without npm's own variables and what only steers the stack. */
function settings(given: Readonly<Record<string, string | undefined>>): Variables {
  const kept: Variables = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === '' || /^(npm_|NODE_OPTIONS$|DOCKER_HOST$|INIT_CWD$|_$)/.test(name)) continue;
    kept[name] = value;
  }
  return kept;
}

/** Where the panel finds the emulators that run; a system that is real has none. */
export function panelEnvironment(facts: EnvironmentFacts): Variables {
  const { ports, given } = facts;
  const real = realSystems(given);
  const local = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    ...productEnvironment(facts),
    ...(real.stripe ? {} : { STRIPE_EMULATOR_URL: local(ports.stripe) }),
    ...(facts.engine === 'engine' ? {} : { DOCKER_EMULATOR_URL: local(ports.docker) }),
    ...(real.llm ? {} : { LLM_EMULATOR_URL: local(ports.llm) }),
    ...(real.mail ? {} : { MAIL_EMULATOR_URL: local(ports.mail) }),
    ...(real.twilio ? {} : { TWILIO_EMULATOR_URL: local(ports.twilio) }),
  };
}
