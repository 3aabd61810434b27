import type { Provider } from '#domain/instance/instance.types.js';
import type { KeyTestDto, KeyVerdict } from './provider-key.dto.js';

/** Base addresses of the three providers; hosts are fixed by the operator, a person gives the key only. */
export type ProviderUrls = Readonly<Record<Provider, string>>;

const TIMEOUT_MS = 10_000;
const SLOW_MS = 2_500;
const LONGEST_ANSWER_BYTES = 256 * 1024;
const NAMES: Readonly<Record<Provider, string>> = { openai: 'OpenAI', anthropic: 'Anthropic', google: 'Google' };

interface Call { url: string; method: 'GET' | 'POST'; headers: Record<string, string>; body?: object }
interface Answer { status: number; text: string }

/** The two calls of a test, in each provider's own words: list the models (is the key known), one tiny answer (has the account credit). */
const CALLS: Readonly<Record<Provider, (base: string, key: string, model: string) => readonly [Call, Call]>> = {
  openai: (base, key, model) => {
    const headers = { authorization: `Bearer ${key}` };
    return [
      { url: `${base}/models`, method: 'GET', headers },
      { url: `${base}/chat/completions`, method: 'POST', headers, body: { model, messages: [{ role: 'user', content: 'Hi' }], max_completion_tokens: 16 } },
    ];
  },
  anthropic: (base, key, model) => {
    const headers = { 'x-api-key': key, 'anthropic-version': '2023-06-01' };
    return [
      { url: `${base}/models`, method: 'GET', headers },
      { url: `${base}/messages`, method: 'POST', headers, body: { model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 } },
    ];
  },
  google: (base, key, model) => {
    const headers = { 'x-goog-api-key': key };
    return [
      { url: `${base}/models?pageSize=1`, method: 'GET', headers },
      { url: `${base}/models/${model}:generateContent`, method: 'POST', headers, body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 1 } } },
    ];
  },
};

const NO_CREDIT = /insufficient_quota|credit balance|billing|payment required/i;
const NOT_VALID = /API_KEY_INVALID|api key (not valid|expired)|invalid_api_key/i;

/** What an error of a provider says about the key; null = nothing against it. */
export function verdictOf({ status, text }: Answer): Exclude<KeyVerdict, 'good' | 'slow'> | null {
  if (status >= 500 || status === 408 || (status >= 300 && status < 400)) return 'unreachable';
  if (status === 402 || ((status === 429 || status === 400 || status === 403) && NO_CREDIT.test(text))) return 'exhausted';
  if (status === 401 || status === 403 || (status === 400 && NOT_VALID.test(text))) return 'bad';
  // A rate limit is no fault of the key, and neither is a model that this account may not use.
  return null;
}

/** Tries a key at its provider, at most 10 seconds a call. Never throws, and never says anything of the key itself. */
export async function testKey(provider: Provider, key: string, model: string, urls: ProviderUrls, nowMs: () => number = () => performance.now()): Promise<KeyTestDto> {
  const startedMs = nowMs();
  const told = (verdict: KeyVerdict): KeyTestDto => ({ verdict, usable: verdict === 'good' || verdict === 'slow', detail: sentence(verdict, NAMES[provider]), durationMs: Math.round(nowMs() - startedMs) });
  for (const call of CALLS[provider](urls[provider].replace(/\/+$/, ''), key, model)) {
    const answer = await ask(call);
    const verdict = answer === null ? 'unreachable' : verdictOf(answer);
    if (verdict !== null) return told(verdict);
  }
  return told(nowMs() - startedMs > SLOW_MS ? 'slow' : 'good');
}

async function ask({ url, method, headers, body }: Call): Promise<Answer | null> {
  try {
    const response = await fetch(url, {
      method, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json', ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await readUpTo(response, LONGEST_ANSWER_BYTES) };
  } catch {
    return null;
  }
}

async function readUpTo(response: Response, bytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    pieces.push(Buffer.from(piece as Uint8Array));
    size += pieces.at(-1)!.length;
    if (size >= bytes) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}

function sentence(verdict: KeyVerdict, name: string): string {
  switch (verdict) {
    case 'good': return `${name} accepts the key.`;
    case 'slow': return `${name} accepts the key, but answers slowly at the moment.`;
    case 'bad': return `${name} does not accept this key. Check that it was copied whole and is still active.`;
    case 'exhausted': return `${name} accepts the key, but its account has no credit left. Add credit at ${name}, then test again.`;
    case 'unreachable': return `${name} did not answer, so nothing is known about the key. Try again shortly.`;
  }
}

/** Enough of a key to tell two apart, whatever its length: never more than a third of it. */
export function maskKey(key: string): string {
  const head = Math.min(7, Math.floor(key.length / 6));
  const tail = Math.min(4, Math.floor(key.length / 6));
  return `${key.slice(0, head)}…${key.slice(key.length - tail)}`;
}
