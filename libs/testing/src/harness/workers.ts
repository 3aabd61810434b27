import { DefaultLogger, NativeConnection, Runtime, Worker, type ActivityInterceptorsFactory } from '@temporalio/worker';
import type { QueueActivities } from '../../../../apps/worker/src/tokens.js';
import { workflowWorkerOptions } from '../../../../apps/worker/src/temporal-workers.js';
import { createDataConverter } from '#temporal/data-converter.js';
import type { CodecKey } from '#temporal/payload-codec.js';

export interface WorkersOptions {
  readonly address: string;
  readonly namespace: string;
  readonly codecKeys: readonly CodecKey[];
  /** Text of the workflow bundle. */
  readonly code: string;
  readonly queues: readonly QueueActivities[];
  readonly activityInterceptors?: ActivityInterceptorsFactory[];
}

let quiet = false;

/** Temporal's native core logs by itself; once a process it is told to be quiet, and to leave signals to us. */
export function quietRuntime(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging: { filter: 'off', forward: {} } } });
}

/** The workers of the product with its own settings, in this process. Resolves with what stops them. */
export async function startWorkers(options: WorkersOptions): Promise<{ stop(): Promise<void> }> {
  quietRuntime();
  const { address, namespace, codecKeys, code, queues, activityInterceptors = [] } = options;
  const connection = await NativeConnection.connect({ address });
  const shared = { connection, namespace, dataConverter: createDataConverter(codecKeys), shutdownGraceTime: '2s', shutdownForceTime: '5s' } as const;
  const workers = await Promise.all([
    Worker.create({ ...shared, ...workflowWorkerOptions(code, queues), interceptors: { activity: activityInterceptors } }),
    ...queues.map(({ taskQueue, activities, concurrency }) => Worker.create({
      ...shared, taskQueue, activities, maxConcurrentActivityTaskExecutions: concurrency, maxHeartbeatThrottleInterval: '10s',
      interceptors: { activity: activityInterceptors },
    })),
  ]);
  const runs = workers.map((worker) => worker.run());
  return {
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(runs);
      await connection.close();
    },
  };
}
