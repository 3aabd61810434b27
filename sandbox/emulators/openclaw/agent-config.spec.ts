import { describe, expect, it } from 'vitest';
import { AgentConfigError, loadAgentConfig, parseAgentConfig } from './agent-config.js';

const provider = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: '${KEY}', api: 'anthropic-messages', models: [{ id: 'm1', maxTokens: 50 }] };
const good = {
  gateway: { mode: 'local', bind: 'lan', auth: { token: 'secret-token' }, http: { endpoints: { chatCompletions: { enabled: true } } } },
  models: { providers: { host: provider } },
  agents: { defaults: { model: { primary: 'host/m1' }, maxConcurrent: 2 } },
};
const parse = (config: unknown, environment = {}): ReturnType<typeof parseAgentConfig> => parseAgentConfig(JSON.stringify(config), environment);

function exitCodeOf(run: () => unknown): number {
  try {
    run();
  } catch (error) {
    if (error instanceof AgentConfigError) return error.exitCode;
    throw error;
  }
  throw new Error('was accepted');
}

describe('openclaw.json', () => {
  it('gives token, provider and model', () => {
    const config = parse(good, { KEY: 'k1' });
    expect(config).toMatchObject({ bind: 'lan', port: 18789, token: 'secret-token', chatCompletionsEnabled: true, maxConcurrent: 2 });
    expect(config.provider).toEqual({ providerId: 'host', baseUrl: provider.baseUrl, apiKey: 'k1', api: 'anthropic-messages', modelId: 'm1', maxTokens: 50 });
  });

  it('lets the file win over the environment, and falls back to it', () => {
    expect(parse(good, { OPENCLAW_GATEWAY_TOKEN: 'other' }).token).toBe('secret-token');
    expect(parse({ gateway: { ...good.gateway, auth: {} } }, { OPENCLAW_GATEWAY_TOKEN: 'other' }).token).toBe('other');
  });

  it.each([
    ['an unknown root key', { ...good, surprise: 1 }],
    ['no gateway.mode', { ...good, gateway: { bind: 'lan', auth: { token: 'x' } } }],
    ['no token on lan', { ...good, gateway: { mode: 'local', bind: 'lan' } }],
    ['a broken provider address', { ...good, models: { providers: { host: { baseUrl: 'nowhere' } } } }],
    ['a list', []],
  ])('is refused with 78 for %s', (_what, config) => expect(exitCodeOf(() => parse(config))).toBe(78));

  it('is refused with 78 when it is missing or broken, with 1 for a placeholder token', () => {
    expect(exitCodeOf(() => loadAgentConfig('/nonexistent/openclaw.json', {}))).toBe(78);
    expect(exitCodeOf(() => parseAgentConfig('{"gateway"', {}))).toBe(78);
    expect(exitCodeOf(() => parse({ ...good, gateway: { ...good.gateway, auth: { token: 'undefined' } } }))).toBe(1);
  });

  it('never tells its text in an error', () => {
    expect(() => parseAgentConfig('{"gateway":{"auth":{"token":"canary-77"}', {})).toThrow(expect.not.objectContaining({ message: expect.stringContaining('canary') as unknown }) as Error);
  });
});
