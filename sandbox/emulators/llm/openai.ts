import { Router } from 'express';
import { composeAnswer, contentText, tokenLimit, type Answer } from './answer.js';
import { exchangeHandler, newId, type Exchange, type VendorContext } from './exchange.js';
import { mountResponses } from './openai-responses.js';
import type { VendorRefusal, VendorRefusals } from './vendor.js';

/** Error objects as https://platform.openai.com/docs/guides/error-codes shows them. */
export function openaiError(status: number, message: string, type: string, code: string | null, param: string | null = null): VendorRefusal {
  return { status, body: { error: { message, type, param, code } } };
}

function redactKey(key: string): string {
  return key.length <= 12 ? key.replace(/.(?=.{4})/g, '*') : `${key.slice(0, 8)}${'*'.repeat(Math.min(20, key.length - 12))}${key.slice(-4)}`;
}

export const openaiRefusals: VendorRefusals = {
  missingKey: () =>
    openaiError(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.",
      'invalid_request_error',
      null,
    ),
  invalidKey: (key) =>
    openaiError(
      401,
      `Incorrect API key provided: ${redactKey(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      'invalid_request_error',
      'invalid_api_key',
    ),
  exhausted: () =>
    openaiError(
      429,
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  rateLimited: () => ({
    ...openaiError(
      429,
      'Rate limit reached in organization org-sandbox on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more.',
      'requests',
      'rate_limit_exceeded',
    ),
    headers: { 'retry-after': '20', 'x-ratelimit-limit-requests': '3', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' },
  }),
  serverError: () => openaiError(500, 'The server had an error while processing your request. Sorry about that!', 'server_error', null),
};

const LISTED_MODELS = ['gpt-5.2', 'gpt-5.2-mini', 'gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4o', 'gpt-4o-mini'];
/** New model names appear faster than lists are kept: any name of the vendor's families is served. */
const SERVED_MODEL = /^(gpt-|o\d|chatgpt-)/;
const CREATED_AT_S = 1_767_225_600;

export function refuseModel(model: unknown): VendorRefusal | undefined {
  if (typeof model !== 'string' || model === '') return openaiError(400, 'you must provide a model parameter', 'invalid_request_error', null);
  if (SERVED_MODEL.test(model)) return undefined;
  return openaiError(404, `The model \`${model}\` does not exist or you do not have access to it.`, 'invalid_request_error', 'model_not_found');
}

interface ChatMessage {
  role?: unknown;
  content?: unknown;
}

interface ChatRequest {
  model?: unknown;
  messages?: unknown;
  stream?: unknown;
  stream_options?: { include_usage?: unknown } | null;
  max_completion_tokens?: unknown;
  max_tokens?: unknown;
}

export function openaiUsage(answer: Answer): Record<string, unknown> {
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: answer.inputTokens + answer.outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}

async function chatCompletions(exchange: Exchange): Promise<void> {
  const body = (exchange.request.body ?? {}) as ChatRequest;
  const refusal = refuseModel(body.model);
  if (refusal !== undefined) return exchange.refuse(refusal);
  if (!Array.isArray(body.messages)) return exchange.refuse(openaiError(400, "Missing required parameter: 'messages'.", 'invalid_request_error', 'missing_required_parameter', 'messages'));
  const messages = body.messages as ChatMessage[];
  if (messages.length === 0) {
    const message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
    return exchange.refuse(openaiError(400, message, 'invalid_request_error', 'empty_array', 'messages'));
  }
  if (body.stream_options != null && body.stream !== true) {
    const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    return exchange.refuse(openaiError(400, message, 'invalid_request_error', null, 'stream_options'));
  }
  const model = body.model as string;
  exchange.record.usageAsked = body.stream_options?.include_usage === true;
  if (!(await exchange.admitGeneration(model, body.stream === true))) return;
  const last = messages.findLast((message) => message.role === 'user');
  const prompt = messages.map((message) => contentText(message.content)).join('\n');
  const answer = composeAnswer(contentText(last?.content), prompt, tokenLimit(body.max_completion_tokens, body.max_tokens));
  const finishReason = answer.complete ? 'stop' : 'length';
  const head = { id: newId('chatcmpl-'), created: Math.floor(Date.now() / 1000), model, service_tier: 'default', system_fingerprint: null };
  if (body.stream !== true) {
    const message = { role: 'assistant', content: answer.text, refusal: null, annotations: [] };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
    return exchange.reply(answer, { ...head, object: 'chat.completion', choices, usage: openaiUsage(answer) });
  }
  const usageAsked = exchange.record.usageAsked;
  const chunk = (choices: unknown[], usage: unknown = null): unknown => ({ ...head, object: 'chat.completion.chunk', choices, ...(usageAsked ? { usage } : {}) });
  const delta = (content: unknown, finish: string | null = null): unknown => chunk([{ index: 0, delta: content, logprobs: null, finish_reason: finish }]);
  await exchange.stream(answer, async (events, pieces) => {
    await events.send(delta({ role: 'assistant', content: '', refusal: null }));
    for await (const piece of pieces) await events.send(delta({ content: piece }));
    await events.send(delta({}, finishReason));
    if (usageAsked) await events.send(chunk([], openaiUsage(answer)));
    await events.send('[DONE]');
  });
}

/** OpenAI's face: `/v1/chat/completions`, `/v1/responses`, `/v1/models`. */
export function openaiRoutes(shared: Pick<VendorContext, 'control' | 'timing'>): Router {
  const context: VendorContext = {
    ...shared,
    name: 'openai',
    refusals: openaiRefusals,
    requestIdHeader: 'x-request-id',
    readKey: (request) => /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1],
  };
  const modelObject = (id: string): unknown => ({ id, object: 'model', created: CREATED_AT_S, owned_by: 'system' });
  const router = Router();
  router.get('/v1/models', exchangeHandler(context, (exchange) => void exchange.response.json({ object: 'list', data: LISTED_MODELS.map(modelObject) })));
  router.get(
    '/v1/models/:model',
    exchangeHandler(context, (exchange) => {
      const model = String(exchange.request.params['model']);
      const refusal = refuseModel(model);
      if (refusal === undefined) exchange.response.json(modelObject(model));
      else exchange.refuse(refusal);
    }),
  );
  router.post('/v1/chat/completions', exchangeHandler(context, chatCompletions));
  mountResponses(router, context);
  router.use((request, response) => {
    const { status, body } = openaiError(404, `Invalid URL (${request.method} ${request.path})`, 'invalid_request_error', null);
    response.status(status).json(body);
  });
  return router;
}
