import { asArray, asCount, asObject, textLength, type JsonObject } from './json-shape.js';
import type { Operation, Refusal, ReportedUsage, UsageTally, VendorDialect } from './vendor.types.js';

const MODEL_PATH = /^\/v1\/models(\/[A-Za-z0-9._:-]{1,100})?$/;

/** Chat streams carry usage only when asked, https://platform.openai.com/docs/api-reference/chat/create (`stream_options`). */
function needsUsageAsked(operation: Operation, body: JsonObject): boolean {
  return operation.upstreamPath === '/chat/completions' && body['stream'] === true && asObject(body['stream_options'])?.['include_usage'] !== true;
}

function lastIsUserTurn(operation: Operation, body: JsonObject): boolean {
  if (operation.upstreamPath === '/chat/completions') return asObject(asArray(body['messages']).at(-1))?.['role'] === 'user';
  if (operation.upstreamPath !== '/responses') return false;
  return typeof body['input'] === 'string' || asObject(asArray(body['input']).at(-1))?.['role'] === 'user';
}

class OpenaiTally implements UsageTally {
  readonly #usageAdded: boolean;
  #reported: ReportedUsage = { inputTokens: undefined, outputTokens: undefined, outputChars: 0 };

  constructor(usageAdded: boolean) {
    this.#usageAdded = usageAdded;
  }

  onEvent(event: unknown): boolean {
    const chunk = asObject(event);
    if (chunk === undefined) return true;
    // Of the Responses API: text comes as `delta`, usage in the closing event's `response`.
    this.#reported.outputChars += textLength(chunk['delta']);
    this.#readUsage(asObject(chunk['response'])?.['usage']);
    for (const choice of asArray(chunk['choices'])) this.#countText(asObject(asObject(choice)?.['delta']));
    const usage = asObject(chunk['usage']);
    this.#readUsage(usage);
    return !(this.#usageAdded && usage !== undefined && Array.isArray(chunk['choices']) && chunk['choices'].length === 0);
  }

  onWhole(answer: unknown): void {
    const body = asObject(answer);
    for (const choice of asArray(body?.['choices'])) this.#countText(asObject(asObject(choice)?.['message']));
    this.#readUsage(body?.['usage']);
  }

  result(): ReportedUsage {
    return this.#reported;
  }

  #countText(message: JsonObject | undefined): void {
    this.#reported.outputChars += textLength(message?.['content']) + textLength(message?.['reasoning_content']);
    for (const call of asArray(message?.['tool_calls'])) this.#reported.outputChars += textLength(asObject(asObject(call)?.['function'])?.['arguments']);
  }

  #readUsage(value: unknown): void {
    const usage = asObject(value);
    if (usage === undefined) return;
    this.#reported.inputTokens = asCount(usage['prompt_tokens']) ?? asCount(usage['input_tokens']) ?? this.#reported.inputTokens;
    this.#reported.outputTokens = asCount(usage['completion_tokens']) ?? asCount(usage['output_tokens']) ?? this.#reported.outputTokens;
  }
}

const ERROR_KINDS: Readonly<Record<Refusal['status'], readonly [type: string, code: string | null]>> = {
  400: ['invalid_request_error', null],
  401: ['invalid_request_error', 'invalid_api_key'],
  404: ['invalid_request_error', null],
  413: ['invalid_request_error', null],
  429: ['requests', 'rate_limit_exceeded'],
};

function errorBody({ status, message }: Refusal): unknown {
  const [type, code] = ERROR_KINDS[status];
  return { error: { message, type, param: null, code } };
}

/** OpenAI: `/v1/chat/completions`, `/v1/responses`, `/v1/models`. */
export const openaiDialect: VendorDialect = {
  name: 'openai',
  displayName: 'OpenAI',
  operation(method, path) {
    if (method === 'POST' && path === '/v1/chat/completions') return { method, upstreamPath: '/chat/completions', generates: true };
    if (method === 'POST' && path === '/v1/responses') return { method, upstreamPath: '/responses', generates: true };
    if (method === 'GET' && MODEL_PATH.test(path)) return { method, upstreamPath: path.slice('/v1'.length), generates: false };
    return undefined;
  },
  authHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  forwardedHeaders: ['openai-beta'],
  defaultHeaders: {},
  readRequest(operation, body, raw) {
    const usageAdded = needsUsageAsked(operation, body);
    const asked = usageAdded ? { ...body, stream_options: { ...asObject(body['stream_options']), include_usage: true } } : undefined;
    return { isMessage: lastIsUserTurn(operation, body), usageAdded, body: asked === undefined ? raw : Buffer.from(JSON.stringify(asked)) };
  },
  createTally: (usageAdded) => new OpenaiTally(usageAdded),
  errorBody,
  streamErrorFrame: (message) => `data: ${JSON.stringify(errorBody({ status: 429, message }))}\n\n`,
};
