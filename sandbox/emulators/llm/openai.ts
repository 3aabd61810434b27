import { Router } from 'express';
import { composeAnswer, contentText, tokenLimit, type Answer } from './answer.js';
import { exchangeHandler, newId, type Exchange, type VendorContext } from './exchange.js';
import { mountResponses } from './openai-responses.js';
import { openaiError, openaiRefusals, refuseModel } from './openai-errors.js';

const LISTED_MODELS = ['gpt-5.2', 'gpt-5.2-mini', 'gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4o', 'gpt-4o-mini'];
const CREATED_AT_S = 1_767_225_600;

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
