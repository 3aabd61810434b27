import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateKey } from '#database/secrets/envelope.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { createGatewayToken, hashToken } from '#database/secrets/token-hash.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { createGatewayApp, type GatewayApp } from './gateway.app.js';
import type { MessageLimits } from './limits/message-limits.js';
import { startFakeVendor, type FakeVendor } from './testing/fake-vendor.js';

const NOW = new Date('2026-11-20T10:00:00Z');
const TODAY = '2026-11-20';
const kek = { id: 'k1', key: generateKey() };

let database: TestDatabase;
let pool: pg.Pool;
let vault: SecretVault;
let vendor: FakeVendor;
let gateway: GatewayApp;
let url: string;
let logged = '';
const limits = new Map<string, MessageLimits>();

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 8 });
  vault = new SecretVault(pool, [kek]);
  vendor = await startFakeVendor();
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  });
  gateway = await createGatewayApp({
    databaseUrl: database.url,
    poolSize: 8,
    encryptionKeys: [kek],
    baseUrls: { openai: `${vendor.url}/openai/v1`, anthropic: `${vendor.url}/anthropic/v1`, google: `${vendor.url}/google/v1beta` },
    limits: { limitsOf: (planId, serviceLevel) => limits.get(`${planId}/${serviceLevel}`) },
    logger: pino({ level: 'info' }, sink),
    settings: { firstByteTimeoutMs: 3_000, idleTimeoutMs: 3_000, concurrentCallsPerInstance: 60 },
    now: () => NOW,
  });
  await gateway.app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${((gateway.app.getHttpServer() as Server).address() as AddressInfo).port}`;
});

afterAll(async () => {
  await gateway.app.close();
  await vendor.stop();
  await pool.end();
  await database.drop();
});

beforeEach(() => {
  vendor.reset();
  limits.clear();
});

interface Cell {
  customerId: string;
  instanceId: string;
  token: string;
}

async function addInstance(customerId: string, planId: string): Promise<Cell> {
  const [instanceId, token] = [randomUUID(), createGatewayToken()];
  await pool.query(
    `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, settings, status, desired_state)
     VALUES ($1, $2, $3, $3, $4, 'openai', 'gpt-5', '{}', 'running', 'running')`,
    [instanceId, customerId, `s-${instanceId.slice(0, 8)}`, planId],
  );
  await pool.query('INSERT INTO gateway_token (token_hash, instance_id, customer_id, generation) VALUES ($1, $2, $3, 1)', [hashToken(token), instanceId, customerId]);
  return { customerId, instanceId, token };
}

/** A customer with a key of each vendor named, and one instance. */
async function newCell(keys: Partial<Record<'openai' | 'anthropic' | 'google', string>> = { openai: 'sk-good-canary-0001' }, planId = 'pro'): Promise<Cell> {
  const customerId = randomUUID();
  await pool.query("INSERT INTO customer (id, name, stage, service_level) VALUES ($1, 'Ann', 'active', 'full')", [customerId]);
  for (const [provider, key] of Object.entries(keys)) {
    const ref = await vault.put(customerId, 'provider-key', provider, key);
    await pool.query('INSERT INTO provider_key (customer_id, provider, secret_id, masked, tested_at) VALUES ($1, $2, $3, $4, now())', [customerId, provider, ref, 'sk-…']);
  }
  return addInstance(customerId, planId);
}

const chat = { model: 'gpt-5', messages: [{ role: 'user', content: 'hello-canary-body' }] };

interface AskOptions {
  body?: unknown;
  path?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function ask(token: string, { body = chat, path = '/openai/v1/chat/completions', headers, signal }: AskOptions = {}): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: headers ?? { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function message(response: Response): Promise<string> {
  const body = (await response.json()) as { error: { message: string } };
  return body.error.message;
}

interface Usage {
  messages: number;
  input: number;
  output: number;
  estimated: boolean;
}

async function usage({ instanceId }: Cell): Promise<Usage | undefined> {
  const { rows } = await pool.query<Usage>(
    'SELECT messages, input_tokens::int AS input, output_tokens::int AS output, estimated FROM usage_daily WHERE instance_id = $1 AND day = $2',
    [instanceId, TODAY],
  );
  return rows[0];
}

describe('passing a call on', () => {
  it('adds the customer\'s key, drops the caller\'s, and counts one message and its tokens', async () => {
    const cell = await newCell();
    const response = await ask(cell.token, { headers: { authorization: `Bearer ${cell.token}`, 'content-type': 'application/json', cookie: 'a=b', 'x-secret': 's' } });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello there' } }] });
    expect(vendor.calls).toHaveLength(1);
    expect(vendor.calls[0]?.headers).toMatchObject({ authorization: 'Bearer sk-good-canary-0001' });
    expect(Object.keys(vendor.calls[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(['cookie']));
    expect(JSON.stringify(vendor.calls[0]?.headers)).not.toContain(cell.token);
    expect(vendor.calls[0]?.headers['x-secret']).toBeUndefined();
    await expect.poll(() => usage(cell)).toEqual({ messages: 1, input: 11, output: 7, estimated: false });
  });

  it('takes the token from each vendor\'s own header, and speaks to each vendor', async () => {
    const cell = await newCell({ anthropic: 'sk-ant-good-1', google: 'AIza-good-1' });
    const claude = { model: 'claude-haiku-4-5', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] };
    const anthropic = await ask(cell.token, { path: '/anthropic/v1/messages', body: claude, headers: { 'x-api-key': cell.token, 'anthropic-beta': 'b1' } });
    expect(anthropic.status).toBe(200);
    expect(vendor.calls[0]?.headers).toMatchObject({ 'x-api-key': 'sk-ant-good-1', 'anthropic-version': '2023-06-01', 'anthropic-beta': 'b1' });
    const path = '/google/v1beta/models/gemini-2.5-flash:generateContent';
    const google = await ask(cell.token, { path, body: { contents: [{ parts: [{ text: 'hi' }] }] }, headers: { 'x-goog-api-key': cell.token } });
    expect(google.status).toBe(200);
    expect(vendor.calls[1]).toMatchObject({ path: '/google/v1beta/models/gemini-2.5-flash:generateContent', headers: { 'x-goog-api-key': 'AIza-good-1' } });
    await expect.poll(() => usage(cell)).toEqual({ messages: 2, input: 22, output: 14, estimated: false });
  });

  it('streams each piece when it comes, and keeps the usage it asked for to itself', async () => {
    const cell = await newCell();
    vendor.hold();
    const response = await ask(cell.token, { body: { ...chat, stream: true } });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    // The vendor still holds the rest back: the first piece did not wait for it.
    expect(Buffer.from(first.value ?? []).toString()).toContain('Hello');
    vendor.letGo();
    let rest = '';
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) rest += Buffer.from(piece.value).toString();
    expect(rest).toContain('[DONE]');
    expect(rest).not.toContain('prompt_tokens');
    expect(vendor.calls[0]?.body).toMatchObject({ stream_options: { include_usage: true } });
    await expect.poll(() => usage(cell)).toEqual({ messages: 1, input: 11, output: 7, estimated: false });
  });

  it('gives the usage chunk to a caller that asked for it', async () => {
    const cell = await newCell();
    const response = await ask(cell.token, { body: { ...chat, stream: true, stream_options: { include_usage: true } } });
    expect(await response.text()).toContain('"prompt_tokens":11');
  });

  it('hangs up at the vendor when the caller leaves, and counts what passed as an estimate', async () => {
    const cell = await newCell();
    vendor.hold();
    const caller = new AbortController();
    const response = await ask(cell.token, { body: { ...chat, stream: true }, signal: caller.signal });
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    caller.abort();
    await expect.poll(() => vendor.calls[0]?.aborted).toBe(true);
    await expect.poll(async () => (await usage(cell))?.estimated).toBe(true);
    expect(await usage(cell)).toMatchObject({ messages: 1, output: 2 });
  });

  it('does not count a tool\'s result as a message, nor a list of models as anything', async () => {
    const cell = await newCell();
    const tool = { model: 'gpt-5', messages: [...chat.messages, { role: 'tool', content: '4', tool_call_id: 'c1' }] };
    expect((await ask(cell.token, { body: tool })).status).toBe(200);
    await expect.poll(() => usage(cell)).toMatchObject({ messages: 0, input: 11 });
    const models = await fetch(`${url}/openai/v1/models`, { headers: { authorization: `Bearer ${cell.token}` } });
    expect([models.status, await models.json()]).toEqual([200, { object: 'list', data: [] }]);
  });

  it('does not gather an answer in memory when the caller reads slowly', async () => {
    const cell = await newCell();
    vendor.answerWith('flood');
    const response = await new Promise<NodeJS.ReadableStream>((resolve) => {
      const request = httpRequest(`${url}/openai/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${cell.token}` } }, resolve);
      request.end(JSON.stringify({ ...chat, stream: true }));
    });
    response.pause();
    await expect.poll(() => vendor.stalled, { timeout: 45_000 }).toBe(true);
    expect(vendor.floodedBytes).toBeLessThan(30 * 1024 * 1024);
    (response as unknown as { destroy(): void }).destroy();
    await expect.poll(() => vendor.calls[0]?.aborted).toBe(true);
  });
});

describe('who may call', () => {
  it('refuses no token, a foreign one, a wrong one, in each vendor\'s shape', async () => {
    expect(await (await ask('', { headers: {} })).json()).toMatchObject({ error: { code: 'invalid_api_key' } });
    const anthropic = await ask('', { path: '/anthropic/v1/messages', headers: { 'x-api-key': createGatewayToken() } });
    expect([anthropic.status, await anthropic.json()]).toMatchObject([401, { type: 'error', error: { type: 'authentication_error' } }]);
    const google = await ask('', { path: '/google/v1beta/models/gemini-2.5-flash:generateContent', headers: { 'x-goog-api-key': 'sk-good-1' } });
    expect([google.status, await google.json()]).toMatchObject([401, { error: { status: 'UNAUTHENTICATED' } }]);
    expect(vendor.calls).toEqual([]);
  });

  it('refuses a revoked token at once', async () => {
    const cell = await newCell();
    expect((await ask(cell.token)).status).toBe(200);
    await pool.query('UPDATE gateway_token SET revoked_at = now() WHERE instance_id = $1', [cell.instanceId]);
    expect((await ask(cell.token)).status).toBe(401);
  });

  it('refuses a token in the address and names the header', async () => {
    const cell = await newCell();
    const response = await ask(cell.token, { path: `/google/v1beta/models/gemini-2.5-flash:generateContent?key=${cell.token}` });
    expect(response.status).toBe(400);
    expect(await message(response)).toContain('x-goog-api-key');
    expect(logged).not.toContain(cell.token);
  });
});

describe('limits of the plan', () => {
  it('lets exactly as many through as the plan allows, however many come at once and from whichever instance', async () => {
    limits.set('free/full', { messagesPerMonth: 7, messagesPerDay: null });
    const first = await newCell({ openai: 'sk-good-1' }, 'free');
    const second = await addInstance(first.customerId, 'free');
    const statuses = await Promise.all(Array.from({ length: 30 }, async (_, index) => (await ask((index % 2 === 0 ? first : second).token)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(7);
    expect(statuses.filter((status) => status === 429)).toHaveLength(23);
    expect(vendor.calls).toHaveLength(7);
    expect(((await usage(first))?.messages ?? 0) + ((await usage(second))?.messages ?? 0)).toBe(7);
  });

  it('says when it resets, as a rate limit and in the vendor\'s shape, and never as a matter of money', async () => {
    limits.set('free/full', { messagesPerMonth: 1, messagesPerDay: null });
    limits.set('daily/full', { messagesPerMonth: null, messagesPerDay: 0 });
    const monthly = await newCell({ openai: 'sk-good-1' }, 'free');
    await ask(monthly.token);
    const refused = await ask(monthly.token);
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(await refused.json()).toEqual({
      error: { message: 'Monthly limit reached, resets on 1 December 2026 (UTC)', type: 'requests', param: null, code: 'rate_limit_exceeded' },
    });
    const daily = await newCell({ anthropic: 'sk-ant-good-1' }, 'daily');
    const claude = { model: 'claude-haiku-4-5', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };
    const response = await ask(daily.token, { path: '/anthropic/v1/messages', body: claude });
    expect(await response.json()).toEqual({ type: 'error', error: { type: 'rate_limit_error', message: 'Daily limit reached, resets on 21 November 2026 (UTC)' } });
  });

  it('counts the month\'s earlier days, not the month before', async () => {
    limits.set('free/full', { messagesPerMonth: 5, messagesPerDay: null });
    const cell = await newCell({ openai: 'sk-good-1' }, 'free');
    await pool.query("INSERT INTO usage_daily (instance_id, customer_id, day, messages) VALUES ($1, $2, '2026-10-31', 90), ($1, $2, '2026-11-01', 4)", [cell.instanceId, cell.customerId]);
    expect([(await ask(cell.token)).status, (await ask(cell.token)).status]).toEqual([200, 429]);
  });

  it('applies the limits of the downgraded plan to a customer that is downgraded', async () => {
    limits.set('pro/downgraded', { messagesPerMonth: 0, messagesPerDay: null });
    const cell = await newCell();
    await pool.query("UPDATE customer SET service_level = 'downgraded' WHERE id = $1", [cell.customerId]);
    expect((await ask(cell.token)).status).toBe(429);
  });

  it('gives the message back when the vendor does not answer it', async () => {
    limits.set('free/full', { messagesPerMonth: 1, messagesPerDay: null });
    const cell = await newCell({ openai: 'sk-good-1' }, 'free');
    vendor.answerWith('500');
    expect((await ask(cell.token)).status).toBe(429);
    await expect.poll(() => usage(cell)).toMatchObject({ messages: 0 });
    vendor.answerWith('ok');
    expect((await ask(cell.token)).status).toBe(200);
  });
});

describe('a vendor in trouble', () => {
  it.each([
    ['401', /check the OpenAI key/],
    ['402', /check the OpenAI key/],
    ['quota', /check the OpenAI key/],
    ['429', /^Rate limit of OpenAI reached.* 20 seconds/],
    ['500', /no answers at the moment/],
    ['hang', /no answers at the moment/],
    ['redirect', /no answers at the moment/],
  ] as const)('%s becomes a rate limit, after one try', async (trouble, sentence) => {
    const cell = await newCell();
    vendor.answerWith(trouble);
    const response = await ask(cell.token);
    expect(response.status).toBe(429);
    expect(await message(response)).toMatch(sentence);
    expect(vendor.calls).toHaveLength(1);
  });

  it('is told inside a stream that breaks off', async () => {
    const cell = await newCell();
    vendor.answerWith('cut');
    vendor.hold();
    const response = await ask(cell.token, { body: { ...chat, stream: true } });
    vendor.letGo();
    const text = await response.text();
    expect(text).toContain('Hello');
    expect(text).toMatch(/data: \{"error":\{"message":"Rate limit: OpenAI gives no answers/);
    await expect.poll(async () => (await usage(cell))?.estimated).toBe(true);
  });

  it('is passed on as it is where the request is at fault, without the key', async () => {
    const cell = await newCell();
    vendor.answerWith('400');
    const response = await ask(cell.token);
    expect(response.status).toBe(400);
    expect(await message(response)).toBe('bad field, you used ***');
  });

  it('is a closed port: told at once', async () => {
    const cell = await newCell();
    await vendor.pausePort(async () => {
      const response = await ask(cell.token);
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30']);
    });
  });
});

describe('a customer without a usable key', () => {
  it('is told to add one', async () => {
    const cell = await newCell({});
    expect(await message(await ask(cell.token))).toContain('no OpenAI key yet');
  });

  it('is told to check it when its record was tampered with', async () => {
    const cell = await newCell();
    await pool.query("UPDATE secret SET record = set_byte(record, 40, (get_byte(record, 40) + 1) % 256) WHERE customer_id = $1", [cell.customerId]);
    expect(await message(await ask(cell.token))).toContain('check the OpenAI key');
    expect(await usage(cell)).toBeUndefined();
  });
});

describe('bad input', () => {
  it.each([
    ['no JSON', '{', 400],
    ['an array', '[]', 400],
    ['nothing', '', 400],
    ['more than 10 MB', `{"x":"${'a'.repeat(10 * 1024 * 1024)}"}`, 413],
  ])('%s is refused in the vendor\'s shape', async (_name, body, status) => {
    const cell = await newCell();
    const response = await ask(cell.token, { body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(vendor.calls).toEqual([]);
  });

  it('is an address that is not offered', async () => {
    const cell = await newCell();
    expect((await ask(cell.token, { path: '/openai/v1/files' })).status).toBe(404);
    expect((await ask(cell.token, { path: '/openai/%zz' })).status).toBe(400);
    const elsewhere = await fetch(`${url}/admin`);
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
  });
});

describe('health and logs', () => {
  it('tells the truth', async () => {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ok: true, parts: { database: 'up' } });
  });

  it('is not ready without Postgres, and says so to instances as a rate limit', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const { app } = await createGatewayApp({
      databaseUrl: `postgres://nobody:x@127.0.0.1:${port}/none`, poolSize: 2, encryptionKeys: [kek],
      baseUrls: { openai: vendor.url, anthropic: vendor.url, google: vendor.url }, limits: { limitsOf: () => undefined }, logger: pino({ level: 'silent' }),
    });
    await app.listen(0, '127.0.0.1');
    const address = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`;
    expect((await fetch(`${address}/readyz`)).status).toBe(503);
    const response = await fetch(`${address}/openai/v1/models`, { headers: { authorization: `Bearer ${createGatewayToken()}` } });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '10']);
    await app.close();
  });

  it('counts calls by outcome', async () => {
    expect(await gateway.metrics.registry.metrics()).toMatch(/clawkeep_gateway_calls_total\{vendor="openai",outcome="answered"\} \d+/);
  });

  it('writes no body, key or token into the log', () => {
    expect(logged).toContain('"outcome":"answered"');
    expect(logged).toContain('"instanceId"');
    expect(logged).not.toMatch(/canary|ckg_|sk-good|Bearer/);
  });
});
