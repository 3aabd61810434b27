import { copy, type Doc } from '../engine/doc.js';
import { newId, randomText } from '../engine/ids.js';
import { complete } from '../engine/shapes.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { discountAmounts, running } from './discounts.js';

/** One line of an invoice before it has an id. Amounts in cents. */
export interface LineInput {
  amount: number;
  description: string;
  quantity: number;
  price: Doc | null;
  unitAmount: number | null;
  period: { start: number; end: number };
  proration: boolean;
  subscription: string | null;
  item: string | null;
  invoiceItem: string | null;
  discountable: boolean;
  metadata?: Doc;
}

/** What an invoice is made of. */
export interface InvoiceInput {
  customer: Row;
  subscription: Row | null;
  reason: string;
  lines: LineInput[];
  period: { start: number; end: number };
  discounts: string[];
  autoAdvance: boolean;
  metadata?: Doc;
  description?: string | null;
  collectionMethod?: string;
  daysUntilDue?: number | null;
  defaultPaymentMethod?: string | null;
  footer?: string | null;
  currency?: string;
  prorationDate?: number;
}

function lineDoc(world: World, line: LineInput, invoice: string, currency: string): Doc {
  const prorationDetails = line.proration ? { credited_items: null } : null;
  return complete('line_item', {
    id: newId('il'),
    object: 'line_item',
    amount: line.amount,
    currency,
    description: line.description,
    discount_amounts: [],
    discountable: line.discountable,
    discounts: [],
    invoice,
    livemode: false,
    metadata: line.metadata ?? {},
    parent: line.item
      ? { invoice_item_details: null, subscription_item_details: { invoice_item: line.invoiceItem, proration: line.proration, proration_details: prorationDetails, subscription: line.subscription, subscription_item: line.item }, type: 'subscription_item_details' }
      : { invoice_item_details: { invoice_item: line.invoiceItem ?? newId('ii'), proration: line.proration, proration_details: prorationDetails, subscription: line.subscription }, subscription_item_details: null, type: 'invoice_item_details' },
    period: line.period,
    pretax_credit_amounts: [],
    pricing: line.price
      ? { price_details: { price: line.price['id'] as string, product: line.price['product'] as string }, type: 'price_details', unit_amount_decimal: String(line.unitAmount ?? line.price['unit_amount']) }
      : { type: 'price_details', unit_amount_decimal: String(line.unitAmount ?? line.amount) },
    quantity: line.quantity,
    quantity_decimal: String(line.quantity),
    subscription: line.subscription,
    subtotal: line.amount,
    taxes: [],
  });
}

/** An invoice that is not stored: a draft, or a preview. */
export function invoiceDoc(world: World, input: InvoiceInput, id = newId('in')): Doc {
  const { customer, subscription } = input;
  const now = world.now(customer.clock);
  const currency = input.currency ?? (subscription?.doc['currency'] as string | undefined) ?? (customer.doc['currency'] as string | null) ?? 'usd';
  const lines = input.lines.map((line) => lineDoc(world, line, id, currency));
  const discounts = running(world, input.discounts, now);
  const taken = discountAmounts(
    world,
    input.lines.map((line) => ({ amount: line.amount, discountable: line.discountable, product: (line.price?.['product'] as string | undefined) ?? null })),
    discounts,
    currency,
  );
  lines.forEach((line, index) => {
    line['discount_amounts'] = discounts.flatMap((discount, d) => (taken[index]?.[d] ? [{ amount: taken[index][d], discount: discount.id }] : []));
  });
  const totalDiscounts = discounts.map((discount, d) => ({ amount: taken.reduce((sum, row) => sum + (row[d] ?? 0), 0), discount: discount.id }));
  const subtotal = input.lines.reduce((sum, line) => sum + line.amount, 0);
  const total = subtotal - totalDiscounts.reduce((sum, item) => sum + item.amount, 0);
  const starting = customer.doc['balance'] as number;
  const due = Math.max(0, total + (total > 0 ? starting : 0));
  const method = input.collectionMethod ?? (subscription?.doc['collection_method'] as string | undefined) ?? 'charge_automatically';
  const finalizes = input.autoAdvance ? now + 3600 : null;
  return complete('invoice', {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Clawkeep sandbox',
    amount_due: due,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: due,
    amount_shipping: 0,
    attempt_count: 0,
    attempted: false,
    auto_advance: input.autoAdvance,
    automatically_finalizes_at: finalizes,
    billing_reason: input.reason,
    collection_method: method,
    created: now,
    currency,
    customer: customer.id,
    customer_address: copy((customer.doc['address'] as Doc | null | undefined) ?? null),
    customer_email: customer.doc['email'] ?? null,
    customer_name: customer.doc['name'] ?? null,
    customer_phone: customer.doc['phone'] ?? null,
    customer_shipping: copy((customer.doc['shipping'] as Doc | null | undefined) ?? null),
    customer_tax_exempt: customer.doc['tax_exempt'] ?? 'none',
    customer_tax_ids: [],
    default_payment_method: input.defaultPaymentMethod ?? null,
    default_tax_rates: [],
    description: input.description ?? null,
    discounts: discounts.map((discount) => discount.id),
    due_date: method === 'send_invoice' ? now + (input.daysUntilDue ?? 30) * 86_400 : null,
    ending_balance: null,
    footer: input.footer ?? null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    lines: { object: 'list', data: lines, has_more: false, total_count: lines.length, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: input.metadata ?? {},
    next_payment_attempt: method === 'charge_automatically' ? finalizes : null,
    number: null,
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: copy(subscription.doc['metadata'] as Doc), subscription: subscription.id, ...(input.prorationDate === undefined ? {} : { subscription_proration_date: input.prorationDate }) },
          type: 'subscription_details',
        }
      : null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: input.period.end,
    period_start: input.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    starting_balance: starting,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal,
    subtotal_excluding_tax: subtotal,
    test_clock: customer.clock,
    total,
    total_discount_amounts: totalDiscounts,
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: now,
  });
}

