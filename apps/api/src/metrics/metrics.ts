import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Environment } from '#config/environment.js';
import { EventStreams } from '../events/event-streams.service.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import { ENVIRONMENT } from '../tokens.js';

/** Prometheus metrics on a port of their own (METRICS_PORT; 0 = any free one). No label carries an id or an address. */
@Injectable()
export class Metrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Metrics.name);
  private readonly registry = new Registry();
  private readonly durations: Histogram;
  private server: Server | null = null;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    outbox: OutboxDispatcher,
    streams: EventStreams,
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.durations = new Histogram({
      name: 'clawkeep_http_request_duration_seconds', help: 'Time to the whole answer, by route pattern.', labelNames: ['method', 'route', 'status'], registers,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    });
    const waiting = new Gauge({ name: 'clawkeep_outbox_messages', help: 'Messages to workflows that Temporal has not taken yet.', registers });
    new Gauge({
      name: 'clawkeep_outbox_oldest_seconds', help: 'Age of the oldest of them.', registers,
      async collect() {
        const { waiting: count, oldestSeconds } = await outbox.lag().catch(() => ({ waiting: Number.NaN, oldestSeconds: Number.NaN }));
        waiting.set(count);
        this.set(oldestSeconds);
      },
    });
    new Gauge({ name: 'clawkeep_event_streams', help: 'Open streams of GET /events.', registers, collect() { this.set(streams.count); } });
  }

  /** Measures every request. Streams are measured too: their duration is how long they were open. */
  middleware(): RequestHandler {
    return (request: Request, response: Response, next: NextFunction) => {
      const stop = this.durations.startTimer({ method: request.method });
      response.once('close', () => {
        const route = (request.route as { path?: unknown } | undefined)?.path;
        stop({ route: typeof route === 'string' ? route : request.path.startsWith('/api/') ? 'unknown' : 'static', status: String(response.statusCode) });
      });
      next();
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    const server = createServer((request, response) => {
      if (request.url !== '/metrics') return void response.writeHead(404).end();
      this.registry.metrics().then((text) => response.writeHead(200, { 'content-type': this.registry.contentType }).end(text), () => response.writeHead(500).end());
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.environment.METRICS_PORT, this.environment.BIND_ADDRESS, resolve));
    server.on('error', (error) => this.logger.warn(error.message));
    this.server = server;
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
