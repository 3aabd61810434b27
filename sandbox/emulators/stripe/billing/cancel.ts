import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { collect, finalize } from './collect.js';
import { createInvoice, type LineInput, pendingLines, setAside } from './invoicing.js';
import { unusedTime } from './lines.js';

/** How a subscription ends. */
export interface CancelOptions {
  reason?: 'cancellation_requested' | 'payment_failed' | 'payment_disputed';
  details?: Doc;
  invoiceNow?: boolean;
  prorate?: boolean;
}

let endSchedule: (world: World, subscription: Row, reason: string) => void = () => undefined;
/** Set by billing/schedules.ts: what becomes of the schedule of a subscription that ends. */
export function setScheduleEnd(end: typeof endSchedule): void {
  endSchedule = end;
}

/** Ends a subscription now. Its open invoices stay, payable, but are no longer collected by themselves. */
export function cancelSubscription(world: World, subscription: Row, options: CancelOptions): void {
  const now = world.now(subscription.clock);
  const customer = world.get('customer', subscription.doc['customer'] as string);
  if (customer && options.prorate === true) {
    for (const item of subscription.doc['items'].data as Doc[]) {
      const line: LineInput | undefined = unusedTime(world, subscription, item, now);
      if (line) setAside(world, customer, line, subscription.doc['currency'] as string);
    }
  }
  endSchedule(world, subscription, options.reason ?? 'cancellation_requested');
  world.update(subscription, null, (doc) => {
    doc['schedule'] = null;
    Object.assign(doc, { status: 'canceled', canceled_at: (doc['canceled_at'] as number | null) ?? now, ended_at: now });
    doc['cancellation_details'] = { comment: null, feedback: null, feedback_option: null, ...(doc['cancellation_details'] as Doc | null), ...options.details, reason: options.reason ?? 'cancellation_requested' };
    doc['pending_update'] = null;
  });
  for (const invoice of world.store.by('invoice', 'subscription', subscription.id)) {
    if (!['open', 'draft'].includes(invoice.doc['status'] as string)) continue;
    world.update(invoice, 'invoice.updated', (doc) => Object.assign(doc, { auto_advance: false, automatically_finalizes_at: null, next_payment_attempt: null }));
  }
  world.emit('customer.subscription.deleted', subscription);
  if (customer && options.invoiceNow === true) {
    const lines = pendingLines(world, customer, subscription);
    if (lines.length === 0) return;
    const invoice = createInvoice(world, { customer, subscription, reason: 'subscription_update', lines, period: { start: now, end: now }, discounts: [], autoAdvance: false });
    world.store.edit(subscription).doc['latest_invoice'] = invoice.id;
    finalize(world, invoice);
    if (invoice.doc['status'] === 'open') collect(world, invoice, { offSession: true, automatic: false });
  }
}
