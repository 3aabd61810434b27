import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ChatRequest } from './chat-request.js';
import { TurnError, type TurnResult } from './provider-client.js';

const usageOf = (result: TurnResult): object => ({
  prompt_tokens: result.usage.promptTokens,
  completion_tokens: result.usage.completionTokens,
  total_tokens: result.usage.promptTokens + result.usage.completionTokens,
});

export function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

export function sendError(response: ServerResponse, status: number, message: string, type: string, headers: Record<string, string> = {}): void {
  sendJson(response, status, { error: { message, type } }, headers);
}

const typeOfStatus = (status: number): string => (status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'api_error');

/** Writes one answer in OpenAI's shapes, whole or as server-sent events; headers are held back until the first piece, so that a failure keeps its status. */
export class ChatAnswer {
  private readonly id = `chatcmpl-${randomUUID()}`;
  private readonly createdSeconds = Math.floor(Date.now() / 1000);

  constructor(
    private readonly response: ServerResponse,
    private readonly request: ChatRequest,
  ) {}

  piece(text: string): void {
    if (!this.request.stream) return;
    this.open();
    this.chunk([{ index: 0, delta: { content: text }, finish_reason: null }]);
  }

  done(result: TurnResult): void {
    if (!this.request.stream) {
      const choices = [{ index: 0, message: { role: 'assistant', content: result.text }, finish_reason: 'stop' }];
      sendJson(this.response, 200, { id: this.id, object: 'chat.completion', created: this.createdSeconds, model: 'openclaw', choices, usage: usageOf(result) });
      return;
    }
    this.open();
    this.chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    if (this.request.includeUsage) this.chunk([], { usage: usageOf(result) });
    this.response.end('data: [DONE]\n\n');
  }

  failed(error: unknown): void {
    const failure = error instanceof TurnError ? error : new TurnError(500, 'internal error');
    const status = failure.status === 424 ? 502 : failure.status;
    if (!this.response.headersSent) {
      sendError(this.response, status, failure.message, typeOfStatus(status), failure.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter });
      return;
    }
    this.response.write(`data: ${JSON.stringify({ error: { message: failure.message, type: typeOfStatus(status) } })}\n\n`);
    this.response.end('data: [DONE]\n\n');
  }

  private open(): void {
    if (this.response.headersSent) return;
    this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
    this.chunk([{ index: 0, delta: { role: 'assistant' }, finish_reason: null }]);
  }

  private chunk(choices: object[], more: object = {}): void {
    const body = { id: this.id, object: 'chat.completion.chunk', created: this.createdSeconds, model: 'openclaw', choices, ...more };
    this.response.write(`data: ${JSON.stringify(body)}\n\n`);
  }
}
