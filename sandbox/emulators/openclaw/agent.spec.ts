import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildAgentBundle } from './bundle.js';

const TOKEN = 'agent-token-canary';
const KEY = 'provider-key-canary';
const TEXT = 'message-text-canary';

interface Call {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

let folder: string;
let bundle: string;
let provider: Server;
let calls: Call[];
let answer: (response: ServerResponse, call: Call) => void;
let agent: ChildProcess | undefined;
let output: string[];

const openaiAnswer = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\ndata: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } })}\n\ndata: [DONE]\n\n`);
};
const refuse = (status: number, error: object, headers = {}) => (response: ServerResponse): void => void response.writeHead(status, headers).end(JSON.stringify({ error }));

function writeConfig(change: Record<string, unknown> = {}, api = 'openai-completions', token = TOKEN): void {
  const config = {
    gateway: { mode: 'local', bind: 'loopback', auth: { token }, http: { endpoints: { chatCompletions: { enabled: true } } } },
    models: { providers: { host: { baseUrl: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`, apiKey: KEY, api, models: [{ id: 'm1' }] } } },
    agents: { defaults: { model: 'host/m1' } },
    ...change,
  };
  const file = join(folder, 'cfg', 'openclaw.json');
  writeFileSync(`${file}.next`, JSON.stringify(config));
  renameSync(`${file}.next`, file);
}

/** Starts the agent and resolves with its port, or with its exit code when it left. */
async function start(): Promise<{ port: number }> {
  agent = spawn(process.execPath, [bundle], {
    env: { OPENCLAW_CONFIG_PATH: join(folder, 'cfg', 'openclaw.json'), OPENCLAW_STATE_DIR: join(folder, 'state'), OPENCLAW_GATEWAY_PORT: '0', OPENCLAW_LIGHT_RETRIES: '1', OPENCLAW_LIGHT_RETRY_DELAY_MS: '10', OPENCLAW_LIGHT_SICK_FILE: join(folder, 'sick') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  output = [];
  const lines = createInterface({ input: agent.stdout as NodeJS.ReadableStream });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      output.push(line);
      const event = JSON.parse(line) as { event: string; port: number };
      if (event.event === 'listening') resolve({ port: event.port });
    });
    agent?.once('exit', (code) => reject(new Error(`exit ${code}`)));
  });
}

async function stop(): Promise<number | null> {
  if (!agent || agent.exitCode !== null) return agent?.exitCode ?? null;
  const exited = once(agent, 'exit') as Promise<[number | null]>;
  agent.kill('SIGTERM');
  const [code] = await exited;
  return code;
}

async function untilLogged(event: string): Promise<void> {
  await expect.poll(() => output.some((line) => line.includes(`"event":"${event}"`)), { timeout: 45_000, interval: 20 }).toBe(true);
}

function chat(port: number, more: Record<string, unknown> = {}, headers: Record<string, string> = {}, text = TEXT): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    body: JSON.stringify({ model: 'openclaw', messages: [{ role: 'user', content: text }], ...more }),
  });
}
const errorOf = async (response: Response): Promise<string> => ((await response.json()) as { error: { message: string } }).error.message;

