import type { Customer, Instance, NextStep, Plan } from '../../api/types.js';
import type { Tone } from '../../ui/Status.js';

/** The codes of the lifecycle that this release has words for; another one is told in the server's own words. */
export const NEXT_CODES = ['checkout', 'free', 'trial_end', 'renewal', 'cancellation', 'teardown', 'nothing_kept', 'torn_down', 'review'] as const;
export type NextCode = (typeof NEXT_CODES)[number];
export type NextAction = 'pay' | 'undo' | 'again' | 'choose' | 'card' | 'restore';

interface NextLook {
  readonly tone: Tone;
  /** Stands on every page; otherwise it is told on the billing page and at home only. */
  readonly everywhere: boolean;
  readonly action: NextAction | null;
}

const LOOKS: Readonly<Record<NextCode, NextLook>> = {
  checkout: { tone: 'warn', everywhere: true, action: 'pay' },
  free: { tone: 'ok', everywhere: false, action: null },
  trial_end: { tone: 'info', everywhere: true, action: null },
  renewal: { tone: 'ok', everywhere: false, action: null },
  cancellation: { tone: 'warn', everywhere: true, action: 'undo' },
  teardown: { tone: 'warn', everywhere: true, action: 'again' },
  nothing_kept: { tone: 'idle', everywhere: false, action: 'choose' },
  torn_down: { tone: 'idle', everywhere: false, action: 'choose' },
  review: { tone: 'warn', everywhere: true, action: null },
};

const isNextCode = (code: string | null | undefined): code is NextCode => NEXT_CODES.includes(code as NextCode);
export const codeOf = (step: NextStep): NextCode | null => (isNextCode(step.code) ? step.code : null);

const URGENT_MS = 48 * 3_600_000;
const UNPAID = ['retrying', 'grace', 'downgraded', 'suspended'];

/** How "what happens next" looks. A warning turns to red only in its last 48 hours; an unpaid stage always offers the card. */
export function lookOf(customer: Pick<Customer, 'stage'>, step: NextStep, nowMs: number): NextLook {
  const code = codeOf(step);
  const look: NextLook = code === null ? { tone: 'warn', everywhere: true, action: null } : LOOKS[code];
  const unpaid = UNPAID.includes(customer.stage);
  const shown: NextLook = unpaid ? { tone: 'warn', everywhere: true, action: 'card' } : look;
  const urgent = shown.tone === 'warn' && code !== 'cancellation' && step.at !== null && Date.parse(step.at) - nowMs < URGENT_MS;
  return urgent ? { ...shown, tone: 'bad' } : shown;
}

const NOTHING_KEPT: readonly Instance['status'][] = ['awaiting_payment', 'failed', 'tearing_down', 'gone'];

/** The assistant of an ended customer that a new subscription brings back, or null. Paying for one brings back all that were stopped by the end. */
export function keptInstance({ stage }: Pick<Customer, 'stage'>, instances: readonly Instance[]): Instance | null {
  if (stage !== 'ended') return null;
  return instances.find(({ status }) => status === 'suspended') ?? instances.find(({ status }) => !NOTHING_KEPT.includes(status)) ?? null;
}

/** The plans to offer for it: the same one where it is still sold for money, otherwise every one that is. */
export function plansAgain(planId: string | null, plans: readonly Plan[]): readonly Plan[] {
  const paid = plans.filter(({ prices }) => prices.length > 0);
  const same = paid.filter(({ id }) => id === planId);
  return same.length > 0 ? same : paid;
}

/** Where a cancel leads: days for which the data is kept, or the free plan that goes on (null where it is not among those sold). */
export function afterCancel(plan: Plan, plans: readonly Plan[]): { readonly keptDays: number } | { readonly free: Plan | null } {
  if (plan.onCancel === 'end') return { keptDays: plan.afterCancelDays };
  const free = plans.filter(({ prices }) => prices.length === 0);
  return { free: free.find(({ id }) => id === plan.downgradeTo) ?? free[0] ?? null };
}
