import type { Stage } from '#domain/lifecycle/lifecycle.types.js';

/** One thing that happens in a life. What makes no sense where the life stands (a refund before any payment) is passed over when it is played. */
export type Act =
  | { readonly do: 'time'; readonly hours: number }
  /** To the next thing that is due, or so many minutes beside it. */
  | { readonly do: 'due'; readonly minutesOff: number }
  /** Nobody looks meanwhile: no webhook arrives, and everything that came about is seen at once. */
  | { readonly do: 'worker down'; readonly days: number }
  | { readonly do: 'card'; readonly card: string; readonly slot: 'subscription' | 'customer' | 'both' }
  | { readonly do: 'bank debit'; readonly fails: boolean }
  | { readonly do: 'debit settles'; readonly outcome: 'succeeded' | 'failed' }
  | { readonly do: 'decline'; readonly code: string | null }
  | { readonly do: 'pays at Stripe' }
  | { readonly do: 'pays now' }
  | { readonly do: 'pays a part'; readonly share: number }
  | { readonly do: 'dispute'; readonly status: string }
  | { readonly do: 'refund'; readonly share: number; readonly fails: boolean }
  | { readonly do: 'plan'; readonly planId: 'pro' | 'solo' | 'max'; readonly atOnce: boolean }
  | { readonly do: 'cancel' } | { readonly do: 'resume' } | { readonly do: 'subscribe'; readonly planId: 'pro' | 'solo' | 'max' }
  | { readonly do: 'support'; readonly verb: 'extend' | 'pause' | 'waive'; readonly days: number } | { readonly do: 'set stage'; readonly stage: Stage }
  | { readonly do: 'wish'; readonly wish: 'stop' | 'start' | 'restart' | 'reprovision' }
  | { readonly do: 'continue as new' } | { readonly do: 'policy changes' } | { readonly do: 'clock jumps'; readonly hours: number }
  | { readonly do: 'minutes pass'; readonly minutes: number } | { readonly do: 'keys age' } | { readonly do: 'ring twice' };

/** A fault of one request or several to Stripe while the product does what follows from an act. */
export interface StepFault { readonly kind: 'error-500-before' | 'error-500-after' | 'lost-answer' | 'rate-limit-429' | 'conflict-409' | 'empty-list'; readonly count: number; readonly method: 'POST' | 'GET' | null }
export type Delivery = 'in order' | 'one by one' | 'lost' | 'doubled' | 'shuffled' | 'late';
export interface Step { readonly act: Act; readonly fault: StepFault | null; readonly delivery: Delivery }

export interface History {
  readonly seed: number;
  readonly planId: 'pro' | 'solo' | 'max';
  /** How far into the year the life begins: months have different lengths. */
  readonly startDay: number;
  readonly steps: readonly Step[];
}

/** Deterministic numbers in [0, 1) of a seed (mulberry32). */
export function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const CARDS = ['4242424242424242', '4242424242424242', '4242424242424242', '4000000000000341', '4000000000009995', '4000000000009987', '4000000000009979'];
const DECLINES = ['insufficient_funds', 'generic_decline', 'lost_card', 'do_not_honor', 'authentication_required', null, null, null];
const DISPUTES = ['needs_response', 'under_review', 'won', 'lost', 'warning_needs_response', 'warning_closed'];
const PLANS = ['pro', 'solo', 'max'] as const;

/** The history of a seed. `plain`: without faults, lost webhooks and what only this process can do, so that a real server can play it too. */
export function historyOf(seed: number, length: number, plain = false): History {
  const draw = draws(seed);
  const upTo = (most: number): number => Math.floor(draw() * most);
  const one = <T>(of: readonly T[]): T => of[upTo(of.length)]!;
  const acts: readonly (readonly [weight: number, plain: boolean, act: () => Act])[] = [
    [10, true, () => ({ do: 'time', hours: 12 + upTo(130) })],
    [6, true, () => ({ do: 'time', hours: 1 + upTo(30) })],
    [12, true, () => ({ do: 'due', minutesOff: one([0, 0, 0, -1, 1, 90]) })],
    [4, true, () => ({ do: 'time', hours: 24 * (20 + upTo(12)) })],
    [3, false, () => ({ do: 'worker down', days: 2 + upTo(20) })],
    [8, true, () => ({ do: 'card', card: one(CARDS), slot: one(['subscription', 'customer', 'both', 'both'] as const) })],
    [2, true, () => ({ do: 'bank debit', fails: draw() < 0.5 })],
    [2, true, () => ({ do: 'debit settles', outcome: one(['succeeded', 'failed'] as const) })],
    [10, true, () => ({ do: 'decline', code: one(DECLINES) })],
    [3, true, () => ({ do: 'pays at Stripe' })],
    [3, true, () => ({ do: 'pays now' })],
    [2, true, () => ({ do: 'pays a part', share: 0.1 + draw() * 0.8 })],
    [3, true, () => ({ do: 'dispute', status: one(DISPUTES) })],
    [2, true, () => ({ do: 'refund', share: one([1, 0.3]), fails: draw() < 0.2 })],
    [4, true, () => ({ do: 'plan', planId: one(PLANS), atOnce: draw() < 0.5 })],
    [2, true, () => ({ do: 'cancel' })], [2, true, () => ({ do: 'resume' })],
    [3, true, () => ({ do: 'subscribe', planId: one(PLANS) })],
    [3, true, () => ({ do: 'support', verb: one(['extend', 'pause', 'waive'] as const), days: 1 + upTo(14) })],
    [1, true, () => ({ do: 'set stage', stage: one(['grace', 'downgraded', 'suspended', 'ended'] as const) })],
    [2, false, () => ({ do: 'wish', wish: one(['stop', 'start', 'restart', 'reprovision'] as const) })],
    [3, false, () => ({ do: 'continue as new' })], [1, false, () => ({ do: 'policy changes' })],
    [2, false, () => ({ do: 'clock jumps', hours: upTo(2_000) - 1_000 })],
    [3, false, () => ({ do: 'minutes pass', minutes: 6 + upTo(60) })],
    [1, false, () => ({ do: 'keys age' })], [2, false, () => ({ do: 'ring twice' })],
  ];
  const possible = acts.filter(([, isPlain]) => isPlain || !plain);
  const whole = possible.reduce((sum, [weight]) => sum + weight, 0);
  const next = (): Act => {
    let rest = draw() * whole;
    return (possible.find(([weight]) => (rest -= weight) < 0) ?? possible[0]!)[2]();
  };
  const fault = (): StepFault | null => (plain || draw() > 0.12 ? null : {
    kind: one(['error-500-before', 'error-500-after', 'lost-answer', 'rate-limit-429', 'conflict-409', 'empty-list'] as const), count: 1 + upTo(6), method: one(['POST', 'POST', 'GET', null] as const),
  });
  const delivery = (): Delivery => (plain || draw() > 0.25 ? 'in order' : one(['one by one', 'lost', 'doubled', 'shuffled', 'late'] as const));
  return { seed, planId: one(PLANS), startDay: 1 + upTo(365), steps: Array.from({ length }, () => ({ act: next(), fault: fault(), delivery: delivery() })) };
}
