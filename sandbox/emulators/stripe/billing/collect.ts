import { invalid } from '../engine/errors.js';
import { includable, nestedList, render } from '../engine/render.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { attempt, createIntent, type Outcome, settled } from '../payments/pay.js';
import { isHard } from '../payments/declines.js';
import { accountSettings } from './account-settings.js';
import { moveBalance } from './balance.js';
import { addPayment, cancelPayment, credit, isProcessing, paymentOf, refuseWhileProcessing } from './invoice-payments.js';
import { pageToken } from './invoicing.js';

/** What a subscription does when one of its invoices is paid, fails, or is given up. Set by billing/standing.ts. */
export const standing: { paid: (world: World, invoice: Row) => void; processing: (world: World, invoice: Row) => void; failed: (world: World, invoice: Row) => void; closed: (world: World, invoice: Row) => void } = {
  paid: () => undefined,
  processing: () => undefined,
  failed: () => undefined,
  closed: () => undefined,
};

/** The subscription an invoice belongs to. */
export function subscriptionOf(world: World, invoice: Row): Row | undefined {
  return world.get('subscription', invoice.doc['parent']?.subscription_details?.subscription as string | undefined);
}

/** draft → open (or paid, when nothing is due): number, balance applied, PaymentIntent made. */
export function finalize(world: World, invoice: Row): void {
  const customer = world.needCustomer(invoice.doc['customer'] as string);
  const now = world.now(invoice.clock);
  const total = invoice.doc['total'] as number;
  const starting = customer.doc['balance'] as number;
  const withBalance = total + starting;
  let due = total <= 0 ? 0 : Math.max(0, withBalance);
  // Stripe does not charge less than its smallest amount: such a rest is carried to the next invoice.
  if (due > 0 && due < 50 && invoice.doc['collection_method'] === 'charge_automatically') due = 0;
  const tooSmall = total > 0 && withBalance > 0 && due === 0;
  const ending = withBalance - due;
  const currency = invoice.doc['currency'] as string;
  if (ending !== starting) moveBalance(world, customer, ending - starting, { type: tooSmall ? 'invoice_too_small' : 'applied_to_invoice', currency, invoice: invoice.id });
  const number = `${String(customer.doc['invoice_prefix'])}-${String(customer.doc['next_invoice_sequence']).padStart(4, '0')}`;
  world.store.edit(customer).doc['next_invoice_sequence'] += 1;
  world.update(invoice, null, (doc) => {
    Object.assign(doc, { status: 'open', number, starting_balance: starting, ending_balance: ending, amount_due: due, amount_remaining: due, effective_at: now, automatically_finalizes_at: null });
    doc['status_transitions'].finalized_at = now;
    const token = `acct_sandbox/${pageToken()}`;
    doc['hosted_invoice_url'] = `${world.baseUrl}/i/${token}`;
    doc['invoice_pdf'] = `${world.baseUrl}/i/${token}/pdf`;
    doc['next_payment_attempt'] = doc['collection_method'] === 'charge_automatically' && doc['auto_advance'] === true && due > 0 ? now : null;
  });
  invoice.hidden['page'] = String(invoice.doc['hosted_invoice_url']).split('/').at(-1);
  world.emit('invoice.finalized', invoice);
  if (due === 0) markPaid(world, invoice);
  else openPayment(world, invoice, customer, due);
}

function openPayment(world: World, invoice: Row, customer: Row, due: number): void {
  const subscription = subscriptionOf(world, invoice);
  const description = subscription ? (invoice.doc['billing_reason'] === 'subscription_create' ? 'Subscription creation' : 'Subscription update') : `Payment for Invoice ${String(invoice.doc['number'])}`;
  const intent = createIntent(
    world,
    { amount: due, currency: invoice.doc['currency'], customer: customer.id, description, receipt_email: null, setup_future_usage: subscription ? 'off_session' : null, metadata: {} },
    { clock: invoice.clock, hidden: { invoice: invoice.id, subscription: subscription?.id ?? null } },
  );
  const payment = addPayment(world, invoice, intent, due, true);
  world.store.edit(invoice).hidden['intent'] = intent.id;
  invoice.hidden['payment'] = payment.id;
}

/** Which payment method pays: the invoice's, the subscription's, the customer's. */
export function methodFor(world: World, invoice: Row): Row | undefined {
  const ids = [
    invoice.doc['default_payment_method'] as string | null,
    subscriptionOf(world, invoice)?.doc['default_payment_method'] as string | null | undefined,
    world.get('customer', invoice.doc['customer'] as string)?.doc['invoice_settings']?.default_payment_method as string | null | undefined,
  ];
  for (const id of ids) {
    const method = world.get('payment_method', id);
    if (method?.doc['customer'] === invoice.doc['customer']) return method;
  }
  return undefined;
}

