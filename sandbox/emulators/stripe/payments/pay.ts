import { copy, type Doc } from '../engine/doc.js';
import { cardError, type StripeFault } from '../engine/errors.js';
import { randomText } from '../engine/ids.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { behaviour } from '../resources/payment-methods.js';
import type { CardBehaviour } from './cards.js';
import { type Decline, decline as declineNamed } from './declines.js';
import { book, feeCents } from './ledger.js';

/** What became of one attempt to pay. */
export type Outcome = { result: 'paid'; charge: Row } | { result: 'declined'; charge: Row; decline: Decline } | { result: 'requires_action' } | { result: 'processing'; charge: Row };

/** Called when a PaymentIntent that belongs to an invoice or a session gets its money. Set by billing/. */
export const settled: { paid: (world: World, intent: Row) => void; processing: (world: World, intent: Row) => void; failed: (world: World, intent: Row, outcome: Outcome) => void } = {
  paid: () => undefined,
  processing: () => undefined,
  failed: () => undefined,
};

/** What becomes of a charge once it is made. Set by resources/disputes.ts. */
export const afterwards: { charged: (world: World, charge: Row, what: NonNullable<CardBehaviour['afterwards']>) => void } = { charged: () => undefined };

/** How a bank account is debited. Set by payments/settle.ts. */
export const banks: { debit: (world: World, intent: Row, method: Row) => Outcome } = {
  debit: () => {
    throw new Error('no bank debits');
  },
};

