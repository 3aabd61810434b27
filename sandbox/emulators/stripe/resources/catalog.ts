import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { includable } from '../engine/render.js';
import { notEmulated } from '../engine/require.js';
import { type Call, del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';

const limits = { day: 1095, week: 156, month: 36, year: 3 } as const;

/** Makes a product. An `id` of the caller's own must be new. */
export function createProduct(world: World, params: Doc): Row {
  const id = params['id'] as string | undefined;
  if (id && world.store.get(id)) throw invalid('Product already exists.', 'id', 'resource_already_exists');
  const now = world.wall();
  const row = world.create(
    'product',
    {
      active: (params['active'] as boolean | undefined) ?? true,
      created: now,
      default_price: null,
      description: params['description'] ?? null,
      images: params['images'] ?? [],
      marketing_features: params['marketing_features'] ?? [],
      metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      name: params['name'],
      package_dimensions: params['package_dimensions'] ?? null,
      shippable: params['shippable'] ?? null,
      statement_descriptor: params['statement_descriptor'] ?? null,
      tax_code: params['tax_code'] ?? null,
      type: 'service',
      unit_label: params['unit_label'] ?? null,
      updated: now,
      url: params['url'] ?? null,
    },
    id ? { id } : {},
  );
  world.emit('product.created', row);
  const priceData = params['default_price_data'] as Doc | undefined;
  if (priceData) {
    const price = createPrice(world, { ...priceData, product: row.id });
    world.store.edit(row).doc['default_price'] = price.id;
  }
  return row;
}

function integerCents(params: Doc): { unit_amount: number | null; unit_amount_decimal: string } {
  const decimal = params['unit_amount_decimal'] as string | undefined;
  const amount = params['unit_amount'] as number | undefined;
  if (amount !== undefined && decimal !== undefined) throw invalid('You may only specify one of these parameters: unit_amount, unit_amount_decimal.', 'unit_amount');
  if (amount === undefined && decimal === undefined) {
    throw invalid('Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.', 'unit_amount', 'parameter_missing');
  }
  if (amount !== undefined) {
    if (amount < 0) throw invalid('This value must be greater than or equal to 0.', 'unit_amount', 'parameter_invalid_integer');
    return { unit_amount: amount, unit_amount_decimal: String(amount) };
  }
  const value = Number(decimal);
  if (!Number.isInteger(value)) throw invalid('This emulator bills whole cents only: `unit_amount_decimal` must be a whole number.', 'unit_amount_decimal');
  return { unit_amount: value, unit_amount_decimal: String(value) };
}

/** Makes a price from `prices.create` parameters or from a `price_data`. */
export function createPrice(world: World, params: Doc): Row {
  notEmulated(params, ['currency_options', 'custom_unit_amount', 'transform_quantity']);
  if (params['billing_scheme'] === 'tiered' || params['tiers'] || (params['recurring'] as Doc | undefined)?.['usage_type'] === 'metered') {
    throw invalid('This emulator sells per-unit licensed prices only.', params['tiers'] ? 'tiers' : 'billing_scheme');
  }
  const currency = String(params['currency']).toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${currency}. Stripe currently supports these currencies: usd, eur, gbp, …`, 'currency');
  let product = params['product'] as string | undefined;
  if (params['product_data'] && !product) product = createProduct(world, params['product_data'] as Doc).id;
  if (!product) throw invalid('You must specify either `product` or `product_data` when creating a price.', 'product', 'parameter_missing');
  world.need('product', product, 'product', 'product');
  const recurring = params['recurring'] as Doc | undefined;
  const count = (recurring?.['interval_count'] as number | undefined) ?? 1;
  if (recurring) {
    const most = limits[recurring['interval'] as keyof typeof limits];
    if (count < 1 || count > most) throw invalid(`Invalid interval_count: must be between 1 and ${most} for this interval (3 years).`, 'recurring[interval_count]');
  }
  const lookupKey = (params['lookup_key'] as string | undefined) ?? null;
  if (lookupKey) {
    const other = world.store.all('price').find((row) => row.doc['lookup_key'] === lookupKey);
    if (other && params['transfer_lookup_key'] !== true) {
      throw invalid(`A price (\`${other.id}\`) already uses that lookup key.`, 'lookup_key');
    }
    if (other) world.update(other, 'price.updated', (doc) => void (doc['lookup_key'] = null));
  }
  const row = world.create('price', {
    active: (params['active'] as boolean | undefined) ?? true,
    billing_scheme: 'per_unit',
    created: world.wall(),
    currency,
    lookup_key: lookupKey,
    metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
    nickname: params['nickname'] ?? null,
    product,
    recurring: recurring
      ? { interval: recurring['interval'], interval_count: count, meter: null, trial_period_days: recurring['trial_period_days'] ?? null, usage_type: 'licensed' }
      : null,
    tax_behavior: params['tax_behavior'] ?? 'unspecified',
    type: recurring ? 'recurring' : 'one_time',
    ...integerCents(params),
  });
  world.emit('price.created', row);
  return row;
}

