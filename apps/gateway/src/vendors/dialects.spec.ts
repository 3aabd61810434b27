import { describe, expect, it } from 'vitest';
import { settleUsage } from '../proxy/proxy.service.js';
import { anthropicDialect } from './anthropic.dialect.js';
import { googleDialect } from './google.dialect.js';
import { openaiDialect } from './openai.dialect.js';
import type { VendorDialect } from './vendor.types.js';

function facts(dialect: VendorDialect, path: string, body: Record<string, unknown>): ReturnType<VendorDialect['readRequest']> {
  const operation = dialect.operation('POST', path, new URLSearchParams());
  if (operation === undefined) throw new Error(`no operation at ${path}`);
  return dialect.readRequest(operation, body, Buffer.from(JSON.stringify(body)));
}

const user = { role: 'user', content: 'hello' };
const GENERATE = '/v1beta/models/gemini-2.5-flash:generateContent';

describe('what counts as a message', () => {
  it.each<[string, VendorDialect, string, Record<string, unknown>, boolean]>([
    ['OpenAI, a person', openaiDialect, '/v1/chat/completions', { messages: [user] }, true],
    ['OpenAI, a tool', openaiDialect, '/v1/chat/completions', { messages: [user, { role: 'tool', content: '4' }] }, false],
    ['OpenAI, the model', openaiDialect, '/v1/chat/completions', { messages: [user, { role: 'assistant', content: 'x' }] }, false],
    ['OpenAI, no messages', openaiDialect, '/v1/chat/completions', {}, false],
    ['Responses, a text', openaiDialect, '/v1/responses', { input: 'hello' }, true],
    ['Responses, a person', openaiDialect, '/v1/responses', { input: [user] }, true],
    ['Responses, a tool', openaiDialect, '/v1/responses', { input: [user, { type: 'function_call_output', output: '4' }] }, false],
    ['Anthropic, a person', anthropicDialect, '/v1/messages', { messages: [user] }, true],
    ['Anthropic, parts', anthropicDialect, '/v1/messages', { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] }, true],
    ['Anthropic, a tool', anthropicDialect, '/v1/messages', { messages: [user, { role: 'user', content: [{ type: 'tool_result' }] }] }, false],
    ['Anthropic, a tool and words', anthropicDialect, '/v1/messages', { messages: [{ role: 'user', content: [{ type: 'tool_result' }, { type: 'text' }] }] }, true],
    ['Anthropic, only counting', anthropicDialect, '/v1/messages/count_tokens', { messages: [user] }, false],
    ['Google, a person', googleDialect, GENERATE, { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }, true],
    ['Google, no role', googleDialect, GENERATE, { contents: [{ parts: [{ text: 'hi' }] }] }, true],
    ['Google, a function', googleDialect, GENERATE, { contents: [{ role: 'user', parts: [{ functionResponse: {} }] }] }, false],
    ['Google, the model', googleDialect, GENERATE, { contents: [{ role: 'model', parts: [{ text: 'x' }] }] }, false],
  ])('%s', (_name, dialect, path, body, isMessage) => {
    expect(facts(dialect, path, body).isMessage).toBe(isMessage);
  });
});

describe('OpenAI usage in streams', () => {
  it('is asked for where the caller did not, and left alone where it did', () => {
    const plain = facts(openaiDialect, '/v1/chat/completions', { stream: true, messages: [user] });
    expect(plain.usageAdded).toBe(true);
    expect(JSON.parse(plain.body.toString())).toEqual({ stream: true, messages: [user], stream_options: { include_usage: true } });
    const asked = facts(openaiDialect, '/v1/chat/completions', { stream: true, stream_options: { include_usage: true } });
    expect(asked.usageAdded).toBe(false);
    expect(facts(openaiDialect, '/v1/chat/completions', { messages: [user] }).usageAdded).toBe(false);
    expect(facts(openaiDialect, '/v1/responses', { stream: true, input: 'x' }).usageAdded).toBe(false);
  });

  it('stays here when only we asked', () => {
    const usage = { choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } };
    const text = { choices: [{ delta: { content: 'hello' } }], usage: null };
    const ours = openaiDialect.createTally(true);
    expect([ours.onEvent(text), ours.onEvent(usage), ours.onEvent(undefined)]).toEqual([true, false, true]);
    expect(ours.result()).toEqual({ inputTokens: 12, outputTokens: 3, outputChars: 5 });
    expect(openaiDialect.createTally(false).onEvent(usage)).toBe(true);
  });
});

