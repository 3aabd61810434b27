import { copy, type Doc } from '../engine/doc.js';
import { invalid, StripeFault } from '../engine/errors.js';
import { newId } from '../engine/ids.js';
import { mergeMetadata } from '../engine/params.js';
import { notEmulated } from '../engine/require.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { declineFault, type Outcome } from '../payments/pay.js';
import { createSetupIntent } from '../payments/setup.js';
import { boundary } from './calendar.js';
import { collect, finalize, methodFor } from './collect.js';
import { redeem } from './discounts.js';
import { checkTogether, intervalOf, itemPrice, makeItem } from './items.js';
import { createInvoice, type LineInput, pendingLines } from './invoicing.js';
import { fullPeriod, itemAmount, trialLine } from './lines.js';
import { prorate } from './proration.js';

/** Parameters that change money and that the emulator does not act on. */
export const unsupported = ['add_invoice_items', 'application_fee_percent', 'automatic_tax', 'backdate_start_date', 'billing_cycle_anchor_config', 'billing_schedules', 'billing_thresholds', 'default_tax_rates', 'on_behalf_of', 'transfer_data', 'pending_invoice_item_interval'];

/** When a trial ends: from `trial_end` or `trial_period_days`; null without a trial. */
export function trialEnd(params: Doc, now: number, prefix = ''): number | null {
  const name = (key: string): string => (prefix ? `${prefix}[${key}]` : key);
  const end = params['trial_end'] as number | 'now' | undefined;
  const days = params['trial_period_days'] as number | undefined;
  if (end !== undefined && days !== undefined) throw invalid('You may only specify one of these parameters: trial_end, trial_period_days.', name('trial_end'));
  if (days !== undefined) {
    if (days < 0 || days > 730) throw invalid(days < 0 ? 'Invalid non-negative integer' : 'Invalid trial_period_days: must be at most 730.', name('trial_period_days'), 'parameter_invalid_integer');
    return days === 0 ? null : now + days * 86_400;
  }
  if (end === undefined || end === 'now') return null;
  if (end <= now) throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', name('trial_end'));
  if (end > now + 5 * 366 * 86_400) throw invalid('Invalid trial_end: cannot be more than 5 years in the future.', name('trial_end'));
  return end;
}

/** How a subscription is asked for: by the API, or by a finished Checkout page (which brings the card). */
export interface SubscribeOptions {
  checkoutSession?: string;
  method?: Row;
  authenticated?: boolean;
}

