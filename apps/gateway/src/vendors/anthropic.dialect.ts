import { asArray, asCount, asObject, sumCounts, textLength, type JsonObject } from './json-shape.js';
import type { Refusal, ReportedUsage, UsageTally, VendorDialect } from './vendor.types.js';

const MODEL_PATH = /^\/v1\/models(\/[A-Za-z0-9._:-]{1,100})?$/;

/** A `user` turn that only brings tools' results continues the model's own work. */
function lastIsUserTurn(body: JsonObject): boolean {
  const last = asObject(asArray(body['messages']).at(-1));
  if (last?.['role'] !== 'user') return false;
  const parts = asArray(last['content']);
  return typeof last['content'] === 'string' || parts.some((part) => asObject(part)?.['type'] !== 'tool_result');
}

/** Usage comes in `message_start` and, cumulative, in `message_delta`: https://docs.anthropic.com/en/api/messages-streaming. */
class AnthropicTally implements UsageTally {
  #reported: ReportedUsage = { inputTokens: undefined, outputTokens: undefined, outputChars: 0 };
  #ended = false;

  onEvent(event: unknown): boolean {
    const data = asObject(event);
    this.#readInput(asObject(asObject(data?.['message'])?.['usage']));
    const delta = asObject(data?.['delta']);
    this.#reported.outputChars += textLength(delta?.['text']) + textLength(delta?.['thinking']) + textLength(delta?.['partial_json']);
    if (data?.['type'] === 'message_delta') {
      const usage = asObject(data['usage']);
      this.#readInput(usage);
      this.#reported.outputTokens = asCount(usage?.['output_tokens']) ?? this.#reported.outputTokens;
    }
    if (data?.['type'] === 'message_stop') this.#ended = true;
    return true;
  }

  onWhole(answer: unknown): void {
    const body = asObject(answer);
    const usage = asObject(body?.['usage']);
    this.#readInput(usage);
    this.#reported.outputTokens = asCount(usage?.['output_tokens']);
    for (const part of asArray(body?.['content'])) this.#reported.outputChars += textLength(asObject(part)?.['text']);
    this.#ended = true;
  }

  result(): ReportedUsage {
    return this.#ended ? this.#reported : { ...this.#reported, outputTokens: undefined };
  }

  #readInput(usage: JsonObject | undefined): void {
    const total = sumCounts(usage?.['input_tokens'], usage?.['cache_creation_input_tokens'], usage?.['cache_read_input_tokens']);
    if (usage?.['input_tokens'] !== undefined && total !== undefined) this.#reported.inputTokens = total;
  }
}

const ERROR_TYPES: Readonly<Record<Refusal['status'], string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
};

function errorBody({ status, message }: Refusal): unknown {
  return { type: 'error', error: { type: ERROR_TYPES[status], message } };
}

/** Anthropic: `/v1/messages`, `/v1/messages/count_tokens`, `/v1/models`. */
export const anthropicDialect: VendorDialect = {
  name: 'anthropic',
  displayName: 'Anthropic',
  operation(method, path) {
    if (method === 'POST' && path === '/v1/messages') return { method, upstreamPath: '/messages', generates: true };
    if (method === 'POST' && path === '/v1/messages/count_tokens') return { method, upstreamPath: '/messages/count_tokens', generates: false };
    if (method === 'GET' && MODEL_PATH.test(path)) return { method, upstreamPath: path.slice('/v1'.length), generates: false };
    return undefined;
  },
  authHeaders: (key) => ({ 'x-api-key': key }),
  forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  defaultHeaders: { 'anthropic-version': '2023-06-01' },
  readRequest: (operation, body, raw) => ({ isMessage: operation.generates && lastIsUserTurn(body), usageAdded: false, body: raw }),
  createTally: () => new AnthropicTally(),
  errorBody,
  streamErrorFrame: (message) => `event: error\ndata: ${JSON.stringify(errorBody({ status: 429, message }))}\n\n`,
};
