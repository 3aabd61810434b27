import { copy, type Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { narrowed, page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { includable, nestedList, render } from '../engine/render.js';
import { notEmulated } from '../engine/require.js';
import { type Call, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { accountSettings } from '../billing/account-settings.js';
import { moveBalance } from '../billing/balance.js';
import { markPaid } from '../billing/collect.js';
import { followRest } from '../billing/invoice-payments.js';
import { businessDaysAfter, clearTimer, onTimer, setTimer } from '../billing/timers.js';
import { book } from '../payments/ledger.js';
import { closeDispute } from './disputes.js';
import { behaviour } from './payment-methods.js';

/** Gives money of a charge back, all of what is left or `amount`. */
export function refund(world: World, charge: Row, options: { amount?: number | undefined; reason?: string | null; metadata?: Doc }): Row {
  const left = (charge.doc['amount'] as number) - (charge.doc['amount_refunded'] as number);
  if (charge.doc['status'] !== 'succeeded') throw invalid(`Charge ${charge.id} has not succeeded and cannot be refunded.`, 'charge', 'charge_not_refundable');
  const inquiry = world.store.by('dispute', 'charge', charge.id).find((row) => row.doc['is_charge_refundable'] === true);
  if (charge.doc['disputed'] === true && !inquiry) throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, undefined, 'charge_disputed');
  if (left === 0) throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, 'charge_already_refunded');
  const amount = options.amount ?? left;
  if (amount < 1) throw invalid('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer');
  if (amount > left) throw invalid(`Refund amount (${money(amount)}) is greater than ${left === charge.doc['amount'] ? 'charge amount' : 'unrefunded amount on charge'} (${money(left)})`, 'amount');
  const currency = charge.doc['currency'] as string;
  const method = world.get('payment_method', charge.doc['payment_method'] as string | null);
  const byCard = charge.doc['payment_method_details'].type === 'card';
  const later = byCard && method ? behaviour(method).afterwards : undefined;
  const row = world.create(
    'refund',
    {
      amount,
      charge: charge.id,
      created: world.wall(),
      currency,
      customer: charge.doc['customer'] as string | null,
      destination_details: byCard ? { card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' }, type: 'card' } : { type: charge.doc['payment_method_details'].type as string },
      metadata: options.metadata ?? {},
      payment_intent: charge.doc['payment_intent'] as string | null,
      payment_method: charge.doc['payment_method'] as string | null,
      reason: options.reason ?? null,
      status: later === 'refund_pending' || !byCard ? 'pending' : 'succeeded',
    },
    { clock: charge.clock, hidden: { customer: charge.doc['customer'], idempotencyKey: world.origin.idempotencyKey, requestId: world.origin.requestId } },
  );
  row.doc['balance_transaction'] = book(world, { type: byCard ? 'refund' : 'payment_refund', category: 'refund', amount: -amount, currency, source: row.id, description: `REFUND FOR CHARGE` }).id;
  world.update(charge, null, (doc) => {
    doc['amount_refunded'] = (doc['amount_refunded'] as number) + amount;
    doc['refunded'] = doc['amount_refunded'] === doc['amount'];
  });
  world.emit('refund.created', row);
  world.emit('charge.refunded', charge);
  if (row.doc['status'] === 'pending') setTimer(world, 'refund', row, businessDaysAfter(world.now(row.clock), accountSettings(world).settlementBusinessDays));
  if (later === 'refund_fails') failRefund(world, row, 'lost_or_stolen_card');
  if (inquiry && charge.doc['refunded'] === true) closeDispute(world, inquiry, 'warning_closed');
  return row;
}

/** A refund that the bank gives back: the money returns to the balance and the charge is unrefunded by it. */
export function failRefund(world: World, row: Row, reason: string): void {
  if (row.doc['status'] === 'failed') throw invalid('This refund has failed already.');
  clearTimer(world, 'refund', row);
  const amount = row.doc['amount'] as number;
  const back = book(world, { type: 'refund_failure', category: 'refund_failure', amount, currency: row.doc['currency'] as string, source: row.id, description: 'REFUND FAILURE' });
  world.update(row, 'refund.updated', (doc) => Object.assign(doc, { status: 'failed', failure_reason: reason, failure_balance_transaction: back.id }));
  const charge = world.get('charge', row.doc['charge'] as string);
  if (charge) world.update(charge, 'charge.updated', (doc) => Object.assign(doc, { amount_refunded: (doc['amount_refunded'] as number) - amount, refunded: false }));
  world.emit('refund.failed', row);
}

/** A refund on its way that has arrived. */
export function completeRefund(world: World, row: Row): void {
  if (row.doc['status'] !== 'pending') throw invalid(`This refund is ${String(row.doc['status'])}: it is not on its way.`);
  clearTimer(world, 'refund', row);
  world.update(row, 'refund.updated', (doc) => void (doc['status'] = 'succeeded'));
}

onTimer('refund', (world, row) => {
  if (row.doc['status'] === 'pending') completeRefund(world, row);
});

function money(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}

function createRefund({ world, params }: Call): Row {
  notEmulated(params, ['refund_application_fee', 'reverse_transfer', 'origin', 'instructions_email']);
  const chargeId = params['charge'] as string | undefined;
  const intentId = params['payment_intent'] as string | undefined;
  if (chargeId && intentId) throw invalid('You may only specify one of these parameters: charge, payment_intent.', 'charge');
  if (!chargeId && !intentId) throw invalid('One of the following params should be provided for this request: payment_intent or charge.', 'payment_intent', 'parameter_missing');
  let charge: Row;
  if (intentId) {
    const intent = world.need('payment_intent', intentId, 'payment_intent', 'payment_intent');
    const latest = world.get('charge', intent.doc['latest_charge'] as string | null);
    if (!latest || latest.doc['status'] !== 'succeeded') throw invalid('This PaymentIntent does not have a successful charge to refund.', 'payment_intent', 'charge_not_refundable');
    charge = latest;
  } else charge = world.need('charge', chargeId ?? '', 'charge', 'charge');
  return refund(world, charge, { amount: params['amount'] as number | undefined, reason: (params['reason'] as string | undefined) ?? null, metadata: mergeMetadata({}, params['metadata'] as Doc | undefined) });
}

function creditNote({ world, params }: Call): Row {
  const invoice = world.need('invoice', params['invoice'] as string, 'invoice', 'invoice');
  if (!['paid', 'open'].includes(invoice.doc['status'] as string)) throw invalid('You can only create credit notes for open or paid invoices.', 'invoice');
  notEmulated(params, ['lines', 'shipping_cost', 'out_of_band_amount']);
  const amount = params['amount'] as number | undefined;
  if (amount === undefined || amount < 1) throw invalid('Missing required param: amount.', 'amount', 'parameter_missing');
  const paid = invoice.doc['status'] === 'paid';
  const most = (paid ? (invoice.doc['amount_paid'] as number) : (invoice.doc['amount_remaining'] as number)) - (paid ? (invoice.doc['post_payment_credit_notes_amount'] as number) : 0);
  if (amount > most) throw invalid(`The credit note amount (${money(amount)}) is greater than what can be credited (${money(most)}).`, 'amount');
  const customer = world.needCustomer(invoice.doc['customer'] as string);
  const wanted = ((params['refunds'] as Doc[] | undefined) ?? []).map((item) => {
    const row = world.need('refund', String(item['refund']), 'refund', 'refunds[0][refund]');
    return { amount_refunded: (item['amount_refunded'] as number | undefined) ?? (row.doc['amount'] as number), payment_record_refund: null, refund: row.id, type: 'refund' };
  });
  const refundAmount = params['refund_amount'] as number | undefined;
  if (refundAmount) {
    const charge = world.get('charge', world.get('payment_intent', invoice.hidden['intent'] as string | undefined)?.doc['latest_charge'] as string | null | undefined);
    if (!charge) throw invalid('There is no charge to refund on this invoice.', 'refund_amount');
    wanted.push({ amount_refunded: refundAmount, payment_record_refund: null, refund: refund(world, charge, { amount: refundAmount, reason: 'requested_by_customer' }).id, type: 'refund' });
  }
  const refunded = wanted.reduce((sum, item) => sum + item.amount_refunded, 0);
  const credit = (params['credit_amount'] as number | undefined) ?? 0;
  if (paid && refunded + credit !== amount) throw invalid('The sum of credit amount, refund amount and out of band amount must equal the credit note amount.', 'amount');
  const now = world.now(invoice.clock);
  const row = world.create(
    'credit_note',
    {
      amount, amount_shipping: 0, created: now, currency: invoice.doc['currency'], customer: customer.id, discount_amount: 0, discount_amounts: [], effective_at: now, invoice: invoice.id,
      lines: { object: 'list', data: [], has_more: false, total_count: 0, url: '' }, memo: params['memo'] ?? null, metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      number: `${String(invoice.doc['number'])}-CN-${String(world.store.by('credit_note', 'invoice', invoice.id).length + 1).padStart(2, '0')}`,
      out_of_band_amount: null, pdf: `${world.baseUrl}/credit_notes/pdf`, post_payment_amount: paid ? amount : 0, pre_payment_amount: paid ? 0 : amount, pretax_credit_amounts: [], reason: params['reason'] ?? null, refunds: wanted,
      status: 'issued', subtotal: amount, subtotal_excluding_tax: amount, total: amount, total_excluding_tax: amount, total_taxes: [], type: paid ? 'post_payment' : 'pre_payment',
    },
    { clock: invoice.clock },
  );
  const line = world.create('credit_note_line_item', { amount, description: 'Credit', discount_amount: 0, discount_amounts: [], metadata: {}, pretax_credit_amounts: [], quantity: 1, tax_rates: [], taxes: [], type: 'custom_line_item', unit_amount: amount, unit_amount_decimal: String(amount) }, { clock: invoice.clock });
  row.doc['lines'] = { object: 'list', data: [line.doc], has_more: false, total_count: 1, url: `/v1/credit_notes/${row.id}/lines` };
  if (credit > 0) row.doc['customer_balance_transaction'] = moveBalance(world, customer, -credit, { type: 'credit_note', currency: invoice.doc['currency'] as string, invoice: invoice.id, creditNote: row.id }).id;
  world.update(invoice, 'invoice.updated', (doc) => {
    if (paid) doc['post_payment_credit_notes_amount'] = (doc['post_payment_credit_notes_amount'] as number) + amount;
    else Object.assign(doc, { pre_payment_credit_notes_amount: (doc['pre_payment_credit_notes_amount'] as number) + amount, amount_due: (doc['amount_due'] as number) - amount, amount_remaining: (doc['amount_remaining'] as number) - amount });
  });
  world.emit('credit_note.created', row);
  if (!paid && invoice.doc['amount_remaining'] === 0) markPaid(world, invoice);
  else if (!paid) followRest(world, invoice);
  return row;
}

/** issued → void, while what it lowered is still open. */
function voidCreditNote(call: Call): Row {
  const { world } = call;
  const row = world.need('credit_note', pathId(call));
  const invoice = world.need('invoice', row.doc['invoice'] as string);
  if (row.doc['status'] !== 'issued' || row.doc['type'] !== 'pre_payment' || invoice.doc['status'] !== 'open') throw invalid('You can only void credit notes of open invoices.', undefined, 'resource_invalid_state');
  world.update(invoice, 'invoice.updated', (doc) => {
    const amount = row.doc['amount'] as number;
    Object.assign(doc, { pre_payment_credit_notes_amount: (doc['pre_payment_credit_notes_amount'] as number) - amount, amount_due: (doc['amount_due'] as number) + amount, amount_remaining: (doc['amount_remaining'] as number) + amount });
  });
  followRest(world, invoice);
  world.update(row, null, (doc) => Object.assign(doc, { status: 'void', voided_at: world.now(row.clock) }));
  world.emit('credit_note.voided', row);
  return row;
}

includable('charge', 'refunds', (world, row) => nestedList(world.store.by('refund', 'charge', row.id).reverse().map((item) => render(world, item)), `/v1/charges/${row.id}/refunds`));

const created = (row: Row, params: Doc): boolean => within(row.doc['created'] as number, params['created'] as Doc | undefined);
const match = (row: Row, params: Doc, ...fields: string[]): boolean => fields.every((field) => params[field] === undefined || row.doc[field] === params[field]);

export const moneyEndpoints: Endpoint[] = [
  get('/v1/charges', ({ world, params }) => page(world, narrowed(world, 'charge', params, ['customer', 'payment_intent']).filter((row) => created(row, params)), params, '/v1/charges')),
  get('/v1/charges/:id', (call) => call.world.need('charge', pathId(call))),
  post('/v1/charges/:id', (call) => {
    const row = call.world.need('charge', pathId(call));
    call.world.update(row, 'charge.updated', (doc) => {
      if (call.params['description'] !== undefined) doc['description'] = call.params['description'] as string;
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined);
    });
    return row;
  }),
  post('/v1/refunds', createRefund),
  get('/v1/refunds', ({ world, params }) => page(world, narrowed(world, 'refund', params, ['charge', 'payment_intent']).filter((row) => created(row, params)), params, '/v1/refunds')),
  get('/v1/refunds/:id', (call) => call.world.need('refund', pathId(call))),
  post('/v1/refunds/:id', (call) => {
    const row = call.world.need('refund', pathId(call));
    call.world.update(row, 'refund.updated', (doc) => void (doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined)));
    return row;
  }),
  post('/v1/refunds/:id/cancel', (call) => {
    const row = call.world.need('refund', pathId(call));
    throw invalid(`You cannot cancel a refund with the status \`${String(row.doc['status'])}\`: only one that requires action can be canceled.`, undefined, 'resource_invalid_state');
  }),
  post('/v1/credit_notes', creditNote),
  post('/v1/credit_notes/:id', (call) => {
    const row = call.world.need('credit_note', pathId(call));
    call.world.update(row, 'credit_note.updated', (doc) => {
      if (call.params['memo'] !== undefined) doc['memo'] = call.params['memo'] as string;
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined);
    });
    return row;
  }),
  post('/v1/credit_notes/:id/void', voidCreditNote),
  get('/v1/credit_notes/:id/lines', (call) => {
    const row = call.world.need('credit_note', pathId(call));
    return { object: 'list', data: copy(row.doc['lines'].data as Doc[]), has_more: false, url: `/v1/credit_notes/${row.id}/lines` };
  }),
  get('/v1/credit_notes', ({ world, params }) => page(world, narrowed(world, 'credit_note', params, ['customer', 'invoice']).filter((row) => created(row, params)), params, '/v1/credit_notes')),
  get('/v1/credit_notes/:id', (call) => call.world.need('credit_note', pathId(call))),
  get('/v1/invoice_payments', ({ world, params }) => {
    const payment = params['payment'] as Doc | undefined;
    const rows = narrowed(world, 'invoice_payment', { ...params, payment_intent: payment?.['payment_intent'] as string | undefined }, ['invoice', 'payment_intent']).filter((row) => match(row, params, 'status') && created(row, params));
    return page(world, rows, params, '/v1/invoice_payments');
  }),
  get('/v1/invoice_payments/:id', (call) => call.world.need('invoice_payment', pathId(call), 'invoice payment')),
  get('/v1/balance_transactions', ({ world, params }) => page(world, narrowed(world, 'balance_transaction', params, ['source']).filter((row) => match(row, params, 'currency', 'type') && created(row, params)), params, '/v1/balance_transactions')),
  get('/v1/balance_transactions/:id', (call) => call.world.need('balance_transaction', pathId(call), 'balance transaction')),
  get('/v1/balance', ({ world }) => {
    const pending = world.store.all('balance_transaction').reduce((sum, row) => sum + (row.doc['net'] as number), 0);
    return { object: 'balance', available: [{ amount: 0, currency: 'usd', source_types: { card: 0 } }], livemode: false, pending: [{ amount: pending, currency: 'usd', source_types: { card: pending } }] };
  }),
];
