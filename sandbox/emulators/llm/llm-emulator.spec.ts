import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { composeAnswer } from './answer.js';
import { startLlmEmulator, type LlmEmulator } from './llm-emulator.js';
import { maskKey } from './vendor.js';

let emulator: LlmEmulator;

beforeAll(async () => {
  emulator = await startLlmEmulator({ slowMs: 120, pieceDelayMs: 0 });
});
afterAll(() => emulator.stop());
beforeEach(() => {
  emulator.control.clearFaults();
  emulator.control.clearRequests();
});

// The vendors' bodies are asserted field by field; spelling their types out here would only repeat the assertions.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
function read(response: Response): Promise<any> {
  return response.json();
}

interface CallOptions {
  key?: string;
  body?: unknown;
  signal?: AbortSignal;
}

function openai({ key = 'sk-good-0123456789', body, signal }: CallOptions, path = '/v1/chat/completions'): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) };
  return fetch(`${emulator.url}/openai${path}`, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body), ...(signal ? { signal } : {}) });
}

function anthropic({ key = 'sk-ant-good-0123456789', body }: CallOptions): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': key };
  return fetch(`${emulator.url}/anthropic/v1/messages`, { method: 'POST', headers, body: JSON.stringify(body) });
}

function google({ key = 'AIza-good-0123456789', body }: CallOptions, method = 'generateContent'): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-goog-api-key': key };
  return fetch(`${emulator.url}/google/v1beta/models/gemini-2.5-flash:${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Data lines of an SSE body. */
async function dataLines(response: Response): Promise<string[]> {
  return (await response.text()).split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
}

const chat = { model: 'gpt-4o-mini', messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'Hello lobster' }] };
const claude = { model: 'claude-haiku-4-5', max_tokens: 500, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello crab' }] }] };
const gemini = { contents: [{ role: 'user', parts: [{ text: 'Hello shrimp' }] }] };

describe('OpenAI face', () => {
  it('answers the same words with the same text, and counts them', async () => {
    const first = await read(await openai({ body: chat }));
    const second = await read(await openai({ body: chat }));
    expect(first).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop', message: { role: 'assistant' } }] });
    expect(first.choices[0].message.content).toContain('**Hello lobster**');
    expect(second.choices).toEqual(first.choices);
    expect(first.usage.total_tokens).toBe(first.usage.prompt_tokens + first.usage.completion_tokens);
  });

  it('streams the whole answer and sends usage only when asked', async () => {
    const whole = (await read(await openai({ body: chat }))).choices[0].message.content as string;
    const plain = await dataLines(await openai({ body: { ...chat, stream: true } }));
    expect(plain.at(-1)).toBe('[DONE]');
    expect(plain.slice(0, -1).map((line) => JSON.parse(line).choices[0].delta.content ?? '').join('')).toBe(whole);
    expect(plain.join()).not.toContain('usage');
    const counted = await dataLines(await openai({ body: { ...chat, stream: true, stream_options: { include_usage: true } } }));
    expect(JSON.parse(counted.at(-2) ?? '')).toMatchObject({ choices: [], usage: { prompt_tokens: 6 } });
  });

  it('cuts at the token limit', async () => {
    const body = await read(await openai({ body: { ...chat, max_completion_tokens: 2 } }));
    expect(body).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 2 } });
  });

  it.each([
    ['sk-bad-0123456789', 401, 'invalid_api_key'],
    ['sk-unknown', 401, 'invalid_api_key'],
    ['', 401, null],
    ['sk-exhausted-0123456789', 429, 'insufficient_quota'],
  ])('refuses key %j with %i %s', async (key, status, code) => {
    const response = await openai({ key, body: chat });
    expect(response.status).toBe(status);
    expect((await read(response)).error.code).toBe(code);
  });

  it('refuses what OpenAI refuses', async () => {
    expect((await openai({ body: { ...chat, model: 'llama' } })).status).toBe(404);
    expect((await openai({ body: { model: 'gpt-5' } })).status).toBe(400);
    expect((await openai({ body: { ...chat, stream_options: { include_usage: true } } })).status).toBe(400);
  });

  it('lists models, for an exhausted account too', async () => {
    const { data } = await read(await openai({ key: 'sk-exhausted-0123456789' }, '/v1/models'));
    expect(data.map((model: { id: string }) => model.id)).toContain('gpt-4o-mini');
  });

  it('serves responses, whole and streamed', async () => {
    const body = { model: 'gpt-5-mini', input: 'Hello lobster' };
    const whole = await read(await openai({ body }, '/v1/responses'));
    expect(whole.output[0].content[0].text).toContain('**Hello lobster**');
    const lines = (await dataLines(await openai({ body: { ...body, stream: true } }, '/v1/responses'))).map((line) => JSON.parse(line));
    expect(lines.map((line) => line.sequence_number)).toEqual(lines.map((_, index) => index));
    expect(lines.at(-1)).toMatchObject({ type: 'response.completed', response: { usage: whole.usage } });
  });
});

describe('Anthropic face', () => {
  it('answers, whole and streamed, with the same text', async () => {
    const whole = await read(await anthropic({ body: claude }));
    expect(whole).toMatchObject({ type: 'message', stop_reason: 'end_turn', usage: { input_tokens: 3 } });
    const events = (await dataLines(await anthropic({ body: { ...claude, stream: true } }))).map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'message_start', message: { usage: { input_tokens: 3 } } });
    expect(events.map((event) => event.delta?.text ?? '').join('')).toBe(whole.content[0].text);
    expect(events.at(-2)).toMatchObject({ type: 'message_delta', usage: { output_tokens: whole.usage.output_tokens } });
  });

  it.each([
    ['sk-ant-bad', 401, 'authentication_error'],
    ['sk-ant-exhausted-1', 400, 'invalid_request_error'],
  ])('refuses key %s with %i %s', async (key, status, type) => {
    const response = await anthropic({ key, body: claude });
    expect(response.status).toBe(status);
    expect((await read(response)).error.type).toBe(type);
  });

  it('names the field that is missing', async () => {
    const response = await anthropic({ body: { ...claude, max_tokens: undefined } });
    expect((await read(response)).error.message).toBe('max_tokens: Field required');
  });
});

describe('Google face', () => {
  it('answers, whole and streamed, with the same text', async () => {
    const whole = await read(await google({ body: gemini }));
    expect(whole.candidates[0]).toMatchObject({ finishReason: 'STOP', content: { role: 'model' } });
    const chunks = (await dataLines(await google({ body: gemini }, 'streamGenerateContent?alt=sse'))).map((line) => JSON.parse(line));
    expect(chunks.map((chunk) => chunk.candidates[0].content.parts[0].text).join('')).toBe(whole.candidates[0].content.parts[0].text);
    expect(chunks.at(-1).usageMetadata).toEqual(whole.usageMetadata);
  });

  it.each([
    ['AIza-bad', 400, 'INVALID_ARGUMENT'],
    ['AIza-exhausted-1', 429, 'RESOURCE_EXHAUSTED'],
  ])('refuses key %s with %i %s', async (key, status, word) => {
    const response = await google({ key, body: gemini });
    expect(response.status).toBe(status);
    expect((await read(response)).error.status).toBe(word);
  });
});

describe('accounts, faults and records', () => {
  it('makes a slow account wait for its first token', async () => {
    const startedAt = performance.now();
    await read(await openai({ key: 'sk-slow-0123456789', body: chat }));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(110);
  });

  it('plays each planned fault as often as told, for the vendor told', async () => {
    const planned = await fetch(`${emulator.url}/_emulator/faults`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind: '500', count: 2, provider: 'openai' }),
    });
    expect(planned.status).toBe(201);
    expect((await anthropic({ body: claude })).status).toBe(200);
    expect([(await openai({ body: chat })).status, (await openai({ body: chat })).status, (await openai({ body: chat })).status]).toEqual([500, 500, 200]);
    emulator.control.plan({ kind: '429', count: 1 });
    const limited = await openai({ body: chat });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '20']);
  });

  it('hangs until the caller leaves, and notes that it left', async () => {
    emulator.control.plan({ kind: 'hang', count: 1 });
    await expect(openai({ body: chat, signal: AbortSignal.timeout(80) })).rejects.toThrow();
    await expect.poll(() => emulator.control.report().requests.at(-1)?.aborted).toBe(true);
  });

  it('cuts a stream half way', async () => {
    emulator.control.plan({ kind: 'cut', count: 1 });
    const response = await openai({ body: { ...chat, stream: true } });
    await expect(response.text()).rejects.toThrow();
  });

  it('refuses a fault it does not know', async () => {
    const response = await fetch(`${emulator.url}/_emulator/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"kind":"flood"}' });
    expect(response.status).toBe(400);
  });

  it('records calls with masked keys only', async () => {
    await openai({ body: chat });
    const report = await (await fetch(`${emulator.url}/_emulator/requests`)).text();
    expect(JSON.parse(report)).toMatchObject({ total: 1, counts: { openai: 1 }, requests: [{ path: '/openai/v1/chat/completions', status: 200, model: 'gpt-4o-mini' }] });
    expect(report).not.toContain('sk-good-0123456789');
    expect(report).toContain(maskKey('sk-good-0123456789'));
  });
});

describe('composeAnswer', () => {
  it('cuts into pieces that join to the text, whatever the limit', () => {
    for (let limit = 0; limit < 60; limit += 1) {
      const { pieces, text } = composeAnswer('a  b\n\nc', 'p', limit);
      expect(pieces.join('')).toBe(text);
    }
  });
});
