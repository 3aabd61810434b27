import { copy, type Doc } from '../engine/doc.js';
import { invalid, noSuch } from '../engine/errors.js';
import { narrowed, page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { expandIn, includable, nestedList } from '../engine/render.js';
import { notEmulated } from '../engine/require.js';
import { type Call, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { discountAmounts, findCoupon } from '../billing/discounts.js';
import { trialEnd } from '../billing/subscribe.js';
import { createPrice } from './catalog.js';

const unsupported = ['automatic_tax', 'adaptive_pricing', 'shipping_options', 'optional_items', 'managed_payments', 'custom_fields', 'invoice_creation'];
const subscriptionUnsupported = ['application_fee_percent', 'billing_cycle_anchor_config', 'default_tax_rates', 'on_behalf_of', 'transfer_data', 'pending_invoice_item_interval'];

/** One bought thing of a session. */
export interface BoughtItem {
  id: string;
  price: Doc;
  quantity: number;
  metadata: Doc;
}

function readItems(world: World, params: Doc): BoughtItem[] {
  return ((params['line_items'] as Doc[] | undefined) ?? []).map((input, index) => {
    const param = `line_items[${index}]`;
    if (input['adjustable_quantity']?.enabled === true) throw invalid('The Stripe emulator sells fixed quantities on its pay page.', `${param}[adjustable_quantity]`);
    let price: Doc;
    if (input['price']) {
      price = world.need('price', input['price'] as string, 'price', `${param}[price]`).doc;
      if (price['active'] !== true) throw invalid('The price specified is inactive. This field only accepts active prices.', `${param}[price]`);
    } else if (input['price_data']) {
      const made = createPrice(world, input['price_data'] as Doc);
      made.hidden['inline'] = true;
      price = made.doc;
    } else throw invalid(`Missing required param: ${param}[price].`, `${param}[price]`, 'parameter_missing');
    const quantity = input['quantity'] as number | undefined;
    if (quantity === undefined) throw invalid(`Quantity is required. Add \`quantity\` to \`${param}\``, param, 'parameter_missing');
    if (quantity < 1) throw invalid('This value must be greater than or equal to 1.', `${param}[quantity]`, 'parameter_invalid_integer');
    return { id: `li_1${index}`, price: copy(price), quantity, metadata: (input['metadata'] as Doc | undefined) ?? {} };
  });
}

function create({ world, params }: Call): Row {
  notEmulated(params, unsupported);
  const mode = params['mode'] as string | undefined;
  if (!mode) throw invalid('Missing required param: mode.', 'mode', 'parameter_missing', { saved: false });
  const ui = (params['ui_mode'] as string | undefined) ?? 'hosted_page';
  if (!['hosted', 'hosted_page'].includes(ui)) throw invalid('The Stripe emulator has the hosted page only.', 'ui_mode');
  if (!params['success_url']) throw invalid('Missing required param: success_url.', 'success_url', 'parameter_missing', { saved: false });
  for (const key of ['success_url', 'cancel_url']) if (params[key]) checkUrl(params[key] as string, key);
  if (params['customer'] && params['customer_email']) throw invalid('You may only specify one of these parameters: customer, customer_email.', 'customer');
  const customer = params['customer'] ? world.needCustomer(params['customer'] as string) : undefined;
  const clock = customer?.clock ?? null;
  const created = world.wall();
  const expires = (params['expires_at'] as number | undefined) ?? created + 86_400;
  // Sessions live by the wall clock, whatever clock the customer hangs on.
  if (expires < created + 30 * 60 - 5) throw invalid('The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.', 'expires_at');
  if (expires > created + 24 * 3600 + 5) throw invalid('The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.', 'expires_at');
  const items = readItems(world, params);
  checkMode(mode, items, params);
  const subscriptionData = params['subscription_data'] as Doc | undefined;
  if (subscriptionData) notEmulated(subscriptionData, subscriptionUnsupported);
  const trial = subscriptionData ? trialEnd(subscriptionData, world.now(clock), 'subscription_data') : null;
  if (subscriptionData?.['trial_end'] !== undefined && trial !== null && trial < world.now(clock) + 48 * 3600) throw invalid('The `trial_end` date has to be at least 2 days in the future.', 'subscription_data[trial_end]');
  const discountInputs = (params['discounts'] as Doc[] | undefined) ?? [];
  if (discountInputs.length > 0 && params['allow_promotion_codes'] !== undefined) throw invalid('You may only specify one of these parameters: allow_promotion_codes, discounts.', 'discounts');
  if (discountInputs.length > 1) throw invalid('You can apply up to 1 discount.', 'discounts');
  discountInputs.forEach((input, index) => findCoupon(world, input, `discounts[${index}]`, customer));
  const row = world.create(
    'checkout.session',
    {
      adaptive_pricing: mode === 'payment' ? { enabled: false } : null,
      allow_promotion_codes: params['allow_promotion_codes'] ?? null,
      automatic_tax: { enabled: false, liability: null, provider: null, status: null },
      billing_address_collection: params['billing_address_collection'] ?? null,
      cancel_url: params['cancel_url'] ?? null,
      client_reference_id: params['client_reference_id'] ?? null,
      created,
      currency: items[0]?.price['currency'] ?? params['currency'] ?? null,
      custom_fields: [],
      custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null, ...(params['custom_text'] as Doc | undefined) },
      customer: customer?.id ?? null,
      customer_creation: customer ? null : ((params['customer_creation'] as string | undefined) ?? (mode === 'payment' ? 'if_required' : 'always')),
      customer_details: params['customer_email'] || customer?.doc['email'] ? { address: null, business_name: null, email: params['customer_email'] ?? customer?.doc['email'], individual_name: null, name: null, phone: null, tax_exempt: 'none', tax_ids: null } : null,
      customer_email: params['customer_email'] ?? null,
      expires_at: expires,
      locale: params['locale'] ?? null,
      metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      mode,
      payment_method_collection: mode === 'subscription' ? ((params['payment_method_collection'] as string | undefined) ?? 'always') : null,
      payment_method_options: mode === 'setup' ? { card: { request_three_d_secure: 'automatic' } } : { card: { request_three_d_secure: 'automatic' } },
      payment_method_types: ['card'],
      payment_status: mode === 'setup' ? 'no_payment_required' : 'unpaid',
      phone_number_collection: { enabled: (params['phone_number_collection'] as Doc | undefined)?.['enabled'] === true },
      shipping_options: [],
      status: 'open',
      submit_type: params['submit_type'] ?? null,
      success_url: params['success_url'],
      ui_mode: 'hosted_page',
      ...totals(world, items, discountInputs, trial !== null),
    },
    {
      clock,
      hidden: {
        items,
        discounts: discountInputs,
        subscriptionData: subscriptionData ?? {},
        paymentIntentData: params['payment_intent_data'] ?? {},
        setupIntentData: params['setup_intent_data'] ?? {},
        clockCreated: world.now(clock),
        returnUrl: params['success_url'],
      },
    },
  );
  items.forEach((item, index) => (item.id = `li_1${row.id.slice(-20)}${index}`));
  row.doc['discounts'] = discountInputs.map((input) => ({ coupon: input['coupon'] ?? null, promotion_code: input['promotion_code'] ?? null }));
  row.doc['url'] = `${world.baseUrl}/c/pay/${row.id}`;
  return row;
}

function checkUrl(url: string, param: string): void {
  try {
    const parsed = new URL(url.replaceAll('{CHECKOUT_SESSION_ID}', 'x'));
    if (['http:', 'https:'].includes(parsed.protocol)) return;
  } catch {
    // Falls through to the refusal.
  }
  throw invalid('Not a valid URL', param, 'url_invalid');
}

function checkMode(mode: string, items: BoughtItem[], params: Doc): void {
  if (mode === 'setup') {
    if (items.length > 0) throw invalid('You can not pass `line_items` in `setup` mode.', 'line_items');
    return;
  }
  if (items.length === 0) throw invalid('Missing required param: line_items.', 'line_items', 'parameter_missing');
  const recurring = items.filter((item) => item.price['recurring'] !== null);
  if (mode === 'payment' && recurring.length > 0) throw invalid('You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.', 'line_items');
  if (mode === 'subscription' && recurring.length === 0) throw invalid('You must provide at least one recurring price in `subscription` mode when using prices.', 'line_items');
  if (mode === 'subscription' && recurring.length !== items.length) throw invalid('The Stripe emulator does not mix one-time prices into a subscription session.', 'line_items');
  if (mode !== 'subscription' && params['subscription_data']) throw invalid('You can not pass `subscription_data` in `payment` mode.', 'subscription_data');
  if (mode === 'subscription' && params['payment_intent_data']) throw invalid('You can not pass `payment_intent_data` in `subscription` mode.', 'payment_intent_data');
  if (new Set(items.map((item) => item.price['currency'])).size > 1) throw invalid('All line items must have the same currency.', 'line_items');
}

/** Sums of a session: what is due today. A trial makes it nothing. */
export function totals(world: World, items: BoughtItem[], discounts: Doc[], trial: boolean): Doc {
  if (items.length === 0) return { amount_subtotal: null, amount_total: null, total_details: null };
  const amounts = items.map((item) => (trial ? 0 : (item.price['unit_amount'] as number) * item.quantity));
  const subtotal = amounts.reduce((a, b) => a + b, 0);
  const off = takenOff(world, items, amounts, discounts).reduce((a, b) => a + b, 0);
  return { amount_subtotal: subtotal, amount_total: subtotal - off, total_details: { amount_discount: off, amount_shipping: 0, amount_tax: 0 } };
}

function takenOff(world: World, items: BoughtItem[], amounts: number[], discounts: Doc[]): number[] {
  const coupons = discounts.map((input, index) => ({ id: '', coupon: findCoupon(world, input, `discounts[${index}]`).coupon.doc }));
  const taken = discountAmounts(world, items.map((item, index) => ({ amount: amounts[index] ?? 0, discountable: true, product: item.price['product'] as string })), coupons, items[0]?.price['currency'] as string);
  return taken.map((row) => row.reduce((a, b) => a + b, 0));
}

/** `line_items` of a session. */
export function lineItems(world: World, row: Row): Doc[] {
  const items = row.hidden['items'] as BoughtItem[];
  const trial = row.doc['amount_subtotal'] === 0;
  const amounts = items.map((item) => (trial ? 0 : (item.price['unit_amount'] as number) * item.quantity));
  const paid = row.doc['total_details']?.amount_discount as number | undefined;
  const off = paid === undefined || paid === 0 ? amounts.map(() => 0) : spread(paid, amounts);
  return items.map((item, index) => ({
    id: item.id,
    object: 'item',
    adjustable_quantity: null,
    amount_discount: off[index] ?? 0,
    amount_subtotal: amounts[index] ?? 0,
    amount_tax: 0,
    amount_total: (amounts[index] ?? 0) - (off[index] ?? 0),
    currency: item.price['currency'] as string,
    description: (world.get('product', item.price['product'] as string)?.doc['name'] as string | undefined) ?? null,
    metadata: item.metadata,
    price: item.price,
    quantity: item.quantity,
  }));
}

function spread(sum: number, amounts: number[]): number[] {
  const all = amounts.reduce((a, b) => a + b, 0);
  let rest = sum;
  return amounts.map((amount, index) => {
    const share = index === amounts.length - 1 ? rest : Math.min(rest, Math.round((sum * amount) / (all || 1)));
    rest -= share;
    return share;
  });
}

/** open → expired. */
export function expireSession(world: World, row: Row): void {
  world.update(row, null, (doc) => Object.assign(doc, { status: 'expired', url: null }));
  world.emit('checkout.session.expired', row);
}

includable('checkout.session', 'line_items', (world, row) => nestedList(lineItems(world, row), `/v1/checkout/sessions/${row.id}/line_items`));

const needSession = (call: Call): Row => {
  const row = call.world.get('checkout.session', pathId(call));
  if (!row) throw noSuch('checkout.session', pathId(call), 'session', 404);
  return row;
};

export const checkoutSessionEndpoints: Endpoint[] = [
  post('/v1/checkout/sessions', create),
  get('/v1/checkout/sessions', ({ world, params }) => {
    const email = (params['customer_details'] as Doc | undefined)?.['email'] as string | undefined;
    const rows = narrowed(world, 'checkout.session', params, ['customer', 'subscription', 'payment_intent']).filter(
      (row) =>
        ['customer', 'payment_intent', 'status', 'subscription', 'payment_link'].every((field) => params[field] === undefined || row.doc[field] === params[field]) &&
        (email === undefined || row.doc['customer_details']?.email === email) &&
        within(row.doc['created'] as number, params['created'] as Doc | undefined),
    );
    return page(world, rows, params, '/v1/checkout/sessions');
  }),
  get('/v1/checkout/sessions/:id', needSession),
  post('/v1/checkout/sessions/:id', (call) => {
    const row = needSession(call);
    notEmulated(call.params, ['line_items', 'shipping_options', 'collected_information', 'payment_intent_data']);
    call.world.update(row, null, (doc) => void (doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined)));
    return row;
  }),
  post('/v1/checkout/sessions/:id/expire', (call) => {
    const row = needSession(call);
    if (row.doc['status'] !== 'open') {
      throw invalid(`Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of "${String(row.doc['status'])}".`, undefined, undefined);
    }
    expireSession(call.world, row);
    return row;
  }),
  get('/v1/checkout/sessions/:id/line_items', (call) => {
    const row = needSession(call);
    const data = lineItems(call.world, row).slice(0, (call.params['limit'] as number | undefined) ?? 10);
    return expandIn(call.world, { object: 'list', data, has_more: false, url: `/v1/checkout/sessions/${row.id}/line_items` }, call.expand);
  }),
];
