import { copy, type Doc } from '../engine/doc.js';
import { cardError, invalid, StripeFault } from '../engine/errors.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { subscribe } from '../billing/subscribe.js';
import { findCoupon, redeem } from '../billing/discounts.js';
import { cancelSubscription } from '../billing/cancel.js';
import { attempt, createIntent, declineFields, type Outcome } from '../payments/pay.js';
import { settlement } from '../payments/settle.js';
import { confirmSetup, createSetupIntent } from '../payments/setup.js';
import { createCustomer } from '../resources/customers.js';
import { createBankMethod, readBank } from '../payments/banks.js';
import { attachQuietly, createCardMethod, readCard, behaviour } from '../resources/payment-methods.js';
import { type BoughtItem, totals } from '../resources/checkout-sessions.js';

/** What a person types on the pay page. */
export interface PayForm {
  /** Left out, with no bank account either, where the session asks for none. */
  card?: string | undefined;
  /** An IBAN, or a US account number: the money then takes days. */
  account?: string | undefined;
  /** `MM/YY`; a far one when left out. */
  expiry?: string | undefined;
  email?: string | undefined;
  name?: string | undefined;
  promotionCode?: string | undefined;
  /** True after the bank's page was passed; false asks it first where the card wants it. */
  authenticated?: boolean;
}

/** What the page shows next. `declined` leaves the session open for another card. */
export type PayResult =
  | { status: 'complete'; session: Row; subscription: string | null }
  | { status: 'requires_action'; session: Row }
  | { status: 'declined'; session: Row; error: Doc };

/**
 * Pays a session with a card, as its page does: makes the customer if need be, then the subscription, payment or set-up,
 * and completes the session. Throws when the session is not open.
 */
export function paySession(world: World, session: Row, form: PayForm): PayResult {
  if (session.doc['status'] !== 'open') throw invalid(`This Checkout Session is ${String(session.doc['status'])}: it can no longer be paid.`, undefined, 'checkout_session_not_open');
  const mode = session.doc['mode'] as string;
  let method: Row | undefined;
  try {
    if (form.promotionCode) applyCode(world, session, form.promotionCode);
    method = enteredMethod(world, session, form);
  } catch (error) {
    if (error instanceof StripeFault) return { status: 'declined', session, error: error.body };
    throw error;
  }
  const card = method?.doc['type'] === 'card' ? behaviour(method) : undefined;
  if (card?.authentication && form.authenticated !== true) {
    world.store.edit(session).hidden['waiting'] = { ...form };
    return { status: 'requires_action', session };
  }
  const due = (session.doc['amount_total'] as number | null) ?? 0;
  // A card that refuses everything cannot be saved either, so it is refused before a customer is made.
  if (method && card?.charge && (!card.attaches || due > 0)) {
    if (mode !== 'setup' && due > 0) failedCharge(world, session, method);
    return { status: 'declined', session, error: { ...declineFields(card.charge), type: 'card_error' } };
  }
  const customer = customerOf(world, session, form);
  const authenticated = card?.authentication ? { authenticated: true } : {};
  if (method && card?.authentication) world.store.edit(method).hidden['authenticated'] = true;
  if (mode === 'subscription') return buySubscription(world, session, customer, method, authenticated);
  if (!method) throw new Error('only a subscription can be had without a payment method');
  if (mode === 'setup') return setUp(world, session, customer, method, form.authenticated === true);
  return buyOnce(world, session, customer, method, form.authenticated === true);
}

/** What the person typed, as a payment method; nothing where the session can do without. */
function enteredMethod(world: World, session: Row, form: PayForm): Row | undefined {
  const billing = { email: form.email ?? null, name: form.name ?? null };
  if (form.account) return createBankMethod(world, readBank(form.account, 'account'), billing);
  const needless = session.doc['payment_method_collection'] === 'if_required' && ((session.doc['amount_total'] as number | null) ?? 0) === 0;
  if (!form.card && needless) return undefined;
  return createCardMethod(world, readCard(form.card ?? '', 'number'), { ...readExpiry(form.expiry), billing });
}

