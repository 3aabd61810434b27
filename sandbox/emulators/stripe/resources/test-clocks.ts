import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { page } from '../engine/list.js';
import { del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { boundary } from '../billing/calendar.js';
import { intervalOf } from '../billing/items.js';

/** Makes a test clock. */
export function createClock(world: World, params: Doc): Row {
  const frozen = params['frozen_time'] as number;
  const row = world.create('test_helpers.test_clock', {
    created: world.wall(),
    deletes_after: world.wall() + 30 * 86_400,
    frozen_time: frozen,
    name: params['name'] ?? null,
    status: 'ready',
    status_details: {},
  }, { hidden: { at: frozen } });
  row.clock = null;
  world.emit('test_helpers.test_clock.created', row);
  return row;
}

/** How far a clock may go in one step: two intervals of its shortest subscription, two years without one. */
export function furthest(world: World, clock: Row): number {
  const from = clock.doc['frozen_time'] as number;
  const live = world.store.onClock('subscription', clock.id).filter((row) => !['canceled', 'incomplete_expired'].includes(row.doc['status'] as string));
  const ends = live.map((row) => {
    const { interval, count } = intervalOf(row.doc['items'].data as Doc[]);
    return boundary(from, interval, count, 2);
  });
  return ends.length > 0 ? Math.min(...ends) : boundary(from, 'year', 1, 2);
}

/** Starts a clock towards `to`. Throws Stripe's refusals: not ready, backwards, too far. */
export function advanceClock(world: World, clock: Row, to: number): void {
  if (clock.doc['status'] !== 'ready') throw invalid(`Test clock advancement underway - cannot perform modifications`, undefined, 'test_clock_advancement_underway');
  if (to <= (clock.doc['frozen_time'] as number)) throw invalid("The frozen_time must be after the clock's current frozen time.", 'frozen_time');
  if (to > furthest(world, clock)) {
    throw invalid('Cannot advance clock more than two intervals from the shortest subscription interval, or two years when there are no subscriptions.', 'frozen_time');
  }
  world.update(clock, null, (doc) => {
    doc['status'] = 'advancing';
    doc['status_details'] = { advancing: { target_frozen_time: to } };
  });
  world.emit('test_helpers.test_clock.advancing', clock);
}

/** Refuses a change to an object whose clock is on its way, as Stripe does. */
export function refuseWhileAdvancing(world: World, clock: string | null): void {
  if (clock && world.get('test_helpers.test_clock', clock)?.doc['status'] === 'advancing') {
    throw invalid('Test clock advancement underway - cannot perform modifications', undefined, 'test_clock_advancement_underway', { status: 429, saved: false });
  }
}

/** Deletes a clock with the customers, subscriptions and invoices on it. */
function remove(world: World, clock: Row): Doc {
  for (const customer of world.store.onClock('customer', clock.id)) {
    world.store.edit(customer);
    customer.doc = { id: customer.id, object: 'customer', deleted: true };
  }
  for (const kind of ['subscription', 'invoice', 'subscription_schedule', 'timer']) for (const row of world.store.onClock(kind, clock.id)) world.store.remove(row.id);
  world.emit('test_helpers.test_clock.deleted', clock);
  world.store.remove(clock.id);
  return { id: clock.id, object: 'test_helpers.test_clock', deleted: true };
}

export const testClockEndpoints: Endpoint[] = [
  post('/v1/test_helpers/test_clocks', ({ world, params }) => {
    const row = createClock(world, params);
    const customer = params['customer'] as string | undefined;
    if (customer) {
      const member = world.needCustomer(customer);
      if (member.clock !== null) throw invalid('This customer is already on a test clock.', 'customer');
      if (world.store.by('subscription', 'customer', customer).length > 0) throw invalid('The Stripe emulator takes only customers without subscriptions onto a clock.', 'customer');
      world.store.remove(member.id);
      world.store.put({ ...member, clock: row.id, doc: { ...member.doc, test_clock: row.id } });
    }
    return row;
  }),
  get('/v1/test_helpers/test_clocks', ({ world, params }) => page(world, world.store.all('test_helpers.test_clock'), params, '/v1/test_helpers/test_clocks')),
  get('/v1/test_helpers/test_clocks/:id', (call) => call.world.need('test_helpers.test_clock', pathId(call), 'test clock')),
  del('/v1/test_helpers/test_clocks/:id', (call) => remove(call.world, call.world.need('test_helpers.test_clock', pathId(call), 'test clock'))),
  post('/v1/test_helpers/test_clocks/:id/advance', (call) => {
    const row = call.world.need('test_helpers.test_clock', pathId(call), 'test clock');
    advanceClock(call.world, row, call.params['frozen_time'] as number);
    return row;
  }),
];
