import { asArray, asObject, sumCounts, textLength, asCount, type JsonObject } from './json-shape.js';
import type { Refusal, ReportedUsage, UsageTally, VendorDialect } from './vendor.types.js';

const MODEL_PATH = /^\/v1beta\/models(\/[A-Za-z0-9._-]{1,100})?$/;
const METHOD_PATH = /^\/v1beta\/models\/[A-Za-z0-9._-]{1,100}:(generateContent|streamGenerateContent|countTokens)$/;

/** A content whose parts are all functions' results continues the model's own work. */
function lastIsUserTurn(body: JsonObject): boolean {
  const last = asObject(asArray(body['contents']).at(-1));
  if (last === undefined || (last['role'] !== undefined && last['role'] !== 'user')) return false;
  return asArray(last['parts']).some((part) => asObject(part)?.['functionResponse'] === undefined);
}

/** Every chunk tells the usage so far: https://ai.google.dev/api/generate-content (`UsageMetadata`). */
class GoogleTally implements UsageTally {
  #reported: ReportedUsage = { inputTokens: undefined, outputTokens: undefined, outputChars: 0 };
  #finished = false;

  onEvent(event: unknown): boolean {
    const chunk = asObject(event);
    for (const candidate of asArray(chunk?.['candidates'])) {
      const fields = asObject(candidate);
      if (fields?.['finishReason'] !== undefined) this.#finished = true;
      for (const part of asArray(asObject(fields?.['content'])?.['parts'])) this.#reported.outputChars += textLength(asObject(part)?.['text']);
    }
    const usage = asObject(chunk?.['usageMetadata']);
    this.#reported.inputTokens = asCount(usage?.['promptTokenCount']) ?? this.#reported.inputTokens;
    this.#reported.outputTokens = sumCounts(usage?.['candidatesTokenCount'], usage?.['thoughtsTokenCount']) ?? this.#reported.outputTokens;
    return true;
  }

  onWhole(answer: unknown): void {
    // Without `alt=sse` a stream is one JSON array of chunks.
    for (const chunk of Array.isArray(answer) ? answer : [answer]) this.onEvent(chunk);
    this.#finished = true;
  }

  result(): ReportedUsage {
    return this.#finished ? this.#reported : { ...this.#reported, outputTokens: undefined };
  }
}

const STATUS_WORDS: Readonly<Record<Refusal['status'], string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
};

function errorBody({ status, message }: Refusal): unknown {
  return { error: { code: status, message, status: STATUS_WORDS[status] } };
}

/** Google: `/v1beta/models`, `…:generateContent`, `…:streamGenerateContent`, `…:countTokens`. */
export const googleDialect: VendorDialect = {
  name: 'google',
  displayName: 'Google',
  operation(method, path, query) {
    if (method === 'GET' && MODEL_PATH.test(path)) return { method, upstreamPath: path.slice('/v1beta'.length), generates: false };
    const rpc = METHOD_PATH.exec(path)?.[1];
    if (method !== 'POST' || rpc === undefined) return undefined;
    const alt = query.get('alt') === 'sse' ? { upstreamQuery: 'alt=sse' } : {};
    return { method, upstreamPath: path.slice('/v1beta'.length), generates: rpc !== 'countTokens', ...alt };
  },
  authHeaders: (key) => ({ 'x-goog-api-key': key }),
  forwardedHeaders: [],
  defaultHeaders: {},
  readRequest: (operation, body, raw) => ({ isMessage: operation.generates && lastIsUserTurn(body), usageAdded: false, body: raw }),
  createTally: () => new GoogleTally(),
  errorBody,
  streamErrorFrame: (message) => `data: ${JSON.stringify(errorBody({ status: 429, message }))}\r\n\r\n`,
};