/** Makes a subscription with its first invoice and takes the first payment as `payment_behavior` says. */
export function subscribe(world: World, customer: Row, params: Doc, options: SubscribeOptions = {}): { subscription: Row; outcome: Outcome | undefined } {
  notEmulated(params, unsupported);
  const now = world.now(customer.clock);
  const inputs = (params['items'] as Doc[] | undefined) ?? [];
  if (inputs.length === 0) throw invalid('Missing required param: items.', 'items', 'parameter_missing');
  if (inputs.length > 20) throw invalid('A subscription can have up to 20 items.', 'items');
  const id = newId('sub');
  const items = inputs.map((input, index) => makeItem(world, input, itemPrice(world, input, `items[${index}]`), id, now));
  checkTogether(items);
  const currency = items[0]?.['price'].currency as string;
  const known = customer.doc['currency'] as string | null;
  if (known !== null && known !== currency) {
    throw invalid(`You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${known}`, 'currency');
  }
  const trial = trialEnd(params, now);
  const { interval, count } = intervalOf(items);
  const wantedAnchor = params['billing_cycle_anchor'] as number | undefined;
  if (wantedAnchor !== undefined && (wantedAnchor <= now || wantedAnchor > boundary(now, interval, count, 1))) {
    throw invalid('billing_cycle_anchor cannot be later than next natural billing date or in the past.', 'billing_cycle_anchor');
  }
  const anchor = trial ?? wantedAnchor ?? now;
  const end = trial ?? wantedAnchor ?? boundary(now, interval, count, 1);
  for (const item of items) Object.assign(item, { current_period_start: now, current_period_end: end });
  const collection = (params['collection_method'] as string | undefined) ?? 'charge_automatically';
  if (collection === 'send_invoice' && params['days_until_due'] === undefined) throw invalid('Missing required param: days_until_due.', 'days_until_due', 'parameter_missing');
  const cancelAt = cancelTime(params, end, now);
  const defaultMethod = options.method?.id ?? (params['default_payment_method'] as string | undefined) ?? null;
  if (defaultMethod && !options.method) owned(world, customer, defaultMethod);
  const settings = (params['payment_settings'] as Doc | undefined) ?? {};
  const subscription = world.create(
    'subscription',
    {
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: anchor,
      billing_mode: { type: 'flexible', flexible: { proration_discounts: 'included' }, ...(params['billing_mode'] as Doc | undefined) },
      cancel_at: cancelAt.at,
      cancel_at_period_end: cancelAt.atPeriodEnd,
      canceled_at: cancelAt.atPeriodEnd ? now : null,
      cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: cancelAt.at !== null ? 'cancellation_requested' : null },
      collection_method: collection,
      created: now,
      currency,
      customer: customer.id,
      days_until_due: params['days_until_due'] ?? null,
      default_payment_method: defaultMethod,
      default_tax_rates: [],
      description: params['description'] ?? null,
      discounts: [],
      invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: 'self' } },
      items: { object: 'list', data: items, has_more: false, total_count: items.length, url: `/v1/subscription_items?subscription=${id}` },
      latest_invoice: null,
      metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      payment_settings: { payment_method_options: null, payment_method_types: null, ...settings, save_default_payment_method: (settings['save_default_payment_method'] as string | undefined) ?? 'off' },
      start_date: now,
      status: trial ? 'trialing' : 'active',
      test_clock: customer.clock,
      trial_end: trial,
      trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice', ...(params['trial_settings'] as Doc | undefined)?.['end_behavior'] } },
      trial_start: trial ? now : null,
    },
    { id, clock: customer.clock },
  );
  subscription.doc['discounts'] = redeem(world, (params['discounts'] as Doc[] | null | undefined) ?? [], customer, { subscription: id, ...(options.checkoutSession ? { checkoutSession: options.checkoutSession } : {}) });
  const outcome = firstInvoice(world, customer, subscription, items, params, options);
  return { subscription, outcome };
}

/** `cancel_at` and `cancel_at_period_end` as one instant. */
export function cancelTime(params: Doc, periodEnd: number, now: number): { at: number | null; atPeriodEnd: boolean } {
  const at = params['cancel_at'] as number | string | null | undefined;
  if (at !== undefined && at !== null && params['cancel_at_period_end'] !== undefined) throw invalid('You may only specify one of these parameters: cancel_at, cancel_at_period_end.', 'cancel_at');
  if (params['cancel_at_period_end'] === true) return { at: periodEnd, atPeriodEnd: true };
  if (typeof at === 'string') return { at: periodEnd, atPeriodEnd: false };
  if (typeof at === 'number') {
    if (at <= now) throw invalid('cancel_at must be in the future.', 'cancel_at');
    return { at, atPeriodEnd: false };
  }
  return { at: null, atPeriodEnd: false };
}

/** Refuses a default payment method that is not the customer's. */
export function owned(world: World, customer: Row, id: string): void {
  const method = world.need('payment_method', id, 'PaymentMethod', 'default_payment_method');
  if (method.doc['customer'] !== customer.id) {
    throw invalid(`The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`, 'default_payment_method', 'resource_missing');
  }
}

