import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { page, within } from '../engine/list.js';
import { knownCustomer, required } from '../engine/require.js';
import { type Call, del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { boundary } from '../billing/calendar.js';
import { cancelSubscription } from '../billing/cancel.js';
import { collect, finalize } from '../billing/collect.js';
import { createInvoice, pendingLines, setAside } from '../billing/invoicing.js';
import { intervalOf } from '../billing/items.js';
import { fullPeriod, unusedTime } from '../billing/lines.js';
import { pause, setStatus, unpause } from '../billing/standing.js';
import { methodOf, subscribe } from '../billing/subscribe.js';
import { updateSubscription } from '../billing/update.js';

function create({ world, params }: Call): Row {
  const customer = world.needCustomer(required(params, 'customer'));
  return subscribe(world, customer, params).subscription;
}

function list({ world, params }: Call): Doc {
  const customer = params['customer'] as string | undefined;
  const clock = params['test_clock'] as string | undefined;
  const status = params['status'] as string | undefined;
  const ended = ['canceled', 'incomplete_expired'];
  const period = (row: Row, field: string): number => row.doc['items'].data[0][field] as number;
  if (customer) knownCustomer(world, customer);
  const source = customer ? world.store.by('subscription', 'customer', customer) : clock ? world.store.onClock('subscription', clock) : world.store.onClock('subscription', null);
  const rows = source.filter((row) => {
    const at = ((row.hidden['overlay'] as Doc | undefined)?.['status'] ?? row.doc['status']) as string;
    if (customer && row.doc['customer'] !== customer) return false;
    if (clock && row.clock !== clock) return false;
    if (status === undefined ? at === 'canceled' : status === 'ended' ? !ended.includes(at) : status !== 'all' && status !== at) return false;
    if (params['price'] && !(row.doc['items'].data as Doc[]).some((item) => item['price'].id === params['price'])) return false;
    if (params['collection_method'] && row.doc['collection_method'] !== params['collection_method']) return false;
    return (
      within(row.doc['created'] as number, params['created'] as Doc | undefined) &&
      within(period(row, 'current_period_start'), params['current_period_start'] as Doc | undefined) &&
      within(period(row, 'current_period_end'), params['current_period_end'] as Doc | undefined)
    );
  });
  return page(world, rows, params, '/v1/subscriptions');
}

function cancel(call: Call): Row {
  const { world, params } = call;
  const row = world.need('subscription', pathId(call));
  if (row.doc['status'] === 'canceled' || row.doc['status'] === 'incomplete_expired') {
    // Stripe no longer finds an ended subscription for cancelling.
    throw invalid(`No such subscription: '${row.id}'`, 'id', 'resource_missing', { status: 404 });
  }
  cancelSubscription(world, row, {
    details: params['cancellation_details'] as Doc | undefined ?? {},
    ...(params['invoice_now'] === undefined ? {} : { invoiceNow: params['invoice_now'] as boolean }),
    ...(params['prorate'] === undefined ? {} : { prorate: params['prorate'] as boolean }),
  });
  return row;
}

function pauseNow(call: Call): Row {
  const { world, params } = call;
  const row = world.need('subscription', pathId(call));
  const status = row.doc['status'] as string;
  if (!['active', 'past_due', 'trialing', 'unpaid'].includes(status)) throw invalid(`You cannot pause a subscription that is \`${status}\`.`, undefined, 'resource_invalid_state');
  if (row.doc['schedule'] !== null) throw invalid('You cannot pause a subscription with an attached subscription schedule.', undefined, 'resource_invalid_state');
  const now = world.now(row.clock);
  const customer = world.needCustomer(row.doc['customer'] as string);
  if (params['invoicing_behavior'] === 'invoice') throw invalid('The Stripe emulator puts what a pause credits on the next invoice: `invoicing_behavior=invoice` is not emulated.', 'invoicing_behavior', undefined, { saved: false });
  const from = (params['bill_for'] as Doc | undefined)?.['unused_time_from']?.type as string | undefined;
  if (from === 'now') {
    for (const item of row.doc['items'].data as Doc[]) {
      const line = unusedTime(world, row, item, now);
      if (line) setAside(world, customer, line, row.doc['currency'] as string);
    }
  }
  pause(world, row, 'pause_requested');
  return row;
}

/** paused → active: with a new period and its invoice when the anchor is reset or the old period is over. */
function resume(call: Call): Row {
  const { world, params } = call;
  const row = world.need('subscription', pathId(call));
  if (row.doc['status'] !== 'paused') throw invalid(`You can only resume a subscription that is \`paused\`. This subscription is \`${String(row.doc['status'])}\`.`, undefined, 'resource_invalid_state');
  const now = world.now(row.clock);
  const customer = world.needCustomer(row.doc['customer'] as string);
  const items = row.doc['items'].data as Doc[];
  const end = items[0]?.['current_period_end'] as number;
  const anchorType = ((params['billing_cycle_anchor'] as Doc | undefined)?.['type'] as string | undefined) ?? 'now';
  if (anchorType === 'unchanged' && end > now) {
    unpause(world, row);
    return row;
  }
  const method = methodOf(world, customer, row);
  const { interval, count } = intervalOf(items);
  const period = { start: now, end: boundary(now, interval, count, 1) };
  const credits = params['proration_behavior'] === 'none' ? [] : items.flatMap((item) => (end > now && row.doc['trial_end'] !== end ? (unusedTime(world, row, item, now) ?? []) : []));
  world.update(row, null, (doc) => {
    doc['billing_cycle_anchor'] = now;
    for (const item of doc['items'].data as Doc[]) Object.assign(item, { current_period_start: period.start, current_period_end: period.end });
  });
  const lines = [...pendingLines(world, customer, row), ...credits, ...items.map((item) => fullPeriod(world, row.id, item, period))];
  const invoice = createInvoice(world, { customer, subscription: row, reason: 'subscription_update', lines, period: { start: now, end: now }, discounts: row.doc['discounts'] as string[], autoAdvance: false });
  world.store.edit(row).doc['latest_invoice'] = invoice.id;
  row.hidden['resumeInvoice'] = invoice.id;
  finalize(world, invoice);
  const outcome = invoice.doc['status'] === 'open' ? collect(world, invoice, { method, offSession: true, automatic: false }) : undefined;
  const onAttempt = ((params['payment_behavior'] as string | undefined) ?? 'resume_on_payment_attempt') === 'resume_on_payment_attempt';
  if (row.doc['status'] === 'paused' && (onAttempt || outcome?.result === 'processing')) {
    unpause(world, row);
    row.hidden['resumeInvoice'] = undefined;
    // The attempt was made and failed: the subscription runs again, and is late at once.
    if (outcome?.result !== 'processing') setStatus(world, row, 'past_due');
  }
  return row;
}

/** Items of a subscription as resources of their own; each change is an update of the subscription. */
function throughUpdate(world: World, subscription: Row, item: Doc, params: Doc): void {
  const { proration_behavior, proration_date, payment_behavior, off_session } = params;
  const rest = Object.fromEntries(Object.entries({ proration_behavior, proration_date, payment_behavior, off_session }).filter(([, value]) => value !== undefined));
  updateSubscription(world, subscription, { ...rest, items: [item] });
}

function findItem(world: World, id: string): { subscription: Row; item: Doc } {
  for (const subscription of world.store.all('subscription')) {
    const item = (subscription.doc['items'].data as Doc[]).find((other) => other['id'] === id);
    if (item) return { subscription, item };
  }
  throw invalid(`Invalid subscription_item id: ${id}`, 'item', 'resource_missing', { status: 404 });
}

const itemFields = ({ price, price_data, quantity, metadata }: Doc): Doc => Object.fromEntries(Object.entries({ price, price_data, quantity, metadata }).filter(([, value]) => value !== undefined));

export const subscriptionEndpoints: Endpoint[] = [
  post('/v1/subscriptions', create),
  get('/v1/subscriptions', list),
  get('/v1/subscriptions/:id', (call) => call.world.need('subscription', pathId(call))),
  post('/v1/subscriptions/:id', (call) => {
    const row = call.world.need('subscription', pathId(call));
    updateSubscription(call.world, row, call.params);
    return row;
  }),
  del('/v1/subscriptions/:id', cancel),
  post('/v1/subscriptions/:id/pause', pauseNow),
  post('/v1/subscriptions/:id/resume', resume),
  get('/v1/subscription_items', ({ world, params }) => {
    const row = world.need('subscription', required(params, 'subscription'), 'subscription', 'subscription');
    const data = row.doc['items'].data as Doc[];
    return { object: 'list', data: data.slice(0, (params['limit'] as number | undefined) ?? 10), has_more: false, url: '/v1/subscription_items' };
  }),
  get('/v1/subscription_items/:id', (call) => findItem(call.world, pathId(call)).item),
  post('/v1/subscription_items', ({ world, params }) => {
    const row = world.need('subscription', required(params, 'subscription'), 'subscription', 'subscription');
    throughUpdate(world, row, itemFields(params), params);
    return (row.doc['items'].data as Doc[]).at(-1) ?? {};
  }),
  post('/v1/subscription_items/:id', (call) => {
    const { subscription } = findItem(call.world, pathId(call));
    throughUpdate(call.world, subscription, { id: pathId(call), ...itemFields(call.params) }, call.params);
    return findItem(call.world, pathId(call)).item;
  }),
  del('/v1/subscription_items/:id', (call) => {
    const { subscription } = findItem(call.world, pathId(call));
    throughUpdate(call.world, subscription, { id: pathId(call), deleted: true }, call.params);
    return { id: pathId(call), object: 'subscription_item', deleted: true };
  }),
];
