import { invalid } from '../engine/errors.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { moveBalance } from './balance.js';

/** The payment of an invoice that a PaymentIntent makes: its default one, or one that was attached. */
export function paymentOf(world: World, intent: Row): Row | undefined {
  return world.store.by('invoice_payment', 'payment_intent', intent.id).find((row) => row.doc['status'] === 'open');
}

/** Adds a payment to an invoice. The default one asks for all that is left and follows it. */
export function addPayment(world: World, invoice: Row, intent: Row, amount: number, isDefault: boolean): Row {
  return world.create(
    'invoice_payment',
    {
      amount_paid: null,
      amount_requested: amount,
      created: world.now(invoice.clock),
      currency: invoice.doc['currency'],
      invoice: invoice.id,
      is_default: isDefault,
      payment: { payment_intent: intent.id, type: 'payment_intent' },
      status: 'open',
      status_transitions: { canceled_at: null, paid_at: null },
    },
    { clock: invoice.clock },
  );
}

/** Ends a payment that will not come: its PaymentIntent is canceled unless it has its money. */
export function cancelPayment(world: World, invoice: Row, payment: Row): void {
  const intent = world.get('payment_intent', payment.doc['payment'].payment_intent as string | undefined);
  // Money on its way cannot be called back: when it comes it is too much, and becomes the customer's credit.
  if (payment.doc['status'] !== 'open' || intent?.doc['status'] === 'processing') return;
  world.update(payment, null, (doc) => {
    doc['status'] = 'canceled';
    doc['status_transitions'].canceled_at = world.now(invoice.clock);
  });
  if (!intent || ['succeeded', 'canceled'].includes(intent.doc['status'] as string)) return;
  world.update(intent, null, (doc) => Object.assign(doc, { status: 'canceled', canceled_at: world.wall(), cancellation_reason: 'void_invoice', next_action: null }));
  world.emit('payment_intent.canceled', intent);
}

/** Whether money for this invoice is still on its way from a bank. */
export function isProcessing(world: World, invoice: Row): boolean {
  return world.store.by('invoice_payment', 'invoice', invoice.id).some((payment) => payment.doc['status'] === 'open' && world.get('payment_intent', payment.doc['payment'].payment_intent as string | undefined)?.doc['status'] === 'processing');
}

/** Refuses to end an invoice whose money is on its way. */
export function refuseWhileProcessing(world: World, invoice: Row, doing: string): void {
  if (isProcessing(world, invoice)) throw invalid(`You cannot ${doing} this invoice because a payment for it is processing.`, undefined, 'payment_intent_unexpected_state');
}

/**
 * Credits received money to an invoice: what it takes lowers `amount_remaining`, what is too much becomes the customer's credit.
 * Answers whether the invoice is now paid in full; the caller then marks it paid.
 */
export function credit(world: World, invoice: Row, payment: Row, received: number): boolean {
  const now = world.now(invoice.clock);
  const live = ['open', 'uncollectible'].includes(invoice.doc['status'] as string);
  const taken = live ? Math.min(received, invoice.doc['amount_remaining'] as number) : 0;
  const over = received - taken;
  world.update(payment, null, (doc) => {
    Object.assign(doc, { status: 'paid', amount_paid: received });
    doc['status_transitions'].paid_at = now;
  });
  const full = live && taken === (invoice.doc['amount_remaining'] as number);
  world.update(invoice, full || !live ? null : 'invoice.updated', (doc) => {
    doc['amount_paid'] = (doc['amount_paid'] as number) + taken;
    doc['amount_remaining'] = (doc['amount_remaining'] as number) - taken;
    doc['amount_overpaid'] = (doc['amount_overpaid'] as number) + over;
  });
  world.emit('invoice_payment.paid', payment);
  const customer = world.get('customer', invoice.doc['customer'] as string);
  if (over > 0 && customer && customer.doc['deleted'] !== true) moveBalance(world, customer, -over, { type: 'invoice_overpaid', currency: invoice.doc['currency'] as string, invoice: invoice.id });
  if (!full) followRest(world, invoice);
  return full;
}

/** The default payment asks for what is left. */
export function followRest(world: World, invoice: Row): void {
  const rest = invoice.doc['amount_remaining'] as number;
  const payment = world.get('invoice_payment', invoice.hidden['payment'] as string | undefined);
  const intent = world.get('payment_intent', invoice.hidden['intent'] as string | undefined);
  if (rest <= 0 || payment?.doc['status'] !== 'open' || !intent || ['succeeded', 'canceled', 'processing'].includes(intent.doc['status'] as string)) return;
  world.store.edit(payment).doc['amount_requested'] = rest;
  world.store.edit(intent).doc['amount'] = rest;
}

/** Attaches a PaymentIntent of the same customer and currency to an open invoice; answers its payment. */
export function attachPayment(world: World, invoice: Row, intent: Row): Row {
  if (invoice.doc['status'] === 'paid') throw invalid('Invoice is already paid', undefined, 'invoice_already_paid');
  if (!['open', 'uncollectible'].includes(invoice.doc['status'] as string)) throw invalid(`You can only attach payments to open invoices. This invoice is ${String(invoice.doc['status'])}.`, undefined, 'invoice_not_editable');
  if (intent.doc['status'] === 'canceled') throw invalid(`The PaymentIntent ${intent.id} is canceled and cannot be attached to an invoice.`, 'payment_intent', 'payment_intent_unexpected_state');
  if (intent.doc['customer'] !== invoice.doc['customer']) throw invalid('The PaymentIntent must belong to the customer of the invoice.', 'payment_intent');
  if (intent.doc['currency'] !== invoice.doc['currency']) throw invalid('The PaymentIntent must have the currency of the invoice.', 'payment_intent');
  if (world.store.by('invoice_payment', 'payment_intent', intent.id).length > 0) throw invalid(`The PaymentIntent ${intent.id} is already attached to an invoice.`, 'payment_intent');
  return addPayment(world, invoice, intent, intent.doc['amount'] as number, false);
}
