import { bankOfToken, createBankMethod, readBank } from '../payments/banks.js';
import { declineOf } from '../payments/declines.js';
import { cardDoc, cardOf, type CardBehaviour, numberOfToken, passesLuhn } from '../payments/cards.js';
import type { Doc } from '../engine/doc.js';
import { cardError, invalid, noSuch } from '../engine/errors.js';
import { page } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { type Call, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';

/** The test card behind a payment method. */
export function behaviour(method: Row): CardBehaviour {
  const card = cardOf(String(method.hidden['number']));
  if (!card) throw new Error(`payment method ${method.id} has no test card`);
  const ordered = declineOf(String(method.hidden['decline']));
  return ordered ? { ...card, charge: ordered } : card;
}

/** Reads a card number; refuses what Stripe's test mode refuses. */
export function readCard(number: string, param: string): CardBehaviour {
  const digits = number.replaceAll(/[\s-]/g, '');
  const card = cardOf(digits);
  if (card) return card;
  if (!passesLuhn(digits)) {
    throw cardError({ code: 'incorrect_number', message: 'Your card number is incorrect.', param });
  }
  throw cardError({
    code: 'card_declined',
    decline_code: 'test_mode_live_card',
    message: 'Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.',
  });
}

/** Makes a card payment method that belongs to nobody yet. */
export function createCardMethod(world: World, card: CardBehaviour, extra: { expMonth?: number; expYear?: number; billing?: Doc; metadata?: Doc; clock?: string | null } = {}): Row {
  const soon = new Date().getUTCFullYear() + 4;
  return world.create(
    'payment_method',
    {
      allow_redisplay: 'unspecified',
      billing_details: { address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }, email: null, name: null, phone: null, tax_id: null, ...extra.billing },
      card: cardDoc(card, extra.expMonth ?? 12, extra.expYear ?? soon, world.fingerprint(card.number)),
      created: world.wall(),
      customer: null,
      metadata: extra.metadata ?? {},
      type: 'card',
    },
    { clock: extra.clock ?? null, hidden: { number: card.number, authenticated: false } },
  );
}

/** A payment method by id, or a fresh one from `pm_card_visa`. */
export function methodByName(world: World, id: string, param = 'payment_method'): Row {
  const known = world.get('payment_method', id);
  if (known) return known;
  const bank = bankOfToken(id);
  if (bank) return createBankMethod(world, bank);
  const number = numberOfToken(id);
  const card = number === undefined ? undefined : cardOf(number);
  if (!card) throw noSuch('PaymentMethod', id, param);
  return createCardMethod(world, card);
}

/** Attaches without asking the bank. */
export function attachQuietly(world: World, method: Row, customer: Row): void {
  world.update(method, null, (doc) => void (doc['customer'] = customer.id));
  world.emit('payment_method.attached', method);
}

/** Attaches to a customer; cards that decline everything are refused here, as Stripe does. */
export function attach(world: World, method: Row, customer: Row): Row {
  const owner = method.doc['customer'] as string | null;
  if (owner === customer.id) return method;
  if (owner !== null) throw invalid('The payment method you provided has already been attached to a customer.', 'payment_method', 'payment_method_unexpected_state');
  if (method.hidden['detached'] === true) {
    throw invalid('This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.', undefined, 'payment_method_unexpected_state');
  }
  const card = cardOf(String(method.hidden['number']));
  if (card && !card.attaches && card.charge) {
    throw cardError({ advice_code: card.charge.advice, code: card.charge.code, decline_code: card.charge.declineCode, message: card.charge.message, network_decline_code: card.charge.network });
  }
  attachQuietly(world, method, customer);
  return method;
}

/** Detaches, and clears it wherever it was a default. */
export function detach(world: World, method: Row): Row {
  const owner = world.get('customer', method.doc['customer'] as string | null);
  if (!owner) throw invalid('The payment method you provided is not attached to a customer so detachment is impossible.', undefined, 'payment_method_not_attached');
  world.update(method, 'payment_method.detached', (doc) => void (doc['customer'] = null));
  method.hidden['detached'] = true;
  world.update(owner, 'customer.updated', (doc) => {
    if (doc['invoice_settings']?.default_payment_method === method.id) doc['invoice_settings'].default_payment_method = null;
  });
  for (const sub of world.store.by('subscription', 'customer', owner.id)) {
    if (sub.doc['default_payment_method'] === method.id) world.update(sub, 'customer.subscription.updated', (doc) => void (doc['default_payment_method'] = null));
  }
  return method;
}