function firstInvoice(world: World, customer: Row, subscription: Row, items: Doc[], params: Doc, options: SubscribeOptions): Outcome | undefined {
  const now = world.now(customer.clock);
  const doc = subscription.doc;
  const trialing = doc['status'] === 'trialing';
  const behaviour = (params['payment_behavior'] as string | undefined) ?? 'allow_incomplete';
  if (behaviour === 'pending_if_incomplete') throw invalid('`payment_behavior=pending_if_incomplete` is only for updates of a subscription.', 'payment_behavior');
  const own = items.flatMap((item): LineInput[] => {
    const period = { start: now, end: item['current_period_end'] as number };
    if (trialing) return [trialLine(world, subscription.id, item, period)];
    if (params['billing_cycle_anchor'] === undefined) return [fullPeriod(world, subscription.id, item, period)];
    if (params['proration_behavior'] === 'none') return [];
    const { interval, count } = intervalOf(items);
    const full = fullPeriod(world, subscription.id, item, period);
    const start = boundary(doc['billing_cycle_anchor'] as number, interval, count, -1);
    return [{ ...full, amount: prorate(itemAmount(item), start, period.end, now), proration: true }];
  });
  const lines = [...own, ...pendingLines(world, customer, subscription)];
  const automatic = doc['collection_method'] === 'charge_automatically';
  const needsMoney = lines.reduce((sum, line) => sum + line.amount, 0) > 0;
  const method = options.method ?? methodOf(world, customer, subscription);
  if (needsMoney && automatic && behaviour !== 'default_incomplete' && !method && !options.checkoutSession) {
    throw invalid(
      'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.',
      undefined,
      'resource_missing',
    );
  }
  // The subscription is incomplete until its first invoice is paid, be it by money or because a discount left nothing due.
  if (needsMoney && automatic && !trialing) doc['status'] = 'incomplete';
  world.emit('customer.subscription.created', subscription);
  // A trial of three days or less is announced at once.
  if (trialing && (doc['trial_end'] as number) - 3 * 86_400 <= now) {
    subscription.hidden['trialWarned'] = doc['trial_end'] as number;
    world.emit('customer.subscription.trial_will_end', subscription);
  }
  const invoice = createInvoice(world, { customer, subscription, reason: 'subscription_create', lines, period: { start: now, end: now }, discounts: doc['discounts'] as string[], autoAdvance: false, daysUntilDue: doc['days_until_due'] as number | null });
  doc['latest_invoice'] = invoice.id;
  finalize(world, invoice);
  if (trialing && !method && automatic) doc['pending_setup_intent'] = createSetupIntent(world, { customer: customer.id, usage: 'off_session' }, customer.clock).id;
  if (invoice.doc['status'] !== 'open' || !automatic) return undefined;
  if (behaviour === 'default_incomplete') {
    const intent = world.get('payment_intent', invoice.hidden['intent'] as string);
    const wanted = methodFor(world, invoice);
    if (intent && wanted) world.update(intent, null, (pi) => Object.assign(pi, { payment_method: wanted.id, status: 'requires_confirmation' }));
    return undefined;
  }
  const outcome = collect(world, invoice, { method, offSession: params['off_session'] === true, automatic: false, ...(options.authenticated === undefined ? {} : { authenticated: options.authenticated }) });
  if (behaviour === 'error_if_incomplete' && outcome?.result !== 'paid' && outcome?.result !== 'processing') throw incompleteFault(world, outcome);
  return outcome;
}

/** `error_if_incomplete`: a 402, and nothing is kept. */
export function incompleteFault(world: World, outcome: Outcome | undefined): StripeFault {
  if (outcome?.result === 'declined') {
    const fault = declineFault(world, outcome, undefined);
    const { charge: _charge, ...body } = copy(fault.body);
    void _charge;
    return new StripeFault(402, body);
  }
  return new StripeFault(402, { code: 'subscription_payment_intent_requires_action', doc_url: 'https://docs.stripe.com/error-codes#subscription-payment-intent-requires-action', message: 'Payment for this subscription requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with subscription.latest_invoice.', type: 'card_error' });
}

/** The payment method that would pay for a subscription. */
export function methodOf(world: World, customer: Row, subscription: Row | null): Row | undefined {
  for (const id of [subscription?.doc['default_payment_method'] as string | null | undefined, customer.doc['invoice_settings'].default_payment_method as string | null]) {
    const method = world.get('payment_method', id);
    if (method?.doc['customer'] === customer.id) return method;
  }
  return undefined;
}
