/** What the instance is doing, as the API and the dashboard say it (api.md). */
export const INSTANCE_STATUSES = [
  'awaiting_payment', 'provisioning', 'running', 'unhealthy', 'restarting', 'stopped', 'suspended',
  'needs_attention', 'failed', 'tearing_down', 'gone',
] as const;
export type InstanceStatus = (typeof INSTANCE_STATUSES)[number];

/** What its owner wishes; the workflow brings the container there. */
export const DESIRED_STATES = ['running', 'stopped', 'removed'] as const;
export type DesiredState = (typeof DESIRED_STATES)[number];

/** A wish of an owner about one instance, as the API sends it to the lifecycle. */
export const INSTANCE_WISHES = ['provision', 'start', 'stop', 'restart', 'reprovision', 'remove'] as const;
export type InstanceWish = (typeof INSTANCE_WISHES)[number];

export const PROVIDERS = ['openai', 'anthropic', 'google'] as const;
export type Provider = (typeof PROVIDERS)[number];
