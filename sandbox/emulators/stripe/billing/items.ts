import { copy, type Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { newId } from '../engine/ids.js';
import { mergeMetadata } from '../engine/params.js';
import type { World } from '../engine/world.js';
import { createPrice, planOf } from '../resources/catalog.js';
import type { Interval } from './calendar.js';

/** The billing interval of a set of items. */
export function intervalOf(items: Doc[]): { interval: Interval; count: number } {
  const recurring = items[0]?.['price'].recurring as Doc;
  return { interval: recurring['interval'] as Interval, count: recurring['interval_count'] as number };
}

/** The price an item names, or one made of its `price_data`. Refuses one-off and inactive prices. */
export function itemPrice(world: World, input: Doc, param: string): Doc {
  const id = (input['price'] as string | undefined) ?? (input['plan'] as string | undefined);
  if (!id) {
    const data = input['price_data'] as Doc | undefined;
    if (!data) throw invalid(`Missing required param: ${param}[price].`, `${param}[price]`, 'parameter_missing');
    const made = createPrice(world, data);
    made.hidden['inline'] = true;
    return copy(made.doc);
  }
  const price = world.need('price', id, 'price', `${param}[price]`).doc;
  // What a schedule booked is sold even when its price was archived meanwhile.
  if (price['active'] !== true && input['booked'] !== true) throw invalid('The price specified is inactive. This field only accepts active prices.', `${param}[price]`);
  if (price['recurring'] === null) {
    throw invalid(`The price specified is set to \`type=one_time\` but this field only accepts prices with \`type=recurring\`.`, `${param}[price]`);
  }
  return copy(price);
}

/** A new subscription item. Its period is filled in by the caller. */
export function makeItem(world: World, input: Doc, price: Doc, subscription: string, now: number): Doc {
  const quantity = (input['quantity'] as number | undefined) ?? 1;
  if (quantity < 0) throw invalid('Invalid non-negative integer', 'items[0][quantity]', 'parameter_invalid_integer');
  return {
    id: newId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: now,
    current_period_end: now,
    current_period_start: now,
    current_trial: null,
    discounts: [],
    metadata: mergeMetadata({}, input['metadata'] as Doc | undefined),
    plan: planOf(price),
    price,
    quantity,
    subscription,
    tax_rates: [],
  };
}

/** One currency and one billing interval per subscription. */
export function checkTogether(items: Doc[]): void {
  const [first] = items;
  if (!first) return;
  const price = first['price'] as Doc;
  const seen = new Set<string>();
  for (const item of items) {
    const other = item['price'] as Doc;
    if (other['currency'] !== price['currency']) throw invalid('All prices on a subscription must have the same currency.', 'items');
    if (other['recurring'].interval !== price['recurring'].interval || other['recurring'].interval_count !== price['recurring'].interval_count) {
      throw invalid('The Stripe emulator bills all items of a subscription in one interval.', 'items');
    }
    if (seen.has(other['id'] as string)) throw invalid('Cannot add multiple subscription items with the same plan: ' + String(other['id']), 'items');
    seen.add(other['id'] as string);
  }
}

/** The items after `items[]` of an update: changed, added, deleted. */
export function changedItems(world: World, subscription: string, current: Doc[], inputs: Doc[], now: number): Doc[] {
  const next = copy(current);
  inputs.forEach((input, index) => {
    const param = `items[${index}]`;
    const id = input['id'] as string | undefined;
    if (!id) {
      const item = makeItem(world, input, itemPrice(world, input, param), subscription, now);
      const like = next[0];
      if (like) Object.assign(item, { current_period_start: like['current_period_start'] as number, current_period_end: like['current_period_end'] as number });
      next.push(item);
      return;
    }
    const at = next.findIndex((item) => item['id'] === id);
    const item = next[at];
    if (!item) throw invalid(`Item \`${id}\` does not belong to this subscription. Are you sure you passed the correct subscription item ID?`, `${param}[id]`, 'resource_missing');
    if (input['deleted'] === true) {
      next.splice(at, 1);
      return;
    }
    if (input['price'] || input['price_data'] || input['plan']) {
      const price = itemPrice(world, input, param);
      item['price'] = price;
      item['plan'] = planOf(price);
    }
    if (input['quantity'] !== undefined) {
      if ((input['quantity'] as number) < 0) throw invalid('Invalid non-negative integer', `${param}[quantity]`, 'parameter_invalid_integer');
      item['quantity'] = input['quantity'] as number;
    }
    item['metadata'] = mergeMetadata(item['metadata'] as Doc, input['metadata'] as Doc | undefined);
  });
  if (next.length === 0) throw invalid('A subscription must have at least one active plan.', 'items');
  checkTogether(next);
  return next;
}
