import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import type { Environment } from '#config/environment.js';
import { INTERNAL_TOKEN_HEADER, internalToken } from '#config/internal-token.js';
import { SseStream } from '../events/sse.js';
import { conflict, notFound, unavailable } from '../http/problem.js';
import { jsonLines } from '../http/lines.js';
import type { CalledRequest, Member } from '../policy/caller.js';
import { ENVIRONMENT } from '../tokens.js';
import { InstancesService } from './instances.service.js';
import type { LogLineDto, LogsQuery } from './logs.dto.js';

const ANSWER_MS = 10_000;

/** Logs of an instance, asked of the worker, which alone talks to Docker. */
@Injectable()
export class LogsService {
  constructor(
    private readonly instances: InstancesService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  async answer(member: Member, id: string, { follow = false, tail }: LogsQuery, _request: CalledRequest, response: Response): Promise<void> {
    const { host_id: hostId } = await this.instances.row(member, id);
    if (hostId === null) throw conflict('NO_CONTAINER', 'This assistant has no container at the moment, so there are no logs.');
    const left = new AbortController();
    response.once('close', () => left.abort());
    const upstream = await this.ask(hostId, id, follow, tail, left.signal);
    if (!follow) {
      const data: LogLineDto[] = [];
      for await (const line of jsonLines<LogLineDto>(upstream)) data.push(line);
      response.status(200).set('Cache-Control', 'no-store').json({ data, nextCursor: null });
      return;
    }
    const stream = new SseStream(response);
    stream.greet();
    try {
      for await (const line of jsonLines<LogLineDto>(upstream)) stream.send({ event: 'line', data: line });
      stream.send({ event: 'end', data: { detail: 'The container has ended.' } });
    } catch {
      if (!left.signal.aborted) stream.send({ event: 'error', data: { code: 'LOGS_UNAVAILABLE', detail: 'The logs broke off. Open them again.' } });
    } finally {
      stream.end();
    }
  }

  private async ask(hostId: string, id: string, follow: boolean, tail: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { WORKER_INTERNAL_PORT, AUTH_SECRET } = this.environment;
    const url = new URL(`http://127.0.0.1:${WORKER_INTERNAL_PORT}/internal/hosts/${encodeURIComponent(hostId)}/instances/${id}/logs`);
    url.searchParams.set('tail', String(tail));
    if (follow) url.searchParams.set('follow', '1');
    const away = (): Error => unavailable('LOGS_UNAVAILABLE', 'The logs cannot be read at the moment. The assistant itself is not touched by this.');
    // Headers must come soon; a followed body may take for ever.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_MS);
    try {
      const response = await fetch(url, { headers: { [INTERNAL_TOKEN_HEADER]: internalToken(AUTH_SECRET, 'worker') }, signal: AbortSignal.any([signal, late.signal]) });
      if (response.status === 404) throw notFound('container of this assistant');
      if (!response.ok || response.body === null) throw away();
      return response.body;
    } catch (error) {
      throw error instanceof TypeError || late.signal.aborted ? away() : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
