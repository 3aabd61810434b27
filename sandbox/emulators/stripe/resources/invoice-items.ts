import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { narrowed, page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { notEmulated, required } from '../engine/require.js';
import { type Call, del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { itemLine, retotal, setAside } from '../billing/invoicing.js';

function create({ world, params }: Call): Row {
  notEmulated(params, ['tax_rates', 'discounts', 'price_data', 'quantity_decimal']);
  const customer = world.needCustomer(required(params, 'customer'));
  const priceId = (params['pricing'] as Doc | undefined)?.['price'] as string | undefined;
  const price = priceId ? world.need('price', priceId, 'price', 'pricing[price]').doc : null;
  const quantity = (params['quantity'] as number | undefined) ?? 1;
  const given = params['amount'] as number | undefined;
  if (given === undefined && !price) throw invalid('Missing required param: amount.', 'amount', 'parameter_missing');
  const currency = ((params['currency'] as string | undefined) ?? (price?.['currency'] as string | undefined) ?? (customer.doc['currency'] as string | null) ?? '').toLowerCase();
  if (!currency) throw invalid('Missing required param: currency.', 'currency', 'parameter_missing');
  const amount = given ?? (price?.['unit_amount'] as number) * quantity;
  const invoiceId = params['invoice'] as string | undefined;
  const invoice = invoiceId ? world.need('invoice', invoiceId, 'invoice', 'invoice') : undefined;
  if (invoice && invoice.doc['status'] !== 'draft') throw invalid('The invoice is no longer editable, so items cannot be added to it.', 'invoice', 'invoice_not_editable');
  const subscription = params['subscription'] as string | undefined;
  if (subscription) world.need('subscription', subscription, 'subscription', 'subscription');
  const now = world.now(customer.clock);
  const line = {
    amount,
    description: (params['description'] as string | undefined) ?? String((price && world.get('product', price['product'] as string)?.doc['name']) ?? ''),
    quantity,
    price,
    unitAmount: price ? (price['unit_amount'] as number) : amount,
    period: (params['period'] as { start: number; end: number } | undefined) ?? { start: now, end: now },
    proration: false,
    subscription: subscription ?? null,
    item: null,
    invoiceItem: null,
    discountable: (params['discountable'] as boolean | undefined) ?? amount > 0,
    metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
  };
  const row = setAside(world, customer, line, currency, { invoice: invoice?.id ?? null });
  if (customer.doc['currency'] === null) world.store.edit(customer).doc['currency'] = currency;
  if (invoice) refresh(world, invoice);
  return row;
}

/** A draft invoice after its items changed. */
function refresh(world: World, invoice: Row): void {
  const items = world.store.by('invoiceitem', 'invoice', invoice.id);
  retotal(world, invoice, items.map((item) => itemLine(world, item)), invoice.doc['discounts'] as string[]);
  world.emit('invoice.updated', invoice);
}

function editable(world: World, row: Row): Row | undefined {
  const invoice = world.get('invoice', row.doc['invoice'] as string | null);
  if (invoice && invoice.doc['status'] !== 'draft') throw invalid('This invoice item cannot be changed: its invoice is finalized.', undefined, 'invoice_not_editable');
  return invoice;
}

export const invoiceItemEndpoints: Endpoint[] = [
  post('/v1/invoiceitems', create),
  get('/v1/invoiceitems', ({ world, params }) => {
    const rows = narrowed(world, 'invoiceitem', params, ['customer', 'invoice']).filter(
      (row) =>
        (params['pending'] === undefined || (row.doc['invoice'] === null) === params['pending']) &&
        within(row.doc['date'] as number, params['created'] as Doc | undefined),
    );
    return page(world, rows, params, '/v1/invoiceitems');
  }),
  get('/v1/invoiceitems/:id', (call) => call.world.need('invoiceitem', pathId(call), 'invoiceitem')),
  post('/v1/invoiceitems/:id', (call) => {
    const row = call.world.need('invoiceitem', pathId(call), 'invoiceitem');
    notEmulated(call.params, ['tax_rates', 'discounts', 'price_data', 'quantity_decimal', 'pricing']);
    const invoice = editable(call.world, row);
    call.world.update(row, null, (doc) => {
      for (const key of ['amount', 'description', 'discountable', 'period', 'quantity']) if (call.params[key] !== undefined) doc[key] = call.params[key] as unknown;
      doc['net_amount'] = doc['amount'] as number;
      doc['quantity_decimal'] = String(doc['quantity']);
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined);
    });
    if (invoice) refresh(call.world, invoice);
    return row;
  }),
  del('/v1/invoiceitems/:id', (call) => {
    const row = call.world.need('invoiceitem', pathId(call), 'invoiceitem');
    const invoice = editable(call.world, row);
    call.world.emit('invoiceitem.deleted', row);
    call.world.store.remove(row.id);
    if (invoice) refresh(call.world, invoice);
    return { id: row.id, object: 'invoiceitem', deleted: true };
  }),
];