/** Tries to pay an open invoice. `automatic` attempts count and are rescheduled; without any payment method the attempt fails. */
export function collect(world: World, invoice: Row, options: { method?: Row | undefined; offSession: boolean; automatic: boolean; authenticated?: boolean }): Outcome | undefined {
  const intent = world.get('payment_intent', invoice.hidden['intent'] as string | undefined);
  if (!intent) throw new Error(`open invoice ${invoice.id} has no payment intent`);
  const method = options.method ?? methodFor(world, invoice);
  const first = invoice.doc['attempted'] !== true;
  const counts = first || options.automatic;
  world.store.edit(invoice);
  invoice.doc['attempted'] = true;
  if (counts) invoice.doc['attempt_count'] += 1;
  if (options.automatic || first) schedule(world, invoice);
  if (!method) {
    failed(world, invoice, false);
    return undefined;
  }
  const hard = (intent.hidden['hardDeclined'] as string | undefined) === method.id && options.automatic;
  // After a decline that forbids another try, Stripe keeps the schedule but does not charge the same card again.
  if (hard) {
    if (invoice.hidden['exhausted'] === true) standing.failed(world, invoice);
    return undefined;
  }
  const outcome = attempt(world, intent, method, { offSession: options.offSession, ...(options.authenticated === undefined ? {} : { authenticated: options.authenticated }) });
  if (outcome.result === 'requires_action') failed(world, invoice, true);
  if (outcome.result === 'declined') {
    world.store.edit(intent).hidden['hardDeclined'] = isHard(outcome.decline) ? method.id : undefined;
  }
  return outcome;
}

function schedule(world: World, invoice: Row): void {
  const now = world.now(invoice.clock);
  invoice.hidden['firstFailure'] ??= now;
  const settings = accountSettings(world);
  const retries = settings.retries === 'smart' && invoice.doc['billing_reason'] === 'subscription_cycle' && invoice.doc['auto_advance'] === true;
  const offset = retries ? settings.retryDays[(invoice.doc['attempt_count'] as number) - 1] : undefined;
  invoice.doc['next_payment_attempt'] = offset === undefined ? null : (invoice.hidden['firstFailure'] as number) + offset * 86_400;
  if (retries && offset === undefined) invoice.hidden['exhausted'] = true;
}

function failed(world: World, invoice: Row, action: boolean): void {
  if (action) world.emit('invoice.payment_action_required', invoice);
  world.emit('invoice.payment_failed', invoice);
  standing.failed(world, invoice);
}

/** open → paid: everything was credited, it was paid out of band, or nothing is due. Payments that are no longer needed are canceled. */
export function markPaid(world: World, invoice: Row, outOfBand = false): void {
  const now = world.now(invoice.clock);
  const rest = invoice.doc['amount_remaining'] as number;
  for (const payment of world.store.by('invoice_payment', 'invoice', invoice.id)) cancelPayment(world, invoice, payment);
  world.update(invoice, null, (doc) => {
    Object.assign(doc, { status: 'paid', attempted: true, amount_paid: (doc['amount_paid'] as number) + rest, amount_remaining: 0, next_payment_attempt: null, auto_advance: false });
    doc['status_transitions'].paid_at = now;
    if (outOfBand) doc['amount_paid_off_stripe'] = rest;
    if (doc['status_details']) delete doc['status_details'];
  });
  if ((invoice.doc['amount_overpaid'] as number) > 0) world.emit('invoice.overpaid', invoice);
  world.emit('invoice.paid', invoice);
  if (!outOfBand) world.emit('invoice.payment_succeeded', invoice);
  standing.paid(world, invoice);
}

