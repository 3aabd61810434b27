import type { Router } from 'express';
import { composeAnswer, contentText, tokenLimit, type Answer } from './answer.js';
import { exchangeHandler, newId, type Exchange, type VendorContext } from './exchange.js';
import { openaiError, refuseModel } from './openai-errors.js';

interface InputItem {
  role?: unknown;
  content?: unknown;
}

interface ResponsesRequest {
  model?: unknown;
  input?: unknown;
  instructions?: unknown;
  stream?: unknown;
  max_output_tokens?: unknown;
}

function responsesUsage(answer: Answer): Record<string, unknown> {
  return {
    input_tokens: answer.inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: answer.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: answer.inputTokens + answer.outputTokens,
  };
}

function readInput(input: unknown): { lastUserText: string; prompt: string } {
  if (typeof input === 'string') return { lastUserText: input, prompt: input };
  const items = Array.isArray(input) ? (input as InputItem[]) : [];
  return {
    lastUserText: contentText(items.findLast((item) => item.role === 'user')?.content),
    prompt: items.map((item) => contentText(item.content)).join('\n'),
  };
}

async function responses(exchange: Exchange): Promise<void> {
  const body = (exchange.request.body ?? {}) as ResponsesRequest;
  const refusal = refuseModel(body.model);
  if (refusal !== undefined) return exchange.refuse(refusal);
  if (typeof body.input !== 'string' && !Array.isArray(body.input)) {
    return exchange.refuse(openaiError(400, "Missing required parameter: 'input'.", 'invalid_request_error', 'missing_required_parameter', 'input'));
  }
  const model = body.model as string;
  if (!(await exchange.admitGeneration(model, body.stream === true))) return;
  const { lastUserText, prompt } = readInput(body.input);
  const instructions = typeof body.instructions === 'string' ? body.instructions : null;
  const answer = composeAnswer(lastUserText, `${instructions ?? ''}${prompt}`, tokenLimit(body.max_output_tokens));

  const messageId = newId('msg_');
  const part = (text: string): unknown => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const item = (status: string, content: unknown[]): unknown => ({ type: 'message', id: messageId, status, role: 'assistant', content });
  const head = {
    id: newId('resp_'), object: 'response', created_at: Math.floor(Date.now() / 1000), error: null, incomplete_details: null, instructions,
    max_output_tokens: tokenLimit(body.max_output_tokens) ?? null, model, parallel_tool_calls: true, previous_response_id: null,
    reasoning: { effort: null, summary: null }, store: true, temperature: 1, text: { format: { type: 'text' } }, tool_choice: 'auto', tools: [],
    top_p: 1, truncation: 'disabled', user: null, metadata: {},
  };
  const status = answer.complete ? 'completed' : 'incomplete';
  const finished = {
    ...head,
    status,
    ...(answer.complete ? {} : { incomplete_details: { reason: 'max_output_tokens' } }),
    output: [item(status, [part(answer.text)])],
    usage: responsesUsage(answer),
  };
  if (body.stream !== true) return exchange.reply(answer, finished);

  await exchange.stream(answer, async (events, pieces) => {
    let sequence = 0;
    const send = (type: string, fields: Record<string, unknown>): Promise<void> => events.send({ type, ...fields, sequence_number: sequence++ }, type);
    const started = { ...head, status: 'in_progress', output: [], usage: null };
    const place = { item_id: messageId, output_index: 0, content_index: 0 };
    await send('response.created', { response: started });
    await send('response.in_progress', { response: started });
    await send('response.output_item.added', { output_index: 0, item: item('in_progress', []) });
    await send('response.content_part.added', { ...place, part: part('') });
    for await (const piece of pieces) await send('response.output_text.delta', { ...place, delta: piece, logprobs: [] });
    await send('response.output_text.done', { ...place, text: answer.text, logprobs: [] });
    await send('response.content_part.done', { ...place, part: part(answer.text) });
    await send('response.output_item.done', { output_index: 0, item: item(status, [part(answer.text)]) });
    await send(answer.complete ? 'response.completed' : 'response.incomplete', { response: finished });
  });
}

/** Adds `POST /v1/responses` to OpenAI's face. */
export function mountResponses(router: Router, context: VendorContext): void {
  router.post('/v1/responses', exchangeHandler(context, responses));
}