beforeAll(async () => {
  bundle = await buildAgentBundle({ outFile: join(mkdtempSync(join(tmpdir(), 'ck-agent-bundle-')), 'agent.mjs') });
  provider = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const call = { path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown> };
      calls.push(call);
      answer(response, call);
    });
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  provider.close();
  rmSync(join(bundle, '..'), { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ck-agent-'));
  mkdirSync(join(folder, 'cfg'));
  calls = [];
  answer = (response) => openaiAnswer(response, 'pong');
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the light agent', () => {
  it('starts, tells its health, and stops with 0', async () => {
    writeConfig();
    const { port } = await start();
    const get = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
    expect(await get('/health')).toEqual({ ok: true, status: 'live' });
    expect(await get('/healthz')).toEqual({ ok: true, status: 'live' });
    expect(await get('/startup')).toEqual({ ok: true, status: 'started' });
    expect(await get('/startupz')).toEqual({ ok: true, status: 'started' });
    expect(await get('/readyz')).toMatchObject({ ready: true });
    // A page that does not exist answers 200 with the control page, as OpenClaw's does: a probe must read the JSON.
    const page = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await stop()).toBe(0);
  });

  it('leaves with 78 without a configuration', async () => {
    await expect(start()).rejects.toThrow('exit 78');
  });

  it('answers whole and streamed, in OpenAI’s shapes', async () => {
    writeConfig();
    const { port } = await start();
    const whole = (await (await chat(port)).json()) as Record<string, unknown>;
    expect(whole).toMatchObject({ object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'pong' }, finish_reason: 'stop' }], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } });
    expect(calls[0]).toMatchObject({ path: '/v1/chat/completions', headers: { authorization: `Bearer ${KEY}` }, body: { model: 'm1', stream: true } });
    expect(calls[0]?.body).not.toHaveProperty('stream_options');

    const streamed = await (await chat(port, { stream: true, stream_options: { include_usage: true } })).text();
    const events = streamed.split('\n\n').filter(Boolean).map((line) => line.slice('data: '.length));
    expect(events.at(-1)).toBe('[DONE]');
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event) as { choices: { delta: { content?: string }; finish_reason: string | null }[]; usage?: object });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('pong');
    expect(chunks.some((chunk) => chunk.choices[0]?.finish_reason === 'stop')).toBe(true);
    expect(chunks.at(-1)?.usage).toEqual({ prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 });
  });

  it('keeps a conversation over a restart, and none without a key', async () => {
    writeConfig();
    const first = await start();
    await chat(first.port, { user: 'u1' }, {}, 'one');
    await chat(first.port, {}, { 'x-openclaw-session-key': 'u1' }, 'two');
    await chat(first.port, {}, {}, 'alone');
    await stop();
    const second = await start();
    await chat(second.port, { user: 'u1' }, {}, 'three');
    const said = (call: Call | undefined): string[] => (call?.body.messages as { role: string; content: string }[]).filter((message) => message.role === 'user').map((message) => message.content);
    expect(calls.map(said)).toEqual([['one'], ['one', 'two'], ['alone'], ['one', 'two', 'three']]);
    expect(readdirSync(join(folder, 'state', 'agents', 'main', 'sessions'))).toHaveLength(1);
  });

  it('speaks to Anthropic and to Google', async () => {
    answer = (response) => response.end(`data: ${JSON.stringify({ type: 'message_start', message: { usage: { input_tokens: 3 } } })}\n\ndata: ${JSON.stringify({ type: 'content_block_delta', delta: { text: 'salve' } })}\n\ndata: ${JSON.stringify({ type: 'message_delta', usage: { output_tokens: 4 } })}\n\n`);
    writeConfig({}, 'anthropic-messages');
    const { port } = await start();
    expect(await (await chat(port)).json()).toMatchObject({ choices: [{ message: { content: 'salve' } }], usage: { total_tokens: 7 } });
    expect(calls[0]).toMatchObject({ path: '/v1/messages', headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' } });

    answer = (response) => response.end(`data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: 'ciao' }] } }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 } })}\n\n`);
    writeConfig({}, 'google-generative-ai');
    await untilLogged('config_reloaded');
    expect(await (await chat(port)).json()).toMatchObject({ choices: [{ message: { content: 'ciao' } }] });
    expect(calls[1]).toMatchObject({ path: '/v1/models/m1:streamGenerateContent?alt=sse', headers: { 'x-goog-api-key': KEY } });
  });

  it('takes a new token without a restart, and keeps the last good configuration when the next is broken', async () => {
    writeConfig();
    const { port } = await start();
    writeConfig({}, 'openai-completions', 'rotated');
    await untilLogged('config_reloaded');
    expect((await chat(port)).status).toBe(401);
    expect((await chat(port, {}, { authorization: 'Bearer rotated' })).status).toBe(200);
    writeConfig({ surprise: true });
    await untilLogged('config_reload_skipped');
    expect((await chat(port, {}, { authorization: 'Bearer rotated' })).status).toBe(200);
  });

  it('passes a rate limit on in its words, tries a broken provider a few times, and goes on working', async () => {
    writeConfig();
    const { port } = await start();
    answer = refuse(429, { message: 'Daily limit reached, resets tomorrow' }, { 'retry-after': '60' });
    const limited = await chat(port);
    expect([limited.status, limited.headers.get('retry-after'), await errorOf(limited)]).toEqual([429, '60', 'Daily limit reached, resets tomorrow']);
    expect(calls).toHaveLength(1);
    answer = refuse(503, { message: 'overloaded' });
    expect([(await chat(port)).status, calls.length]).toEqual([502, 3]);
    answer = refuse(401, { message: 'bad key' });
    expect((await chat(port)).status).toBe(502);
    expect(calls).toHaveLength(4);
    answer = (response) => openaiAnswer(response, 'pong');
    expect((await chat(port)).status).toBe(200);
  });

  it('sets a provider without money aside, over a restart too', async () => {
    writeConfig();
    answer = refuse(402, { message: 'no credits' });
    const first = await start();
    const refused = await chat(first.port);
    expect([refused.status, await errorOf(refused)]).toEqual([402, 'no credits']);
    answer = (response) => openaiAnswer(response, 'pong');
    expect((await chat(first.port)).status).toBe(500);
    await stop();
    const second = await start();
    expect((await chat(second.port)).status).toBe(500);
    expect(calls).toHaveLength(1);
  });

  it('says 408 when nobody listens at the provider’s address', async () => {
    writeConfig({ models: { providers: { host: { baseUrl: 'http://127.0.0.1:1/v1', models: [{ id: 'm1' }] } } } });
    const { port } = await start();
    expect((await chat(port)).status).toBe(408);
  });

  it('refuses bad bodies, bad tokens and forwarded requests of strangers', async () => {
    writeConfig();
    const { port } = await start();
    expect((await chat(port, { messages: [] })).status).toBe(400);
    expect((await chat(port, { model: 'gpt-4' })).status).toBe(400);
    expect((await chat(port, {}, { 'x-forwarded-for': '1.2.3.4' })).status).toBe(403);
    for (let attempt = 0; attempt < 10; attempt += 1) expect((await chat(port, {}, { authorization: 'Bearer wrong' })).status).toBe(401);
    const locked = await chat(port);
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(200);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  it('is alive but sick while the emulator says so', async () => {
    writeConfig();
    const { port } = await start();
    writeFileSync(join(folder, 'sick'), '');
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
    expect((await chat(port)).status).toBe(503);
    rmSync(join(folder, 'sick'));
    expect((await chat(port)).status).toBe(200);
  });

  it('logs JSON lines without a token, a key or a word of the conversation', async () => {
    writeConfig();
    answer = (response) => openaiAnswer(response, 'answer-canary');
    const { port } = await start();
    await chat(port, { user: 'session-canary' });
    await chat(port, {}, { authorization: 'Bearer guess-canary' });
    await stop();
    expect(output.length).toBeGreaterThan(2);
    expect(output.join('\n')).not.toContain('canary');
  });
});
