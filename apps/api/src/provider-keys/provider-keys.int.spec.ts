import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';

const PATH = '/api/v1/provider-keys';
let api: ApiUnderTest;
let ann: SignedIn;
let provider: Server;
/** What the provider says to a key, by a word in it. */
const SAYS: Readonly<Record<string, { models: number; answer: number; text: string }>> = {
  good: { models: 200, answer: 200, text: '{}' }, limited: { models: 200, answer: 429, text: '{"error":{"message":"Rate limit reached"}}' }, nomodel: { models: 200, answer: 404, text: '{}' },
  bad: { models: 401, answer: 401, text: '{}' }, googlebad: { models: 400, answer: 400, text: '{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}' },
  quota: { models: 200, answer: 429, text: '{"error":{"code":"insufficient_quota"}}' }, broke: { models: 200, answer: 400, text: '{"error":{"message":"Your credit balance is too low"}}' },
  down: { models: 503, answer: 503, text: '' }, elsewhere: { models: 302, answer: 302, text: '' },
};

beforeAll(async () => {
  provider = createServer((request, response) => {
    const key = `${request.headers.authorization ?? ''}${String(request.headers['x-api-key'] ?? '')}${String(request.headers['x-goog-api-key'] ?? '')}`;
    const said = Object.entries(SAYS).find(([word]) => key.includes(`-${word}-`))?.[1] ?? SAYS['bad']!;
    request.resume().on('end', () => response.writeHead(request.method === 'GET' ? said.models : said.answer, { 'content-type': 'application/json', location: 'http://169.254.169.254/' }).end(said.text));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
  api = await ApiUnderTest.start({ OPENAI_BASE_URL: url, ANTHROPIC_BASE_URL: url, GOOGLE_BASE_URL: 'http://127.0.0.1:1/v1beta' });
  ann = await api.signUp('ann@example.com');
});
afterAll(async () => {
  await api.stop();
  provider.closeAllConnections();
  provider.close();
});

const send = (method: string, path: string, body?: object) => api.call(method, path, { cookie: ann.cookie, ...(body === undefined ? {} : { body }) });
const key = (word: string): string => `sk-${word}-0123456789abcdef`;

describe('provider keys', () => {
  it.each([
    ['good', 'good', true], ['limited', 'good', true], ['nomodel', 'good', true], ['bad', 'bad', false], ['googlebad', 'bad', false], ['quota', 'exhausted', false], ['broke', 'exhausted', false],
    ['down', 'unreachable', false], ['elsewhere', 'unreachable', false],
  ])('a key that is %s: %s', async (word, verdict, usable) => {
    for (const name of ['openai', 'anthropic']) {
      const answer = await send('POST', `${PATH}/test`, { provider: name, key: key(word) });
      expect(answer).toMatchObject({ status: 200, body: { verdict, usable, detail: expect.any(String), durationMs: expect.any(Number) } });
      expect(answer.text).not.toContain(key(word));
    }
  });

  it('are stored only when they can be used, shown masked, replaced, and forgotten', async () => {
    // Tests are limited for each customer: the next ones are somebody else's.
    ann = await api.signUp('bob@example.com');
    expect(await send('POST', PATH, { provider: 'openai', key: key('bad') })).toMatchObject({ status: 409, body: { code: 'KEY_BAD', fields: { key: expect.any(String) } } });
    expect(await send('POST', PATH, { provider: 'openai', key: key('quota') })).toMatchObject({ status: 409, body: { code: 'KEY_EXHAUSTED' } });
    expect(await send('POST', PATH, { provider: 'google', key: key('good') })).toMatchObject({ status: 503, body: { code: 'PROVIDER_UNREACHABLE' } });
    expect((await send('GET', PATH)).body).toEqual({ data: [], nextCursor: null });
    expect(await send('POST', PATH, { provider: 'openai', key: key('good') })).toMatchObject({ status: 201, body: { provider: 'openai', masked: 'sk-g…cdef', test: { verdict: 'good' } } });
    expect((await send('POST', PATH, { provider: 'openai', key: `${key('good')}-second` })).status).toBe(201);
    expect((await send('GET', PATH)).body).toMatchObject({ data: [{ provider: 'openai', masked: expect.stringContaining('…') }] });
    const dump = JSON.stringify([await api.rows('SELECT * FROM provider_key'), (await api.rows<{ record: Buffer }>('SELECT record FROM secret')).map(({ record }) => record.toString('latin1')), await api.rows('SELECT * FROM event')]);
    expect(dump).not.toContain('0123456789abcdef');
    expect((await send('DELETE', `${PATH}/openai`)).status).toBe(204);
    expect((await send('DELETE', `${PATH}/openai`)).status).toBe(404);
    expect((await send('DELETE', `${PATH}/skynet`)).status).toBe(404);
    expect(await api.rows('SELECT 1 FROM secret')).toEqual([]);
  });

  it('stay while an assistant works with them', async () => {
    await send('POST', PATH, { provider: 'openai', key: key('good') });
    await api.addHost(1);
    await send('POST', '/api/v1/instances', { planId: 'free', provider: 'openai' });
    expect(await send('DELETE', `${PATH}/openai`)).toMatchObject({ status: 409, body: { code: 'KEY_IN_USE' } });
  });

  it.each([{}, { provider: 'openai' }, { provider: 'openai', key: 'short' }, { provider: 'openai', key: 'with a space in it' }, { provider: 'openai', key: 'ключ-ключ-ключ' }, { provider: 'x', key: key('good') }, { provider: 'openai', key: `${key('good')}\r\nx: y` }, { provider: 'openai', key: key('good'), baseUrl: 'http://169.254.169.254' }])(
    'are refused as %j', async (body) => { expect(await send('POST', `${PATH}/test`, body)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } }); });
});
