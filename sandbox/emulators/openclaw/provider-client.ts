import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProviderTarget } from './agent-config.js';
import { DIALECTS, type ProviderRequest, type Usage } from './provider-dialects.js';
import type { ChatMessage } from './session-store.js';

/** A failed turn, already in the words and status that OpenClaw gives to its client. */
export class TurnError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The provider says that there is no money: OpenClaw then sets it aside. */
    readonly outOfCredit = false,
    readonly retryAfter?: string,
  ) {
    super(message);
    this.name = 'TurnError';
  }
}

export interface RetryPlan {
  /** Further attempts after the first, for 5xx and refused connections. OpenClaw makes 7 over about 70 s. */
  retries: number;
  delayMs: number;
  /** Silence of the provider after which an attempt is given up. */
  idleTimeoutMs: number;
  /** Names that resolve to an address of the caller's choice, as a container's /etc/hosts has them. */
  hosts: ReadonlyMap<string, string>;
}

export interface TurnResult {
  text: string;
  usage: Usage;
}

const ERROR_BODY_LIMIT = 64 * 1024;

/**
 * Asks the model once, streaming; `onText` gets each piece as it comes. Retries only while nothing has been passed on.
 * @throws TurnError 402/429 with the provider's text, 502 after 5xx or a refused request, 408 when no connection was possible.
 */
export async function askProvider(input: {
  target: ProviderTarget;
  messages: readonly ChatMessage[];
  plan: RetryPlan;
  signal: AbortSignal;
  onText: (piece: string) => void;
}): Promise<TurnResult> {
  let passedOn = false;
  const onText = (piece: string): void => {
    passedOn = true;
    input.onText(piece);
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await askOnce({ ...input, onText });
    } catch (error) {
      const failure = toTurnError(error);
      const retryable = failure.status === 502 || failure.status === 408;
      if (!retryable || passedOn || attempt >= input.plan.retries || input.signal.aborted) throw failure;
      await delay(input.plan.delayMs * 2 ** attempt, undefined, { signal: input.signal }).catch(() => undefined);
    }
  }
}

function toTurnError(error: unknown): TurnError {
  if (error instanceof TurnError) return error;
  return new TurnError(408, 'The model provider could not be reached.');
}

async function askOnce(input: {
  target: ProviderTarget;
  messages: readonly ChatMessage[];
  plan: RetryPlan;
  signal: AbortSignal;
  onText: (piece: string) => void;
}): Promise<TurnResult> {
  const dialect = DIALECTS[input.target.api];
  const response = await send(dialect.request(input.target, input.messages), input.plan, input.signal);
  if (response.statusCode !== 200) throw await refusal(response);

  const usage: Usage = { promptTokens: 0, completionTokens: 0 };
  let text = '';
  for await (const data of serverSentData(response)) {
    const delta = dialect.delta(data);
    if (delta.error !== undefined) throw new TurnError(502, delta.error);
    if (delta.usage?.promptTokens !== undefined) usage.promptTokens = delta.usage.promptTokens;
    if (delta.usage?.completionTokens !== undefined) usage.completionTokens = delta.usage.completionTokens;
    if (delta.text) {
      text += delta.text;
      input.onText(delta.text);
    }
  }
  return { text, usage };
}

function send(request: ProviderRequest, plan: RetryPlan, signal: AbortSignal): Promise<IncomingMessage> {
  const open = request.url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = open(request.url, {
      method: 'POST',
      signal,
      lookup: lookupWith(plan.hosts),
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'user-agent': 'openclaw-light/2026.9', 'content-length': Buffer.byteLength(request.body), ...request.headers },
    });
    outgoing.setTimeout(plan.idleTimeoutMs, () => outgoing.destroy(new TurnError(408, 'The model provider did not answer in time.')));
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(request.body);
  });
}

function lookupWith(hosts: ReadonlyMap<string, string>): LookupFunction {
  return (hostname, options, callback) => {
    const address = hosts.get(hostname);
    if (address === undefined) return systemLookup(hostname, options, callback);
    const family = address.includes(':') ? 6 : 4;
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

async function refusal(response: IncomingMessage): Promise<TurnError> {
  const status = response.statusCode ?? 0;
  const { message, code } = readError(await readLimited(response));
  if (status === 402) return new TurnError(402, message, true);
  if (status === 429) return new TurnError(429, message, code === 'insufficient_quota', response.headers['retry-after']);
  if (status >= 500) return new TurnError(502, message);
  // 400, 401, 403, 404: asking again cannot help; 424 is not retried by askProvider.
  return new TurnError(424, `The model provider refused the request: ${message}`);
}

async function readLimited(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    text += piece as string;
    if (text.length > ERROR_BODY_LIMIT) break;
  }
  return text.slice(0, ERROR_BODY_LIMIT);
}

function readError(body: string): { message: string; code: string | undefined } {
  try {
    const parsed = JSON.parse(body) as { error?: { message?: string; code?: string; type?: string } | string };
    const error = parsed.error;
    if (typeof error === 'string') return { message: error, code: undefined };
    return { message: error?.message ?? 'provider error', code: error?.code ?? error?.type };
  } catch {
    return { message: 'provider error', code: undefined };
  }
}

/** The JSON payloads of a text/event-stream body; `[DONE]` and foreign lines are passed over. */
async function* serverSentData(response: IncomingMessage): AsyncGenerator<unknown> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    const lines = (rest + (piece as string)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const data = line.slice(5).trim();
      if (data === '' || data === '[DONE]') continue;
      try {
        yield JSON.parse(data);
      } catch {
        throw new TurnError(502, 'The model provider sent a broken answer.');
      }
    }
  }
}
