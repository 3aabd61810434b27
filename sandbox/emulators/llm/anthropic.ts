import { Router } from 'express';
import { composeAnswer, contentText, tokenLimit, type Answer } from './answer.js';
import { exchangeHandler, newId, type Exchange, type VendorContext } from './exchange.js';
import type { VendorRefusal, VendorRefusals } from './vendor.js';

/** Error objects as https://docs.anthropic.com/en/api/errors shows them. */
function anthropicError(status: number, type: string, message: string): VendorRefusal {
  return { status, body: { type: 'error', error: { type, message }, request_id: newId('req_') } };
}

const refusals: VendorRefusals = {
  missingKey: () => anthropicError(401, 'authentication_error', 'x-api-key header is required'),
  invalidKey: () => anthropicError(401, 'authentication_error', 'invalid x-api-key'),
  // Anthropic tells an empty balance as a bad request, not as a rate limit.
  exhausted: () =>
    anthropicError(
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
  rateLimited: () => ({
    ...anthropicError(429, 'rate_limit_error', "This request would exceed your organization's rate limit of 50 requests per minute."),
    headers: { 'retry-after': '20', 'anthropic-ratelimit-requests-limit': '50', 'anthropic-ratelimit-requests-remaining': '0' },
  }),
  serverError: () => anthropicError(500, 'api_error', 'Internal server error'),
};

const LISTED_MODELS: readonly (readonly [id: string, displayName: string])[] = [
  ['claude-opus-4-5', 'Claude Opus 4.5'],
  ['claude-sonnet-4-5', 'Claude Sonnet 4.5'],
  ['claude-haiku-4-5', 'Claude Haiku 4.5'],
];
const SERVED_MODEL = /^claude-/;
const CREATED_AT = '2026-01-01T00:00:00Z';

interface MessagesRequest {
  model?: unknown;
  messages?: unknown;
  system?: unknown;
  max_tokens?: unknown;
  stream?: unknown;
}

function refuseMessages(exchange: Exchange, body: MessagesRequest): VendorRefusal | undefined {
  const invalid = (message: string): VendorRefusal => anthropicError(400, 'invalid_request_error', message);
  if (exchange.request.headers['anthropic-version'] === undefined) return invalid('anthropic-version: header is required');
  if (typeof body.model !== 'string') return invalid('model: Field required');
  if (body.max_tokens === undefined) return invalid('max_tokens: Field required');
  if (tokenLimit(body.max_tokens) === undefined) return invalid('max_tokens: Input should be greater than or equal to 1');
  if (!Array.isArray(body.messages)) return invalid('messages: Field required');
  if (body.messages.length === 0) return invalid('messages: at least one message is required');
  if (!SERVED_MODEL.test(body.model)) return anthropicError(404, 'not_found_error', `model: ${body.model}`);
  return undefined;
}

function usage(answer: Answer, outputTokens: number): Record<string, unknown> {
  return {
    input_tokens: answer.inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
    service_tier: 'standard',
  };
}

async function messages(exchange: Exchange): Promise<void> {
  const body = (exchange.request.body ?? {}) as MessagesRequest;
  const refusal = refuseMessages(exchange, body);
  if (refusal !== undefined) return exchange.refuse(refusal);
  const model = body.model as string;
  const turns = body.messages as { role?: unknown; content?: unknown }[];
  if (!(await exchange.admitGeneration(model, body.stream === true))) return;
  const lastUserText = contentText(turns.findLast((turn) => turn.role === 'user')?.content);
  const prompt = [contentText(body.system), ...turns.map((turn) => contentText(turn.content))].join('\n');
  const answer = composeAnswer(lastUserText, prompt, tokenLimit(body.max_tokens));
  const stopReason = answer.complete ? 'end_turn' : 'max_tokens';
  const head = { id: newId('msg_'), type: 'message', role: 'assistant', model };
  if (body.stream !== true) {
    const content = [{ type: 'text', text: answer.text }];
    return exchange.reply(answer, { ...head, content, stop_reason: stopReason, stop_sequence: null, usage: usage(answer, answer.outputTokens) });
  }
  await exchange.stream(answer, async (events, pieces) => {
    const send = (type: string, fields: Record<string, unknown> = {}): Promise<void> => events.send({ type, ...fields }, type);
    await send('message_start', { message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage: usage(answer, 1) } });
    await send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    await send('ping');
    for await (const piece of pieces) await send('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } });
    await send('content_block_stop', { index: 0 });
    await send('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: answer.outputTokens } });
    await send('message_stop');
  });
}

/** Anthropic's face: `/v1/messages`, `/v1/models`. */
export function anthropicRoutes(shared: Pick<VendorContext, 'control' | 'timing'>): Router {
  const context: VendorContext = {
    ...shared,
    name: 'anthropic',
    refusals,
    requestIdHeader: 'request-id',
    readKey: (request) => {
      const key = request.headers['x-api-key'];
      return typeof key === 'string' && key !== '' ? key : undefined;
    },
  };
  const data = LISTED_MODELS.map(([id, displayName]) => ({ type: 'model', id, display_name: displayName, created_at: CREATED_AT }));
  const list = { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  const router = Router();
  router.get('/v1/models', exchangeHandler(context, (exchange) => void exchange.response.json(list)));
  router.post('/v1/messages', exchangeHandler(context, messages));
  router.use((_request, response) => {
    const { status, body } = anthropicError(404, 'not_found_error', 'Not Found');
    response.status(status).json(body);
  });
  return router;
}
