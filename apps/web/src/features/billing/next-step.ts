import type { NextStepCode } from '#domain/lifecycle/lifecycle.types.js';
import type { Customer, Instance, NextStep, Plan } from '../../api/types.js';
import type { Tone } from '../../ui/Status.js';

/** `pay`: on to the pay page; `payNow`: the open invoice with the card on file; `card`: Stripe's page for the card. */
export type NextAction = 'pay' | 'payNow' | 'card' | 'undo' | 'again' | 'choose';

interface NextLook {
  readonly tone: Tone;
  /** Stands on every page; otherwise it is told on the billing page and at home only. */
  readonly everywhere: boolean;
  readonly action: NextAction | null;
}

const LOUD = { tone: 'warn', everywhere: true, action: 'payNow' } as const satisfies NextLook;
/** Every code of the lifecycle; one of a newer server is told in its own words. */
const LOOKS: Readonly<Record<NextStepCode, NextLook>> = {
  checkout: { tone: 'warn', everywhere: true, action: 'pay' },
  free: { tone: 'ok', everywhere: false, action: null },
  trial_end: { tone: 'info', everywhere: true, action: null },
  renewal: { tone: 'ok', everywhere: false, action: null },
  cancellation: { tone: 'warn', everywhere: true, action: 'undo' },
  teardown: { tone: 'warn', everywhere: true, action: 'again' },
  nothing_kept: { tone: 'idle', everywhere: false, action: 'choose' },
  torn_down: { tone: 'idle', everywhere: false, action: 'choose' },
  review: { tone: 'warn', everywhere: true, action: null },
  pay_again: LOUD,
  grace: LOUD,
  downgrade: LOUD,
  suspension: LOUD,
  end: LOUD,
  move_to_free: LOUD,
  payment_processing: { tone: 'info', everywhere: true, action: null },
  dispute: { tone: 'warn', everywhere: true, action: null },
  paused: { tone: 'warn', everywhere: true, action: 'card' },
};

/** What hurts when its time comes: these turn to red in their last 48 hours, a further attempt to collect never does. */
const HURTS: readonly NextStepCode[] = ['teardown', 'downgrade', 'suspension', 'end', 'move_to_free'];
const URGENT_MS = 48 * 3_600_000;
const UNPAID_STAGES = ['retrying', 'grace', 'downgraded', 'suspended'] as const;
export type UnpaidStage = (typeof UNPAID_STAGES)[number];
/** Stages in which something of the service is gone already. */
const HURT: readonly Customer['stage'][] = ['downgraded', 'suspended'];

export const codeOf = ({ code }: { readonly code?: string }): NextStepCode | null => (code !== undefined && Object.hasOwn(LOOKS, code) ? (code as NextStepCode) : null);
export const isUnpaid = (stage: Customer['stage']): stage is UnpaidStage => (UNPAID_STAGES as readonly string[]).includes(stage);

/** How "what happens next" looks: by its code, in an unpaid stage never quieter than a warning that can be paid away. */
export function lookOf(customer: Pick<Customer, 'stage'>, step: NextStep, nowMs: number): NextLook {
  const code = codeOf(step);
  const look: NextLook = code === null ? { tone: 'warn', everywhere: true, action: null } : LOOKS[code];
  // A payment on its way, a dispute and a pause keep their own words and tone: asking to pay twice would be wrong.
  const held = code === 'payment_processing' || code === 'dispute' || code === 'paused' || code === 'review';
  if (isUnpaid(customer.stage) && !held) {
    const dead = needsCard(step);
    const near = code !== null && HURTS.includes(code) && step.at !== null && Date.parse(step.at) - nowMs < URGENT_MS;
    return { tone: near || HURT.includes(customer.stage) ? 'bad' : 'warn', everywhere: true, action: dead ? 'card' : 'payNow' };
  }
  // Who asked for the pause needs no card to end it.
  if (code === 'paused' && step.values?.['pause'] === 'pause_requested') return { tone: 'info', everywhere: true, action: null };
  const near = code === 'teardown' && step.at !== null && Date.parse(step.at) - nowMs < URGENT_MS;
  return near ? { ...look, tone: 'bad' } : look;
}

/** The last decline cannot succeed with the same card: paying again is no help, another card is. */
export const needsCard = (step: NextStep): boolean => typeof step.values?.['hardDecline'] === 'string';

/** What failed, as far as the step tells: amount in minor units, since when, and until when support has paused the deadlines. */
export function failureOf({ values = {} }: NextStep): { readonly amountCents: number; readonly currency: string; readonly failedAtMs: number; readonly pausedUntilMs: number | null } | null {
  const { amountCents, currency, failedAtMs, pausedUntilMs } = values;
  if (typeof amountCents !== 'number' || typeof currency !== 'string' || currency === '' || typeof failedAtMs !== 'number') return null;
  return { amountCents, currency, failedAtMs, pausedUntilMs: typeof pausedUntilMs === 'number' ? pausedUntilMs : null };
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
