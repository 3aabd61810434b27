import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { INTERNAL_TOKEN_HEADER, isInternalToken } from '#config/internal-token.js';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';
import { openStream } from '../../test/event-reader.js';
import { Database } from '../database/database.js';

interface Heard { authorization: string | undefined; body: { messages: { content: string }[]; user: string; stream: boolean } }

let api: ApiUnderTest;
let ann: SignedIn;
let agent: Server;
let worker: Server;
let heard: Heard[] = [];
let respond: (body: Heard['body'], response: ServerResponse) => void;
const id = randomUUID();

const listen = async (handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> => {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  agent = await listen((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      const body = JSON.parse(text) as Heard['body'];
      heard.push({ authorization: request.headers.authorization, body });
      respond(body, response);
    });
  });
  worker = await listen((request, response) => {
    const url = new URL(request.url!, 'http://worker');
    if (!isInternalToken(request.headers[INTERNAL_TOKEN_HEADER], api.environment.AUTH_SECRET, 'worker')) return void response.writeHead(401).end();
    if (url.pathname !== `/internal/hosts/host-1/instances/${id}/logs`) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (let line = 1; line <= 3; line += 1) response.write(`${JSON.stringify({ at: '2026-11-21T09:00:00Z', stream: 'stdout', text: `line ${line} of ${url.searchParams.get('tail')}` })}\n`);
    if (url.searchParams.get('follow') !== '1') response.end();
  });
  api = await ApiUnderTest.start({ WORKER_INTERNAL_PORT: String(portOf(worker)) });
  ann = await api.signUp('ann@example.com');
  await api.addHost(1);
  await api.rows(`INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state, host_id) VALUES ($1, $2, 'A', 'aaa', 'free', 'openai', 'm', 'running', 'running', 'host-1')`, [id, ann.customerId]);
  await api.rows(`INSERT INTO route (instance_id, subdomain, host_id, address, port) VALUES ($1, 'aaa', 'host-1', '127.0.0.1', $2)`, [id, portOf(agent)]);
  await new SecretVault(api.app.get(Database).source, api.environment.ENCRYPTION_KEYS).put(ann.customerId, 'agent_token', id, 'the-agents-token');
});
afterAll(async () => {
  await api.stop();
  for (const server of [agent, worker]) { server.closeAllConnections(); server.close(); }
});
beforeEach(() => {
  heard = [];
  respond = (body, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices: [{ message: { content: `You said ${body.messages[0]!.content}` } }], usage: { prompt_tokens: 3, completion_tokens: 4 } }));
});

const path = `/api/v1/instances/${id}/chat`;
const chat = (body: object, headers: Record<string, string> = {}) => api.call('POST', path, { body, cookie: ann.cookie, headers });
const chunk = (body: object): string => `data: ${JSON.stringify(body)}\n\n`;