/** Makes a PaymentIntent. */
export function createIntent(world: World, doc: Doc, options: { clock: string | null; hidden?: Doc; event?: boolean }): Row {
  const row = world.create(
    'payment_intent',
    {
      allowed_payment_method_types: null,
      amount_capturable: 0,
      amount_details: { tip: {} },
      amount_received: 0,
      automatic_payment_methods: null,
      capture_method: 'automatic',
      confirmation_method: 'automatic',
      created: world.wall(),
      metadata: {},
      payment_method_options: { card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' } },
      payment_method_types: ['card'],
      status: 'requires_payment_method',
      ...doc,
    },
    { clock: options.clock, hidden: { ...options.hidden, idempotencyKey: world.origin.idempotencyKey, requestId: world.origin.requestId } },
  );
  row.doc['client_secret'] = `${row.id}_secret_${randomText(25)}`;
  world.emit('payment_intent.created', row);
  return row;
}

/**
 * Charges a card for an intent. On-session payments may ask for authentication (`requires_action`); off-session ones are refused instead.
 * `authenticated`: the customer has just passed the bank's page.
 */
export function attempt(world: World, intent: Row, method: Row, options: { offSession: boolean; authenticated?: boolean }): Outcome {
  if (method.doc['type'] !== 'card') {
    const outcome = banks.debit(world, intent, method);
    if (outcome.result === 'processing') settled.processing(world, intent);
    return outcome;
  }
  const card = behaviour(method);
  const asks = card.authentication === 'always' || (card.authentication === 'on_session' && !options.offSession) || (card.authentication === 'setup' && method.hidden['authenticated'] !== true);
  if (asks && options.authenticated !== true) {
    if (options.offSession) return decline(world, intent, method, declineNamed('authentication_required'));
    world.update(intent, null, (doc) => {
      doc['status'] = 'requires_action';
      doc['payment_method'] = method.id;
      doc['last_payment_error'] = null;
      doc['next_action'] = {
        type: 'redirect_to_url',
        redirect_to_url: { return_url: (intent.hidden['returnUrl'] as string | undefined) ?? null, url: `${world.baseUrl}/3ds/${intent.id}` },
      };
    });
    world.emit('payment_intent.requires_action', intent);
    return { result: 'requires_action' };
  }
  if (card.charge) {
    countDown(world, method);
    return decline(world, intent, method, card.charge);
  }
  if (options.authenticated === true) world.store.edit(method).hidden['authenticated'] = true;
  const charge = makeCharge(world, intent, method, null);
  const amount = intent.doc['amount'] as number;
  const transaction = book(world, { type: 'charge', category: 'charge', amount, currency: intent.doc['currency'] as string, source: charge.id, fee: feeCents(amount), description: intent.doc['description'] as string | null });
  charge.doc['balance_transaction'] = transaction.id;
  world.emit('charge.succeeded', charge);
  world.update(intent, null, (doc) => {
    Object.assign(doc, { status: 'succeeded', amount_received: amount, latest_charge: charge.id, payment_method: method.id, next_action: null, last_payment_error: null });
  });
  world.emit('payment_intent.succeeded', intent);
  settled.paid(world, intent);
  if (card.afterwards) afterwards.charged(world, charge, card.afterwards);
  return { result: 'paid', charge };
}

/** A decline that was ordered for so many attempts ends after them. */
function countDown(world: World, method: Row): void {
  const left = method.hidden['declineTimes'] as number | undefined;
  if (left === undefined) return;
  world.store.edit(method).hidden['declineTimes'] = left - 1;
  if (left <= 1) Object.assign(method.hidden, { decline: undefined, declineTimes: undefined });
}

function decline(world: World, intent: Row, method: Row, why: Decline): Outcome {
  const charge = makeCharge(world, intent, method, why);
  world.emit('charge.failed', charge);
  world.update(intent, null, (doc) => {
    Object.assign(doc, { status: 'requires_payment_method', latest_charge: charge.id, payment_method: null, next_action: null });
    doc['last_payment_error'] = { ...declineFields(why, charge.id), payment_method: copy(method.doc), type: 'card_error' };
  });
  world.emit('payment_intent.payment_failed', intent);
  const outcome: Outcome = { result: 'declined', charge, decline: why };
  settled.failed(world, intent, outcome);
  return outcome;
}

/** The error fields of a decline, as in an answer and in `last_payment_error`. */
export function declineFields(why: Decline, charge?: string): Doc {
  return {
    ...(why.advice === null ? {} : { advice_code: why.advice }),
    ...(charge ? { charge } : {}),
    code: why.code,
    ...(why.declineCode ? { decline_code: why.declineCode } : {}),
    doc_url: `https://docs.stripe.com/error-codes#${why.code.replaceAll('_', '-')}`,
    message: why.message,
    ...(why.network === null ? {} : { network_decline_code: why.network }),
  };
}

function refusedOutcome(why: Decline): Doc {
  if (why.blocked) {
    return { advice_code: why.advice, network_advice_code: null, network_decline_code: null, network_status: 'not_sent_to_network', reason: 'highest_risk_level', risk_level: 'highest', risk_score: 92, seller_message: 'Stripe blocked this payment as too risky.', type: 'blocked' };
  }
  const forbidden = why.advice === 'do_not_try_again';
  return { advice_code: why.advice, network_advice_code: forbidden ? '01' : null, network_decline_code: why.network, network_status: 'declined_by_network', reason: why.declineCode ?? why.code, risk_level: 'normal', risk_score: 20, seller_message: 'The bank did not return any further details with this decline.', type: 'issuer_declined' };
}

/** The 402 that answers a refused confirmation; what was attempted stays. */
export function declineFault(world: World, outcome: Extract<Outcome, { result: 'declined' }>, intent: Row | undefined): StripeFault {
  const param = outcome.decline.code === 'expired_card' ? { param: 'exp_month' } : outcome.decline.code === 'incorrect_cvc' ? { param: 'cvc' } : {};
  return cardError({ ...declineFields(outcome.decline, outcome.charge.id), ...param, ...(intent ? { payment_intent: copy(intent.doc) } : {}) });
}

/** The charge of one attempt. `details` tell of a payment method other than a card. */
export function makeCharge(world: World, intent: Row, method: Row, why: Decline | null, details?: Doc): Row {
  const amount = intent.doc['amount'] as number;
  const card = copy((method.doc['card'] as Doc | undefined) ?? {});
  const charge = world.create(
    'charge',
    {
      amount,
      amount_captured: why ? 0 : amount,
      amount_refunded: 0,
      billing_details: copy(method.doc['billing_details'] as Doc),
      calculated_statement_descriptor: 'CLAWKEEP',
      captured: why === null,
      created: world.wall(),
      currency: intent.doc['currency'],
      customer: intent.doc['customer'] ?? null,
      description: intent.doc['description'] ?? null,
      disputed: false,
      failure_code: why?.code ?? null,
      failure_message: why?.message ?? null,
      fraud_details: {},
      metadata: copy((intent.doc['metadata'] as Doc | null) ?? {}),
      outcome: why
        ? refusedOutcome(why)
        : { advice_code: null, network_advice_code: null, network_decline_code: null, network_status: 'approved_by_network', reason: null, risk_level: 'normal', risk_score: 20, seller_message: 'Payment complete.', type: 'authorized' },
      paid: why === null,
      payment_intent: intent.id,
      payment_method: method.id,
      payment_method_details: details ?? {
        card: {
          amount_authorized: why ? null : amount, authorization_code: why ? null : randomText(6, '0123456789'), brand: card['brand'] as string, checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' }, country: 'US',
          exp_month: card['exp_month'] as number, exp_year: card['exp_year'] as number, fingerprint: card['fingerprint'] as string, funding: card['funding'] as string, last4: card['last4'] as string, network: card['brand'] as string, regulated_status: card['regulated_status'] as string,
        },
        type: 'card',
      },
      receipt_email: intent.doc['receipt_email'] ?? null,
      refunded: false,
      status: why ? 'failed' : 'succeeded',
    },
    {
      clock: intent.clock,
      hidden: {
        invoice: intent.hidden['invoice'] ?? null,
        subscription: intent.hidden['subscription'] ?? null,
        idempotencyKey: world.origin.idempotencyKey ?? intent.hidden['idempotencyKey'] ?? null,
        requestId: world.origin.requestId,
        clockTime: intent.clock ? world.now(intent.clock) : null,
      },
    },
  );
  if (!why) charge.doc['receipt_url'] = `${world.baseUrl}/receipts/${charge.id}`;
  return charge;
}
