import { readFileSync } from 'node:fs';

/** Exit code of OpenClaw for a configuration or state that no restart can heal. */
export const EXIT_CONFIG = 78;
/** Exit code of OpenClaw for a weak gateway token. */
export const EXIT_WEAK_TOKEN = 1;

/** Root keys of the 2026.9 schema; any other is fatal at boot and makes a reload be skipped. */
const ROOT_KEYS = new Set(
  (
    'accessGroups acp agents approvals attachments auth bindings broadcast browser channels cloudWorkers commands cron desktop diagnostics discovery env gateway hooks logging mcp memory ' +
    'messages meta models nodeHost plugins proxy secrets security session skills surfaces talk telemetry tools transcripts tts ui update wizard'
  ).split(' '),
);

export type ProviderApi = 'openai-completions' | 'anthropic-messages' | 'google-generative-ai';
const PROVIDER_APIS: readonly string[] = ['openai-completions', 'anthropic-messages', 'google-generative-ai'];

export interface ProviderTarget {
  providerId: string;
  baseUrl: string;
  apiKey: string;
  api: ProviderApi;
  modelId: string;
  /** Upper bound of an answer, in tokens. */
  maxTokens: number;
}

export interface RateLimit {
  maxAttempts: number;
  windowMs: number;
  lockoutMs: number;
  exemptLoopback: boolean;
}

export interface AgentConfig {
  bind: string;
  port: number;
  token: string | undefined;
  trustedProxies: string[];
  chatCompletionsEnabled: boolean;
  rateLimit: RateLimit;
  agentIds: string[];
  maxConcurrent: number;
  /** Absent when the configuration names no usable model: the gateway then runs, and a turn fails. */
  provider: ProviderTarget | undefined;
  /** Every `provider/model` the configuration declares, so that a header may choose one of them. */
  targets: Map<string, ProviderTarget>;
}

/** A configuration that OpenClaw refuses, with the exit code it would leave with. */
export class AgentConfigError extends Error {
  constructor(message: string, readonly exitCode: number = EXIT_CONFIG) {
    super(message);
    this.name = 'AgentConfigError';
  }
}

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function section(parent: Json, key: string, path: string): Json {
  const value = parent[key];
  if (value === undefined) return {};
  if (!isRecord(value)) throw new AgentConfigError(`${path}${key}: expected an object`);
  return value;
}

function numberAt(parent: Json, key: string, fallback: number): number {
  const value = parent[key];
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new AgentConfigError(`${key}: expected a number`);
  return value;
}

/** Replaces `${NAME}` by the environment's value; an unresolved name stays as it is, as OpenClaw does for unused providers. */
function substitute(value: unknown, environment: Record<string, string | undefined>): unknown {
  if (typeof value === 'string') return value.replace(/\$\{([A-Z_][A-Z0-9_]*)\}/g, (whole, name: string) => environment[name] ?? whole);
  if (Array.isArray(value)) return value.map((item) => substitute(item, environment));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, environment)]));
  return value;
}

function readTargets(root: Json): Map<string, ProviderTarget> {
  const targets = new Map<string, ProviderTarget>();
  const providers = section(section(root, 'models', ''), 'providers', 'models.');
  for (const [providerId, provider] of Object.entries(providers)) {
    if (!isRecord(provider)) throw new AgentConfigError(`models.providers.${providerId}: expected an object`);
    const { baseUrl, apiKey, models } = provider;
    const api = provider.api ?? 'openai-completions';
    if (typeof baseUrl !== 'string' || !URL.canParse(baseUrl)) throw new AgentConfigError(`models.providers.${providerId}.baseUrl: expected a URL`);
    if (typeof api !== 'string') throw new AgentConfigError(`models.providers.${providerId}.api: expected a string`);
    // The light agent speaks three of OpenClaw's provider dialects; a provider of another one is left out, not fatal.
    if (!PROVIDER_APIS.includes(api)) continue;
    for (const model of Array.isArray(models) ? models : []) {
      if (!isRecord(model) || typeof model.id !== 'string') throw new AgentConfigError(`models.providers.${providerId}.models: each needs an id`);
      targets.set(`${providerId}/${model.id}`, {
        providerId,
        baseUrl,
        apiKey: typeof apiKey === 'string' ? apiKey : '',
        api: api as ProviderApi,
        modelId: model.id,
        maxTokens: numberAt(model, 'maxTokens', 4096),
      });
    }
  }
  return targets;
}