/** `MM/YY` as typed. Throws Stripe's words for a date that is none or is over. */
export function readExpiry(text: string | undefined): { expMonth?: number; expYear?: number } {
  if (text === undefined) return {};
  const match = /^\s*(\d{1,2})\s*\/\s*(\d{2}|\d{4})\s*$/.exec(text);
  const month = Number(match?.[1]);
  if (!match || month < 1 || month > 12) throw cardError({ code: 'invalid_expiry_month', message: "Your card's expiration month is invalid.", param: 'exp_month' });
  const year = match[2]?.length === 2 ? 2000 + Number(match[2]) : Number(match[2]);
  const today = new Date();
  if (year * 12 + month < today.getUTCFullYear() * 12 + today.getUTCMonth() + 1) throw cardError({ code: 'invalid_expiry_year', message: "Your card's expiration year is invalid.", param: 'exp_year' });
  return { expMonth: month, expYear: year };
}

/** A declined charge on the page is a fact too: it shows in the ledger. */
function failedCharge(world: World, session: Row, method: Row): void {
  const known = world.get('payment_intent', session.hidden['intent'] as string | undefined);
  const intent =
    known ??
    createIntent(world, { amount: session.doc['amount_total'], currency: session.doc['currency'], customer: session.doc['customer'] ?? null, description: null }, { clock: session.clock, hidden: {} });
  world.store.edit(session).hidden['intent'] = intent.id;
  attempt(world, intent, method, { offSession: false, authenticated: true });
}

function applyCode(world: World, session: Row, code: string): void {
  if (session.doc['allow_promotion_codes'] !== true) throw invalid('This session takes no promotion codes.', 'promotion_code');
  const row = world.store.by('promotion_code', 'code', code.trim().toLowerCase()).find((item) => item.doc['active'] === true);
  if (!row) throw invalid('This code is invalid.', 'promotion_code', 'promotion_code_invalid');
  findCoupon(world, { promotion_code: row.id }, 'promotion_code', world.get('customer', session.doc['customer'] as string | null));
  const { minimum_amount: least, minimum_amount_currency: currency } = row.doc['restrictions'] as { minimum_amount: number | null; minimum_amount_currency: string | null };
  if (least !== null && (session.doc['currency'] !== currency || ((session.doc['amount_subtotal'] as number | null) ?? 0) < least)) {
    throw invalid('This promotion code cannot be redeemed because the minimum order amount is not reached.', 'promotion_code', 'promotion_code_minimum_amount_not_met');
  }
  const discounts = [{ promotion_code: row.id }];
  world.store.edit(session).hidden['discounts'] = discounts;
  Object.assign(session.doc, totals(world, session.hidden['items'] as BoughtItem[], discounts, session.doc['amount_subtotal'] === 0), { discounts: [{ coupon: null, promotion_code: row.id }] });
}

function customerOf(world: World, session: Row, form: PayForm): Row {
  const known = world.get('customer', session.doc['customer'] as string | null);
  if (known) return known;
  const email = form.email ?? (session.doc['customer_email'] as string | null) ?? undefined;
  const row = createCustomer({ world, params: { ...(email ? { email } : {}), ...(form.name ? { name: form.name } : {}) }, ids: [], expand: [] });
  world.store.edit(session).doc['customer'] = row.id;
  return row;
}

function buySubscription(world: World, session: Row, customer: Row, method: Row | undefined, authenticated: { authenticated?: boolean }): PayResult {
  const data = copy(session.hidden['subscriptionData'] as Doc);
  const items = session.hidden['items'] as BoughtItem[];
  if (method) attachQuietly(world, method, customer);
  const { subscription, outcome } = subscribe(
    world,
    customer,
    {
      ...data,
      items: items.map((item) => ({ price: item.price['id'] as string, quantity: item.quantity, metadata: item.metadata })),
      discounts: session.hidden['discounts'] as Doc[],
    },
    { checkoutSession: session.id, ...(method ? { method } : {}), ...authenticated },
  );
  if (outcome && outcome.result !== 'paid' && outcome.result !== 'processing') {
    cancelSubscription(world, subscription, {});
    return { status: 'declined', session, error: outcome.result === 'declined' ? declineFields(outcome.decline) : { message: 'This payment needs authentication.' } };
  }
  const invoice = world.get('invoice', subscription.doc['latest_invoice'] as string | null);
  const due = (invoice?.doc['amount_paid'] as number | undefined) ?? 0;
  if (outcome?.result === 'processing') return complete(world, session, method, { subscription: subscription.id, invoice: invoice?.id ?? null, payment_status: 'unpaid' }, subscription.id);
  return complete(world, session, method, { subscription: subscription.id, invoice: invoice?.id ?? null, payment_status: due > 0 ? 'paid' : (session.doc['amount_total'] as number) > 0 ? 'paid' : 'no_payment_required' }, subscription.id);
}

