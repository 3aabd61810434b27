import { copy, type Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { mergeMetadata } from '../engine/params.js';
import { notEmulated } from '../engine/require.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import type { Outcome } from '../payments/pay.js';
import { type Change, plan } from './change.js';
import { abandon, collect, finalize } from './collect.js';
import { redeem } from './discounts.js';
import { createInvoice, pendingLines, setAside } from './invoicing.js';
import { pendingUpdate, setStatus } from './standing.js';
import { cancelTime, incompleteFault, methodOf, owned, unsupported } from './subscribe.js';

/** What may change together with `pending_if_incomplete`. */
const pendingAllows = new Set(['items', 'proration_behavior', 'proration_date', 'payment_behavior', 'trial_end', 'billing_cycle_anchor', 'metadata', 'discounts', 'cancel_at_period_end', 'expand', 'off_session']);
/** What is held back until the invoice of a pending update is paid. */
const pendingHolds = new Set(['metadata', 'discounts', 'cancel_at_period_end']);
const pendingLifeSeconds = 23 * 3600;

/** Updates a subscription as `subscriptions.update` does. */
export function updateSubscription(world: World, subscription: Row, params: Doc): void {
  notEmulated(params, unsupported);
  const status = subscription.doc['status'] as string;
  if (status === 'canceled' || status === 'incomplete_expired') {
    const allowed = new Set(['metadata', 'cancellation_details', 'expand']);
    if (Object.keys(params).some((key) => !allowed.has(key))) throw invalid('A canceled subscription can only update its cancellation_details and metadata.', undefined, undefined);
  }
  if (status === 'incomplete' && params['items']) throw invalid('You cannot update the items of a subscription that is `incomplete`. Its first invoice must be paid first.', 'items');
  const behaviour = (params['payment_behavior'] as string | undefined) ?? 'allow_incomplete';
  const schedule = subscription.doc['schedule'] as string | null;
  if (schedule !== null && (params['cancel_at'] !== undefined || params['cancel_at_period_end'] !== undefined)) {
    throw invalid(`The subscription is managed by the subscription schedule \`${schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`, 'cancel_at_period_end');
  }
  if (schedule !== null && behaviour === 'pending_if_incomplete') throw invalid(`The subscription is managed by the subscription schedule \`${schedule}\`: \`pending_if_incomplete\` cannot be used.`, 'payment_behavior');
  if (behaviour === 'pending_if_incomplete') {
    const other = Object.keys(params).find((key) => !pendingAllows.has(key));
    if (other) throw invalid(`When \`payment_behavior\` is \`pending_if_incomplete\`, you cannot update \`${other}\`.`, other);
  }
  const customer = world.needCustomer(subscription.doc['customer'] as string);
  if (params['default_payment_method']) owned(world, customer, params['default_payment_method'] as string);
  const touchesBilling = params['items'] !== undefined || params['trial_end'] !== undefined || params['billing_cycle_anchor'] !== undefined;
  const change = touchesBilling ? plan(world, subscription, params) : undefined;
  const waiting = change && (change.changed || change.immediate) ? applyChange(world, customer, subscription, change, params, behaviour) : false;
  // What came with a change that waits for its payment waits too.
  const now = waiting ? Object.fromEntries(Object.entries(params).filter(([name]) => !pendingHolds.has(name))) : params;
  world.update(subscription, 'customer.subscription.updated', (doc) => plainChanges(world, customer, subscription, doc, now));
}

function applyChange(world: World, customer: Row, subscription: Row, change: Change, params: Doc, behaviour: string): boolean {
  const prorations = (params['proration_behavior'] as string | undefined) ?? 'create_prorations';
  const invoiceNow = change.immediate || prorations === 'always_invoice';
  const currency = subscription.doc['currency'] as string;
  const takeOver = (): void => {
    world.update(subscription, 'customer.subscription.updated', (doc) => {
      doc['items'].data = copy(change.items);
      doc['items'].total_count = change.items.length;
      doc['billing_cycle_anchor'] = change.anchor;
      doc['trial_end'] = change.trialEnd;
      if (change.trialEnd !== null && change.trialEnd > world.now(subscription.clock)) {
        doc['status'] = 'trialing';
        doc['trial_start'] ??= world.now(subscription.clock);
      } else if (doc['status'] === 'trialing') doc['status'] = 'active';
    });
    subscription.hidden['trialWarned'] = undefined;
  };
  if (!invoiceNow) {
    takeOver();
    for (const line of change.lines) setAside(world, customer, line, currency, { prorationDate: change.prorationDate });
    return false;
  }
  const waits = behaviour === 'pending_if_incomplete';
  // A newer change takes the place of one that still waits.
  pendingUpdate.expire(world, subscription);
  if (!waits) takeOver();
  const lines = [...pendingLines(world, customer, subscription), ...change.lines];
  if (lines.length === 0) {
    if (waits) takeOver();
    return false;
  }
  const now = world.now(subscription.clock);
  const invoice = createInvoice(world, {
    customer,
    subscription,
    reason: 'subscription_update',
    lines,
    period: { start: now, end: now },
    discounts: subscription.doc['discounts'] as string[],
    autoAdvance: false,
    daysUntilDue: subscription.doc['days_until_due'] as number | null,
    prorationDate: change.prorationDate,
  });
  world.store.edit(subscription).doc['latest_invoice'] = invoice.id;
  if (waits) {
    subscription.hidden['pendingInvoice'] = invoice.id;
    const held = Object.fromEntries(Object.entries(params).filter(([name]) => pendingHolds.has(name)));
    subscription.hidden['pending'] = { items: change.items, anchor: change.anchor, trialEnd: change.trialEnd, held };
    subscription.doc['pending_update'] = {
      billing_cycle_anchor: change.anchor === subscription.doc['billing_cycle_anchor'] ? null : change.anchor,
      cancel_at_period_end: (held['cancel_at_period_end'] as boolean | undefined) ?? null,
      discount: null,
      discounts: null,
      expires_at: now + pendingLifeSeconds,
      metadata: (held['metadata'] as Doc | null | undefined) ?? null,
      subscription_items: copy(change.items),
      trial_end: change.trialEnd === subscription.doc['trial_end'] ? null : change.trialEnd,
      trial_from_plan: null,
    };
  }
  finalize(world, invoice);
  let outcome: Outcome | undefined;
  if (invoice.doc['status'] === 'open' && subscription.doc['collection_method'] === 'charge_automatically' && behaviour !== 'default_incomplete') {
    outcome = collect(world, invoice, { method: methodOf(world, customer, subscription), offSession: params['off_session'] === true, automatic: false });
  }
  if (invoice.doc['status'] === 'paid') return waits;
  if (behaviour === 'error_if_incomplete' && outcome?.result !== 'processing') throw incompleteFault(world, outcome);
  if (behaviour === 'default_incomplete') setStatus(world, subscription, 'past_due');
  return waits;
}

pendingUpdate.apply = (world, subscription) => {
  const wanted = subscription.hidden['pending'] as { items: Doc[]; anchor: number; trialEnd: number | null; held: Doc } | undefined;
  if (!wanted) return;
  const customer = world.needCustomer(subscription.doc['customer'] as string);
  world.update(subscription, 'customer.subscription.updated', (doc) => {
    doc['items'].data = copy(wanted.items);
    doc['items'].total_count = wanted.items.length;
    doc['billing_cycle_anchor'] = wanted.anchor;
    if (doc['status'] === 'trialing' && (wanted.trialEnd ?? 0) <= world.now(subscription.clock)) doc['status'] = 'active';
    doc['trial_end'] = wanted.trialEnd;
    doc['pending_update'] = null;
    plainChanges(world, customer, subscription, doc, wanted.held);
  });
  Object.assign(subscription.hidden, { pending: undefined, pendingInvoice: undefined });
  world.emit('customer.subscription.pending_update_applied', subscription);
};

pendingUpdate.expire = (world, subscription) => {
  const invoice = world.get('invoice', subscription.hidden['pendingInvoice'] as string | undefined);
  if (!invoice) return;
  Object.assign(world.store.edit(subscription).hidden, { pending: undefined, pendingInvoice: undefined });
  world.update(subscription, 'customer.subscription.updated', (doc) => void (doc['pending_update'] = null));
  world.emit('customer.subscription.pending_update_expired', subscription);
  abandon(world, invoice);
};

function plainChanges(world: World, customer: Row, subscription: Row, doc: Doc, params: Doc): void {
  const now = world.now(subscription.clock);
  for (const key of ['description', 'default_payment_method', 'collection_method', 'days_until_due', 'pause_collection']) {
    if (params[key] !== undefined) doc[key] = params[key] as unknown;
  }
  if (params['pause_collection']) doc['pause_collection'] = { resumes_at: null, ...(params['pause_collection'] as Doc) };
  if (params['payment_settings']) Object.assign(doc['payment_settings'] as Doc, params['payment_settings']);
  if (params['trial_settings']) Object.assign(doc['trial_settings'].end_behavior as Doc, (params['trial_settings'] as Doc)['end_behavior']);
  if (params['cancellation_details']) doc['cancellation_details'] = { ...(doc['cancellation_details'] as Doc), ...(params['cancellation_details'] as Doc) };
  if (params['discounts'] !== undefined) doc['discounts'] = redeem(world, (params['discounts'] as Doc[] | null) ?? [], customer, { subscription: subscription.id });
  doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | null | undefined);
  if (params['cancel_at'] !== undefined || params['cancel_at_period_end'] !== undefined) {
    const end = doc['items'].data[0].current_period_end as number;
    if (params['cancel_at_period_end'] === false && params['cancel_at'] === undefined && doc['cancel_at_period_end'] !== true) return;
    const cancel = cancelTime(params, end, now);
    Object.assign(doc, { cancel_at: cancel.at, cancel_at_period_end: cancel.atPeriodEnd, canceled_at: cancel.at === null ? null : now });
    doc['cancellation_details'] = { ...(doc['cancellation_details'] as Doc), reason: cancel.at === null ? null : 'cancellation_requested' };
  }
}