describe('usage', () => {
  it('adds Anthropic cache tokens to the input, and takes the last output count', () => {
    const tally = anthropicDialect.createTally(false);
    tally.onEvent({ type: 'message_start', message: { usage: { input_tokens: 10, cache_creation_input_tokens: 5, cache_read_input_tokens: 85, output_tokens: 1 } } });
    tally.onEvent({ type: 'content_block_delta', delta: { type: 'text_delta', text: 'twelve chars' } });
    expect(settleUsage(tally.result(), 4_000)).toEqual({ inputTokens: 100, outputTokens: 3, estimated: true });
    tally.onEvent({ type: 'message_delta', usage: { output_tokens: 7 } });
    tally.onEvent({ type: 'message_stop' });
    expect(settleUsage(tally.result(), 4_000)).toEqual({ inputTokens: 100, outputTokens: 7, estimated: false });
  });

  it('adds Google thoughts to the output', () => {
    const tally = googleDialect.createTally(false);
    tally.onWhole([
      { candidates: [{ content: { parts: [{ text: 'a' }] } }], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1 } },
      { candidates: [{ finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, thoughtsTokenCount: 20 } },
    ]);
    expect(settleUsage(tally.result(), 0)).toEqual({ inputTokens: 9, outputTokens: 24, estimated: false });
  });

  it('reads the closing event of the Responses API', () => {
    const tally = openaiDialect.createTally(false);
    tally.onEvent({ type: 'response.output_text.delta', delta: 'hello' });
    tally.onEvent({ type: 'response.completed', response: { usage: { input_tokens: 5, output_tokens: 2 } } });
    expect(settleUsage(tally.result(), 0)).toEqual({ inputTokens: 5, outputTokens: 2, estimated: false });
  });

  it('is estimated where the vendor tells nothing, or nonsense', () => {
    const tally = openaiDialect.createTally(true);
    tally.onEvent({ choices: [{ delta: { content: '12345678', tool_calls: [{ function: { arguments: '{"a":1}' } }] } }] });
    tally.onEvent({ choices: [], usage: { prompt_tokens: -1, completion_tokens: 'many' } });
    expect(settleUsage(tally.result(), 400)).toEqual({ inputTokens: 100, outputTokens: 4, estimated: true });
  });
});

describe('addresses', () => {
  it.each<[VendorDialect, string, string]>([
    [openaiDialect, 'POST', '/v1/files'],
    [openaiDialect, 'GET', '/v1/models/../../admin'],
    [openaiDialect, 'DELETE', '/v1/models/gpt-5'],
    [anthropicDialect, 'POST', '/v1/messages/batches'],
    [googleDialect, 'POST', '/v1beta/models/gemini-2.5-flash:predict'],
    [googleDialect, 'POST', '/v1beta/models/..%2f..:generateContent'],
    [googleDialect, 'GET', '/v1beta/files'],
  ])('%# are not offered beyond what is named', (dialect, method, path) => {
    expect(dialect.operation(method, path, new URLSearchParams())).toBeUndefined();
  });

  it('passes on no query but alt=sse', () => {
    const path = '/v1beta/models/gemini-2.5-flash:streamGenerateContent';
    expect(googleDialect.operation('POST', path, new URLSearchParams('alt=sse&evil=1'))?.upstreamQuery).toBe('alt=sse');
    expect(googleDialect.operation('POST', path, new URLSearchParams('alt=media'))?.upstreamQuery).toBeUndefined();
  });
});
