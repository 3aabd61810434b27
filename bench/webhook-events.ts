import { randomBytes } from 'node:crypto';
import Stripe from 'stripe';

/** A signed delivery, ready to be sent. */
export interface Delivery { id: string; body: string; signature: string }

/** Whom an event is about: Stripe's customer, and ours where we left its id in the object's metadata. */
export interface About { stripeCustomer: string; customerId: string | null }

/**
 * Events as Stripe sends them after a renewal: `invoice.paid` with a whole invoice in it (about 4 kB), each with an id of its own, about the given customers
 * in turn. Signed now: they are good for Stripe's five minutes.
 */
export function signedInvoiceEvents(count: number, prefix: string, secret: string, about: readonly About[]): Delivery[] {
  const created = Math.floor(Date.now() / 1_000);
  return Array.from({ length: count }, (_, index) => {
    const id = `evt_${prefix}${String(index).padStart(7, '0')}`;
    const body = JSON.stringify({
      id, object: 'event', api_version: Stripe.API_VERSION, created, data: { object: invoice(index, about[index % about.length]!, created) },
      livemode: false, pending_webhooks: 1, request: { id: null, idempotency_key: null }, type: 'invoice.paid',
    });
    return { id, body, signature: Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: created }) };
  });
}

function invoice(index: number, { stripeCustomer: customer, customerId }: About, created: number): Record<string, unknown> {
  const id = `in_${randomBytes(12).toString('hex')}`;
  const text = (name: string): string => `${name} of invoice ${index}`;
  return {
    id, object: 'invoice', account_country: 'US', account_name: 'Bench', amount_due: 2900, amount_overpaid: 0, amount_paid: 2900, amount_remaining: 0, amount_shipping: 0, attempt_count: 1, attempted: true,
    auto_advance: false, automatic_tax: { enabled: false, liability: null, provider: null, status: null, disabled_reason: null }, billing_reason: 'subscription_cycle', collection_method: 'charge_automatically',
    created, currency: 'usd', customer, customer_address: null, customer_email: 'somebody@bench.test', customer_name: text('Customer'), customer_tax_exempt: 'none', customer_tax_ids: [],
    default_payment_method: null, default_source: null, description: text('Description'), discounts: [], due_date: null, effective_at: created, ending_balance: 0, footer: null,
    hosted_invoice_url: `https://invoice.stripe.com/i/acct_bench/${'x'.repeat(180)}`, invoice_pdf: `https://pay.stripe.com/invoice/acct_bench/${'x'.repeat(180)}/pdf`,
    lines: {
      object: 'list', has_more: false, total_count: 2, url: `/v1/invoices/${id}/lines`,
      data: [0, 1].map((line) => ({
        id: `il_${id}${line}`, object: 'line_item', amount: 1450, currency: 'usd', description: text(`Line ${line}`), discount_amounts: [], discountable: true, discounts: [], invoice: id, livemode: false,
        metadata: { planId: 'pro', note: 'n'.repeat(60) }, parent: { type: 'subscription_item_details', subscription_item_details: { invoice_item: null, proration: false, proration_details: { credited_items: null }, subscription: `sub_bench${index}`, subscription_item: `si_bench${index}` } },
        period: { start: created, end: created + 2_592_000 }, pretax_credit_amounts: [], pricing: { type: 'price_details', price_details: { price: 'price_bench', product: 'prod_bench' }, unit_amount_decimal: '1450' }, quantity: 1, taxes: [],
      })),
    },
    livemode: false, metadata: customerId === null ? {} : { customerId }, next_payment_attempt: null, number: `BENCH-${index}`, parent: { type: 'subscription_details', subscription_details: { metadata: { planId: 'pro' }, subscription: `sub_bench${index}` } },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null }, period_end: created, period_start: created - 2_592_000, post_payment_credit_notes_amount: 0, pre_payment_credit_notes_amount: 0,
    starting_balance: 0, statement_descriptor: null, status: 'paid', status_transitions: { finalized_at: created, marked_uncollectible_at: null, paid_at: created, voided_at: null },
    subtotal: 2900, subtotal_excluding_tax: 2900, test_clock: null, total: 2900, total_discount_amounts: [], total_excluding_tax: 2900, total_pretax_credit_amounts: [], total_taxes: [], webhooks_delivered_at: created,
  };
}
