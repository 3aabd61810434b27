/** How patiently an activity is tried, as data: the one place where retry and timeout figures stand. Times in milliseconds. */
export interface RetryProfile {
  /** One attempt may take so long. */
  readonly startToCloseTimeoutMs: number;
  /** All attempts together; null = as long as it takes. */
  readonly scheduleToCloseTimeoutMs: number | null;
  /** Only for activities that heartbeat: a dead worker is noticed after this. */
  readonly heartbeatTimeoutMs: number | null;
  readonly initialIntervalMs: number;
  readonly backoffCoefficient: number;
  readonly maximumIntervalMs: number;
  readonly maximumAttempts: number | null;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export const RETRY_PROFILES = {
  /** Stripe, where nobody waits: until it answers. A declined card is a value, not an error. */
  billing: { startToCloseTimeoutMs: 30 * SECOND, scheduleToCloseTimeoutMs: null, heartbeatTimeoutMs: null, initialIntervalMs: SECOND, backoffCoefficient: 2, maximumIntervalMs: MINUTE, maximumAttempts: null },
  /** A look at Stripe before a decision: without an answer nothing is decided, and the look is taken again later. Attempts are counted, not the time in line: a crowd that is due at once only takes longer. */
  billingLook: { startToCloseTimeoutMs: 12 * SECOND, scheduleToCloseTimeoutMs: 5 * MINUTE, heartbeatTimeoutMs: null, initialIntervalMs: 500, backoffCoefficient: 2, maximumIntervalMs: 5 * SECOND, maximumAttempts: 5 },
  /** Stripe, where a person waits for the page. */
  billingInteractive: { startToCloseTimeoutMs: 15 * SECOND, scheduleToCloseTimeoutMs: 40 * SECOND, heartbeatTimeoutMs: null, initialIntervalMs: 500, backoffCoefficient: 2, maximumIntervalMs: 5 * SECOND, maximumAttempts: null },
  /** Postgres, as a local activity: until it is back. A longer pause is a timer in the history: at one a minute an outage of days does not fill it. */
  projection: { startToCloseTimeoutMs: 5 * SECOND, scheduleToCloseTimeoutMs: null, heartbeatTimeoutMs: null, initialIntervalMs: 200, backoffCoefficient: 2, maximumIntervalMs: MINUTE, maximumAttempts: null },
  placement: { startToCloseTimeoutMs: 5 * SECOND, scheduleToCloseTimeoutMs: null, heartbeatTimeoutMs: null, initialIntervalMs: 200, backoffCoefficient: 2, maximumIntervalMs: MINUTE, maximumAttempts: null },
  /** A change on a Docker host: after this long the host is not the right one. */
  mutateHost: { startToCloseTimeoutMs: 30 * SECOND, scheduleToCloseTimeoutMs: 3 * MINUTE, heartbeatTimeoutMs: 5 * SECOND, initialIntervalMs: 500, backoffCoefficient: 2, maximumIntervalMs: 10 * SECOND, maximumAttempts: null },
  /** The start grace of openclaw.md (240 s for the real image). So many attempts that a gateway or worker that starts anew (45 s) refunds nobody. */
  awaitHealthy: { startToCloseTimeoutMs: 4 * MINUTE, scheduleToCloseTimeoutMs: 5 * MINUTE, heartbeatTimeoutMs: 5 * SECOND, initialIntervalMs: SECOND, backoffCoefficient: 2, maximumIntervalMs: 10 * SECOND, maximumAttempts: 8 },
  /** Taking back: twenty minutes of a dead host before a person is asked. */
  undoHost: { startToCloseTimeoutMs: 90 * SECOND, scheduleToCloseTimeoutMs: 20 * MINUTE, heartbeatTimeoutMs: 5 * SECOND, initialIntervalMs: 500, backoffCoefficient: 2, maximumIntervalMs: 30 * SECOND, maximumAttempts: null },
  exportData: { startToCloseTimeoutMs: 30 * MINUTE, scheduleToCloseTimeoutMs: 2 * 60 * MINUTE, heartbeatTimeoutMs: 15 * SECOND, initialIntervalMs: SECOND, backoffCoefficient: 2, maximumIntervalMs: MINUTE, maximumAttempts: null },
  /** A page of the reconciler: nobody waits, and half an hour without an answer ends the run, which heals nothing then. */
  sweep: { startToCloseTimeoutMs: 5 * MINUTE, scheduleToCloseTimeoutMs: 30 * MINUTE, heartbeatTimeoutMs: 30 * SECOND, initialIntervalMs: SECOND, backoffCoefficient: 2, maximumIntervalMs: MINUTE, maximumAttempts: null },
  mail: { startToCloseTimeoutMs: 30 * SECOND, scheduleToCloseTimeoutMs: 10 * MINUTE, heartbeatTimeoutMs: null, initialIntervalMs: SECOND, backoffCoefficient: 2, maximumIntervalMs: MINUTE, maximumAttempts: null },
} as const satisfies Record<string, RetryProfile>;
