import { proxyActivities, proxyLocalActivities, type ActivityInterfaceFor } from '@temporalio/workflow';
import { RETRY_PROFILES, type RetryProfile } from '#domain/provisioning/retry-profiles.js';
import { BILLING_QUEUE, NOTIFY_QUEUE, dockerQueue } from './contracts/queues.js';
import type { BillingPort } from './ports/billing.port.js';
import type { DockerPort } from './ports/docker.port.js';
import type { NotifyPort } from './ports/notify.port.js';
import type { PlacementPort } from './ports/placement.port.js';
import type { ProjectionsPort } from './ports/projections.port.js';
import type { BooksPort } from './ports/books.port.js';
import type { ReconcilePort } from './ports/reconcile.port.js';
import type { RulesPort } from './ports/rules.port.js';

/**
 * How workflows reach the world: `billing('Read what Stripe says').fetchBillingFacts(…)`.
 * The summary is what support reads beside the activity in the Temporal UI; queue and retry profile are chosen here only.
 */
const on = <Port>(taskQueue: string, profile: RetryProfile) => (summary: string): ActivityInterfaceFor<Port> =>
  proxyActivities<Port>({
    taskQueue,
    summary,
    startToCloseTimeout: profile.startToCloseTimeoutMs,
    ...(profile.scheduleToCloseTimeoutMs === null ? {} : { scheduleToCloseTimeout: profile.scheduleToCloseTimeoutMs }),
    ...(profile.heartbeatTimeoutMs === null ? {} : { heartbeatTimeout: profile.heartbeatTimeoutMs }),
    retry: {
      initialInterval: profile.initialIntervalMs,
      backoffCoefficient: profile.backoffCoefficient,
      maximumInterval: profile.maximumIntervalMs,
      ...(profile.maximumAttempts === null ? {} : { maximumAttempts: profile.maximumAttempts }),
    },
  });

/** Above it the pause before the next attempt is a timer in the history, and not a workflow task that is kept open. */
const LONGEST_LOCAL_PAUSE_MS = 2_000;

/**
 * Short reads and writes of our own Postgres run in the worker that runs the workflow: one marker in the history instead of a task that the server
 * schedules, matches and completes. Measured (bench paid-to-answer): of the 55 activities of a sign-up 38 were such, and they were two thirds of what
 * the Temporal server had to do. A killed worker runs again those of the task that it had not answered: each bears that.
 */
const here = <Port>(profile: RetryProfile) => (summary: string): ActivityInterfaceFor<Port> =>
  proxyLocalActivities<Port>({
    summary,
    startToCloseTimeout: profile.startToCloseTimeoutMs,
    localRetryThreshold: LONGEST_LOCAL_PAUSE_MS,
    retry: {
      initialInterval: profile.initialIntervalMs,
      backoffCoefficient: profile.backoffCoefficient,
      maximumInterval: profile.maximumIntervalMs,
      ...(profile.maximumAttempts === null ? {} : { maximumAttempts: profile.maximumAttempts }),
    },
  });

export const billing = on<BillingPort>(BILLING_QUEUE, RETRY_PROFILES.billing);
/** Before a decision: gives up after a short while, and then nothing is decided. */
export const billingLook = on<BillingPort>(BILLING_QUEUE, RETRY_PROFILES.billingLook);
/** For a person who waits for the answer: gives up after a short while with a clear error. */
export const billingNow = on<BillingPort>(BILLING_QUEUE, RETRY_PROFILES.billingInteractive);
export const notify = on<NotifyPort>(NOTIFY_QUEUE, RETRY_PROFILES.mail);
export const placement = here<PlacementPort>(RETRY_PROFILES.placement);
export const projections = here<ProjectionsPort>(RETRY_PROFILES.projection);
export const rules = here<RulesPort>(RETRY_PROFILES.projection);
/** The reconciler's pages; its report is written until Postgres is back. */
export const reconcileSweep = on<ReconcilePort>(BILLING_QUEUE, RETRY_PROFILES.sweep);
export const books = on<BooksPort>(BILLING_QUEUE, RETRY_PROFILES.sweep);
export const reconcileReport = on<ReconcilePort>(BILLING_QUEUE, RETRY_PROFILES.projection);

const dockerProfiles = { changes: RETRY_PROFILES.mutateHost, waits: RETRY_PROFILES.awaitHealthy, undo: RETRY_PROFILES.undoHost, export: RETRY_PROFILES.exportData } as const;

/** Docker on one host; `undo` is more patient than `changes`, because giving up there leaves something behind. */
export const docker = (hostId: string, profile: keyof typeof dockerProfiles, summary: string): ActivityInterfaceFor<DockerPort> =>
  on<DockerPort>(dockerQueue(hostId), dockerProfiles[profile])(summary);
