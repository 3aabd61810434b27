import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type ScheduleClient, type ScheduleOptions, type ScheduleOptionsStartWorkflowAction } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { Environment } from '#config/environment.js';
import { RECONCILE_EVERY_MINUTES } from '#domain/reconcile/reconcile.types.js';
import { connectTemporal } from '#temporal/client.js';
import { LIFECYCLE_QUEUE } from '#workflows/contracts/queues.js';
import { RECONCILE_SCHEDULE_ID, RECONCILE_STRIPE } from '#workflows/contracts/reconcile.js';
import { ENVIRONMENT } from './tokens.js';

type Schedule = ScheduleOptions<ScheduleOptionsStartWorkflowAction<Workflow>>;

/** What runs by the clock (api.md). One run at a time; one that is missed by less than an hour is made up for once. */
export const SCHEDULES: readonly Schedule[] = [
  {
    scheduleId: RECONCILE_SCHEDULE_ID,
    spec: { intervals: [{ every: `${RECONCILE_EVERY_MINUTES}m` }] },
    action: { type: 'startWorkflow', workflowType: RECONCILE_STRIPE, workflowId: RECONCILE_SCHEDULE_ID, taskQueue: LIFECYCLE_QUEUE, args: [{}] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1h' },
  },
];

/** Creates the schedules, or makes those that are there say the same. A schedule that a person has paused stays paused. */
@Injectable()
export class Schedules implements OnApplicationBootstrap {
  private readonly logger = new Logger(Schedules.name);

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  async onApplicationBootstrap(): Promise<void> {
    const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_CODEC_KEYS: codecKeys } = this.environment;
    const { client, close } = await connectTemporal({ address, namespace, codecKeys });
    try {
      for (const schedule of SCHEDULES) await ensureSchedule(client.schedule, schedule);
    } catch (error) {
      // Customers are served without it; the next start of a worker tries again.
      this.logger.error(`The schedules were not written: ${error instanceof Error ? error.message : 'unknown'}`);
    } finally {
      await close();
    }
  }
}

/** Create or update; safe to run in several workers at once. */
export async function ensureSchedule(schedules: ScheduleClient, schedule: Schedule): Promise<void> {
  try {
    await schedules.create(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await schedules.getHandle(schedule.scheduleId).update(({ state }) => ({ spec: schedule.spec, action: schedule.action, policies: schedule.policies ?? {}, state }));
  }
}
