import { eventsAhead, type Ahead } from './events.js';
import { badField, Refusal } from './refusal.js';
import { waitUntilQuiet } from './quiet.js';
import type { World } from './world.js';

interface TestClock { id: string; frozen_time: number; status: 'ready' | 'advancing' | 'internal_failure' }

export const DAY = 86_400;
const INTERVAL_DAYS = { day: 1, week: 7, month: 28, year: 365 } as const;
/** Stripe refuses to move a clock by more than two intervals of its shortest subscription, or two years where there is none. */
const LONGEST_WITHOUT_SUBSCRIPTION = 700 * DAY;
/** While money is owed or service ends, notices and stages are a matter of single days. */
const DAILY_STAGES = new Set(['retrying', 'grace', 'downgraded', 'suspended', 'ended']);
const STEP_QUIET_MS = 60_000;
const POLL_MS = 50;

export interface ClockMove { from: string; to: string; steps: number; quiet: true; tookMs: number }

/**
 * How a move is made. `pace`: `daily` also stops on every day of a case, `events` only where something is due.
 * `quiet`: `world` waits for everybody after each step, `customer` for this one. `before` is asked before each step, `after` told after it; false from either ends the move there.
 */
export interface MoveOptions {
  pace: 'daily' | 'events';
  quiet: 'world' | 'customer';
  before?: () => boolean;
  after?: (atSeconds: number, stopped: readonly string[]) => Promise<boolean> | boolean;
}
const AS_IN_THE_API: MoveOptions = { pace: 'daily', quiet: 'world' };

/** A Stripe customer's own clock, ready. */
export interface CustomerClock { clockId: string; stripeCustomer: string; now: number }

/** Where to move a clock: `{advanceTo}` (ISO 8601) or `{advanceDays}`. Throws a 400 naming the field. */
export function readTarget(body: unknown, frozenSeconds: number): number {
  const { advanceTo, advanceDays } = (body ?? {}) as { advanceTo?: unknown; advanceDays?: unknown };
  if ((advanceTo === undefined) === (advanceDays === undefined)) throw badField('advanceTo', 'give either advanceTo (an ISO 8601 time) or advanceDays (a number)');
  if (advanceDays !== undefined) {
    const days = Number(advanceDays);
    if (advanceDays === '' || !Number.isFinite(days) || days <= 0 || days > 3_660) throw badField('advanceDays', 'must be a number above 0 and at most 3660');
    return frozenSeconds + Math.round(days * DAY);
  }
  const at = typeof advanceTo === 'string' ? Date.parse(advanceTo) : Number.NaN;
  if (Number.isNaN(at)) throw badField('advanceTo', 'must be an ISO 8601 time, such as 2027-01-31T12:00:00Z');
  const seconds = Math.floor(at / 1000);
  if (seconds <= frozenSeconds) throw badField('advanceTo', `must lie after the clock's own time, ${new Date(frozenSeconds * 1000).toISOString()}`);
  return seconds;
}

/** The test clock of a customer. Throws a 409 where its Stripe customer hangs on none. */
export async function clockOf(world: World, customerId: string): Promise<CustomerClock> {
  const stripeCustomer = await world.stripeCustomerOf(customerId);
  const { test_clock: clockId } = await world.stripe.get<{ test_clock: string | null }>(`/v1/customers/${stripeCustomer}`);
  if (clockId === null || clockId === undefined) throw new Refusal(409, 'NO_TEST_CLOCK', 'This customer lives by the real clock: its Stripe customer hangs on no test clock.');
  return { clockId, stripeCustomer, now: (await ready(world, clockId)).frozen_time };
}

/**
 * Moves the test clock of a customer to its target, in steps that Stripe allows and that stop wherever something is due, and lets
 * the world become quiet after each: as if the time had passed. Throws a 409 when the customer has no clock, a 504 when a step does not become quiet.
 */
export async function moveClock(world: World, customerId: string, body: unknown): Promise<ClockMove> {
  const clock = await clockOf(world, customerId);
  return advance(world, customerId, clock, readTarget(body, clock.now), AS_IN_THE_API);
}

/** The same to an instant in epoch seconds, from a clock that was just read. */
export async function advance(world: World, customerId: string, clock: CustomerClock, target: number, options: MoveOptions): Promise<ClockMove> {
  const begin = Date.now();
  let now = clock.now;
  let steps = 0;
  while (now < target && options.before?.() !== false) {
    const ahead = await eventsAhead(world, customerId, clock.stripeCustomer, now);
    const to = nextStop(ahead, now, target, options.pace);
    await world.stripe.postForm(`/v1/test_helpers/test_clocks/${clock.clockId}/advance`, { frozen_time: String(to) });
    now = (await ready(world, clock.clockId)).frozen_time;
    steps += 1;
    const { inFlight } = await waitUntilQuiet(world, STEP_QUIET_MS, options.quiet === 'customer' ? customerId : undefined);
    if (inFlight.length > 0) {
      throw new Refusal(504, 'NOT_QUIET', `The clock stands at ${iso(now)}, but the world did not become quiet within ${STEP_QUIET_MS / 1000} s.`, { inFlight, clock: iso(now) });
    }
    if ((await options.after?.(now, ahead.events.filter(({ at, beginsAt }) => at === to || beginsAt === to).map(({ what }) => what))) === false) break;
  }
  return { from: iso(clock.now), to: iso(now), steps, quiet: true, tookMs: Date.now() - begin };
}

/** The next instant at which a clock has to stop on its way, epoch seconds. */
export function nextStop({ events, subscriptions, stage }: Ahead, now: number, target: number, pace: MoveOptions['pace']): number {
  const intervals = subscriptions.flatMap(({ items }) => items.data.flatMap(({ price }) => (price.recurring === null ? [] : [INTERVAL_DAYS[price.recurring.interval] * price.recurring.interval_count * DAY])));
  const limit = intervals.length === 0 ? LONGEST_WITHOUT_SUBSCRIPTION : 2 * Math.min(...intervals) - DAY / 2;
  const due = [
    ...events.flatMap(({ at, beginsAt }) => (beginsAt === undefined ? [at] : [beginsAt, at])),
    ...(pace === 'daily' && stage !== null && DAILY_STAGES.has(stage) ? [now + DAY] : []),
  ].filter((at) => at > now);
  return Math.min(target, Math.floor(now + limit), ...due);
}

async function ready(world: World, clockId: string): Promise<TestClock> {
  const deadline = Date.now() + STEP_QUIET_MS;
  for (;;) {
    const clock = await world.stripe.get<TestClock>(`/v1/test_helpers/test_clocks/${clockId}`);
    if (clock.status === 'ready') return clock;
    if (clock.status === 'internal_failure') throw new Refusal(502, 'CLOCK_FAILED', 'Stripe reports that the test clock failed.');
    if (Date.now() > deadline) throw new Refusal(504, 'CLOCK_STILL_ADVANCING', 'The test clock is still advancing.');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
