import type { Doc } from '../engine/doc.js';
import { invalid, noSuch } from '../engine/errors.js';
import { randomText } from '../engine/ids.js';
import { page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { includable, nestedList, render } from '../engine/render.js';
import { notEmulated } from '../engine/require.js';
import { type Call, del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { moveBalance } from '../billing/balance.js';
import { cancelSubscription } from '../billing/cancel.js';
import { attach, methodByName } from './payment-methods.js';
import { createClock } from './test-clocks.js';

const plainFields = ['address', 'description', 'email', 'name', 'phone', 'preferred_locales', 'shipping', 'tax_exempt', 'business_name', 'individual_name', 'invoice_prefix', 'next_invoice_sequence'];

const noAddress = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

/** Refuses a payment method that belongs to nobody or to somebody else, in Stripe's words. */
function ownMethod(world: World, customer: Row, id: string, param: string): void {
  const method = world.get('payment_method', id);
  if (!method) throw noSuch('PaymentMethod', id, param);
  if (method.doc['customer'] !== customer.id) {
    throw invalid(
      `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
      param,
      'resource_missing',
    );
  }
}

function apply(world: World, customer: Row, params: Doc, event: string | null = 'customer.updated'): void {
  world.update(customer, event, (doc) => {
    for (const field of plainFields) if (params[field] !== undefined) doc[field] = params[field] as unknown;
    if (params['address']) doc['address'] = { ...noAddress, ...(params['address'] as Doc) };
    if (params['shipping']) doc['shipping'] = { phone: null, ...(params['shipping'] as Doc), address: { ...noAddress, ...((params['shipping'] as Doc)['address'] as Doc) } };
    if (params['tax_exempt'] === null) doc['tax_exempt'] = 'none';
    if (params['preferred_locales'] === null) doc['preferred_locales'] = [];
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | null | undefined);
    const settings = params['invoice_settings'] as Doc | undefined;
    if (settings) {
      if (settings['default_payment_method']) ownMethod(world, customer, settings['default_payment_method'] as string, 'invoice_settings[default_payment_method]');
      for (const key of ['default_payment_method', 'footer', 'custom_fields', 'rendering_options']) {
        if (settings[key] !== undefined) (doc['invoice_settings'] as Doc)[key] = settings[key] as unknown;
      }
    }
  });
  const move = ((params['balance'] as number | undefined) ?? (customer.doc['balance'] as number)) - (customer.doc['balance'] as number);
  if (move !== 0) moveBalance(world, customer, move, { type: event === null ? 'initial' : 'adjustment', currency: (customer.doc['currency'] as string | null) ?? 'usd' });
}

function createBalanceTransaction({ world, params, ids }: Call): Row {
  const customer = world.needCustomer(ids[0] ?? '', 'id');
  const currency = String(params['currency']).toLowerCase();
  const known = customer.doc['currency'] as string | null;
  if (known !== null && known !== currency) throw invalid(`You cannot combine currencies on a single customer. This customer has the currency ${known}.`, 'currency');
  if (params['amount'] === 0) throw invalid('The amount of a customer balance transaction cannot be 0.', 'amount', 'parameter_invalid_integer');
  return moveBalance(world, customer, params['amount'] as number, { type: 'adjustment', currency, description: (params['description'] as string | undefined) ?? null, metadata: (params['metadata'] as Doc | undefined) ?? null });
}

function balanceTransaction({ world, ids }: Call): Row {
  const row = world.need('customer_balance_transaction', ids[1] ?? '', 'customer balance transaction');
  if (row.doc['customer'] !== ids[0]) throw noSuch('customer balance transaction', row.id);
  return row;
}

/** Makes a customer. `test_clock` hangs it on a clock; with `autoTestClock` every other one gets a clock of its own, frozen at now. */
export function createCustomer({ world, params }: Call): Row {
  notEmulated(params, ['source', 'tax_id_data', 'cash_balance']);
  if (typeof params['email'] === 'string' && !/^[^@\s]+@[^@\s]+$/.test(params['email'])) {
    throw invalid(`Invalid email address: ${params['email']}`, 'email', 'email_invalid');
  }
  let clock = (params['test_clock'] as string | undefined) ?? null;
  if (clock !== null) {
    const row = world.need('test_helpers.test_clock', clock, 'test clock', 'test_clock');
    const members = world.store.onClock('customer', clock).filter((member) => member.doc['deleted'] !== true);
    if (members.length >= 3) throw invalid(`Test clock ${row.id} already has the maximum number of customers (3).`, 'test_clock', 'test_clock_limit_exceeded');
  } else if (world.settings.autoTestClock) clock = createClock(world, { frozen_time: world.wall(), name: 'made for one customer' }).id;
  const row = world.create(
    'customer',
    {
      balance: 0,
      created: world.now(clock),
      currency: null,
      delinquent: false,
      email: null,
      invoice_prefix: randomText(8, 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'),
      invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
      metadata: {},
      name: null,
      next_invoice_sequence: 1,
      phone: null,
      preferred_locales: [],
      tax_exempt: 'none',
      test_clock: clock,
    },
    { clock },
  );
  const method = params['payment_method'] as string | undefined;
  if (method) attach(world, methodByName(world, method), row);
  apply(world, row, params, null);
  world.emit('customer.created', row);
  return row;
}

function deleteCustomer({ world, ids }: Call): Doc {
  const row = world.needCustomer(ids[0] ?? '', 'id');
  for (const subscription of world.store.by('subscription', 'customer', row.id)) {
    if (!['canceled', 'incomplete_expired'].includes(subscription.doc['status'] as string)) cancelSubscription(world, subscription, {});
  }
  for (const method of world.store.by('payment_method', 'customer', row.id)) world.update(method, 'payment_method.detached', (doc) => void (doc['customer'] = null));
  world.emit('customer.deleted', row);
  world.store.edit(row);
  row.doc = { id: row.id, object: 'customer', deleted: true };
  return row.doc;
}

function updateCustomer(call: Call): Row {
  const row = call.world.needCustomer(pathId(call), 'id');
  notEmulated(call.params, ['source', 'default_source', 'cash_balance']);
  apply(call.world, row, call.params);
  return row;
}

includable('customer', 'subscriptions', (world, row) =>
  nestedList(
    world.store
      .by('subscription', 'customer', row.id)
      .filter((sub) => !['canceled', 'incomplete_expired'].includes(sub.doc['status'] as string))
      .reverse()
      .map((sub) => render(world, sub)),
    `/v1/customers/${row.id}/subscriptions`,
  ),
);
includable('customer', 'tax_ids', (_world, row) => nestedList([], `/v1/customers/${row.id}/tax_ids`));
includable('customer', 'sources', (_world, row) => nestedList([], `/v1/customers/${row.id}/sources`));

export const customerEndpoints: Endpoint[] = [
  post('/v1/customers', createCustomer),
  get('/v1/customers', ({ world, params }) => {
    const email = params['email'] as string | undefined;
    const clock = params['test_clock'] as string | undefined;
    const rows = (clock === undefined ? world.store.all('customer') : world.store.onClock('customer', clock)).filter(
      (row) =>
        row.doc['deleted'] !== true &&
        (clock === undefined ? row.clock === null : row.clock === clock) &&
        (email === undefined || row.doc['email'] === email) &&
        within(row.doc['created'] as number, params['created'] as Doc | undefined),
    );
    return page(world, rows, params, '/v1/customers');
  }),
  get('/v1/customers/:id', (call) => {
    const row = call.world.need('customer', pathId(call));
    return row.doc['deleted'] === true ? row.doc : row;
  }),
  post('/v1/customers/:id', updateCustomer),
  del('/v1/customers/:id', deleteCustomer),
  get('/v1/customers/:id/balance_transactions', ({ world, params, ids }) => {
    const row = world.needCustomer(ids[0] ?? '', 'id');
    return page(world, world.store.by('customer_balance_transaction', 'customer', row.id).filter((item) => (!params['invoice'] || item.doc['invoice'] === params['invoice']) && within(item.doc['created'] as number, params['created'] as Doc | undefined)), params, `/v1/customers/${row.id}/balance_transactions`);
  }),
  post('/v1/customers/:id/balance_transactions', createBalanceTransaction),
  get('/v1/customers/:id/balance_transactions/:id', balanceTransaction),
  post('/v1/customers/:id/balance_transactions/:id', (call) => {
    const row = balanceTransaction(call);
    call.world.update(row, null, (doc) => {
      if (call.params['description'] !== undefined) doc['description'] = call.params['description'] as string | null;
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | null | undefined);
    });
    return row;
  }),
  get('/v1/customers/:id/payment_methods', ({ world, params, ids }) => {
    const row = world.needCustomer(ids[0] ?? '', 'id');
    const type = params['type'] as string | undefined;
    const rows = world.store.by('payment_method', 'customer', row.id).filter((item) => (type === undefined || item.doc['type'] === type));
    return page(world, rows, params, `/v1/customers/${row.id}/payment_methods`);
  }),
  get('/v1/customers/:id/payment_methods/:id', ({ world, ids }) => {
    const method = world.need('payment_method', ids[1] ?? '', 'PaymentMethod');
    if (method.doc['customer'] !== ids[0]) throw noSuch('PaymentMethod', ids[1] ?? '');
    return method;
  }),
];