describe('POST /instances/:id/chat', () => {
  it('asks the agent with its own token, and keeps the conversation by its id', async () => {
    const first = await chat({ message: 'Hello' });
    expect(first).toMatchObject({ status: 200, body: { answer: 'You said Hello', usage: { inputTokens: 3, outputTokens: 4 } } });
    await chat({ message: 'And now?', conversationId: first.body['conversationId'] });
    expect(heard.map(({ authorization, body }) => [authorization, body.user, body.stream])).toEqual(Array(2).fill(['Bearer the-agents-token', first.body['conversationId'], false]));
  });

  it('asks once under one Idempotency-Key', async () => {
    const answers = [await chat({ message: 'Once' }, { 'idempotency-key': 'c1' }), await chat({ message: 'Once' }, { 'idempotency-key': 'c1' })];
    expect(answers[1]!.body).toEqual(answers[0]!.body);
    expect(heard).toHaveLength(1);
  });

  it('streams: pieces, then done', async () => {
    respond = (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ choices: [{ delta: { role: 'assistant' } }] }) + chunk({ choices: [{ delta: { content: 'Good ' } }] }) + chunk({ choices: [{ delta: { content: 'day' } }] }));
      response.end(chunk({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }) + 'data: [DONE]\n\n');
    };
    const stream = await openStream(`${api.url}${path}`, { cookie: ann.cookie, 'content-type': 'application/json' }, { method: 'POST', body: JSON.stringify({ message: 'Hi', conversationId: 'c-1' }) });
    expect([await stream.next(), await stream.next(), await stream.next()].map(({ event, data }) => [event, data])).toEqual([
      ['delta', { text: 'Good ' }], ['delta', { text: 'day' }], ['done', { conversationId: 'c-1', usage: { inputTokens: 1, outputTokens: 2 } }],
    ]);
    stream.close();
  });

  it.each<[string, number, object, number, string]>([
    ['a limit of the plan', 429, { error: { message: '⚠️ Monthly limit reached, resets on 1 December 2026 (UTC)', type: 'rate_limit_error' } }, 429, 'MESSAGE_LIMIT'],
    ['a limit of the provider', 429, { error: { message: 'Rate limit of OpenAI reached. Please write again in 20 seconds.' } }, 429, 'PROVIDER_LIMIT'],
    ['a failed turn', 502, { error: { message: 'secret internals' } }, 502, 'ASSISTANT_FAILED'],
    ['a wrong token', 401, {}, 502, 'ASSISTANT_FAILED'],
    ['not ready', 503, {}, 503, 'ASSISTANT_UNREACHABLE'],
    ['too late', 408, {}, 504, 'ASSISTANT_TIMEOUT'],
  ])('tells %s in our words, whole and streamed', async (_what, status, body, expected, code) => {
    respond = (_asked, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    for (const headers of [{}, { accept: 'text/event-stream' }] as Record<string, string>[]) {
      const answer = await chat({ message: 'Hi' }, headers);
      expect([answer.status, answer.body['code']]).toEqual([expected, code]);
      expect(answer.text).not.toContain('secret internals');
    }
  });

  it('says an answer that breaks off half way as an event', async () => {
    respond = (_body, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }); response.write(chunk({ choices: [{ delta: { content: 'Half' } }] }), () => response.destroy()); };
    const stream = await openStream(`${api.url}${path}`, { cookie: ann.cookie, 'content-type': 'application/json' }, { method: 'POST', body: JSON.stringify({ message: 'Hi' }) });
    expect((await stream.next()).event).toBe('delta');
    expect(await stream.next()).toMatchObject({ event: 'error', data: { code: 'ASSISTANT_UNREACHABLE' } });
    stream.close();
  });

  it('names the status of an assistant that does not run, and the field of a message that is none', async () => {
    await api.rows(`UPDATE instance SET status = 'stopped' WHERE id = $1`, [id]);
    expect(await chat({ message: 'Hi' })).toMatchObject({ status: 409, body: { code: 'INSTANCE_NOT_RUNNING', fields: { status: 'stopped' } } });
    await api.rows(`UPDATE instance SET status = 'running' WHERE id = $1`, [id]);
    for (const message of ['', '   ', 'x'.repeat(32 * 1024 + 1), 'й'.repeat(16 * 1024 + 1), 'a\u0000', 7]) expect(await chat({ message })).toMatchObject({ status: 400, body: { fields: { message: expect.any(String) } } });
    expect(heard).toEqual([]);
    expect((await chat({ message: 'й'.repeat(16 * 1024) })).status).toBe(200);
  });

  it('lets go of the agent when the person leaves', async () => {
    const left = new Promise<void>((resolve) => { respond = (_body, response) => { response.once('close', resolve); response.writeHead(200); response.write(chunk({ choices: [{ delta: { content: 'So' } }] })); }; });
    const stream = await openStream(`${api.url}${path}`, { cookie: ann.cookie, 'content-type': 'application/json' }, { method: 'POST', body: JSON.stringify({ message: 'Hi' }) });
    await stream.next();
    stream.close();
    await left;
  });
});

describe('GET /instances/:id/logs', () => {
  const logs = `/api/v1/instances/${id}/logs`;

  it('gives the latest lines, or follows', async () => {
    expect((await api.call(`GET`, `${logs}?tail=7`, { cookie: ann.cookie })).body).toEqual({ data: [1, 2, 3].map((line) => ({ at: '2026-11-21T09:00:00Z', stream: 'stdout', text: `line ${line} of 7` })), nextCursor: null });
    const stream = await openStream(`${api.url}${logs}?follow=1`, { cookie: ann.cookie });
    expect(await stream.next()).toMatchObject({ event: 'line', data: { text: 'line 1 of 200' } });
    stream.close();
  });

  it('says plainly when there is nothing to read', async () => {
    await api.rows('UPDATE instance SET host_id = NULL WHERE id = $1', [id]);
    expect(await api.call('GET', logs, { cookie: ann.cookie })).toMatchObject({ status: 409, body: { code: 'NO_CONTAINER' } });
    expect(await api.call('GET', `${logs}?tail=x`, { cookie: ann.cookie })).toMatchObject({ status: 400, body: { fields: { tail: expect.any(String) } } });
    await api.rows(`UPDATE instance SET host_id = 'host-1' WHERE id = $1`, [id]);
    worker.closeAllConnections();
    await new Promise<void>((resolve) => worker.close(() => resolve()));
    expect(await api.call('GET', logs, { cookie: ann.cookie })).toMatchObject({ status: 503, body: { code: 'LOGS_UNAVAILABLE' } });
  });
});