function readPrimary(root: Json): string | undefined {
  const model = section(section(root, 'agents', ''), 'defaults', 'agents.').model;
  if (typeof model === 'string') return model;
  if (isRecord(model) && typeof model.primary === 'string') return model.primary;
  return undefined;
}

function readToken(gateway: Json, environment: Record<string, string | undefined>): string | undefined {
  const configured = section(gateway, 'auth', 'gateway.').token;
  if (configured !== undefined && typeof configured !== 'string') throw new AgentConfigError('gateway.auth.token: expected a string');
  // The file wins over the environment (openclaw 2026.9).
  const token = configured ?? environment.OPENCLAW_GATEWAY_TOKEN;
  if (token === 'undefined' || token === 'null') throw new AgentConfigError('gateway.auth.token is a placeholder', EXIT_WEAK_TOKEN);
  return token === '' ? undefined : token;
}

/** Turns the text of openclaw.json into what the agent needs. @throws AgentConfigError with OpenClaw's exit code. */
export function parseAgentConfig(text: string, environment: Record<string, string | undefined>): AgentConfig {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and the text holds secrets.
    throw new AgentConfigError('openclaw.json is not valid JSON');
  }
  const root = substitute(parsed, environment);
  if (!isRecord(root)) throw new AgentConfigError('openclaw.json: expected an object');
  const unknown = Object.keys(root).filter((key) => !ROOT_KEYS.has(key));
  if (unknown.length > 0) throw new AgentConfigError(`Unrecognized key(s): ${unknown.join(', ')}`);

  const gateway = section(root, 'gateway', '');
  if (gateway.mode !== 'local') throw new AgentConfigError('gateway.mode must be "local" to start the gateway');
  const bind = gateway.bind ?? 'loopback';
  if (typeof bind !== 'string') throw new AgentConfigError('gateway.bind: expected a string');
  const token = readToken(gateway, environment);
  if (bind !== 'loopback' && token === undefined) throw new AgentConfigError(`Refusing to bind gateway to ${bind} without auth`);

  const chat = section(section(section(gateway, 'http', 'gateway.'), 'endpoints', 'gateway.http.'), 'chatCompletions', 'gateway.http.endpoints.');
  const limits = section(section(gateway, 'auth', 'gateway.'), 'rateLimit', 'gateway.auth.');
  const agents = section(root, 'agents', '');
  const targets = readTargets(root);
  const primary = readPrimary(root);
  return {
    bind,
    port: numberAt(gateway, 'port', 18789),
    token,
    trustedProxies: Array.isArray(gateway.trustedProxies) ? gateway.trustedProxies.filter((item): item is string => typeof item === 'string') : [],
    chatCompletionsEnabled: chat.enabled === true,
    rateLimit: {
      maxAttempts: numberAt(limits, 'maxAttempts', 10),
      windowMs: numberAt(limits, 'windowMs', 60_000),
      lockoutMs: numberAt(limits, 'lockoutMs', 300_000),
      exemptLoopback: limits.exemptLoopback === true,
    },
    agentIds: ['default', 'main', ...Object.keys(section(agents, 'entries', 'agents.'))],
    maxConcurrent: Math.max(1, numberAt(section(agents, 'defaults', 'agents.'), 'maxConcurrent', 4)),
    provider: primary === undefined ? undefined : targets.get(primary),
    targets,
  };
}

/** Reads and parses the file. @throws AgentConfigError (78) when it is missing or unreadable. */
export function loadAgentConfig(path: string, environment: Record<string, string | undefined>): { config: AgentConfig; text: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new AgentConfigError(`Missing config: openclaw.json cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return { config: parseAgentConfig(text, environment), text };
}