/** Stores a draft invoice, takes its pending items in, and says so. */
export function createInvoice(world: World, input: InvoiceInput): Row {
  const doc = invoiceDoc(world, input);
  const row = world.store.put({ kind: 'invoice', id: doc['id'] as string, clock: input.customer.clock, doc, hidden: {} });
  for (const line of input.lines) {
    const item = line.invoiceItem ? world.get('invoiceitem', line.invoiceItem) : undefined;
    if (item) world.store.edit(item).doc['invoice'] = row.id;
  }
  if (input.subscription) useUpOnceDiscounts(world, input.subscription, row);
  if (input.customer.doc['currency'] === null) world.store.edit(input.customer).doc['currency'] = doc['currency'] as string;
  world.emit('invoice.created', row);
  return row;
}

/** A coupon of duration `once` leaves the subscription with the first invoice it was used on. */
function useUpOnceDiscounts(world: World, subscription: Row, invoice: Row): void {
  const used = (invoice.doc['discounts'] as string[]).filter((id) => {
    const coupon = world.get('coupon', world.get('discount', id)?.doc['source'].coupon as string | undefined);
    return coupon?.doc['duration'] === 'once';
  });
  if (used.length === 0) return;
  world.store.edit(subscription).doc['discounts'] = (subscription.doc['discounts'] as string[]).filter((id) => !used.includes(id));
}

/** Recomputes a draft's totals after its lines or discounts changed. */
export function retotal(world: World, invoice: Row, lines: LineInput[], discounts: string[]): void {
  const customer = world.needCustomer(invoice.doc['customer'] as string);
  const doc = invoiceDoc(world, { customer, subscription: null, reason: 'manual', lines, period: { start: 0, end: 0 }, discounts, autoAdvance: false, currency: invoice.doc['currency'] as string }, invoice.id);
  world.store.edit(invoice);
  for (const field of ['lines', 'subtotal', 'subtotal_excluding_tax', 'total', 'total_excluding_tax', 'total_discount_amounts', 'discounts', 'amount_due', 'amount_remaining']) invoice.doc[field] = doc[field] as unknown;
}

/** Pending items of a customer that the next invoice takes in, as lines. */
export function pendingLines(world: World, customer: Row, subscription: Row | null): LineInput[] {
  return world.store
    .by('invoiceitem', 'customer', customer.id)
    .filter((item) => item.doc['invoice'] === null && ((item.hidden['subscription'] as string | null) === null || item.hidden['subscription'] === subscription?.id))
    .map((item) => itemLine(world, item));
}

/** The line an invoice item becomes. */
export function itemLine(world: World, item: Row): LineInput {
  const price = world.get('price', item.doc['pricing']?.price_details?.price as string | undefined);
  return {
    amount: item.doc['amount'] as number,
    description: (item.doc['description'] as string | null) ?? '',
    quantity: item.doc['quantity'] as number,
    price: price?.doc ?? null,
    unitAmount: Math.round((item.doc['amount'] as number) / Math.max(1, item.doc['quantity'] as number)),
    period: copy(item.doc['period'] as { start: number; end: number }),
    proration: item.doc['proration'] === true,
    subscription: (item.hidden['subscription'] as string | null) ?? null,
    item: (item.hidden['item'] as string | null) ?? null,
    invoiceItem: item.id,
    discountable: item.doc['discountable'] === true,
    metadata: copy(item.doc['metadata'] as Doc),
  };
}

/** Puts a line aside as a pending invoice item, to be billed with the next invoice. */
export function setAside(world: World, customer: Row, line: LineInput, currency: string, extra: { invoice?: string | null; prorationDate?: number } = {}): Row {
  const row = world.create(
    'invoiceitem',
    {
      amount: line.amount,
      currency,
      customer: customer.id,
      date: extra.prorationDate ?? world.now(customer.clock),
      description: line.description,
      discountable: line.discountable,
      discounts: [],
      invoice: extra.invoice ?? null,
      metadata: line.metadata ?? {},
      net_amount: line.amount,
      parent: line.subscription ? { subscription_details: { subscription: line.subscription, ...(line.item ? { subscription_item: line.item } : {}) }, type: 'subscription_details' } : null,
      period: line.period,
      pricing: line.price
        ? { price_details: { price: line.price['id'] as string, product: line.price['product'] as string }, type: 'price_details', unit_amount_decimal: String(line.unitAmount ?? line.amount) }
        : { type: 'price_details', unit_amount_decimal: String(line.unitAmount ?? line.amount) },
      proration: line.proration,
      quantity: line.quantity,
      quantity_decimal: String(line.quantity),
      tax_rates: [],
      test_clock: customer.clock,
    },
    { clock: customer.clock, hidden: { subscription: line.subscription, item: line.item } },
  );
  world.emit('invoiceitem.created', row);
  return row;
}

/** A secret part of a hosted page's address. */
export function pageToken(): string {
  return randomText(60);
}
