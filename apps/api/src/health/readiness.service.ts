import { Inject, Injectable } from '@nestjs/common';
import { temporal } from '#temporal/protos.js';
import type { Environment } from '#config/environment.js';
import { BILLING_QUEUE, dockerQueue, LIFECYCLE_QUEUE, NOTIFY_QUEUE, PROJECTIONS_QUEUE } from '#workflows/contracts/queues.js';
import { Database } from '../database/database.js';
import { DatabaseListener } from '../database/listener.js';
import { TemporalService } from '../temporal/temporal.service.js';
import { ENVIRONMENT } from '../tokens.js';
import type { HealthDto, ReadinessDto, ReadinessPartDto } from './health.dto.js';

const PART_MS = 2_500;
const REMEMBERED_MS = 1_000;
/** A worker asks anew at least once a minute (the server ends a long poll after 60 s): one that has not is gone. */
const POLLER_SILENCE_MS = 75_000;

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = temporal.api.enums.v1.TaskQueueType;
type QueueType = typeof TASK_QUEUE_TYPE_ACTIVITY | typeof TASK_QUEUE_TYPE_WORKFLOW;

/** Tells the truth about whether the product can work, each part by name. */
@Injectable()
export class ReadinessService {
  private remembered: { answer: Promise<ReadinessDto>; atMs: number } | null = null;

  constructor(
    private readonly database: Database,
    private readonly listener: DatabaseListener,
    private readonly temporal: TemporalService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  health(): HealthDto {
    return { status: 'ok', releaseId: this.environment.RELEASE_ID, uptimeSeconds: Math.round(process.uptime()) };
  }

  /** Asks every part, all at once, 2.5 s at most each. Asked often, it answers with what it found less than a second ago. */
  check(): Promise<ReadinessDto> {
    const nowMs = Date.now();
    if (this.remembered === null || nowMs - this.remembered.atMs > REMEMBERED_MS) this.remembered = { answer: this.look(), atMs: nowMs };
    return this.remembered.answer;
  }

  private async look(): Promise<ReadinessDto> {
    const hosts = this.database.rows<{ id: string }>('SELECT id FROM host WHERE NOT draining ORDER BY id').catch(() => []);
    const [base, dockerHosts] = await Promise.all([
      Promise.all([
        part('database', () => this.databaseWorks()),
        part('temporal', () => this.temporalWorks()),
        part(`queue:${LIFECYCLE_QUEUE}`, () => this.isPolled(LIFECYCLE_QUEUE, TASK_QUEUE_TYPE_WORKFLOW)),
        ...[BILLING_QUEUE, NOTIFY_QUEUE, PROJECTIONS_QUEUE].map((queue) => part(`queue:${queue}`, () => this.isPolled(queue, TASK_QUEUE_TYPE_ACTIVITY))),
      ]),
      within(hosts).catch(() => []),
    ]);
    const docker = await Promise.all(dockerHosts.map(({ id }) => part(`queue:${dockerQueue(id)}`, () => this.isPolled(dockerQueue(id), TASK_QUEUE_TYPE_ACTIVITY))));
    const parts = [...base, ...docker];
    return { ready: parts.every(({ ready }) => ready), parts };
  }

  private async databaseWorks(): Promise<void> {
    await this.database.rows('SELECT 1');
    if (!this.listener.connected) throw new Error('The listening connection is being made anew.');
  }

  private async temporalWorks(): Promise<void> {
    const { connection } = await this.temporal.connected();
    await connection.withDeadline(Date.now() + PART_MS, () => connection.workflowService.describeNamespace({ namespace: this.environment.TEMPORAL_NAMESPACE }));
  }

  private async isPolled(name: string, taskQueueType: QueueType): Promise<void> {
    const { connection } = await this.temporal.connected();
    const { pollers } = await connection.withDeadline(Date.now() + PART_MS, () =>
      connection.workflowService.describeTaskQueue({ namespace: this.environment.TEMPORAL_NAMESPACE, taskQueue: { name }, taskQueueType }));
    const latestMs = Math.max(0, ...(pollers ?? []).map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000));
    if (latestMs === 0) throw new Error('No worker polls this queue.');
    if (Date.now() - latestMs > POLLER_SILENCE_MS) throw new Error(`No worker has polled this queue since ${new Date(latestMs).toISOString()}.`);
  }
}

/** Addresses and names of machines stay inside: only what is wrong is told. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/No worker|listening connection/, ''],
  [/too long/, 'No answer in time.'],
];

async function part(name: string, probe: () => Promise<void>): Promise<ReadinessPartDto> {
  try {
    await within(probe());
    return { name, ready: true };
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const known = WORDS.find(([pattern]) => pattern.test(message));
    return { name, ready: false, detail: known === undefined ? 'Does not answer.' : known[1] || message };
  }
}

function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error('It took too long.')), PART_MS); });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