/** The old-style `plan` that still accompanies a recurring price in subscription items. */
export function planOf(price: Doc): Doc {
  const recurring = price['recurring'] as Doc;
  return {
    id: price['id'],
    object: 'plan',
    active: price['active'],
    amount: price['unit_amount'],
    amount_decimal: price['unit_amount_decimal'],
    billing_scheme: 'per_unit',
    created: price['created'],
    currency: price['currency'],
    interval: recurring['interval'],
    interval_count: recurring['interval_count'],
    livemode: false,
    metadata: price['metadata'],
    meter: null,
    nickname: price['nickname'],
    product: price['product'],
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}

function updateProduct(call: Call): Row {
  const { world, params } = call;
  const row = world.need('product', pathId(call));
  const price = params['default_price'] as string | undefined;
  if (price) world.need('price', price, 'price', 'default_price');
  world.update(row, 'product.updated', (doc) => {
    for (const key of ['active', 'default_price', 'description', 'images', 'marketing_features', 'name', 'package_dimensions', 'shippable', 'statement_descriptor', 'tax_code', 'unit_label', 'url']) {
      if (params[key] !== undefined) doc[key] = params[key] as unknown;
    }
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | undefined);
    doc['updated'] = world.wall();
  });
  return row;
}

function updatePrice(call: Call): Row {
  const { world, params } = call;
  const row = world.need('price', pathId(call));
  const key = params['lookup_key'] as string | null | undefined;
  const other = key ? world.store.all('price').find((item) => item.doc['lookup_key'] === key && item.id !== row.id) : undefined;
  if (other && params['transfer_lookup_key'] !== true) throw invalid(`A price (\`${other.id}\`) already uses that lookup key.`, 'lookup_key');
  if (other) world.update(other, 'price.updated', (doc) => void (doc['lookup_key'] = null));
  world.update(row, 'price.updated', (doc) => {
    for (const name of ['active', 'lookup_key', 'nickname', 'tax_behavior']) if (params[name] !== undefined) doc[name] = params[name] as unknown;
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | undefined);
  });
  return row;
}

function deleteProduct(call: Call): Doc {
  const { world } = call;
  const row = world.need('product', pathId(call));
  if (world.store.all('price').some((price) => price.doc['product'] === row.id)) {
    throw invalid('This product cannot be deleted because it has one or more user-created prices.');
  }
  world.emit('product.deleted', row);
  world.store.remove(row.id);
  return { id: row.id, object: 'product', deleted: true };
}

includable('price', 'tiers', () => undefined);

const flag = (wanted: unknown, value: unknown): boolean => wanted === undefined || wanted === value;

export const catalogEndpoints: Endpoint[] = [
  post('/v1/products', ({ world, params }) => createProduct(world, params)),
  get('/v1/products', ({ world, params }) =>
    page(world, world.store.all('product').filter((row) => flag(params['active'], row.doc['active']) && (!params['ids'] || (params['ids'] as string[]).includes(row.id)) && flag(params['url'], row.doc['url']) && within(row.doc['created'] as number, params['created'] as Doc | undefined)), params, '/v1/products'),
  ),
  get('/v1/products/:id', (call) => call.world.need('product', pathId(call))),
  post('/v1/products/:id', updateProduct),
  del('/v1/products/:id', deleteProduct),
  post('/v1/prices', ({ world, params }) => createPrice(world, params)),
  get('/v1/prices', ({ world, params }) => {
    const keys = params['lookup_keys'] as string[] | undefined;
    const recurring = params['recurring'] as Doc | undefined;
    const rows = world.store.all('price').filter(
      (row) =>
        row.hidden['inline'] !== true &&
        flag(params['active'], row.doc['active']) &&
        flag(params['product'], row.doc['product']) &&
        flag(params['currency'], row.doc['currency']) &&
        flag(params['type'], row.doc['type']) &&
        (!keys || keys.includes(row.doc['lookup_key'] as string)) &&
        (!recurring?.['interval'] || (row.doc['recurring'] as Doc | null)?.['interval'] === recurring['interval']) &&
        within(row.doc['created'] as number, params['created'] as Doc | undefined),
    );
    return page(world, rows, params, '/v1/prices');
  }),
  get('/v1/prices/:id', (call) => call.world.need('price', pathId(call))),
  post('/v1/prices/:id', updatePrice),
];
