import type { Server } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Environment } from '#config/environment.js';
import { startMetricsServer } from '#metrics/metrics-server.js';
import { TemporalWorkers } from './temporal-workers.js';
import { ENVIRONMENT } from './tokens.js';

/** Prometheus metrics of the worker on WORKER_METRICS_PORT. */
@Injectable()
export class WorkerMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment, private readonly workers: TemporalWorkers) {}

  async onApplicationBootstrap(): Promise<void> {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const { workers } = this;
    new Gauge({
      name: 'clawkeep_temporal_workers_running', help: '1 while every Temporal worker of this process runs', registers: [registry],
      collect() { this.set(workers.running ? 1 : 0); },
    });
    this.server = await startMetricsServer(registry, this.environment.WORKER_METRICS_PORT, '127.0.0.1');
  }

  onApplicationShutdown(): void { this.server?.close(); }
}
