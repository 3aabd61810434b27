import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import type { LineInput } from './invoicing.js';
import { prorate } from './proration.js';

/** `16 Apr 2027`, as in Stripe's proration lines. */
function day(at: number): string {
  const date = new Date(at * 1000);
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][date.getUTCMonth()] ?? '';
  return `${String(date.getUTCDate()).padStart(2, '0')} ${month} ${date.getUTCFullYear()}`;
}

function productName(world: World, price: Doc): string {
  return String(world.get('product', price['product'] as string)?.doc['name'] ?? 'Product');
}

/** `$20.00 / month`, `$75.00 / every 3 months`. */
function priceText(price: Doc): string {
  const amount = new Intl.NumberFormat('en-US', { style: 'currency', currency: String(price['currency']).toUpperCase() }).format((price['unit_amount'] as number) / 100);
  const recurring = price['recurring'] as Doc | null;
  if (!recurring) return amount;
  return recurring['interval_count'] === 1 ? `${amount} / ${String(recurring['interval'])}` : `${amount} / every ${String(recurring['interval_count'])} ${String(recurring['interval'])}s`;
}

/** Price times quantity, in cents. */
export function itemAmount(item: Doc): number {
  return (item['price'].unit_amount as number) * ((item['quantity'] as number | undefined) ?? 1);
}

function base(subscription: string | null, item: Doc, period: { start: number; end: number }): Omit<LineInput, 'amount' | 'description' | 'proration'> {
  return {
    quantity: (item['quantity'] as number | undefined) ?? 1,
    price: item['price'] as Doc,
    unitAmount: item['price'].unit_amount as number,
    period,
    subscription,
    item: item['id'] as string,
    invoiceItem: null,
    discountable: true,
  };
}

/** A full period of an item. */
export function fullPeriod(world: World, subscription: string | null, item: Doc, period: { start: number; end: number }): LineInput {
  const price = item['price'] as Doc;
  const description = `${String(item['quantity'] ?? 1)} × ${productName(world, price)} (at ${priceText(price)})`;
  return { ...base(subscription, item, period), amount: itemAmount(item), description, proration: false };
}

/** The line of a trial: nothing to pay. */
export function trialLine(world: World, subscription: string | null, item: Doc, period: { start: number; end: number }): LineInput {
  const price = item['price'] as Doc;
  return { ...base(subscription, item, period), amount: 0, unitAmount: 0, description: `Free trial for ${String(item['quantity'] ?? 1)} × ${productName(world, price)}`, proration: false };
}

/** The credit for what is left of an item's period at `at`; undefined when that is nothing. */
export function unusedTime(world: World, subscription: Row, item: Doc, at: number): LineInput | undefined {
  const { current_period_start: start, current_period_end: end } = item as { current_period_start: number; current_period_end: number };
  const amount = -prorate(itemAmount(item), start, end, at);
  if (amount === 0) return undefined;
  const quantity = (item['quantity'] as number | undefined) ?? 1;
  const name = `${quantity === 1 ? '' : `${quantity} × `}${productName(world, item['price'] as Doc)}`;
  return { ...base(subscription.id, item, { start: at, end }), amount, unitAmount: Math.round(amount / Math.max(1, quantity)), description: `Unused time on ${name} after ${day(at)}`, proration: true, discountable: false };
}

/** The charge for the rest of a period on a new price or quantity; undefined when that is nothing. */
export function remainingTime(world: World, subscription: string | null, item: Doc, at: number): LineInput | undefined {
  const { current_period_start: start, current_period_end: end } = item as { current_period_start: number; current_period_end: number };
  const amount = prorate(itemAmount(item), start, end, at);
  if (amount === 0) return undefined;
  const quantity = (item['quantity'] as number | undefined) ?? 1;
  const name = `${quantity === 1 ? '' : `${quantity} × `}${productName(world, item['price'] as Doc)}`;
  return { ...base(subscription, item, { start: at, end }), amount, unitAmount: Math.round(amount / Math.max(1, quantity)), description: `Remaining time on ${name} after ${day(at)}`, proration: true, discountable: false };
}
