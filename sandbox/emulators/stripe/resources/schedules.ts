import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { narrowed, page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { knownCustomer } from '../engine/require.js';
import { type Call, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import { cancelSchedule, releaseSchedule, scheduleFrom, updateSchedule } from '../billing/schedules.js';

const need = (call: Call): Row => call.world.need('subscription_schedule', pathId(call), 'subscription schedule');

function create({ world, params }: Call): Row {
  const from = params['from_subscription'] as string | undefined;
  if (!from) throw invalid('The Stripe emulator makes schedules from a subscription only: pass `from_subscription`.', 'from_subscription');
  const other = Object.keys(params).find((name) => !['from_subscription', 'metadata', 'expand'].includes(name));
  if (other) throw invalid(`You cannot set \`${other}\` if \`from_subscription\` is set.`, other);
  const row = scheduleFrom(world, world.need('subscription', from, 'subscription', 'from_subscription'));
  row.doc['metadata'] = mergeMetadata({}, params['metadata'] as Doc | undefined);
  return row;
}

function list({ world, params }: Call): Doc {
  const customer = params['customer'] as string | undefined;
  if (customer) knownCustomer(world, customer);
  const rows = narrowed(world, 'subscription_schedule', params, ['customer']).filter(
    (row) =>
      (customer !== undefined || row.clock === null) &&
      (params['scheduled'] !== true || row.doc['status'] === 'not_started') &&
      ['created', 'canceled_at', 'completed_at', 'released_at'].every((field) => params[field] === undefined || within((row.doc[field] as number | null) ?? 0, params[field] as Doc)),
  );
  return page(world, rows, params, '/v1/subscription_schedules');
}

export const scheduleEndpoints: Endpoint[] = [
  post('/v1/subscription_schedules', create),
  get('/v1/subscription_schedules', list),
  get('/v1/subscription_schedules/:id', need),
  post('/v1/subscription_schedules/:id', (call) => {
    const row = need(call);
    updateSchedule(call.world, row, call.params);
    return row;
  }),
  post('/v1/subscription_schedules/:id/release', (call) => {
    const row = need(call);
    releaseSchedule(call.world, row, call.params['preserve_cancel_date'] === true);
    return row;
  }),
  post('/v1/subscription_schedules/:id/cancel', (call) => {
    const row = need(call);
    const { invoice_now, prorate } = call.params;
    cancelSchedule(call.world, row, { ...(invoice_now === undefined ? {} : { invoiceNow: invoice_now as boolean }), ...(prorate === undefined ? {} : { prorate: prorate as boolean }) });
    return row;
  }),
];
