import { describe, expect, it } from 'vitest';
import { agentOfImage, buildContainerEnvironment, containerLimits } from './container.js';
import type { Model } from './model.types.js';
import { buildOpenClawConfig, type OpenClawConfigInput } from './openclaw-config.js';

const model: Model = { id: 'gpt-5-mini', name: 'GPT-5 mini', provider: 'openai', api: 'openai-completions', contextWindow: 400_000, maxTokens: 128_000 };
const limits = { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: 20, agents: 1, subAgents: 5 };
const input = (over: Partial<OpenClawConfigInput> = {}): OpenClawConfigInput => ({
  plan: { limits }, model, gatewayBaseUrl: 'http://host.docker.internal:4401/', agentToken: 'agent-token', gatewayToken: 'gateway-token', ...over,
});
/** Root keys of OpenClaw 2026.9's schema that we use; any other would keep it from starting. */
const KNOWN_ROOT_KEYS = ['agents', 'browser', 'commands', 'discovery', 'gateway', 'logging', 'models', 'plugins', 'session', 'skills', 'telemetry', 'tools', 'update'];

describe('openclaw.json', () => {
  it('golden: a paid instance behind the OpenAI path of the gateway', () => {
    expect(buildOpenClawConfig(input({ publicOrigin: 'https://mira.clawkeep.example', trustedProxies: ['172.31.4.1'] }))).toEqual({
      gateway: {
        mode: 'local', bind: 'lan', port: 18789, auth: { mode: 'token', token: 'agent-token' },
        http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
        terminal: { enabled: false }, trustedProxies: ['172.31.4.1'],
        controlUi: { allowedOrigins: ['https://mira.clawkeep.example'], communityInvite: false },
      },
      models: {
        mode: 'replace',
        providers: {
          clawkeep: {
            baseUrl: 'http://host.docker.internal:4401/openai/v1', apiKey: 'gateway-token', api: 'openai-completions',
            models: [{
              id: 'gpt-5-mini', name: 'GPT-5 mini', reasoning: false, input: ['text'], cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
              contextWindow: 400_000, maxTokens: 128_000,
            }],
          },
        },
      },
      agents: {
        defaults: {
          model: { primary: 'clawkeep/gpt-5-mini' }, heartbeat: { every: '0m' }, maxConcurrent: 2,
          subagents: { maxConcurrent: 5, maxChildrenPerAgent: 5, maxSpawnDepth: 1 },
        },
      },
      plugins: { allow: ['openai', 'admin-http-rpc'], slots: { memory: 'none' }, entries: { 'admin-http-rpc': { enabled: true } } },
      browser: { enabled: false },
      update: { checkOnStart: false, auto: { enabled: false } },
      telemetry: { enabled: false },
      discovery: { mdns: { mode: 'off' } },
      tools: { deny: ['gateway', 'browser', 'nodes'] },
      commands: { config: false, plugins: false, bash: false, restart: false },
      session: { dmScope: 'per-channel-peer' },
      logging: { level: 'info', consoleLevel: 'warn', consoleStyle: 'json', maxFileBytes: 10_485_760 },
    });
  });

  it.each([
    ['anthropic-messages', 'anthropic', 'http://host.docker.internal:4401/anthropic'],
    ['google-generative-ai', 'google', 'http://host.docker.internal:4401/google/v1beta'],
  ] as const)('%s: its own path and plugin', (api, provider, baseUrl) => {
    const config = buildOpenClawConfig(input({ model: { ...model, provider, api } }));
    expect(config).toMatchObject({ models: { providers: { clawkeep: { api, baseUrl } } }, plugins: { allow: [provider, 'admin-http-rpc'] } });
  });

  it.each([
    ['a small plan, nothing chosen', 3, undefined, ['weather', 'summarize', 'skill-creator']],
    ['more chosen than the plan has', 2, ['github', 'github', 'trello', 'notion'], ['github', 'trello']],
    ['a plan without skills', 0, ['github'], ['none']],
    ['nothing wanted', null, [], ['none']],
    ['no limit', null, ['github'], ['github']],
  ])('skills: %s', (_what, skills, chosen, allowBundled) => {
    expect(buildOpenClawConfig(input({ plan: { limits: { ...limits, skills } }, ...(chosen === undefined ? {} : { skills: chosen }) }))['skills']).toEqual({ allowBundled });
  });
  it('skills: a plan with room for all that are ready leaves the choice to OpenClaw', () => expect(buildOpenClawConfig(input())).not.toHaveProperty('skills'));

  it('a plan without sub-agents spawns none', () => {
    const config = buildOpenClawConfig(input({ plan: { limits: { ...limits, subAgents: 0 } } }));
    expect(config['tools']).toEqual({ deny: ['gateway', 'browser', 'nodes', 'sessions_spawn'] });
    expect(config).not.toHaveProperty('agents.defaults.subagents');
  });

  it('knows only root keys of the schema', () => {
    for (const key of Object.keys(buildOpenClawConfig(input({ skills: ['github'] })))) expect(KNOWN_ROOT_KEYS).toContain(key);
  });

  it('needs two tokens that differ', () => {
    expect(() => buildOpenClawConfig(input({ agentToken: '' }))).toThrow('two tokens');
    expect(() => buildOpenClawConfig(input({ agentToken: 'same', gatewayToken: 'same' }))).toThrow('two different');
  });
});

describe('the container', () => {
  const plan = { size: { memoryMiB: 2048, cpus: 2, pidsLimit: 512 }, sandboxSize: { memoryMiB: 256, cpus: 0.5, pidsLimit: 64 } };
  it('has the size of what runs in it', () => {
    expect(containerLimits(plan, 'openclaw')).toEqual({ memoryMiB: 2048, cpus: 2, pidsLimit: 512, tmpfsMiB: 128 });
    expect(containerLimits(plan, 'light')).toEqual({ memoryMiB: 256, cpus: 0.5, pidsLimit: 64, tmpfsMiB: 16 });
  });
  it.each([
    ['clawkeep/openclaw-light:abc123', 'light'], ['registry.example:5000/clawkeep/openclaw-light@sha256:00', 'light'], ['clawkeep/openclaw-light', 'light'],
    ['ghcr.io/openclaw/openclaw:2026.9.6', 'openclaw'], ['evil/not-clawkeep/openclaw-lightning:1', 'openclaw'],
  ])('%s holds %s', (image, agent) => expect(agentOfImage(image)).toBe(agent));
  it('has an environment without secrets, its heap within its memory', () => {
    const environment = buildContainerEnvironment(containerLimits(plan, 'openclaw'));
    expect(environment['NODE_OPTIONS']).toBe('--max-old-space-size=512 --max-semi-space-size=8');
    expect(buildContainerEnvironment(containerLimits(plan, 'light'))['NODE_OPTIONS']).toBe('--max-old-space-size=128 --max-semi-space-size=8');
    expect(Object.keys(environment).filter((name) => /TOKEN|KEY|SECRET|PASSWORD/.test(name))).toEqual([]);
  });
});
