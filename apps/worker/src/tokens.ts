/** Injection tokens of the worker. */
export const ENVIRONMENT = Symbol('ENVIRONMENT');
export const QUEUE_ACTIVITIES = Symbol('QUEUE_ACTIVITIES');
export const RULES = Symbol('RULES');
/** Phones, or null where Twilio is not set up. */
export const PHONES = Symbol('PHONES');
export const DOCKER_HOSTS = Symbol('DOCKER_HOSTS');

/** What one activity-only Temporal worker serves. */
export interface QueueActivities {
  taskQueue: string;
  activities: object;
  /** Activities at once in this process. */
  concurrency: number;
}
