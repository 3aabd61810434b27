import { Controller, Get, Inject, Param, Query, Req, Res, ServiceUnavailableException, UnauthorizedException, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DockerError } from '#activities/docker/docker-error.js';
import type { DockerHost } from '#activities/docker/docker-host.js';
import { dockerNames } from '#activities/docker/docker-names.js';
import type { Environment } from '#config/environment.js';
import { INTERNAL_TOKEN_HEADER, isInternalToken } from '#config/internal-token.js';
import { TemporalWorkers } from './temporal-workers.js';
import { DOCKER_HOSTS, ENVIRONMENT } from './tokens.js';

const DEFAULT_TAIL = 200;
const LONGEST_TAIL = 5_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What other processes of Clawkeep ask of the worker, on loopback only. */
@Controller()
export class InternalController {
  constructor(
    private readonly workers: TemporalWorkers,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(DOCKER_HOSTS) private readonly hosts: ReadonlyMap<string, DockerHost>,
  ) {}

  /** 200 while every Temporal worker of this process runs, else 503. */
  @Get('readyz')
  ready(): { status: 'ready' } {
    if (!this.workers.running) throw new ServiceUnavailableException({ code: 'WORKERS_NOT_RUNNING', detail: 'A Temporal worker of this process does not run.' });
    return { status: 'ready' };
  }

  /**
   * Lines of a container as newline-delimited JSON `{at, stream, text}`; with `follow=1` the answer stays open.
   * 404 when there is no such container, 503 when the host does not answer.
   */
  @Get('internal/hosts/:hostId/instances/:instanceId/logs')
  async logs(
    @Param('hostId') hostId: string, @Param('instanceId') instanceId: string, @Query('follow') follow: string | undefined,
    @Query('tail') tail: string | undefined, @Req() request: Request, @Res() response: Response,
  ): Promise<void> {
    if (!isInternalToken(request.headers[INTERNAL_TOKEN_HEADER], this.environment.AUTH_SECRET, 'worker')) throw new UnauthorizedException();
    const host = this.hosts.get(hostId);
    if (!host || !UUID.test(instanceId)) throw new NotFoundException({ code: 'NOT_FOUND', detail: 'No such host or instance here.' });
    const left = new AbortController();
    response.on('close', () => left.abort());
    const lines = Math.min(Math.max(Number.parseInt(tail ?? '', 10) || DEFAULT_TAIL, 1), LONGEST_TAIL);
    try {
      for await (const line of host.logs(dockerNames(instanceId).container, { tail: lines, follow: follow === '1', signal: left.signal })) {
        if (!response.headersSent) response.status(200).type('application/x-ndjson').flushHeaders();
        if (!response.write(`${JSON.stringify(line)}\n`)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      }
    } catch (error) {
      if (left.signal.aborted) return;
      if (response.headersSent) { response.destroy(); return; }
      if (error instanceof DockerError && error.kind === 'not_found') throw new NotFoundException({ code: 'NOT_FOUND', detail: 'The instance has no container.' });
      throw new ServiceUnavailableException({ code: 'HOST_UNREACHABLE', detail: 'The host does not answer.' });
    }
    if (!response.headersSent) response.status(200).type('application/x-ndjson');
    response.end();
  }
}
