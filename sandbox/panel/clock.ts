import { badField, Refusal } from './refusal.js';
import { waitUntilQuiet } from './quiet.js';
import type { World } from './world.js';

interface TestClock { id: string; frozen_time: number; status: 'ready' | 'advancing' | 'internal_failure' }
interface Subscription {
  status: string; trial_end: number | null;
  items: { data: { current_period_end: number; price: { recurring: { interval: 'day' | 'week' | 'month' | 'year'; interval_count: number } | null } }[] };
}

const DAY = 86_400;
const INTERVAL_DAYS = { day: 1, week: 7, month: 28, year: 365 } as const;
/** Stripe refuses to move a clock by more than two intervals of its shortest subscription, or two years where there is none. */
const LONGEST_WITHOUT_SUBSCRIPTION = 700 * DAY;
/** A renewal's invoice stays a draft for about an hour. */
const FINALIZED_AFTER = 65 * 60;
/** While money is owed or service ends, notices and stages are a matter of single days. */
const DAILY_STAGES = new Set(['retrying', 'grace', 'downgraded', 'suspended', 'ended']);
const STEP_QUIET_MS = 60_000;
const POLL_MS = 50;

export interface ClockMove { from: string; to: string; steps: number; quiet: true; tookMs: number }

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

/**
 * Moves the test clock of a customer to its target, in steps that Stripe allows and that stop wherever something is due, and lets
 * the world become quiet after each: as if the time had passed. Throws a 409 when the customer has no clock, a 504 when a step does not become quiet.
 */
export async function moveClock(world: World, customerId: string, body: unknown): Promise<ClockMove> {
  const begin = Date.now();
  const stripeCustomer = await world.stripeCustomerOf(customerId);
  const { test_clock: clockId } = await world.stripe.get<{ test_clock: string | null }>(`/v1/customers/${stripeCustomer}`);
  if (clockId === null || clockId === undefined) throw new Refusal(409, 'NO_TEST_CLOCK', 'This customer lives by the real clock: its Stripe customer hangs on no test clock.');
  let clock = await ready(world, clockId);
  const from = clock.frozen_time;
  const target = readTarget(body, from);
  let steps = 0;
  while (clock.frozen_time < target) {
    const to = await nextStop(world, customerId, stripeCustomer, clock.frozen_time, target);
    await world.stripe.postForm(`/v1/test_helpers/test_clocks/${clockId}/advance`, { frozen_time: String(to) });
    clock = await ready(world, clockId);
    steps += 1;
    const { inFlight } = await waitUntilQuiet(world, STEP_QUIET_MS);
    if (inFlight.length > 0) {
      throw new Refusal(504, 'NOT_QUIET', `The clock stands at ${iso(clock.frozen_time)}, but the world did not become quiet within ${STEP_QUIET_MS / 1000} s.`, { inFlight, clock: iso(clock.frozen_time) });
    }
  }
  return { from: iso(from), to: iso(clock.frozen_time), steps, quiet: true, tookMs: Date.now() - begin };
}

async function nextStop(world: World, customerId: string, stripeCustomer: string, now: number, target: number): Promise<number> {
  const [subscriptions, customer] = await Promise.all([
    world.stripe.get<{ data: Subscription[] }>(`/v1/subscriptions?customer=${stripeCustomer}&status=all&limit=100`),
    world.database.query<{ stage: string; next_step: { at?: string; atMs?: number } | null }>('SELECT stage, next_step FROM customer WHERE id = $1', [customerId]),
  ]);
  const living = subscriptions.data.filter(({ status }) => status !== 'canceled' && status !== 'incomplete_expired');
  const row = customer.rows[0];
  const intervals = living.flatMap(({ items }) => items.data.flatMap(({ price }) => (price.recurring === null ? [] : [INTERVAL_DAYS[price.recurring.interval] * price.recurring.interval_count * DAY])));
  const limit = intervals.length === 0 ? LONGEST_WITHOUT_SUBSCRIPTION : 2 * Math.min(...intervals) - DAY / 2;
  const nextStep = row?.next_step ?? null;
  const nextStepAt = nextStep === null ? Number.NaN : (nextStep.atMs ?? Date.parse(nextStep.at ?? '')) / 1000;
  const due = [
    Math.ceil(nextStepAt),
    ...living.flatMap(({ trial_end, items }) => [trial_end ?? 0, ...items.data.map(({ current_period_end }) => current_period_end)]).flatMap((at) => [at, at + FINALIZED_AFTER]),
    ...(row !== undefined && DAILY_STAGES.has(row.stage) ? [now + DAY] : []),
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

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
