import { copy, type Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { boundary } from './calendar.js';
import { changedItems, intervalOf } from './items.js';
import type { LineInput } from './invoicing.js';
import { fullPeriod, itemAmount, remainingTime, trialLine, unusedTime } from './lines.js';
import { trialEnd } from './subscribe.js';

/** What an update of prices, quantities, trial or anchor would do: the new items and the lines it costs. */
export interface Change {
  items: Doc[];
  /** Lines of the change itself; pending invoice items come on top when an invoice is made. */
  lines: LineInput[];
  anchor: number;
  trialEnd: number | null;
  /** A new period begins: Stripe invoices at once whatever `proration_behavior` says. */
  immediate: boolean;
  prorationDate: number;
  changed: boolean;
}

/** Computes a change without making it; update and preview both use this, so that they agree to the cent. */
export function plan(world: World, subscription: Row, params: Doc): Change {
  const now = world.now(subscription.clock);
  const doc = subscription.doc;
  const current = doc['items'].data as Doc[];
  const inputs = (params['items'] as Doc[] | undefined) ?? [];
  const items = inputs.length > 0 ? changedItems(world, subscription.id, current, inputs, now) : copy(current);
  const at = (params['proration_date'] as number | undefined) ?? now;
  const [first] = current;
  const periodStart = first?.['current_period_start'] as number;
  const periodEnd = first?.['current_period_end'] as number;
  if (at < periodStart || at > periodEnd) {
    throw invalid('proration_date must be within the current billing period of the subscription.', 'proration_date', 'subscription_proration_date_out_of_period');
  }
  const behaviour = (params['proration_behavior'] as string | undefined) ?? 'create_prorations';
  const before = intervalOf(current);
  const after = intervalOf(items);
  const trialing = doc['status'] === 'trialing';
  const newTrial = params['trial_end'] === undefined ? undefined : trialEnd({ trial_end: params['trial_end'] }, now);
  const wasFree = current.every((item) => itemAmount(item) === 0);
  const isFree = items.every((item) => itemAmount(item) === 0);
  const changed = !sameItems(current, items);
  const endsTrial = trialing && newTrial === null;
  const reset =
    !(newTrial !== undefined && newTrial !== null) &&
    (endsTrial || (params['billing_cycle_anchor'] as Doc | undefined)?.['type'] === 'now' || (!trialing && changed && (before.interval !== after.interval || before.count !== after.count || (wasFree && !isFree))));
  const lines: LineInput[] = [];
  const keep = { items, anchor: doc['billing_cycle_anchor'] as number, trialEnd: doc['trial_end'] as number | null, prorationDate: at, changed };
  if (newTrial !== undefined && newTrial !== null) {
    // A trial that begins, or moves: the new period is the trial.
    if (!trialing && behaviour !== 'none') for (const item of current) push(lines, unusedTime(world, subscription, item, at));
    for (const item of items) Object.assign(item, { current_period_start: now, current_period_end: newTrial });
    if (!trialing) for (const item of items) lines.push(trialLine(world, subscription.id, item, { start: now, end: newTrial }));
    return { ...keep, lines, anchor: newTrial, trialEnd: newTrial, immediate: !trialing, changed: true };
  }
  if (reset) {
    if (!trialing && behaviour !== 'none') for (const item of current) push(lines, unusedTime(world, subscription, item, at));
    const end = boundary(now, after.interval, after.count, 1);
    for (const item of items) {
      Object.assign(item, { current_period_start: now, current_period_end: end });
      lines.push(fullPeriod(world, subscription.id, item, { start: now, end }));
    }
    return { ...keep, lines, anchor: now, trialEnd: endsTrial ? now : keep.trialEnd, immediate: true, changed: true };
  }
  if (!changed || trialing || behaviour === 'none') return { ...keep, lines, immediate: false };
  for (const item of current) {
    const next = items.find((other) => other['id'] === item['id']);
    if (!next || !sameItems([item], [next])) push(lines, unusedTime(world, subscription, item, at));
  }
  for (const item of items) {
    const previous = current.find((other) => other['id'] === item['id']);
    if (!previous || !sameItems([previous], [item])) push(lines, remainingTime(world, subscription.id, item, at));
  }
  return { ...keep, lines, immediate: false };
}

function push(lines: LineInput[], line: LineInput | undefined): void {
  if (line) lines.push(line);
}

function sameItems(left: Doc[], right: Doc[]): boolean {
  const mark = (items: Doc[]): string => JSON.stringify(items.map((item) => [item['id'], item['price'].id, item['quantity']]));
  return mark(left) === mark(right);
}
