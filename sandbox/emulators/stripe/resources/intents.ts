import { copy, type Doc } from '../engine/doc.js';
import { invalid, StripeFault } from '../engine/errors.js';
import { narrowed, page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { notEmulated } from '../engine/require.js';
import { type Call, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { decline } from '../payments/declines.js';
import { attempt, createIntent, declineFault, declineFields } from '../payments/pay.js';
import { confirmSetup, createSetupIntent } from '../payments/setup.js';
import { attachQuietly, createCardMethod, methodByName, readCard } from './payment-methods.js';

const setupUnsupported = ['confirmation_token', 'on_behalf_of', 'single_use', 'flow_directions'];
const paymentUnsupported = ['application_fee_amount', 'confirmation_token', 'on_behalf_of', 'transfer_data', 'transfer_group'];

/** The payment method a confirmation brings: by id, or `payment_method_data[card][number]`. */
function broughtMethod(world: World, params: Doc): Row | undefined {
  const id = params['payment_method'] as string | undefined;
  if (id) return methodByName(world, id);
  const data = params['payment_method_data'] as Doc | undefined;
  if (!data) return undefined;
  if (data['type'] !== 'card' || !data['card']?.number) throw invalid('The Stripe emulator takes cards only in `payment_method_data`.', 'payment_method_data');
  return createCardMethod(world, readCard(String(data['card'].number), 'payment_method_data[card][number]'), { expMonth: Number(data['card'].exp_month ?? 12), expYear: Number(data['card'].exp_year ?? 2034) });
}

function capturing(params: Doc): void {
  if (params['capture_method'] === 'manual') throw invalid('The Stripe emulator captures at once: `capture_method=manual` is not emulated.', 'capture_method');
}

function createPayment({ world, params }: Call): Row {
  notEmulated(params, paymentUnsupported);
  capturing(params);
  const amount = params['amount'] as number;
  if (amount < 1) throw invalid('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer');
  if (amount < 50) throw invalid('Amount must be at least $0.50 usd', 'amount', 'amount_too_small');
  const customerId = params['customer'] as string | undefined;
  const customer = customerId ? world.needCustomer(customerId) : undefined;
  const method = broughtMethod(world, params);
  const automatic = (params['automatic_payment_methods'] as Doc | undefined) ?? { enabled: true };
  const intent = createIntent(
    world,
    {
      amount,
      automatic_payment_methods: { allow_redirects: 'always', ...automatic },
      currency: String(params['currency']).toLowerCase(),
      customer: customer?.id ?? null,
      description: params['description'] ?? null,
      metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      payment_method: method?.id ?? null,
      receipt_email: params['receipt_email'] ?? null,
      setup_future_usage: params['setup_future_usage'] ?? null,
      statement_descriptor: params['statement_descriptor'] ?? null,
      status: method ? 'requires_confirmation' : 'requires_payment_method',
    },
    { clock: customer?.clock ?? null },
  );
  if (params['confirm'] === true) confirmPayment(world, intent, params);
  return intent;
}

function confirmPayment(world: World, intent: Row, params: Doc): void {
  const status = intent.doc['status'] as string;
  if (['succeeded', 'canceled'].includes(status)) {
    throw invalid(
      status === 'succeeded' ? 'This PaymentIntent\'s payment has already been captured or succeeded; you cannot confirm it again.' : `You cannot confirm this PaymentIntent because it has a status of ${status}.`,
      undefined,
      'payment_intent_unexpected_state',
    );
  }
  const method = broughtMethod(world, params) ?? world.get('payment_method', intent.doc['payment_method'] as string | null);
  if (!method) throw invalid('You cannot confirm this PaymentIntent because it\'s missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.', undefined, 'payment_intent_unexpected_state');
  const customer = world.get('customer', intent.doc['customer'] as string | null);
  const owner = method.doc['customer'] as string | null;
  if (owner !== null && owner !== customer?.id) throw invalid('The provided PaymentMethod was already used or is attached to another customer.', 'payment_method');
  if (params['return_url']) world.store.edit(intent).hidden['returnUrl'] = params['return_url'] as string;
  const off = params['off_session'] !== undefined && params['off_session'] !== false;
  const outcome = attempt(world, intent, method, { offSession: off });
  if (outcome.result === 'declined') throw declineFault(world, outcome, intent);
  if (outcome.result === 'requires_action' && params['error_on_requires_action'] === true) {
    throw new StripeFault(402, { ...declineFields(decline('authentication_required')), type: 'card_error' }, { commits: true });
  }
  if (outcome.result === 'paid' && intent.doc['setup_future_usage'] !== null && customer && method.doc['customer'] === null) attachQuietly(world, method, customer);
}

function cancelPayment(call: Call): Row {
  const { world, params } = call;
  const intent = world.need('payment_intent', pathId(call), 'payment_intent', 'intent');
  const status = intent.doc['status'] as string;
  if (['succeeded', 'canceled'].includes(status)) throw invalid(`You cannot cancel this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.`, undefined, 'payment_intent_unexpected_state');
  if (intent.hidden['invoice']) throw invalid('You cannot cancel a PaymentIntent that belongs to an invoice; void the invoice instead.', undefined, 'payment_intent_unexpected_state');
  world.update(intent, null, (doc) => Object.assign(doc, { status: 'canceled', canceled_at: world.wall(), cancellation_reason: (params['cancellation_reason'] as string | undefined) ?? null, next_action: null }));
  world.emit('payment_intent.canceled', intent);
  return intent;
}

function updatePayment(call: Call): Row {
  const { world, params } = call;
  const intent = world.need('payment_intent', pathId(call), 'payment_intent', 'intent');
  notEmulated(params, paymentUnsupported);
  const method = broughtMethod(world, params);
  world.update(intent, null, (doc) => {
    for (const key of ['description', 'receipt_email', 'setup_future_usage', 'amount', 'statement_descriptor']) if (params[key] !== undefined) doc[key] = params[key] as unknown;
    if (method) Object.assign(doc, { payment_method: method.id, status: 'requires_confirmation' });
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | undefined);
  });
  return intent;
}

function createSetup({ world, params }: Call): Row {
  notEmulated(params, setupUnsupported);
  const customerId = params['customer'] as string | undefined;
  const customer = customerId ? world.needCustomer(customerId) : undefined;
  const method = broughtMethod(world, params);
  const intent = createSetupIntent(
    world,
    {
      automatic_payment_methods: { allow_redirects: 'always', enabled: true, ...(params['automatic_payment_methods'] as Doc | undefined) },
      customer: customer?.id ?? null,
      description: params['description'] ?? null,
      metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      payment_method: method?.id ?? null,
      status: method ? 'requires_confirmation' : 'requires_payment_method',
      usage: (params['usage'] as string | undefined) ?? 'off_session',
    },
    customer?.clock ?? null,
    { returnUrl: params['return_url'] ?? null },
  );
  if (params['confirm'] === true) confirmSetupIntent(world, intent, params);
  return intent;
}

function confirmSetupIntent(world: World, intent: Row, params: Doc): void {
  const status = intent.doc['status'] as string;
  if (['succeeded', 'canceled'].includes(status)) throw invalid(`You cannot confirm this SetupIntent because it has already ${status}.`, undefined, 'setup_intent_unexpected_state');
  const method = broughtMethod(world, params) ?? world.get('payment_method', intent.doc['payment_method'] as string | null);
  if (!method) throw invalid("You cannot confirm this SetupIntent because it's missing a payment method.", undefined, 'setup_intent_unexpected_state');
  if (params['return_url']) world.store.edit(intent).hidden['returnUrl'] = params['return_url'] as string;
  confirmSetup(world, intent, method);
}

/**
 * What the customer did on the bank's page of an intent: passed or refused. Answers where to go next.
 * Throws nothing: a refusal is a state of the intent.
 */
export function authenticate(world: World, id: string, passed: boolean): { returnUrl: string | null; status: string } {
  const intent = world.get('payment_intent', id) ?? world.get('setup_intent', id);
  if (intent?.doc['status'] !== 'requires_action') return { returnUrl: null, status: String(intent?.doc['status'] ?? 'unknown') };
  const method = world.need('payment_method', intent.doc['payment_method'] as string, 'PaymentMethod');
  const returnUrl = (intent.hidden['returnUrl'] as string | null | undefined) ?? null;
  if (passed) {
    if (intent.kind === 'setup_intent') confirmSetup(world, intent, method, true);
    else attempt(world, intent, method, { offSession: false, authenticated: true });
  } else {
    const payment = intent.kind === 'payment_intent';
    const code = payment ? 'payment_intent_authentication_failure' : 'setup_intent_authentication_failure';
    const error = { code, doc_url: `https://docs.stripe.com/error-codes#${code.replaceAll('_', '-')}`, message: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.', payment_method: copy(method.doc), type: 'invalid_request_error' };
    world.update(intent, null, (doc) => Object.assign(doc, { status: 'requires_payment_method', payment_method: null, next_action: null, [payment ? 'last_payment_error' : 'last_setup_error']: error }));
    world.emit(payment ? 'payment_intent.payment_failed' : 'setup_intent.setup_failed', intent);
  }
  return { returnUrl, status: String(intent.doc['status']) };
}

const created = (row: Row, params: Doc): boolean => within(row.doc['created'] as number, params['created'] as Doc | undefined);

export const intentEndpoints: Endpoint[] = [
  post('/v1/payment_intents', createPayment),
  get('/v1/payment_intents', ({ world, params }) => page(world, narrowed(world, 'payment_intent', params, ['customer']).filter((row) => created(row, params)), params, '/v1/payment_intents')),
  get('/v1/payment_intents/:id', (call) => call.world.need('payment_intent', pathId(call), 'payment_intent', 'intent')),
  post('/v1/payment_intents/:id', updatePayment),
  post('/v1/payment_intents/:id/confirm', (call) => {
    const row = call.world.need('payment_intent', pathId(call), 'payment_intent', 'intent');
    confirmPayment(call.world, row, call.params);
    return row;
  }),
  post('/v1/payment_intents/:id/cancel', cancelPayment),
  post('/v1/setup_intents', createSetup),
  get('/v1/setup_intents', ({ world, params }) =>
    page(world, narrowed(world, 'setup_intent', params, ['customer']).filter((row) => created(row, params) && (!params['payment_method'] || row.doc['payment_method'] === params['payment_method'])), params, '/v1/setup_intents'),
  ),
  get('/v1/setup_intents/:id', (call) => call.world.need('setup_intent', pathId(call), 'setup_intent', 'intent')),
  post('/v1/setup_intents/:id', (call) => {
    const row = call.world.need('setup_intent', pathId(call), 'setup_intent', 'intent');
    const method = broughtMethod(call.world, call.params);
    call.world.update(row, null, (doc) => {
      if (call.params['description'] !== undefined) doc['description'] = call.params['description'] as string;
      if (method) Object.assign(doc, { payment_method: method.id, status: 'requires_confirmation' });
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined);
    });
    return row;
  }),
  post('/v1/setup_intents/:id/confirm', (call) => {
    const row = call.world.need('setup_intent', pathId(call), 'setup_intent', 'intent');
    confirmSetupIntent(call.world, row, call.params);
    return row;
  }),
  post('/v1/setup_intents/:id/cancel', (call) => {
    const row = call.world.need('setup_intent', pathId(call), 'setup_intent', 'intent');
    if (['succeeded', 'canceled'].includes(row.doc['status'] as string)) throw invalid(`You cannot cancel this SetupIntent because it has a status of ${String(row.doc['status'])}.`, undefined, 'setup_intent_unexpected_state');
    call.world.update(row, null, (doc) => Object.assign(doc, { status: 'canceled', cancellation_reason: (call.params['cancellation_reason'] as string | undefined) ?? null, next_action: null }));
    call.world.emit('setup_intent.canceled', row);
    return row;
  }),
];
