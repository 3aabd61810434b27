import type { DesiredState, Instance, InstanceStatus } from '../../api/types.js';
import type { Tone } from '../../ui/Status.js';

interface StatusLook {
  readonly tone: Tone;
  /** Something is going on right now. */
  readonly pulse: boolean;
}

/** How each status of the API looks; its words are `instance.status.<status>`. Exhaustive: a new status does not compile without a row. */
export const STATUS_LOOK: Readonly<Record<InstanceStatus, StatusLook>> = {
  awaiting_payment: { tone: 'warn', pulse: false },
  provisioning: { tone: 'info', pulse: true },
  running: { tone: 'ok', pulse: false },
  unhealthy: { tone: 'warn', pulse: true },
  restarting: { tone: 'info', pulse: true },
  stopped: { tone: 'idle', pulse: false },
  suspended: { tone: 'bad', pulse: false },
  needs_attention: { tone: 'bad', pulse: false },
  failed: { tone: 'bad', pulse: false },
  tearing_down: { tone: 'idle', pulse: true },
  gone: { tone: 'idle', pulse: false },
};

/** The address of the assistant as people say it, or null where it has none of its own: then this dashboard is the way to it. */
export function addressOf(url: string | null, dashboardOrigin: string): string | null {
  if (url === null || !URL.canParse(url) || new URL(url).origin === dashboardOrigin) return null;
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

type Verb = 'start' | 'stop' | 'restart';
/** Why a button is off: a key of `instance.actions.disabled`, or null where it can be pressed. */
export type Refusal = 'running' | 'stopped' | 'busy' | 'suspended' | 'gone' | 'unpaid';

const COMMON: Partial<Record<InstanceStatus, Refusal>> = {
  awaiting_payment: 'unpaid', provisioning: 'busy', suspended: 'suspended', tearing_down: 'gone', gone: 'gone', failed: 'gone',
};

/** What may be asked of an instance now; the API has the last word. */
export function refusalOf(instance: { readonly status: InstanceStatus; readonly desiredState: DesiredState }, verb: Verb): Refusal | null {
  const common = COMMON[instance.status];
  if (common !== undefined) return common;
  const stopped = instance.status === 'stopped' || instance.desiredState === 'stopped';
  if (verb === 'start') return stopped ? null : 'running';
  if (stopped) return 'stopped';
  return verb === 'restart' && instance.status === 'restarting' ? 'busy' : null;
}

/** True while the status will change without anybody doing anything. */
export const isMoving = ({ status }: Pick<Instance, 'status'>): boolean => STATUS_LOOK[status].pulse;

const SETTING_UP: readonly InstanceStatus[] = ['awaiting_payment', 'provisioning', 'failed'];
/** The instance has never run: its page shows the steps in place of the chat. */
export const isSettingUp = ({ status }: Pick<Instance, 'status'>): boolean => SETTING_UP.includes(status);
export const isRemoved = ({ status }: Pick<Instance, 'status'>): boolean => status === 'tearing_down' || status === 'gone';
