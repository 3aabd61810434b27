import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { expireSession } from '../resources/checkout-sessions.js';
import { periodAt } from './calendar.js';
import { cancelSubscription } from './cancel.js';
import { abandon, collect, finalize, markUncollectible, voidInvoice } from './collect.js';
import { createInvoice, pendingLines } from './invoicing.js';
import { intervalOf } from './items.js';
import { fullPeriod } from './lines.js';
import { endPhase, managed } from './schedules.js';
import { expireIncomplete, pause, pendingUpdate, setStatus } from './standing.js';
import { ring } from './timers.js';
import { methodOf } from './subscribe.js';

/** Something time brings about: when, and what. `rank` orders what falls on the same second. */
export interface Due {
  at: number;
  rank: number;
  run: () => void;
}

const hour = 3600;
const day = 86_400;

/** The next thing that happens on a clock, at whatever time; undefined when nothing is ahead. */
export function nextDue(world: World, clock: string | null): Due | undefined {
  let first: Due | undefined;
  const consider = (due: Due | undefined): void => {
    if (due && (!first || due.at < first.at || (due.at === first.at && due.rank < first.rank))) first = due;
  };
  for (const row of world.store.onClock('subscription', clock)) for (const due of ofSubscription(world, row)) consider(due);
  for (const row of world.store.onClock('invoice', clock)) consider(ofInvoice(world, row));
  for (const row of world.store.onClock('timer', clock)) consider({ at: row.doc['at'] as number, rank: 0, run: () => ring(world, row) });
  for (const row of world.store.onClock('subscription_schedule', clock)) for (const due of ofSchedule(world, row)) consider(due);
  for (const row of world.store.onClock('checkout.session', clock)) if (row.doc['status'] === 'open') consider({ at: sessionEnd(row, clock), rank: 0, run: () => expireSession(world, row) });
  return first;
}

function* ofSchedule(world: World, row: Row): Generator<Due> {
  const current = row.doc['current_phase'] as { end_date: number } | null;
  if (row.doc['status'] !== 'active' || current === null || managed(world, row)?.doc['status'] === 'paused') return;
  yield { at: current.end_date, rank: 2, run: () => endPhase(world, row) };
  const last = (row.doc['phases'] as Doc[]).at(-1)?.['end_date'] as number;
  if (row.hidden['warnedOf'] !== last && last - 7 * day > (row.doc['created'] as number)) {
    yield {
      at: last - 7 * day, rank: 0, run: () => {
        world.store.edit(row).hidden['warnedOf'] = last;
        world.emit('subscription_schedule.expiring', row);
      },
    };
  }
}

/** A session ends when its life is over on the wall or on its customer's clock, whichever comes first. */
function sessionEnd(row: Row, clock: string | null): number {
  if (clock === null) return row.doc['expires_at'] as number;
  return (row.hidden['clockCreated'] as number) + (row.doc['expires_at'] as number) - (row.doc['created'] as number);
}

function ofInvoice(world: World, row: Row): Due | undefined {
  if (row.doc['status'] === 'draft' && row.doc['automatically_finalizes_at'] !== null) {
    return { at: row.doc['automatically_finalizes_at'] as number, rank: 1, run: () => finalizeByTime(world, row) };
  }
  if (row.doc['status'] === 'open' && row.doc['next_payment_attempt'] !== null && row.doc['auto_advance'] === true) {
    return { at: row.doc['next_payment_attempt'] as number, rank: 2, run: () => void collect(world, row, { offSession: true, automatic: true }) };
  }
  return undefined;
}

function finalizeByTime(world: World, invoice: Row): void {
  const subscription = world.get('subscription', invoice.doc['parent']?.subscription_details?.subscription as string | undefined);
  finalize(world, invoice);
  const paused = subscription?.doc['pause_collection'] as Doc | null | undefined;
  if (invoice.doc['status'] !== 'open') return;
  if (paused?.['behavior'] === 'void') voidInvoice(world, invoice);
  else if (paused?.['behavior'] === 'mark_uncollectible') markUncollectible(world, invoice, 'subscription_paused');
  else if (invoice.doc['collection_method'] === 'charge_automatically') collect(world, invoice, { offSession: true, automatic: true });
}

