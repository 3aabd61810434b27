import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { randomText } from '../engine/ids.js';
import { page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { includable } from '../engine/render.js';
import { notEmulated } from '../engine/require.js';
import { type Call, del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';

function createCoupon({ world, params }: Call): Row {
  notEmulated(params, ['currency_options']);
  const percent = params['percent_off'] as number | undefined;
  const amount = params['amount_off'] as number | undefined;
  if ((percent === undefined) === (amount === undefined)) throw invalid('You must pass exactly one of `percent_off` or `amount_off`.', 'percent_off', 'parameter_missing');
  if (percent !== undefined && (percent <= 0 || percent > 100)) throw invalid('Invalid percent_off: must be greater than 0 and at most 100.', 'percent_off');
  if (amount !== undefined && !params['currency']) throw invalid('Missing required param: currency.', 'currency', 'parameter_missing');
  const duration = (params['duration'] as string | undefined) ?? 'once';
  if (duration === 'repeating' && params['duration_in_months'] === undefined) throw invalid('Missing required param: duration_in_months.', 'duration_in_months', 'parameter_missing');
  const id = (params['id'] as string | undefined) ?? randomText(8);
  if (world.store.get(id)) throw invalid('Coupon already exists.', 'id', 'resource_already_exists');
  const row = world.create(
    'coupon',
    {
      amount_off: amount ?? null,
      ...(params['applies_to'] ? { applies_to: params['applies_to'] as Doc } : {}),
      created: world.wall(),
      currency: amount === undefined ? null : params['currency'],
      duration,
      duration_in_months: duration === 'repeating' ? params['duration_in_months'] : null,
      max_redemptions: params['max_redemptions'] ?? null,
      metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      name: params['name'] ?? null,
      percent_off: percent ?? null,
      redeem_by: params['redeem_by'] ?? null,
      times_redeemed: 0,
      valid: true,
    },
    { id },
  );
  world.emit('coupon.created', row);
  return row;
}

function createPromotionCode({ world, params }: Call): Row {
  const promotion = params['promotion'] as Doc;
  const coupon = promotion['coupon'] as string | undefined;
  if (!coupon) throw invalid('Missing required param: promotion[coupon].', 'promotion[coupon]', 'parameter_missing');
  world.need('coupon', coupon, 'coupon', 'promotion[coupon]');
  const customer = (params['customer'] as string | undefined) ?? null;
  if (customer) world.needCustomer(customer);
  const code = (params['code'] as string | undefined) ?? randomText(8, 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789');
  if (world.store.by('promotion_code', 'code', code.toLowerCase()).some((row) => row.doc['active'] === true && row.doc['customer'] === customer)) {
    throw invalid(`An active promotion code with \`code: ${code}\` already exists.`, 'code', 'resource_already_exists');
  }
  const restrictions = (params['restrictions'] as Doc | undefined) ?? {};
  const row = world.create('promotion_code', {
    active: (params['active'] as boolean | undefined) ?? true,
    code,
    created: world.wall(),
    customer,
    expires_at: params['expires_at'] ?? null,
    max_redemptions: params['max_redemptions'] ?? null,
    metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
    promotion: { coupon, type: 'coupon' },
    restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null, ...restrictions },
    times_redeemed: 0,
  });
  world.emit('promotion_code.created', row);
  return row;
}

includable('coupon', 'applies_to', () => ({ products: [] }));

const flag = (wanted: unknown, value: unknown): boolean => wanted === undefined || wanted === value;

export const couponEndpoints: Endpoint[] = [
  post('/v1/coupons', createCoupon),
  get('/v1/coupons', ({ world, params }) => page(world, world.store.all('coupon').filter((row) => within(row.doc['created'] as number, params['created'] as Doc | undefined)), params, '/v1/coupons')),
  get('/v1/coupons/:id', (call) => call.world.need('coupon', pathId(call))),
  post('/v1/coupons/:id', (call) => {
    const row = call.world.need('coupon', pathId(call));
    call.world.update(row, 'coupon.updated', (doc) => {
      if (call.params['name'] !== undefined) doc['name'] = call.params['name'] as string;
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined);
    });
    return row;
  }),
  del('/v1/coupons/:id', (call) => {
    const row = call.world.need('coupon', pathId(call));
    call.world.emit('coupon.deleted', row);
    call.world.store.remove(row.id);
    return { id: row.id, object: 'coupon', deleted: true };
  }),
  post('/v1/promotion_codes', createPromotionCode),
  get('/v1/promotion_codes', ({ world, params }) => {
    const code = params['code'] as string | undefined;
    const rows = world.store.all('promotion_code').filter(
      (row) =>
        flag(params['active'], row.doc['active']) &&
        flag(params['coupon'], (row.doc['promotion'] as Doc)['coupon']) &&
        flag(params['customer'], row.doc['customer']) &&
        (!code || String(row.doc['code']).toLowerCase() === code.toLowerCase()) &&
        within(row.doc['created'] as number, params['created'] as Doc | undefined),
    );
    return page(world, rows, params, '/v1/promotion_codes');
  }),
  get('/v1/promotion_codes/:id', (call) => call.world.need('promotion_code', pathId(call))),
  post('/v1/promotion_codes/:id', (call) => {
    const row = call.world.need('promotion_code', pathId(call));
    call.world.update(row, 'promotion_code.updated', (doc) => {
      if (call.params['active'] !== undefined) doc['active'] = call.params['active'] as boolean;
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined);
    });
    return row;
  }),
];
