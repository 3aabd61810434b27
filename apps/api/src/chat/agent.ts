import { linesOf } from '../http/lines.js';
import { Problem, unavailable } from '../http/problem.js';
import type { ChatUsageDto } from './chat.dto.js';

/** Longest wait for the whole answer of an agent, which may work with tools. */
const ANSWER_MS = 180_000;

export interface AgentAddress { address: string; port: number; token: string }
export interface AgentQuestion { message: string; conversationId: string; stream: boolean }
export type AgentPiece = { text: string } | { usage: ChatUsageDto };

interface CompletionChunk {
  choices?: { delta?: { content?: unknown }; message?: { content?: unknown } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: unknown; type?: unknown };
}

/**
 * Asks an agent by its OpenAI-shaped face and yields the pieces of its answer. Throws a Problem: the agent out of reach, busy, failed, or stopped by a limit.
 */
export async function* askAgent({ address, port, token }: AgentAddress, { message, conversationId, stream }: AgentQuestion, left: AbortSignal): AsyncGenerator<AgentPiece> {
  const late = AbortSignal.timeout(ANSWER_MS);
  const problem = (error: unknown): unknown => {
    if (error instanceof Problem || left.aborted) return error;
    if (late.aborted) return new Problem(504, 'ASSISTANT_TIMEOUT', 'The assistant did not answer in time. Try again.');
    return unavailable('ASSISTANT_UNREACHABLE', 'The assistant cannot be reached at the moment. If it has just started, try again in a few seconds.', 3);
  };
  try {
    const response = await fetch(`http://${address}:${port}/v1/chat/completions`, {
      method: 'POST', redirect: 'error', signal: AbortSignal.any([left, late]),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ model: 'openclaw', messages: [{ role: 'user', content: message }], user: conversationId, stream, ...(stream ? { stream_options: { include_usage: true } } : {}) }),
    });
    if (!response.ok) throw problemOfAgent(response.status, await response.text(), response.headers.get('retry-after'));
    if (!stream) return yield* piecesOf((await response.json()) as CompletionChunk);
    for await (const line of linesOf(response.body ?? emptyBody())) {
      if (!line.startsWith('data:')) continue;
      const data = line.slice('data:'.length).trim();
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data) as CompletionChunk;
      if (chunk.error) throw problemOfAgent(chunk.error.type === 'rate_limit_error' ? 429 : 502, JSON.stringify(chunk), null);
      yield* piecesOf(chunk);
    }
  } catch (error) {
    throw problem(error);
  }
}

function* piecesOf({ choices, usage }: CompletionChunk): Generator<AgentPiece> {
  const text = choices?.[0]?.delta?.content ?? choices?.[0]?.message?.content;
  if (typeof text === 'string' && text !== '') yield { text };
  if (usage) yield { usage: { inputTokens: usage.prompt_tokens ?? 0, outputTokens: usage.completion_tokens ?? 0 } };
}

/** A refusal of the agent in our words. A limit's own sentence is meant for the person who wrote, and is passed on. */
export function problemOfAgent(status: number, body: string, retryAfter: string | null): Problem {
  const seconds = Number(retryAfter ?? Number.NaN);
  const wait = Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.ceil(seconds), 3_600) : undefined;
  if (status === 429 || status === 402) {
    const sentence = sentenceOf(body);
    const own = sentence !== null && /^(daily|monthly) limit reached/i.test(sentence);
    return new Problem(429, own ? 'MESSAGE_LIMIT' : 'PROVIDER_LIMIT', sentence ?? 'The AI provider takes no more messages at the moment.', undefined, wait ?? (own ? 3_600 : 30));
  }
  if (status === 503) return unavailable('ASSISTANT_UNREACHABLE', 'The assistant is not ready. Try again in a few seconds.', wait ?? 3);
  if (status === 408 || status === 504) return new Problem(504, 'ASSISTANT_TIMEOUT', 'The assistant’s AI provider did not answer in time. Try again.');
  return new Problem(502, 'ASSISTANT_FAILED', 'The assistant could not answer. Try again; if it goes on, look at its logs.');
}

function sentenceOf(body: string): string | null {
  try {
    const { error } = JSON.parse(body) as CompletionChunk;
    return typeof error?.message === 'string' && error.message !== '' ? error.message.replace(/^⚠️\s*/u, '').slice(0, 300) : null;
  } catch {
    return null;
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> { /* no answer, no piece */ }
