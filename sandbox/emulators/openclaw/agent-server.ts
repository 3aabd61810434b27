import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AgentConfig } from './agent-config.js';
import type { AgentLog } from './agent-log.js';
import { ChatAnswer, sendError, sendJson } from './chat-answer.js';
import { BadRequest, parseChatRequest, type ChatRequest } from './chat-request.js';
import type { TurnRunner } from './chat-turn.js';
import { TokenGuard } from './token-guard.js';

const BODY_LIMIT_BYTES = 2 * 1024 * 1024;
const CONTROL_UI = '<!doctype html><html lang="en"><head><title>OpenClaw Control</title></head><body><openclaw-app></openclaw-app></body></html>';

export interface AgentServerDeps {
  config: () => AgentConfig;
  turns: TurnRunner;
  log: AgentLog;
  /** While this file exists the agent is alive but sick: probes and turns answer 503. Only the Docker emulator sets it. */
  sickFile: string | undefined;
}

/** The HTTP face of the OpenClaw gateway, as far as Clawkeep uses it. Unknown pages answer the Control UI with 200, as the real one does. */
export class AgentServer {
  readonly server: Server;
  private readonly guard = new TokenGuard();
  private draining = false;

  constructor(private readonly deps: AgentServerDeps) {
    this.server = createServer((request, response) => {
      this.route(request, response).catch((error: unknown) => {
        deps.log('request_failed', { reason: error instanceof Error ? error.name : 'unknown' });
        if (!response.headersSent) sendError(response, 500, 'internal error', 'api_error');
        else response.end();
      });
    });
    this.server.keepAliveTimeout = 30_000;
  }

  /** From now on startup and readiness say no, and no new turn is taken. */
  drain(): void {
    this.draining = true;
    this.server.close();
    this.server.closeIdleConnections();
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const address = this.clientAddress(request);
    if (address === undefined) return sendError(response, 403, 'proxy_attribution_required', 'forbidden');
    switch (path) {
      case '/health':
      case '/healthz':
        return this.probe(response, { ok: true, status: 'live' }, false);
      case '/startup':
      case '/startupz':
        return this.probe(response, { ok: true, status: 'started' }, this.draining);
      case '/ready':
      case '/readyz':
        return this.probe(response, { ready: true }, this.draining);
      case '/v1/models':
        if (this.authorized(request, response, address)) this.models(response);
        return;
      case '/v1/chat/completions':
        return this.chat(request, response, address);
      default:
        if (request.method !== 'GET') return sendError(response, 404, 'Not Found', 'invalid_request_error');
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.end(CONTROL_UI);
    }
  }

  private isSick(): boolean {
    return this.deps.sickFile !== undefined && existsSync(this.deps.sickFile);
  }

  private probe(response: ServerResponse, body: object, failing: boolean): void {
    if (this.isSick()) return sendJson(response, 503, { ok: false, status: 'unhealthy', ready: false, failing: ['gateway'] });
    if (failing) return sendJson(response, 503, { ok: false, status: 'draining', ready: false, failing: ['draining'] });
    sendJson(response, 200, body);
  }

  /** Behind a trusted proxy every request names its client; a forwarded header from anyone else is refused. */
  private clientAddress(request: IncomingMessage): string | undefined {
    const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const forwarded = request.headers['x-forwarded-for'];
    if (this.deps.config().trustedProxies.includes(peer)) {
      const client = String(forwarded ?? '')
        .split(',')
        .at(-1)
        ?.trim();
      return client === '' ? undefined : client;
    }
    return forwarded === undefined ? peer : undefined;
  }

  private authorized(request: IncomingMessage, response: ServerResponse, address: string): boolean {
    const config = this.deps.config();
    const header = request.headers.authorization;
    const presented = header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined;
    const verdict = this.guard.check({ address, presented, expected: config.token, limit: config.rateLimit });
    if (verdict.kind === 'allowed') return true;
    this.deps.log('unauthorized', { locked: verdict.kind === 'locked' });
    if (verdict.kind === 'locked') {
      sendError(response, 429, 'Too many failed authentication attempts. Please try again later.', 'rate_limited', { 'retry-after': String(verdict.retryAfterSeconds) });
    } else {
      sendError(response, 401, 'Unauthorized', 'unauthorized');
    }
    return false;
  }

  private models(response: ServerResponse): void {
    const ids = ['openclaw', ...this.deps.config().agentIds.map((id) => `openclaw/${id}`)];
    sendJson(response, 200, { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'openclaw' })) });
  }

  private async chat(request: IncomingMessage, response: ServerResponse, address: string): Promise<void> {
    const config = this.deps.config();
    if (!config.chatCompletionsEnabled) return sendError(response, 404, 'Not Found', 'invalid_request_error');
    if (request.method !== 'POST') return sendError(response, 405, 'Method Not Allowed', 'invalid_request_error', { allow: 'POST' });
    if (!this.authorized(request, response, address)) return;
    if (this.draining || this.isSick()) return sendError(response, 503, 'gateway is not ready', 'api_error');
    const body = await readBody(request);
    if (body === undefined) return sendError(response, 413, 'Payload too large', 'invalid_request_error');

    let chat: ChatRequest;
    try {
      chat = parseChatRequest(body, headerOf(request, 'x-openclaw-session-key'), config.agentIds);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return sendError(response, 400, error.message, 'invalid_request_error');
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = new ChatAnswer(response, chat);
    try {
      const result = await this.deps.turns.run({ config, request: chat, modelHeader: headerOf(request, 'x-openclaw-model'), signal: gone.signal, onText: (piece) => answer.piece(piece) });
      answer.done(result);
    } catch (error) {
      answer.failed(error);
    }
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > BODY_LIMIT_BYTES) return undefined;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString('utf8');
}
