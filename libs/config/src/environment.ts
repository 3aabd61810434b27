import { z } from 'zod';

/**
 * The whole environment of Clawkeep, typed and validated: the one reader of `process.env`.
 * Outside sandbox mode every secret must be set, long enough and not one of the sandbox's known values.
 */
export const SANDBOX_SECRETS = {
  AUTH_SECRET: 'sandbox-auth-secret-sandbox-auth-secret',
  ENCRYPTION_KEYS: 'k1:c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE=',
  TEMPORAL_CODEC_KEYS: 't1:dGVtcG9yYWwtdGVtcG9yYWwtdGVtcG9yYWwtdGVtcCE=',
  STRIPE_SECRET_KEY: 'sk_test_sandbox_clawkeep',
  STRIPE_WEBHOOK_SECRETS: 'whsec_sandbox_clawkeep',
} as const;

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const phone = z.string().regex(/^\+[1-9]\d{7,14}$/, 'wants a number in E.164, such as +4915112345678');
const flag = z.enum(['0', '1', 'true', 'false', '']).default('0').transform((text) => text === '1' || text === 'true');
const list = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter(Boolean));

const keyRing = z.string().transform((text, context) => text.split(',').map((entry) => {
  const [id = '', base64 = ''] = [entry.slice(0, entry.indexOf(':')), entry.slice(entry.indexOf(':') + 1)];
  const key = Buffer.from(base64, 'base64');
  if (!/^[a-z0-9]{1,8}$/.test(id) || key.length !== 32) context.addIssue({ code: 'custom', message: 'wants id:base64-of-32-bytes, several by comma, the current one first' });
  return { id, key };
}));
export type KeyRing = readonly { readonly id: string; readonly key: Buffer }[];

const schema = z.object({
  /** `1`: emulators may be used and known secrets are accepted. */
  CLAWKEEP_SANDBOX: flag,
  RELEASE_ID: z.string().default('dev'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Address under which people reach the API and dashboard. */
  PUBLIC_URL: z.url().default('http://127.0.0.1:4400'),
  BIND_ADDRESS: z.string().default('127.0.0.1'),
  PORT: port(4400),
  METRICS_PORT: port(9464),
  WORKER_METRICS_PORT: port(9465),
  GATEWAY_METRICS_PORT: port(9466),
  GATEWAY_PORT: port(4401),
  /** Loopback only: readiness, metrics, logs of containers, and the codec for the Temporal UI. */
  WORKER_INTERNAL_PORT: port(4402),
  /** Containers on a real engine reach the gateway by the bridge: then it listens wider than loopback. */
  GATEWAY_BIND_ADDRESS: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().startsWith('postgres'),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(10),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  /** For links from the dashboard of support; the UI itself is Temporal's. */
  TEMPORAL_UI_URL: z.url().default('http://127.0.0.1:8233'),
  TEMPORAL_CODEC_KEYS: keyRing,
  /** Envelope encryption of secrets at rest. */
  ENCRYPTION_KEYS: keyRing,
  AUTH_SECRET: z.string().min(32),
  TRUSTED_ORIGINS: list.default([]),
  /** How many proxies in front of the API may be believed about the caller's address. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).default(0),
  STRIPE_SECRET_KEY: z.string().min(10),
  STRIPE_WEBHOOK_SECRETS: list,
  /** Only where it is not Stripe itself: the emulator's address. */
  STRIPE_API_URL: z.url().optional(),
  /** Notices to phones; without the token there are none. */
  TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-f]{32}$/, 'wants AC and 32 hexadecimal digits').optional(),
  TWILIO_AUTH_TOKEN: z.string().min(32).optional(),
  /** Our numbers there, E.164; a channel without its number is not offered. */
  TWILIO_SMS_FROM: phone.optional(),
  TWILIO_WHATSAPP_FROM: phone.optional(),
  /** Only where it is not Twilio itself: the emulator's address. */
  TWILIO_API_URL: z.url().optional(),
  OPENAI_BASE_URL: z.url().default('https://api.openai.com/v1'),
  ANTHROPIC_BASE_URL: z.url().default('https://api.anthropic.com/v1'),
  GOOGLE_BASE_URL: z.url().default('https://generativelanguage.googleapis.com/v1beta'),
  SMTP_URL: z.string().startsWith('smtp'),
  MAIL_FROM: z.string().default('Clawkeep <hello@clawkeep.localhost>'),
  /** Where exports are kept. */
  STORAGE_DIR: z.string().min(1),
  /** Folder of plans, policies and models. */
  CONFIG_DIR: z.string().default('config'),
  PLANS_FILE: z.string().default('plans/default.yaml'),
  POLICY_FILE: z.string().default('policies/standard.yaml'),
  /** Short texts for phones. */
  NOTICES_FILE: z.string().default('notices/short.yaml'),
  /** Docker hosts this worker serves; each has a row in `host`. */
  DOCKER_HOST_IDS: list.default([]),
  /** Compiled workflow bundle of the worker. */
  WORKFLOW_BUNDLE: z.string().default('dist/workflow-bundle.js'),
  WEB_DIST_DIR: z.string().default('apps/web/dist'),
  RATE_LIMIT_PER_IP: z.coerce.number().int().min(1).default(100),
  RATE_LIMIT_PER_USER: z.coerce.number().int().min(1).default(1000),
});

export type Environment = z.infer<typeof schema>;

const KNOWN = new Set<string>(Object.values(SANDBOX_SECRETS));

/**
 * Reads and checks the environment. Throws one Error that names every bad variable and what it wants; never prints a value.
 */
export function loadEnvironment(source: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const sandbox = source['CLAWKEEP_SANDBOX'] === '1' || source['CLAWKEEP_SANDBOX'] === 'true';
  const parsed = schema.safeParse(sandbox ? { ...SANDBOX_SECRETS, ...defined(source) } : defined(source));
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (!sandbox) {
    for (const name of Object.keys(SANDBOX_SECRETS)) {
      if (KNOWN.has(source[name] ?? '')) problems.push(`${name}: is the sandbox's known value; set a secret of your own`);
    }
  }
  problems.push(...twilioProblems(parsed.success ? parsed.data : {}));
  if (!parsed.success || problems.length > 0) throw new Error(`The environment is not usable:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
  return parsed.data;
}

/** A token alone sends nothing. */
function twilioProblems({ TWILIO_AUTH_TOKEN, TWILIO_ACCOUNT_SID, TWILIO_SMS_FROM, TWILIO_WHATSAPP_FROM }: Partial<Environment>): string[] {
  if (TWILIO_AUTH_TOKEN === undefined) return [];
  return [
    ...(TWILIO_ACCOUNT_SID === undefined ? ['TWILIO_ACCOUNT_SID: is needed beside TWILIO_AUTH_TOKEN'] : []),
    ...(TWILIO_SMS_FROM === undefined && TWILIO_WHATSAPP_FROM === undefined ? ['TWILIO_SMS_FROM: is needed beside TWILIO_AUTH_TOKEN, or TWILIO_WHATSAPP_FROM'] : []),
  ];
}

/** How phones are reached, or null where Twilio is not set up. */
export function twilioSettings(environment: Environment): { accountSid: string; authToken: string; apiUrl: string | undefined; smsFrom: string | null; whatsappFrom: string | null } | null {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = environment;
  if (accountSid === undefined || authToken === undefined) return null;
  return { accountSid, authToken, apiUrl: environment.TWILIO_API_URL, smsFrom: environment.TWILIO_SMS_FROM ?? null, whatsappFrom: environment.TWILIO_WHATSAPP_FROM ?? null };
}

const defined = (source: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
