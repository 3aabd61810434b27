import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { accountSettings } from './account-settings.js';
import { cancelSubscription } from './cancel.js';
import { standing, subscriptionOf } from './collect.js';

/** Changes a subscription's status, with its event. */
export function setStatus(world: World, subscription: Row, status: string, also?: (doc: Doc) => void): void {
  world.update(subscription, 'customer.subscription.updated', (doc) => {
    doc['status'] = status;
    also?.(doc);
  });
  delinquency(world, subscription);
}

/** `customer.delinquent`: whether an automatically collected invoice of the customer failed and is still open. */
function delinquency(world: World, subscription: Row): void {
  const customer = world.get('customer', subscription.doc['customer'] as string);
  if (!customer || customer.doc['deleted'] === true) return;
  const late = world.store.by('subscription', 'customer', customer.id).some((row) => ['past_due', 'unpaid'].includes(row.doc['status'] as string));
  world.update(customer, 'customer.updated', (doc) => void (doc['delinquent'] = late));
}

/** Only subscriptions of the flexible mode, without a schedule, can be paused. */
export function pausable(subscription: Row): boolean {
  return subscription.doc['billing_mode']?.type === 'flexible' && (subscription.doc['schedule'] ?? null) === null;
}

/** Marks the subscription paused for a cause that Stripe names. */
export function pause(world: World, subscription: Row, cause: string): void {
  const before = subscription.doc['status'] as string;
  world.update(subscription, null, (doc) => {
    doc['status'] = 'paused';
    doc['status_details'] = { paused: { subscription: { type: cause }, transitioned_at: world.now(subscription.clock), type: 'subscription' } };
  });
  world.emit('customer.subscription.paused', subscription);
  world.emit('customer.subscription.updated', subscription, { status: before });
  delinquency(world, subscription);
}

/** paused → active. */
export function unpause(world: World, subscription: Row): void {
  world.update(subscription, null, (doc) => {
    doc['status'] = 'active';
    delete doc['status_details'];
  });
  world.emit('customer.subscription.resumed', subscription);
  world.emit('customer.subscription.updated', subscription, { status: 'paused' });
}

/** What becomes of a change that waits for its invoice. Set by billing/update.ts. */
export const pendingUpdate: { apply: (world: World, subscription: Row) => void; expire: (world: World, subscription: Row) => void } = {
  apply: () => undefined,
  expire: () => undefined,
};

standing.paid = (world, invoice) => {
  const subscription = subscriptionOf(world, invoice);
  if (!subscription) return;
  const status = subscription.doc['status'] as string;
  if (subscription.hidden['pendingInvoice'] === invoice.id) pendingUpdate.apply(world, subscription);
  if (status === 'incomplete' && invoice.doc['billing_reason'] === 'subscription_create') {
    keepMethod(world, subscription, invoice);
    setStatus(world, subscription, 'active');
  } else if ((status === 'past_due' || status === 'unpaid') && subscription.doc['latest_invoice'] === invoice.id) setStatus(world, subscription, 'active');
  else if (status === 'paused' && resumes(subscription, invoice)) unpause(world, subscription);
};

standing.processing = (world, invoice) => {
  const subscription = subscriptionOf(world, invoice);
  if (subscription?.doc['status'] !== 'incomplete' || invoice.doc['billing_reason'] !== 'subscription_create') return;
  keepMethod(world, subscription, invoice);
  setStatus(world, subscription, 'active');
};

/** Whether this invoice being settled resumes a paused subscription: the one of its resumption, or the one whose failure paused it. */
function resumes(subscription: Row, invoice: Row): boolean {
  const cause = subscription.doc['status_details']?.paused?.subscription?.type as string | undefined;
  return subscription.hidden['resumeInvoice'] === invoice.id || (cause === 'final_payment_failure' && subscription.doc['latest_invoice'] === invoice.id);
}

/** With `save_default_payment_method: on_subscription`, the card that paid becomes the subscription's. */
function keepMethod(world: World, subscription: Row, invoice: Row): void {
  if (subscription.doc['payment_settings']?.save_default_payment_method !== 'on_subscription') return;
  const intent = world.get('payment_intent', invoice.hidden['intent'] as string | undefined);
  const method = world.get('payment_method', intent?.doc['payment_method'] as string | null | undefined);
  if (method && method.doc['customer'] === subscription.doc['customer']) world.store.edit(subscription).doc['default_payment_method'] = method.id;
}

standing.failed = (world, invoice) => {
  const subscription = subscriptionOf(world, invoice);
  if (!subscription || subscription.hidden['pendingInvoice'] === invoice.id || subscription.hidden['resumeInvoice'] === invoice.id) return;
  // A first invoice that failed at once leaves the subscription incomplete; one whose bank answered days later finds it active.
  if (invoice.doc['billing_reason'] === 'subscription_create' && subscription.doc['status'] === 'incomplete') return;
  if (subscription.doc['status'] === 'active') setStatus(world, subscription, 'past_due');
  const { endAction } = accountSettings(world);
  if (invoice.hidden['exhausted'] !== true || endAction === 'leave' || subscription.doc['status'] !== 'past_due') return;
  if (endAction === 'unpaid') setStatus(world, subscription, 'unpaid');
  // Where a subscription cannot be paused, Stripe cancels it.
  else if (endAction === 'pause' && pausable(subscription)) pause(world, subscription, 'final_payment_failure');
  else cancelSubscription(world, subscription, { reason: 'payment_failed' });
};

standing.closed = (world, invoice) => {
  const subscription = subscriptionOf(world, invoice);
  if (subscription && subscription.hidden['pendingInvoice'] === invoice.id) {
    pendingUpdate.expire(world, subscription);
    return;
  }
  if (!subscription || subscription.doc['latest_invoice'] !== invoice.id) return;
  const status = subscription.doc['status'] as string;
  if (status === 'incomplete') expireIncomplete(world, subscription);
  else if (status === 'past_due' || status === 'unpaid') setStatus(world, subscription, 'active');
  else if (status === 'paused' && resumes(subscription, invoice) && invoice.doc['status'] === 'uncollectible') unpause(world, subscription);
};

/** incomplete → incomplete_expired, for good. */
export function expireIncomplete(world: World, subscription: Row): void {
  world.update(subscription, 'customer.subscription.updated', (doc) => {
    doc['status'] = 'incomplete_expired';
    doc['ended_at'] = world.now(subscription.clock);
  });
}
