import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateKey } from '#database/secrets/envelope.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { createGatewayToken, hashToken } from '#database/secrets/token-hash.js';
import { startLlmEmulator, type LlmEmulator } from '#sandbox/emulators/llm/llm-emulator.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { createGatewayApp, type GatewayApp } from '../../apps/gateway/src/gateway.app.js';

const kek = { id: 'k1', key: generateKey() };
const messages = [{ role: 'user', content: 'hello crab' }];

/** One generation of each vendor, whole and streamed. */
const VENDORS = {
  openai: { path: '/openai/v1/chat/completions', streamPath: '/openai/v1/chat/completions', body: { model: 'gpt-5', messages }, key: 'sk-' },
  anthropic: { path: '/anthropic/v1/messages', streamPath: '/anthropic/v1/messages', body: { model: 'claude-haiku-4-5', max_tokens: 200, messages }, key: 'sk-ant-' },
  google: {
    path: '/google/v1beta/models/gemini-2.5-flash:generateContent',
    streamPath: '/google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    body: { contents: [{ role: 'user', parts: [{ text: 'hello crab' }] }] },
    key: 'AIza-',
  },
} as const;
type Vendor = keyof typeof VENDORS;
const NAMES = Object.keys(VENDORS) as Vendor[];

let database: TestDatabase;
let pool: pg.Pool;
let llm: LlmEmulator;
let gateway: GatewayApp;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  llm = await startLlmEmulator({ slowMs: 100, pieceDelayMs: 0 });
  gateway = await createGatewayApp({
    databaseUrl: database.url, poolSize: 4, encryptionKeys: [kek], logger: pino({ level: 'silent' }), limits: { limitsOf: () => undefined },
    baseUrls: { openai: `${llm.url}/openai/v1`, anthropic: `${llm.url}/anthropic/v1`, google: `${llm.url}/google/v1beta` },
  });
  await gateway.app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${((gateway.app.getHttpServer() as Server).address() as AddressInfo).port}`;
});
afterAll(async () => {
  await gateway.app.close();
  await llm.stop();
  await pool.end();
  await database.drop();
});
beforeEach(() => {
  llm.control.clearFaults();
  llm.control.clearRequests();
});

async function newInstance(vendor: Vendor, account: 'good' | 'bad' | 'exhausted' | 'slow'): Promise<{ token: string; instanceId: string }> {
  const [customerId, instanceId, token] = [randomUUID(), randomUUID(), createGatewayToken()];
  await pool.query("INSERT INTO customer (id, name, stage, service_level) VALUES ($1, 'Ann', 'active', 'full')", [customerId]);
  const ref = await new SecretVault(pool, [kek]).put(customerId, 'provider-key', vendor, `${VENDORS[vendor].key}${account}-0123456789`);
  await pool.query('INSERT INTO provider_key (customer_id, provider, secret_id, masked, tested_at) VALUES ($1, $2, $3, $4, now())', [customerId, vendor, ref, '…']);
  await pool.query(
    `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, settings, status, desired_state)
     VALUES ($1, $2, 'Claw', $3, 'pro', $4, 'm', '{}', 'running', 'running')`,
    [instanceId, customerId, `s-${instanceId.slice(0, 8)}`, vendor],
  );
  await pool.query('INSERT INTO gateway_token (token_hash, instance_id, customer_id, generation) VALUES ($1, $2, $3, 1)', [hashToken(token), instanceId, customerId]);
  return { token, instanceId };
}

function ask(vendor: Vendor, token: string, stream: boolean): Promise<Response> {
  const { path, streamPath, body } = VENDORS[vendor];
  const sent = stream && vendor !== 'google' ? { ...body, stream: true } : body;
  return fetch(`${url}${stream ? streamPath : path}`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(sent) });
}

describe.each(NAMES)('gateway and the emulated %s', (vendor) => {
  it.each([false, true])('answer and count the same tokens as the vendor (streamed: %s)', async (stream) => {
    const { token, instanceId } = await newInstance(vendor, 'good');
    const response = await ask(vendor, token, stream);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('crab')]);
    const recorded = llm.control.report().requests.at(-1);
    expect(recorded).toMatchObject({ provider: vendor, stream, status: 200 });
    const read = async (): Promise<unknown> =>
      (await pool.query('SELECT messages, input_tokens::int AS input, output_tokens::int AS output, estimated FROM usage_daily WHERE instance_id = $1', [instanceId])).rows[0];
    await expect.poll(read).toEqual({ messages: 1, input: recorded?.inputTokens, output: recorded?.outputTokens, estimated: false });
  });

  it.each(['bad', 'exhausted'] as const)('tell the owner to check a key that is %s, as a rate limit', async (account) => {
    const { token } = await newInstance(vendor, account);
    const response = await ask(vendor, token, true);
    expect(response.status).toBe(429);
    expect(await response.text()).toMatch(/Rate limit: .*should check the .* key/);
  });

  it('wait for a slow account', async () => {
    const { token } = await newInstance(vendor, 'slow');
    expect((await ask(vendor, token, true)).status).toBe(200);
  });

  it.each(['429', '500'] as const)('tell a %s of the vendor as a rate limit, after one try', async (kind) => {
    const { token } = await newInstance(vendor, 'good');
    llm.control.plan({ kind, count: 1, provider: vendor });
    expect((await ask(vendor, token, false)).status).toBe(429);
    expect(llm.control.report().total).toBe(1);
    expect((await ask(vendor, token, false)).status).toBe(200);
  });
});