function createBank(world: World, params: Doc, type: 'sepa_debit' | 'us_bank_account'): Row {
  const given = (params[type] as Doc | undefined) ?? {};
  const [field, billing] = [type === 'sepa_debit' ? 'iban' : 'account_number', (params['billing_details'] as Doc | undefined) ?? {}];
  const number = given[field] as string | undefined;
  if (!number) throw invalid(`Missing required param: ${type}[${field}].`, `${type}[${field}]`, 'parameter_missing');
  if (!billing['name']) throw invalid('Missing required param: billing_details[name].', 'billing_details[name]', 'parameter_missing');
  const bank = readBank(number, `${type}[${field}]`);
  if (bank.type !== type) throw invalid(`This is not an account for ${type}.`, `${type}[${field}]`);
  return createBankMethod(world, bank, billing, { metadata: mergeMetadata({}, params['metadata'] as Doc | undefined), account: given });
}

function create({ world, params }: Call): Row {
  if (params['customer'] || params['payment_method']) throw invalid('Cloning payment methods is for Connect only.', 'payment_method');
  if (params['type'] === 'sepa_debit' || params['type'] === 'us_bank_account') return createBank(world, params, params['type']);
  if (params['type'] !== 'card') throw invalid(params['type'] === undefined ? 'Missing required param: type.' : 'This emulator knows payment methods of the types card, sepa_debit and us_bank_account only.', 'type', params['type'] === undefined ? 'parameter_missing' : undefined);
  const card = params['card'] as Doc | undefined;
  if (!card) throw invalid('Missing required param: card.', 'card', 'parameter_missing');
  const number = card['token'] ? numberOfToken(card['token'] as string) : (card['number'] as string | undefined);
  if (!number) throw card['token'] ? noSuch('token', card['token'] as string, 'card[token]') : invalid('Missing required param: card[number].', 'card[number]', 'parameter_missing');
  const month = card['exp_month'] as number | undefined;
  const year = card['exp_year'] as number | undefined;
  if (!card['token'] && (month === undefined || year === undefined)) throw invalid(`Missing required param: card[${month === undefined ? 'exp_month' : 'exp_year'}].`, 'card[exp_month]', 'parameter_missing');
  if (month !== undefined && (month < 1 || month > 12)) throw cardError({ code: 'invalid_expiry_month', message: "Your card's expiration month is invalid.", param: 'card[exp_month]' });
  const fullYear = year !== undefined && year < 100 ? 2000 + year : year;
  if (fullYear !== undefined && fullYear < new Date().getUTCFullYear()) throw cardError({ code: 'invalid_expiry_year', message: "Your card's expiration year is invalid.", param: 'card[exp_year]' });
  const found = readCard(number, 'card[number]');
  return createCardMethod(world, found, {
    ...(month === undefined ? {} : { expMonth: month }),
    ...(fullYear === undefined ? {} : { expYear: fullYear }),
    billing: (params['billing_details'] as Doc | undefined) ?? {},
    metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
  });
}

export const paymentMethodEndpoints: Endpoint[] = [
  post('/v1/payment_methods', create),
  get('/v1/payment_methods', ({ world, params }) => {
    const customer = params['customer'] as string | undefined;
    if (customer) world.needCustomer(customer);
    const rows = (customer ? world.store.by('payment_method', 'customer', customer) : world.store.all('payment_method').filter((row) => row.doc['customer'] !== null && row.clock === null)).filter((row) => (!params['type'] || row.doc['type'] === params['type']));
    return page(world, rows, params, '/v1/payment_methods');
  }),
  get('/v1/mandates/:id', (call) => call.world.need('mandate', pathId(call))),
  get('/v1/payment_methods/:id', (call) => {
    const id = pathId(call);
    return call.world.get('payment_method', id) ?? methodByName(call.world, id, 'id');
  }),
  post('/v1/payment_methods/:id', (call) => {
    const row = call.world.need('payment_method', pathId(call), 'PaymentMethod');
    const { params } = call;
    call.world.update(row, 'payment_method.updated', (doc) => {
      const card = params['card'] as Doc | undefined;
      if (card?.['exp_month'] !== undefined) doc['card'].exp_month = card['exp_month'] as number;
      if (card?.['exp_year'] !== undefined) doc['card'].exp_year = card['exp_year'] as number;
      if (params['billing_details']) Object.assign(doc['billing_details'] as Doc, params['billing_details']);
      if (params['allow_redisplay']) doc['allow_redisplay'] = params['allow_redisplay'] as string;
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | undefined);
    });
    return row;
  }),
  post('/v1/payment_methods/:id/attach', (call) => {
    const method = methodByName(call.world, pathId(call), 'id');
    const customer = call.world.needCustomer(call.params['customer'] as string);
    return attach(call.world, method, customer);
  }),
  post('/v1/payment_methods/:id/detach', (call) => detach(call.world, call.world.need('payment_method', pathId(call), 'PaymentMethod'))),
];
