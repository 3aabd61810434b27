/** Task queues (api.md): one that runs workflows, the rest run activities only. */
export const LIFECYCLE_QUEUE = 'lifecycle';
export const BILLING_QUEUE = 'billing';
export const NOTIFY_QUEUE = 'notify';
export const PROJECTIONS_QUEUE = 'projections';
/** One queue per Docker host: its own concurrency, and a dead host blocks nobody else. */
export const dockerQueue = (hostId: string): string => `docker:${hostId}`;
