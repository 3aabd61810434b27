import type { Plan } from '../plan/plan.types.js';
import type { Model, ProviderApi } from './model.types.js';

/** Where OpenClaw listens in its container. */
export const OPENCLAW_PORT = 18789;
/** Our one model provider in every configuration; the key behind it is ours, the instance only has a revocable token. */
export const PROVIDER_ID = 'clawkeep';
/** Skills that come with OpenClaw 2026.9 and are ready without a set-up of their own: so many are on where nothing is chosen. */
const READY_BUNDLED_SKILLS = 18;
/** First of them where the plan allows fewer. */
const FIRST_SKILLS = ['weather', 'summarize', 'skill-creator'];
/** OpenClaw reads an empty allow list as "all are allowed"; a name that no skill has means none. */
const NO_SKILL = 'none';

export interface OpenClawConfigInput {
  readonly plan: Pick<Plan, 'limits'>;
  readonly model: Model;
  /** The gateway as the container reaches it, such as `http://host.docker.internal:4401`. */
  readonly gatewayBaseUrl: string;
  /** What a caller of this agent presents: its own bearer token. Secret. */
  readonly agentToken: string;
  /** What this agent presents to the gateway in place of a provider's key. Secret, revocable. */
  readonly gatewayToken: string;
  /** Skills that the owner chose, in the order of the choice; beyond the plan's limit they are left out. */
  readonly skills?: readonly string[];
  /** Origin under which the owner's browser sees this agent. */
  readonly publicOrigin?: string;
  /** Addresses whose X-Forwarded-For is believed. Once set, every request from them must carry that header, health probes included. */
  readonly trustedProxies?: readonly string[];
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The path below the gateway that each client builds on: OpenAI's and Google's carry the version, Anthropic's adds `/v1/messages` itself. */
const GATEWAY_PATH: Readonly<Record<ProviderApi, string>> = {
  'openai-completions': '/openai/v1', 'anthropic-messages': '/anthropic', 'google-generative-ai': '/google/v1beta',
};
/** OpenClaw's bundled plugin of each provider. */
const PROVIDER_PLUGIN: Readonly<Record<ProviderApi, string>> = {
  'openai-completions': 'openai', 'anthropic-messages': 'anthropic', 'google-generative-ai': 'google',
};

/**
 * The whole `openclaw.json` of one hosted instance (OpenClaw 2026.9), of the known root keys only: an unknown one keeps the agent from starting (exit 78).
 * Heartbeat, updates, telemetry, discovery and the tools that reach beyond the container are off; the plan's limits are in.
 * The result holds both tokens: it is written as a file (mode 0400) and never logged.
 */
export function buildOpenClawConfig(input: OpenClawConfigInput): JsonObject {
  const { plan: { limits }, model, agentToken, gatewayToken } = input;
  if (agentToken === '' || gatewayToken === '' || agentToken === gatewayToken) throw new Error('An instance needs two tokens, and two different ones');
  const allowBundled = allowedSkills(limits.skills, input.skills);
  return {
    gateway: {
      mode: 'local',
      bind: 'lan',
      port: OPENCLAW_PORT,
      auth: { mode: 'token', token: agentToken },
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
      terminal: { enabled: false },
      ...(input.trustedProxies === undefined ? {} : { trustedProxies: input.trustedProxies }),
      controlUi: { ...(input.publicOrigin === undefined ? {} : { allowedOrigins: [input.publicOrigin] }), communityInvite: false },
    },
    models: {
      mode: 'replace',
      providers: {
        [PROVIDER_ID]: {
          baseUrl: `${input.gatewayBaseUrl.replace(/\/+$/, '')}${GATEWAY_PATH[model.api]}`,
          apiKey: gatewayToken,
          api: model.api,
          models: [{
            id: model.id, name: model.name, reasoning: false, input: ['text'],
            // The customer pays the provider by the customer's own key: OpenClaw is not asked to reckon.
            cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
            contextWindow: model.contextWindow, maxTokens: model.maxTokens,
          }],
        },
      },
    },
    agents: {
      defaults: {
        model: { primary: `${PROVIDER_ID}/${model.id}` },
        // On by default every 30 minutes; only "0m" turns it off.
        heartbeat: { every: '0m' },
        maxConcurrent: 2,
        ...(limits.subAgents === 0 ? {} : { subagents: { maxConcurrent: limits.subAgents, maxChildrenPerAgent: limits.subAgents, maxSpawnDepth: 1 } }),
      },
    },
    ...(allowBundled === null ? {} : { skills: { allowBundled } }),
    plugins: { allow: [PROVIDER_PLUGIN[model.api], 'admin-http-rpc'], slots: { memory: 'none' }, entries: { 'admin-http-rpc': { enabled: true } } },
    browser: { enabled: false },
    update: { checkOnStart: false, auto: { enabled: false } },
    telemetry: { enabled: false },
    discovery: { mdns: { mode: 'off' } },
    // Even the smallest tool profile keeps `gateway`, which updates and restarts; without sub-agents none is spawned.
    tools: { deny: ['gateway', 'browser', 'nodes', ...(limits.subAgents === 0 ? ['sessions_spawn'] : [])] },
    commands: { config: false, plugins: false, bash: false, restart: false },
    session: { dmScope: 'per-channel-peer' },
    logging: { level: 'info', consoleLevel: 'warn', consoleStyle: 'json', maxFileBytes: 10_485_760 },
  };
}

/** null = OpenClaw's own choice stands: the plan allows at least as many as it switches on. */
function allowedSkills(limit: number | null, chosen: readonly string[] | undefined): readonly string[] | null {
  if (chosen === undefined && (limit === null || limit >= READY_BUNDLED_SKILLS)) return null;
  const wanted = [...new Set(chosen ?? FIRST_SKILLS)];
  const allowed = limit === null ? wanted : wanted.slice(0, limit);
  return allowed.length === 0 ? [NO_SKILL] : allowed;
}