function* ofSubscription(world: World, row: Row): Generator<Due> {
  const doc = row.doc;
  const status = doc['status'] as string;
  if (status === 'canceled' || status === 'incomplete_expired') return;
  if (status === 'incomplete') {
    yield { at: (doc['created'] as number) + 23 * hour, rank: 3, run: () => giveUpFirstInvoice(world, row) };
    return;
  }
  const end = doc['items'].data[0].current_period_end as number;
  const resumes = doc['pause_collection']?.resumes_at as number | null | undefined;
  if (resumes) yield { at: resumes, rank: 0, run: () => void world.update(row, 'customer.subscription.updated', (d) => void (d['pause_collection'] = null)) };
  const pending = doc['pending_update'] as Doc | null;
  if (pending) yield { at: pending['expires_at'] as number, rank: 0, run: () => pendingUpdate.expire(world, row) };
  if (doc['cancel_at'] !== null) yield { at: doc['cancel_at'] as number, rank: 3, run: () => cancelSubscription(world, row, {}) };
  if (status === 'paused') return;
  if (status === 'trialing') {
    const trialEnd = doc['trial_end'] as number;
    if (row.hidden['trialWarned'] !== trialEnd) {
      const at = Math.max(trialEnd - 3 * day, doc['trial_start'] as number);
      yield { at, rank: 0, run: () => warnOfTrialEnd(world, row, trialEnd) };
    }
    yield { at: trialEnd, rank: 4, run: () => endTrial(world, row) };
    return;
  }
  if (row.hidden['upcomingFor'] !== end && end - 7 * day > (doc['items'].data[0].current_period_start as number)) yield { at: end - 7 * day, rank: 0, run: () => announceUpcoming(world, row, end) };
  yield { at: end, rank: 4, run: () => renew(world, row, end) };
}

function warnOfTrialEnd(world: World, row: Row, trialEnd: number): void {
  world.store.edit(row).hidden['trialWarned'] = trialEnd;
  world.emit('customer.subscription.trial_will_end', row);
}

/** `invoice.upcoming` carries an invoice without an id. */
function announceUpcoming(world: World, row: Row, end: number): void {
  world.store.edit(row).hidden['upcomingFor'] = end;
  const customer = world.get('customer', row.doc['customer'] as string);
  if (!customer || row.doc['cancel_at_period_end'] === true) return;
  const doc = previewRenewal(world, customer, row);
  delete doc['id'];
  world.emit('invoice.upcoming', doc);
}

let previewRenewal: (world: World, customer: Row, subscription: Row) => Doc = () => ({});
/** Set by resources/invoices.ts, which knows previews. */
export function setPreview(make: typeof previewRenewal): void {
  previewRenewal = make;
}

function giveUpFirstInvoice(world: World, row: Row): void {
  const invoice = world.get('invoice', row.doc['latest_invoice'] as string | null);
  expireIncomplete(world, row);
  if (invoice) abandon(world, invoice);
}

function endTrial(world: World, row: Row): void {
  const customer = world.needCustomer(row.doc['customer'] as string);
  const missing = row.doc['trial_settings'].end_behavior.missing_payment_method as string;
  const automatic = row.doc['collection_method'] === 'charge_automatically';
  if (automatic && !methodOf(world, customer, row) && missing !== 'create_invoice') {
    if (missing === 'cancel') cancelSubscription(world, row, {});
    else pause(world, row, 'trial_end_without_payment_method');
    return;
  }
  // The status turns active before the invoice is collected or declined.
  setStatus(world, row, 'active', (doc) => advancePeriod(doc));
  invoicePeriod(world, customer, row);
}

function advancePeriod(doc: Doc): void {
  const items = doc['items'].data as Doc[];
  const { interval, count } = intervalOf(items);
  const period = periodAt(doc['billing_cycle_anchor'] as number, interval, count, items[0]?.['current_period_end'] as number);
  for (const item of items) Object.assign(item, { current_period_start: period.start, current_period_end: period.end });
}

function renew(world: World, row: Row, end: number): void {
  if (row.doc['cancel_at_period_end'] === true && (row.doc['cancel_at'] as number) <= end) {
    cancelSubscription(world, row, {});
    return;
  }
  const customer = world.needCustomer(row.doc['customer'] as string);
  world.update(row, 'customer.subscription.updated', advancePeriod);
  invoicePeriod(world, customer, row);
}

/** The draft invoice of the period that has just begun; it is finalized after an hour. */
function invoicePeriod(world: World, customer: Row, row: Row): void {
  const items = row.doc['items'].data as Doc[];
  const now = world.now(row.clock);
  const lines = [
    ...pendingLines(world, customer, row),
    ...items.map((item) => fullPeriod(world, row.id, item, { start: item['current_period_start'] as number, end: item['current_period_end'] as number })),
  ];
  const previous = (row.hidden['periodStart'] as number | undefined) ?? (row.doc['start_date'] as number);
  // `unpaid` breeds drafts that nobody collects; so does a paused collection that keeps drafts.
  const advances = row.doc['status'] !== 'unpaid' && row.doc['pause_collection']?.behavior !== 'keep_as_draft';
  const invoice = createInvoice(world, {
    customer,
    subscription: row,
    reason: 'subscription_cycle',
    lines,
    period: { start: previous, end: now },
    discounts: row.doc['discounts'] as string[],
    autoAdvance: advances,
    daysUntilDue: row.doc['days_until_due'] as number | null,
  });
  world.update(row, 'customer.subscription.updated', (doc) => void (doc['latest_invoice'] = invoice.id));
  row.hidden['periodStart'] = now;
}