/** open or uncollectible → void. What was taken from the customer's balance goes back to it. */
export function voidInvoice(world: World, invoice: Row): void {
  const status = invoice.doc['status'] as string;
  if (status !== 'open' && status !== 'uncollectible') {
    throw invalid(status === 'paid' ? 'This invoice is already paid and cannot be voided.' : `You can only void an open or uncollectible invoice. This invoice is ${status}.`, undefined, status === 'paid' ? 'invoice_already_paid' : 'invoice_not_editable');
  }
  refuseWhileProcessing(world, invoice, 'void');
  if ((invoice.doc['amount_paid'] as number) > 0) throw invalid('You cannot void an invoice that has been partially paid. Issue a credit note instead.', undefined, 'invoice_not_editable');
  for (const payment of world.store.by('invoice_payment', 'invoice', invoice.id)) cancelPayment(world, invoice, payment);
  world.update(invoice, null, (doc) => {
    Object.assign(doc, { status: 'void', amount_remaining: 0, next_payment_attempt: null, auto_advance: false });
    doc['status_transitions'].voided_at = world.now(invoice.clock);
    if (doc['status_details']) delete doc['status_details'];
  });
  const applied = ((invoice.doc['ending_balance'] as number | null) ?? 0) - ((invoice.doc['starting_balance'] as number | null) ?? 0);
  const customer = world.get('customer', invoice.doc['customer'] as string);
  if (applied !== 0 && customer && customer.doc['deleted'] !== true) moveBalance(world, customer, -applied, { type: 'unapplied_from_invoice', currency: invoice.doc['currency'] as string, invoice: invoice.id });
  world.emit('invoice.voided', invoice);
  standing.closed(world, invoice);
}

/** Gives up an open invoice that nobody will collect: voided, or left open and payable when money for it came or is coming. */
export function abandon(world: World, invoice: Row): void {
  if (invoice.doc['status'] !== 'open') return;
  if ((invoice.doc['amount_paid'] as number) === 0 && !isProcessing(world, invoice)) voidInvoice(world, invoice);
  else world.update(invoice, 'invoice.updated', (doc) => Object.assign(doc, { auto_advance: false, next_payment_attempt: null }));
}

/** open → uncollectible. Still payable. */
export function markUncollectible(world: World, invoice: Row, reason: string): void {
  if (invoice.doc['status'] !== 'open') throw invalid(`You can only mark open invoices as uncollectible. This invoice is ${String(invoice.doc['status'])}.`, undefined, 'invoice_not_editable');
  refuseWhileProcessing(world, invoice, 'mark as uncollectible');
  world.update(invoice, null, (doc) => {
    Object.assign(doc, { status: 'uncollectible', next_payment_attempt: null, auto_advance: false, status_details: { uncollectible: { reason } } });
    doc['status_transitions'].marked_uncollectible_at = world.now(invoice.clock);
  });
  world.emit('invoice.marked_uncollectible', invoice);
  standing.closed(world, invoice);
}

/** Credits the money of an intent to the invoice it belongs to. */
export function receive(world: World, intent: Row): void {
  const payment = paymentOf(world, intent);
  const invoice = payment && world.get('invoice', payment.doc['invoice'] as string);
  if (!payment || !invoice) return;
  // Money that comes through the intent itself (a pay page, a confirmation) is an attempt too.
  if (invoice.doc['attempted'] !== true && payment.doc['is_default'] === true) world.store.edit(invoice).doc['attempt_count'] += 1;
  if (credit(world, invoice, payment, intent.doc['amount_received'] as number)) markPaid(world, invoice);
}

settled.paid = receive;
settled.processing = (world, intent) => {
  const payment = paymentOf(world, intent);
  const invoice = payment?.doc['is_default'] === true ? world.get('invoice', payment.doc['invoice'] as string) : undefined;
  if (!invoice) return;
  world.store.edit(invoice);
  if (invoice.doc['attempted'] !== true) invoice.doc['attempt_count'] += 1;
  // Nothing is tried again, and no failure is known, until the bank has answered.
  Object.assign(invoice.doc, { attempted: true, next_payment_attempt: null });
  Object.assign(invoice.hidden, { awaited: true, firstFailure: undefined, exhausted: undefined });
  standing.processing(world, invoice);
};
settled.failed = (world, intent, outcome) => {
  const invoice = world.get('invoice', intent.hidden['invoice'] as string | undefined);
  if (!invoice || invoice.doc['status'] !== 'open') return;
  if (invoice.doc['attempted'] !== true) {
    world.store.edit(invoice).doc['attempt_count'] += 1;
    invoice.doc['attempted'] = true;
    invoice.doc['next_payment_attempt'] = null;
  }
  if (invoice.hidden['awaited'] === true) {
    world.store.edit(invoice).hidden['awaited'] = undefined;
    schedule(world, invoice);
  }
  failed(world, invoice, outcome.result === 'declined' && outcome.decline.code === 'authentication_required');
};

includable('invoice', 'payments', (world, row) =>
  nestedList(world.store.by('invoice_payment', 'invoice', row.id).map((payment) => render(world, payment)), '/v1/invoice_payments'),
);
includable('invoice', 'confirmation_secret', (world, row) => {
  const intent = world.get('payment_intent', row.hidden['intent'] as string | undefined);
  return intent ? { client_secret: intent.doc['client_secret'] as string, type: 'payment_intent' } : null;
});
