import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { readFile } from 'node:fs/promises';
import type { Environment } from '#config/environment.js';
import { waitForPort } from '#temporal/client.js';
import { createDataConverter } from '#temporal/data-converter.js';
import { LIFECYCLE_QUEUE, PROJECTIONS_QUEUE } from '#workflows/contracts/queues.js';
import { ENVIRONMENT, QUEUE_ACTIVITIES, type QueueActivities } from './tokens.js';

/**
 * All Temporal workers of this process: one that runs workflows, and one without workflow code for each activity queue.
 * A worker that stops by itself ends the process: whoever supervises it starts a fresh one.
 */
@Injectable()
export class TemporalWorkers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(TemporalWorkers.name);
  private connection: NativeConnection | undefined;
  private readonly workers: Worker[] = [];
  private readonly runs: Promise<void>[] = [];
  private stopping = false;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(QUEUE_ACTIVITIES) private readonly queues: QueueActivities[],
  ) {}

  /** Every worker runs: the truth for readiness. */
  get running(): boolean { return this.workers.length > 0 && this.workers.every((worker) => worker.getState() === 'RUNNING'); }

  async onApplicationBootstrap(): Promise<void> {
    const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_CODEC_KEYS, WORKFLOW_BUNDLE } = this.environment;
    await waitForPort(TEMPORAL_ADDRESS, 15_000);
    this.connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
    const shared = { connection: this.connection, namespace: TEMPORAL_NAMESPACE, dataConverter: createDataConverter(TEMPORAL_CODEC_KEYS), shutdownGraceTime: '10s', shutdownForceTime: '20s' } as const;
    await this.start({ ...shared, ...workflowWorkerOptions(await readFile(WORKFLOW_BUNDLE, 'utf8'), this.queues) });
    for (const { taskQueue, activities, concurrency } of this.queues) {
      await this.start({ ...shared, taskQueue, activities, maxConcurrentActivityTaskExecutions: concurrency, maxHeartbeatThrottleInterval: '10s' });
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    for (const worker of this.workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.all(this.runs);
    await this.connection?.close();
  }

  private async start(options: WorkerOptions): Promise<void> {
    const worker = await Worker.create(options);
    this.workers.push(worker);
    this.runs.push(worker.run().then(() => this.ended(options.taskQueue, null), (error: unknown) => this.ended(options.taskQueue, error)));
  }

  private ended(taskQueue: string | undefined, error: unknown): void {
    if (this.stopping) return;
    this.logger.fatal(`The worker of ${taskQueue} stopped: ${error instanceof Error ? error.message : 'without an error'}`);
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  }
}

/**
 * Settings of the workflow worker, measured (docs/decisions): a short sticky time-out recovers from a killed worker in about a second;
 * more pollers for new workflows start 3.6 times as many; the cache is capped because an idle customer costs some 360 KiB in it.
 */
export function workflowWorkerOptions(code: string, queues: readonly QueueActivities[]): WorkerOptions {
  const ours = queues.find(({ taskQueue }) => taskQueue === PROJECTIONS_QUEUE);
  return {
    taskQueue: LIFECYCLE_QUEUE,
    workflowBundle: { code },
    // What workflows do in this worker itself (libs/workflows/src/activities.ts); it takes no activity from a queue.
    ...(ours === undefined ? {} : { activities: ours.activities, maxConcurrentLocalActivityExecutions: ours.concurrency, enableNonLocalActivities: false }),
    maxCachedWorkflows: 300,
    stickyQueueScheduleToStartTimeout: '1s',
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 20 },
    nonStickyToStickyPollRatio: 0.7,
  };
}
