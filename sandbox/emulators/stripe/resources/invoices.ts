import { copy, type Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { newId } from '../engine/ids.js';
import { page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { expandIn } from '../engine/render.js';
import { knownCustomer, notEmulated, required } from '../engine/require.js';
import { type Call, del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { boundary } from '../billing/calendar.js';
import { plan } from '../billing/change.js';
import { attachPayment, refuseWhileProcessing } from '../billing/invoice-payments.js';
import { collect, finalize, markPaid, markUncollectible, receive, voidInvoice } from '../billing/collect.js';
import { redeem } from '../billing/discounts.js';
import { createInvoice, invoiceDoc, itemLine, type LineInput, pendingLines, retotal } from '../billing/invoicing.js';
import { intervalOf, itemPrice, makeItem } from '../billing/items.js';
import { fullPeriod, trialLine } from '../billing/lines.js';
import { scheduledItems } from '../billing/schedules.js';
import { owned, trialEnd, unsupported } from '../billing/subscribe.js';
import { setPreview } from '../billing/time.js';
import { declineFault } from '../payments/pay.js';
import { methodByName } from './payment-methods.js';

const label = 'invoice';

function create({ world, params }: Call): Row {
  notEmulated(params, ['automatic_tax', 'application_fee_amount', 'default_tax_rates', 'on_behalf_of', 'shipping_cost', 'transfer_data', 'from_invoice']);
  const customer = world.needCustomer(required(params, 'customer'));
  const subscriptionId = params['subscription'] as string | undefined;
  const subscription = subscriptionId ? world.need('subscription', subscriptionId, 'subscription', 'subscription') : null;
  const behaviour = (params['pending_invoice_items_behavior'] as string | undefined) ?? 'exclude';
  const lines = behaviour === 'include' || subscription ? pendingLines(world, customer, subscription) : [];
  if (subscription && lines.length === 0) throw invalid('Nothing to invoice for subscription', undefined, 'invoice_no_subscription_line_items');
  const method = params['default_payment_method'] as string | undefined;
  if (method) owned(world, customer, method);
  const now = world.now(customer.clock);
  return createInvoice(world, {
    customer,
    subscription,
    reason: subscription ? 'subscription_update' : 'manual',
    lines,
    period: { start: now, end: now },
    discounts: redeem(world, (params['discounts'] as Doc[] | null | undefined) ?? [], customer, {}),
    autoAdvance: (params['auto_advance'] as boolean | undefined) ?? false,
    metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
    description: (params['description'] as string | undefined) ?? null,
    footer: (params['footer'] as string | undefined) ?? null,
    collectionMethod: (params['collection_method'] as string | undefined) ?? 'charge_automatically',
    daysUntilDue: (params['days_until_due'] as number | undefined) ?? null,
    defaultPaymentMethod: method ?? null,
    ...(params['currency'] ? { currency: params['currency'] as string } : {}),
  });
}

function finalizeNow(call: Call): Row {
  const { world, params } = call;
  const row = world.need('invoice', pathId(call), label);
  if (row.doc['status'] !== 'draft') throw invalid('This invoice is already finalized, you can\'t re-finalize a non-draft invoice.', undefined, 'invoice_not_editable');
  if (params['auto_advance'] !== undefined) world.store.edit(row).doc['auto_advance'] = params['auto_advance'] as boolean;
  finalize(world, row);
  return row;
}

function pay(call: Call): Row {
  const { world, params } = call;
  const row = world.need('invoice', pathId(call), label);
  if (row.doc['status'] === 'draft') {
    finalize(world, row);
    // Nothing was due: finalizing has paid it.
    if ((row.doc['status'] as string) === 'paid') return row;
  }
  const status = row.doc['status'] as string;
  if (status === 'paid') {
    throw invalid('Invoice is already paid', undefined, 'invoice_already_paid');
  }
  if (status === 'void') throw invalid('This invoice can no longer be paid: it is void.', undefined, 'invoice_not_editable');
  if (params['paid_out_of_band'] === true) {
    refuseWhileProcessing(world, row, 'pay');
    markPaid(world, row, true);
    return row;
  }
  refuseWhileProcessing(world, row, 'pay');
  const customer = world.needCustomer(row.doc['customer'] as string);
  const named = params['payment_method'] as string | undefined;
  const method = named ? methodByName(world, named) : undefined;
  if (method && method.doc['customer'] !== customer.id && method.doc['customer'] !== null) owned(world, customer, method.id);
  const outcome = collect(world, row, { method, offSession: params['off_session'] !== false, automatic: false });
  if (outcome?.result === 'declined') {
    throw declineFault(world, outcome, world.get('payment_intent', row.hidden['intent'] as string));
  }
  if (outcome?.result === 'requires_action') {
    const fault = invalid('This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.', undefined, 'invoice_payment_intent_requires_action', { status: 402 });
    Object.defineProperty(fault, 'commits', { value: true });
    throw fault;
  }
  if (!outcome) {
    throw invalid('There is no `default_payment_method` set on this Customer or Invoice. Please set a `default_payment_method`.', undefined, 'missing');
  }
  return row;
}

function update(call: Call): Row {
  const { world, params } = call;
  const row = world.need('invoice', pathId(call), label);
  notEmulated(params, ['automatic_tax', 'application_fee_amount', 'default_tax_rates', 'on_behalf_of', 'shipping_cost', 'transfer_data']);
  const draftOnly = ['description', 'footer', 'discounts', 'collection_method', 'days_until_due', 'due_date', 'custom_fields'];
  const locked = row.doc['status'] !== 'draft' ? draftOnly.find((key) => params[key] !== undefined) : undefined;
  if (locked) throw invalid(`Finalized invoices can't be updated in this way: \`${locked}\`.`, locked, 'invoice_not_editable');
  const customer = world.needCustomer(row.doc['customer'] as string);
  if (params['default_payment_method']) owned(world, customer, params['default_payment_method'] as string);
  world.update(row, 'invoice.updated', (doc) => {
    for (const key of ['description', 'footer', 'collection_method', 'due_date', 'custom_fields', 'default_payment_method', 'statement_descriptor']) if (params[key] !== undefined) doc[key] = params[key] as unknown;
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | null | undefined);
    if (params['auto_advance'] !== undefined) {
      doc['auto_advance'] = params['auto_advance'] as boolean;
      if (doc['status'] === 'draft') doc['automatically_finalizes_at'] = doc['auto_advance'] === true ? (doc['created'] as number) + 3600 : null;
      else if (doc['auto_advance'] !== true) doc['next_payment_attempt'] = null;
    }
    if (params['discounts'] !== undefined) {
      const items = world.store.by('invoiceitem', 'invoice', row.id);
      retotal(world, row, items.map((item) => itemLine(world, item)), redeem(world, (params['discounts'] as Doc[] | null) ?? [], customer, { invoice: row.id }));
    }
  });
  return row;
}

/** What the next invoice would be: for a new subscription, a change of one, a cancellation, or the next renewal. */
function preview(call: Call): Doc {
  const { world, params } = call;
  const details = (params['subscription_details'] as Doc | undefined) ?? {};
  notEmulated(details, unsupported);
  notEmulated(params, ['automatic_tax', 'schedule', 'schedule_details']);
  const id = params['subscription'] as string | undefined;
  const subscription = id ? world.need('subscription', id, 'subscription', 'subscription') : null;
  const customerId = (params['customer'] as string | undefined) ?? (subscription?.doc['customer'] as string | undefined);
  if (!customerId) throw invalid('You must specify `customer`, `subscription` or `schedule`.', 'customer', 'parameter_missing');
  const customer = world.needCustomer(customerId);
  const extra = ((params['invoice_items'] as Doc[] | undefined) ?? []).map((item) => previewItem(world, customer, item));
  const discounts = params['discounts'] === undefined ? ((subscription?.doc['discounts'] as string[] | undefined) ?? []) : redeem(world, (params['discounts'] as Doc[] | null) ?? [], customer, {});
  const doc = subscription ? previewChange(world, customer, subscription, details, extra, discounts) : previewNew(world, customer, details, extra, discounts);
  return expandIn(world, doc, call.expand);
}

function previewItem(world: World, customer: Row, item: Doc): LineInput {
  const price = item['price'] ? world.need('price', item['price'] as string, 'price', 'invoice_items[0][price]').doc : null;
  const quantity = (item['quantity'] as number | undefined) ?? 1;
  const unit = (item['unit_amount'] as number | undefined) ?? (price?.['unit_amount'] as number | undefined) ?? (item['amount'] as number | undefined) ?? 0;
  const now = world.now(customer.clock);
  return { amount: (item['amount'] as number | undefined) ?? unit * quantity, description: (item['description'] as string | undefined) ?? '', quantity, price, unitAmount: unit, period: (item['period'] as { start: number; end: number } | undefined) ?? { start: now, end: now }, proration: false, subscription: null, item: null, invoiceItem: null, discountable: true };
}

function finish(world: World, doc: Doc): Doc {
  const due = doc['amount_due'] as number;
  doc['next_payment_attempt'] = doc['collection_method'] === 'charge_automatically' ? ((doc['automatically_finalizes_at'] as number | null) ?? world.wall()) : null;
  doc['ending_balance'] = (doc['total'] as number) + (doc['starting_balance'] as number) - due;
  doc['webhooks_delivered_at'] = null;
  return doc;
}

const previewId = (): string => `upcoming_${newId('in')}`;

function previewNew(world: World, customer: Row, details: Doc, extra: LineInput[], discounts: string[]): Doc {
  const inputs = (details['items'] as Doc[] | undefined) ?? [];
  const now = (details['start_date'] as number | undefined) ?? world.now(customer.clock);
  const items = inputs.map((input, index) => makeItem(world, input, itemPrice(world, input, `subscription_details[items][${index}]`), 'sub_preview', now));
  const trial = details['trial_end'] === undefined ? null : trialEnd({ trial_end: details['trial_end'] }, now, 'subscription_details');
  const lines = items.map((item) => {
    const { interval, count } = intervalOf(items);
    return trial ? trialLine(world, null, item, { start: now, end: trial }) : fullPeriod(world, null, item, { start: now, end: boundary(now, interval, count, 1) });
  });
  const all = [...lines, ...extra, ...pendingLines(world, customer, null)];
  if (all.length === 0) throw invalid('No upcoming invoices for customer: ' + customer.id, undefined, 'invoice_upcoming_none', { status: 404 });
  return finish(world, invoiceDoc(world, { customer, subscription: null, reason: 'upcoming', lines: all, period: { start: now, end: now }, discounts, autoAdvance: true, ...(items[0] ? { currency: items[0]['price'].currency as string } : {}) }, previewId()));
}

function previewChange(world: World, customer: Row, subscription: Row, details: Doc, extra: LineInput[], discounts: string[]): Doc {
  if (['canceled', 'incomplete_expired'].includes(subscription.doc['status'] as string) || details['cancel_now'] === true) {
    const pending = [...pendingLines(world, customer, subscription), ...extra];
    if (pending.length === 0) throw invalid('No upcoming invoices for customer: ' + customer.id, undefined, 'invoice_upcoming_none', { status: 404 });
    return finish(world, invoiceDoc(world, { customer, subscription, reason: 'upcoming', lines: pending, period: { start: world.now(customer.clock), end: world.now(customer.clock) }, discounts, autoAdvance: true }, previewId()));
  }
  const scheduled = Object.keys(details).length === 0 ? scheduledItems(world, subscription, subscription.doc['items'].data[0].current_period_end as number) : undefined;
  const change = plan(world, subscription, scheduled ? { items: scheduled, proration_behavior: 'none' } : details);
  const pending = pendingLines(world, customer, subscription);
  const now = world.now(customer.clock);
  const invoicedNow = change.immediate || details['proration_behavior'] === 'always_invoice';
  let lines = [...pending, ...change.lines, ...extra];
  if (!invoicedNow) {
    const first = change.items[0];
    const end = first?.['current_period_end'] as number;
    if (subscription.doc['cancel_at_period_end'] === true || details['cancel_at_period_end'] === true) {
      if (lines.length === 0) throw invalid('No upcoming invoices for customer: ' + customer.id, undefined, 'invoice_upcoming_none', { status: 404 });
    } else {
      const { interval, count } = intervalOf(change.items);
      lines = [...lines, ...change.items.map((item) => fullPeriod(world, subscription.id, item, { start: end, end: nextEnd(change.anchor, interval, count, end) }))];
    }
  }
  const doc = invoiceDoc(
    world,
    { customer, subscription, reason: invoicedNow ? 'subscription_update' : 'upcoming', lines, period: { start: (change.items[0]?.['current_period_start'] as number | undefined) ?? now, end: invoicedNow ? now : (change.items[0]?.['current_period_end'] as number) }, discounts, autoAdvance: true, prorationDate: change.prorationDate },
    previewId(),
  );
  if (!invoicedNow) {
    const end = change.items[0]?.['current_period_end'] as number;
    Object.assign(doc, { created: end, automatically_finalizes_at: end + 3600 });
  }
  return finish(world, doc);
}

function nextEnd(anchor: number, interval: Parameters<typeof boundary>[1], count: number, after: number): number {
  let n = 1;
  while (boundary(anchor, interval, count, n) <= after) n += 1;
  return boundary(anchor, interval, count, n);
}

setPreview((world, customer, subscription) => previewChange(world, customer, subscription, {}, [], subscription.doc['discounts'] as string[]));

function list({ world, params }: Call): Doc {
  const customer = params['customer'] as string | undefined;
  const subscription = params['subscription'] as string | undefined;
  if (customer) knownCustomer(world, customer);
  const source = customer ? world.store.by('invoice', 'customer', customer) : subscription ? world.store.by('invoice', 'subscription', subscription) : world.store.onClock('invoice', null);
  const rows = source.filter(
    (row) =>
      (!subscription || row.doc['parent']?.subscription_details?.subscription === subscription) &&
      (!params['status'] || row.doc['status'] === params['status']) &&
      (!params['collection_method'] || row.doc['collection_method'] === params['collection_method']) &&
      within(row.doc['created'] as number, params['created'] as Doc | undefined) &&
      (params['due_date'] === undefined || within((row.doc['due_date'] as number | null) ?? 0, params['due_date'] as Doc)),
  );
  return page(world, rows, params, '/v1/invoices');
}

function lines(call: Call): Doc {
  const row = call.world.need('invoice', pathId(call), label);
  const data = copy(row.doc['lines'].data as Doc[]);
  const after = call.params['starting_after'] as string | undefined;
  const start = after ? data.findIndex((line) => line['id'] === after) + 1 : 0;
  const limit = (call.params['limit'] as number | undefined) ?? 10;
  return expandIn(call.world, { object: 'list', data: data.slice(start, start + limit), has_more: start + limit < data.length, url: `/v1/invoices/${row.id}/lines` }, call.expand);
}

export const invoiceEndpoints: Endpoint[] = [
  post('/v1/invoices/create_preview', preview),
  post('/v1/invoices', create),
  get('/v1/invoices', list),
  get('/v1/invoices/:id', (call) => call.world.need('invoice', pathId(call), label)),
  post('/v1/invoices/:id', update),
  del('/v1/invoices/:id', (call) => {
    const row = call.world.need('invoice', pathId(call), label);
    if (row.doc['status'] !== 'draft' || row.doc['parent'] !== null) throw invalid('You can only delete draft invoices that are not part of a subscription.', undefined, 'invoice_not_editable');
    call.world.emit('invoice.deleted', row);
    call.world.store.remove(row.id);
    return { id: row.id, object: 'invoice', deleted: true };
  }),
  post('/v1/invoices/:id/finalize', finalizeNow),
  post('/v1/invoices/:id/pay', pay),
  post('/v1/invoices/:id/attach_payment', (call) => {
    const row = call.world.need('invoice', pathId(call), label);
    notEmulated(call.params, ['payment_record']);
    const intent = call.world.need('payment_intent', required(call.params, 'payment_intent'), 'payment_intent', 'payment_intent');
    attachPayment(call.world, row, intent);
    if (intent.doc['status'] === 'succeeded') receive(call.world, intent);
    return row;
  }),
  post('/v1/invoices/:id/void', (call) => {
    const row = call.world.need('invoice', pathId(call), label);
    voidInvoice(call.world, row);
    return row;
  }),
  post('/v1/invoices/:id/mark_uncollectible', (call) => {
    const row = call.world.need('invoice', pathId(call), label);
    markUncollectible(call.world, row, 'user_forgiven');
    return row;
  }),
  get('/v1/invoices/:id/lines', lines),
];
