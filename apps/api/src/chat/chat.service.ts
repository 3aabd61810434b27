import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { randomUUID } from 'node:crypto';
import type { Environment } from '#config/environment.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { Database } from '../database/database.js';
import { SseStream } from '../events/sse.js';
import { conflict, Problem } from '../http/problem.js';
import { problemOf } from '../http/problem.filter.js';
import { Idempotency, idempotencyKeyOf, requestHashOf } from '../idempotency/idempotency.service.js';
import { InstancesService } from '../instances/instances.service.js';
import type { CalledRequest, Member } from '../policy/caller.js';
import { ENVIRONMENT } from '../tokens.js';
import { askAgent, type AgentAddress, type AgentQuestion } from './agent.js';
import type { ChatAnswerDto, ChatMessageDto, ChatUsageDto } from './chat.dto.js';

const ANSWERS = new Set(['running', 'unhealthy']);

/** One message to an assistant and its answer, whole or streamed. The conversation itself is kept by the assistant. */
@Injectable()
export class ChatService {
  private readonly vault: SecretVault;

  constructor(
    private readonly database: Database,
    private readonly instances: InstancesService,
    private readonly idempotency: Idempotency,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.vault = new SecretVault(database.source, environment.ENCRYPTION_KEYS);
  }

  async answer(member: Member, id: string, dto: ChatMessageDto, request: CalledRequest, response: Response): Promise<void> {
    const agent = await this.addressOf(member, id);
    const left = new AbortController();
    response.once('close', () => left.abort());
    const question = { message: dto.message, conversationId: dto.conversationId ?? randomUUID() };
    if (/\btext\/event-stream\b/.test(request.headers.accept ?? '')) return this.stream(agent, question, response, left.signal);
    const work = async () => ({ status: 200, body: await whole(agent, question, left.signal) as unknown });
    const key = idempotencyKeyOf(request);
    const outcome = key === null ? await work() : await this.idempotency.once(member.customerId, key, requestHashOf(request), work);
    if ('replayed' in outcome && outcome.replayed) response.setHeader('Idempotent-Replayed', 'true');
    response.status(outcome.status).set('Cache-Control', 'no-store').json(outcome.body);
  }

  /** Headers are held back until the first piece, so that a refusal keeps its status. */
  private async stream(agent: AgentAddress, question: Omit<AgentQuestion, 'stream'>, response: Response, left: AbortSignal): Promise<void> {
    const { conversationId } = question;
    let stream: SseStream | null = null;
    let usage: ChatUsageDto | null = null;
    try {
      for await (const piece of askAgent(agent, { ...question, stream: true }, left)) {
        stream ??= new SseStream(response);
        if ('text' in piece) stream.send({ event: 'delta', data: piece });
        else usage = piece.usage;
      }
      stream ??= new SseStream(response);
      stream.send({ event: 'done', data: { conversationId, usage } });
    } catch (error) {
      if (stream === null) throw error;
      const problem = problemOf(error) ?? new Problem(502, 'ASSISTANT_FAILED', 'The answer broke off. Try again.');
      stream.send({ event: 'error', data: { code: problem.code, detail: problem.detail } });
    } finally {
      stream?.end();
    }
  }

  private async addressOf(member: Member, id: string): Promise<AgentAddress> {
    const { status } = await this.instances.row(member, id);
    const route = ANSWERS.has(status) ? await this.database.row<{ address: string; port: number; secret_id: string | null }>(
      `SELECT r.address, r.port, s.id AS secret_id FROM route r LEFT JOIN secret s ON s.customer_id = $2 AND s.kind = 'agent_token' AND s.subject = $1 WHERE r.instance_id = $1::uuid`,
      [id, member.customerId]) : null;
    if (route === null || route.secret_id === null) {
      const detail = `The assistant does not take messages now: its status is “${status.replaceAll('_', ' ')}”.`;
      throw conflict('INSTANCE_NOT_RUNNING', detail, { status });
    }
    return { address: route.address, port: route.port, token: await this.vault.get(route.secret_id, member.customerId) };
  }
}

async function whole(agent: AgentAddress, question: Omit<AgentQuestion, 'stream'>, left: AbortSignal): Promise<ChatAnswerDto> {
  let answer = '';
  let usage: ChatUsageDto | null = null;
  for await (const piece of askAgent(agent, { ...question, stream: false }, left)) {
    if ('text' in piece) answer += piece.text;
    else usage = piece.usage;
  }
  return { answer, conversationId: question.conversationId, usage };
}
