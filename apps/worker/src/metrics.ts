import type { Server } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { DataSource } from 'typeorm';
import type { Environment } from '#config/environment.js';
import { startMetricsServer } from '#metrics/metrics-server.js';
import { TemporalWorkers } from './temporal-workers.js';
import { ENVIRONMENT } from './tokens.js';

interface ReconcileFigures { differences: number; stopped: boolean; age_seconds: number | null }

const LAST_RUN = `
  SELECT COALESCE((differences->'sum'->>'total')::int, 0) AS differences, stopped_reason IS NOT NULL AS stopped,
         (SELECT extract(epoch FROM now() - max(ended_at))::float8 FROM reconcile_run WHERE stopped_reason IS NULL) AS age_seconds
    FROM reconcile_run WHERE ended_at IS NOT NULL ORDER BY started_at DESC LIMIT 1`;

/** Prometheus metrics of the worker on WORKER_METRICS_PORT. */
@Injectable()
export class WorkerMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly workers: TemporalWorkers,
    private readonly dataSource: DataSource,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const { workers, dataSource } = this;
    new Gauge({
      name: 'clawkeep_temporal_workers_running', help: '1 while every Temporal worker of this process runs', registers: [registry],
      collect() { this.set(workers.running ? 1 : 0); },
    });
    const stopped = new Gauge({ name: 'clawkeep_reconcile_stopped', help: '1 when the last run of the reconciler rang nobody, or not all, and a person must look', registers: [registry] });
    const ago = new Gauge({ name: 'clawkeep_reconcile_age_seconds', help: 'Seconds since a run of the reconciler last ended well', registers: [registry] });
    new Gauge({
      name: 'clawkeep_reconcile_differences', help: 'Differences between Stripe and our book in the last run of the reconciler', registers: [registry],
      async collect() {
        const [last] = await dataSource.query<ReconcileFigures[]>(LAST_RUN).catch(() => []);
        this.set(last?.differences ?? 0);
        stopped.set(last?.stopped === true ? 1 : 0);
        if (last?.age_seconds != null) ago.set(last.age_seconds);
      },
    });
    this.server = await startMetricsServer(registry, this.environment.WORKER_METRICS_PORT, '127.0.0.1');
  }

  onApplicationShutdown(): void { this.server?.close(); }
}