function setUp(world: World, session: Row, customer: Row, method: Row, authenticated: boolean): PayResult {
  const data = session.hidden['setupIntentData'] as Doc;
  const intent = createSetupIntent(world, { customer: customer.id, description: data['description'] ?? null, metadata: data['metadata'] ?? {} }, customer.clock);
  confirmSetup(world, intent, method, authenticated);
  return complete(world, session, method, { setup_intent: intent.id, payment_status: 'no_payment_required' }, null);
}

function buyOnce(world: World, session: Row, customer: Row, method: Row, authenticated: boolean): PayResult {
  const data = session.hidden['paymentIntentData'] as Doc;
  if ((session.doc['amount_total'] as number) === 0) return complete(world, session, method, { payment_status: 'no_payment_required' }, null);
  const intent = createIntent(
    world,
    { amount: session.doc['amount_total'], currency: session.doc['currency'], customer: customer.id, description: data['description'] ?? null, metadata: data['metadata'] ?? {}, receipt_email: data['receipt_email'] ?? null, setup_future_usage: data['setup_future_usage'] ?? null },
    { clock: customer.clock },
  );
  if (data['setup_future_usage']) attachQuietly(world, method, customer);
  redeem(world, session.hidden['discounts'] as Doc[], customer, { checkoutSession: session.id });
  const outcome: Outcome = attempt(world, intent, method, { offSession: false, authenticated });
  if (outcome.result === 'processing') return complete(world, session, method, { payment_intent: intent.id, payment_status: 'unpaid' }, null);
  if (outcome.result !== 'paid') return { status: 'declined', session, error: outcome.result === 'declined' ? declineFields(outcome.decline) : {} };
  return complete(world, session, method, { payment_intent: intent.id, payment_status: 'paid' }, null);
}

function complete(world: World, session: Row, method: Row | undefined, fields: Doc, subscription: string | null): PayResult {
  const customer = world.get('customer', session.doc['customer'] as string | null);
  world.update(session, null, (doc) => {
    Object.assign(doc, { status: 'complete', url: null, ...fields });
    const billing = (method?.doc['billing_details'] as Doc | undefined) ?? {};
    doc['customer_details'] = { address: null, business_name: null, email: (billing['email'] as string | null | undefined) ?? (customer?.doc['email'] as string | null | undefined) ?? null, individual_name: null, name: (billing['name'] as string | null | undefined) ?? null, phone: null, tax_exempt: 'none', tax_ids: [] };
  });
  session.hidden['waiting'] = undefined;
  world.emit('checkout.session.completed', session);
  return { status: 'complete', session, subscription };
}

/** Money that took days has come, or will not: the session that waited for it says so. */
function told(world: World, intent: Row, paid: boolean): void {
  const payment = world.store.by('invoice_payment', 'payment_intent', intent.id)[0];
  const subscription = world.get('invoice', payment?.doc['invoice'] as string | undefined)?.doc['parent']?.subscription_details?.subscription as string | undefined;
  const sessions = [...world.store.by('checkout.session', 'payment_intent', intent.id), ...(subscription ? world.store.by('checkout.session', 'subscription', subscription) : [])];
  for (const session of sessions) {
    if (session.doc['status'] !== 'complete' || session.doc['payment_status'] !== 'unpaid' || session.hidden['asyncFailed'] === true) continue;
    if (paid) world.store.edit(session).doc['payment_status'] = 'paid';
    else world.store.edit(session).hidden['asyncFailed'] = true;
    world.emit(paid ? 'checkout.session.async_payment_succeeded' : 'checkout.session.async_payment_failed', session);
  }
}
settlement.told = told;
