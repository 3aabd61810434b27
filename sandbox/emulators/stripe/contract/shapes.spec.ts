import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Doc } from '../engine/doc.js';
import { misfits } from '../engine/shapes.js';
import { monthly } from './contract.js';
import { advance, type Control, freshEmulator } from './under-test.js';

/** Every object and event that a full life leaves behind, against the field tables written from the SDK's declarations. */
let stripe: Stripe;
let baseUrl = '';
let control: Control;
let close: () => Promise<void>;

async function raw(path: string): Promise<Doc> {
  const answer = await fetch(`${baseUrl}${path}`, { headers: { Authorization: 'Bearer sk_test_clawkeep_sandbox_emulator' } });
  const doc = (await answer.json()) as Doc;
  expect(doc['error']).toBeUndefined();
  return doc;
}

async function all(path: string): Promise<Doc[]> {
  const out: Doc[] = [];
  for (let after = ''; ; ) {
    const page = await raw(`${path}${path.includes('?') ? '&' : '?'}limit=100${after}`);
    const data = page['data'] as Doc[];
    out.push(...data);
    if (page['has_more'] !== true) return out;
    after = `&starting_after=${String(data.at(-1)?.['id'])}`;
  }
}

/** Debits, disputes, schedules, parts, credit, refunds on their way: what goes wrong, and is put right. */
async function goesWrong(pro: string, max: string): Promise<void> {
  const { id: customer, test_clock } = await stripe.customers.create({ email: 'eve@example.com', balance: -100 });
  unlucky = customer;
  const clock = test_clock as string;
  const account = await stripe.paymentMethods.create({ type: 'us_bank_account', us_bank_account: { account_number: '000222222227', routing_number: '110000000', account_holder_type: 'individual' }, billing_details: { name: 'Eve' } });
  await stripe.paymentMethods.attach(account.id, { customer });
  const iban = await stripe.paymentMethods.create({ type: 'sepa_debit', sepa_debit: { iban: 'AT591904300235473203' }, billing_details: { name: 'Eve' } });
  await stripe.paymentMethods.attach(iban.id, { customer });
  await stripe.setupIntents.create({ customer, payment_method: iban.id, confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
  const pay = (payment_method: string, currency = 'usd', amount = 2000): Promise<Stripe.PaymentIntent> =>
    stripe.paymentIntents.create({ amount, currency, customer, payment_method, confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
  const euro = await pay(iban.id, 'eur');
  await control.post(`/payment_intents/${euro.id}/settle`, { outcome: 'succeeded' });
  await stripe.subscriptions.create({ customer, items: [{ price: pro }], default_payment_method: account.id });
  const made = await stripe.subscriptions.create({ customer, items: [{ price: max }], default_payment_method: (await stripe.paymentMethods.attach('pm_card_visa', { customer })).id });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id, metadata: { why: 'downgrade' } });
  const [now] = schedule.phases;
  await stripe.subscriptionSchedules.update(schedule.id, { phases: [{ items: [{ price: max }], start_date: now?.start_date ?? 0, end_date: now?.end_date ?? 0 }, { items: [{ price: pro }], duration: { interval: 'month' } }] });
  const dropped = await stripe.subscriptions.create({ customer, items: [{ price: pro }], default_payment_method: made.default_payment_method as string });
  await stripe.subscriptionSchedules.release((await stripe.subscriptionSchedules.create({ from_subscription: dropped.id })).id);
  await stripe.subscriptionSchedules.cancel((await stripe.subscriptionSchedules.create({ from_subscription: dropped.id })).id);
  await control.post(`/clocks/${clock}/advance`, { to: new Date((made.created + 63 * 86_400) * 1000).toISOString() });
  const bill = async (): Promise<string> => {
    const draft = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ customer, invoice: draft.id ?? '', amount: 2000, currency: 'usd' });
    return (await stripe.invoices.finalizeInvoice(draft.id ?? '')).id ?? '';
  };
  const parts = await bill();
  await stripe.invoices.attachPayment(parts, { payment_intent: (await pay('pm_card_visa', 'usd', 500)).id });
  await stripe.invoices.attachPayment(parts, { payment_intent: (await pay('pm_card_visa', 'usd', 1700)).id });
  await stripe.creditNotes.voidCreditNote((await stripe.creditNotes.create({ invoice: await bill(), amount: 300 })).id);
  await stripe.invoices.voidInvoice(await bill());
  await stripe.customers.createBalanceTransaction(customer, { amount: 250, currency: 'usd' });
  await stripe.refunds.create({ payment_intent: (await pay('pm_card_pendingRefund')).id });
  await stripe.refunds.create({ payment_intent: (await pay('pm_card_refundFail')).id });
  const inquiry = (await stripe.disputes.list({ payment_intent: (await pay('pm_card_createDisputeInquiry')).id })).data[0]?.id ?? '';
  await stripe.disputes.update(inquiry, { evidence: { uncategorized_text: 'escalate_inquiry_evidence' } });
  await stripe.disputes.update(inquiry, { evidence: { customer_name: 'Eve', uncategorized_text: 'losing_evidence' } });
  await control.post('/disputes', { charge: (await pay('pm_card_visa')).latest_charge, status: 'prevented' });
  await pay('pm_card_radarBlock').catch(() => undefined);
  const charge = (await stripe.charges.retrieve(euro.latest_charge as string)).payment_method_details?.sepa_debit?.mandate;
  mandate = charge ?? '';
}

let unlucky = '';
let mandate = '';
let customerId = '';
let clockId = '';

beforeAll(async () => {
  const made = await freshEmulator({ autoTestClock: true });
  ({ stripe, close, control } = made);
  baseUrl = made.emulator.baseUrl;
  await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:1/none', enabled_events: ['*'] });
  const [pro, max] = [await monthly(stripe, 2000), await monthly(stripe, 5000)];
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'repeating', duration_in_months: 3 });
  await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'TEN' });
  const customer = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada', address: { line1: 'Street 1', country: 'US' } });
  customerId = customer.id;
  clockId = customer.test_clock as string;
  const session = await stripe.checkout.sessions.create({ mode: 'subscription', customer: customer.id, line_items: [{ price: pro.id, quantity: 1 }], success_url: 'https://example.com/ok', allow_promotion_codes: true });
  const paid = await control.post(`/checkout/${session.id}/pay`, { card: '4242424242424242', promotionCode: 'TEN' });
  expect(paid.status).toBe('complete');
  const setup = await stripe.checkout.sessions.create({ mode: 'setup', customer: customer.id, currency: 'usd', success_url: 'https://example.com/ok' });
  await control.post(`/checkout/${setup.id}/pay`, { card: '5555555555554444' });
  const once = await stripe.prices.create({ currency: 'usd', unit_amount: 900, product_data: { name: 'Extra' } });
  const single = await stripe.checkout.sessions.create({ mode: 'payment', customer: customer.id, line_items: [{ price: once.id, quantity: 2 }], success_url: 'https://example.com/ok' });
  await control.post(`/checkout/${single.id}/pay`, { card: '4242424242424242' });
  const open = await stripe.checkout.sessions.create({ mode: 'payment', customer: customer.id, line_items: [{ price: once.id, quantity: 1 }], success_url: 'https://example.com/ok' });
  await stripe.checkout.sessions.expire(open.id);
  const subscription = await stripe.subscriptions.retrieve(paid.subscription as string);
  const item = subscription.items.data[0]?.id ?? '';
  await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: max.id }], proration_behavior: 'create_prorations' });
  await advance(stripe, clockId, subscription.created + 40 * 86_400);
  await control.post(`/customers/${customer.id}/card`, { card: '4000000000009995' });
  await advance(stripe, clockId, subscription.created + 70 * 86_400);
  await stripe.subscriptions.update(subscription.id, { items: [{ id: item, quantity: 2 }], proration_behavior: 'always_invoice', payment_behavior: 'pending_if_incomplete' });
  await control.post(`/customers/${customer.id}/card`, { card: '4242424242424242' });
  for (const invoice of (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data) await stripe.invoices.pay(invoice.id ?? '');
  const charge = (await stripe.charges.list({ customer: customer.id, limit: 100 })).data.find((row) => row.status === 'succeeded' && row.amount > 2000);
  await stripe.refunds.create({ charge: charge?.id ?? '', amount: 100 });
  const dispute = await control.post('/disputes', { charge: charge?.id });
  await control.post(`/disputes/${String(dispute.dispute.id)}/close`, { status: 'won' });
  const bill = await stripe.invoices.create({ customer: customer.id });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: bill.id ?? '', amount: 700, currency: 'usd', description: 'By hand' });
  await stripe.invoices.finalizeInvoice(bill.id ?? '');
  await stripe.invoices.pay(bill.id ?? '', { paid_out_of_band: true });
  const note = await stripe.invoices.create({ customer: customer.id });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: note.id ?? '', amount: 800, currency: 'usd' });
  await stripe.invoices.pay((await stripe.invoices.finalizeInvoice(note.id ?? '')).id ?? '');
  await stripe.creditNotes.create({ invoice: note.id ?? '', amount: 300, refund_amount: 300, reason: 'order_change' });
  const bad = await stripe.invoices.create({ customer: customer.id });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: bad.id ?? '', amount: 600, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(bad.id ?? '');
  await stripe.invoices.markUncollectible(bad.id ?? '');
  await stripe.billingPortal.sessions.create({ customer: customer.id, return_url: 'https://example.com' });
  await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } } });
  await stripe.subscriptions.pause(subscription.id);
  await stripe.subscriptions.resume(subscription.id);
  await stripe.setupIntents.create({ customer: customer.id, payment_method: 'pm_card_authenticationRequiredOnSetup', confirm: true, return_url: 'https://example.com' });
  const second = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }], trial_period_days: 20 });
  await stripe.subscriptions.cancel(second.id, { invoice_now: true, prorate: true });
  await goesWrong(pro.id, max.id);
}, 60_000);
afterAll(() => close());

const lists = [
  '/v1/customers?test_clock=CLOCK', '/v1/products', '/v1/prices', '/v1/coupons', '/v1/promotion_codes', '/v1/checkout/sessions', '/v1/setup_intents?customer=CUS', '/v1/payment_intents', '/v1/payment_methods?customer=CUS',
  '/v1/charges', '/v1/subscriptions?customer=CUS&status=all', '/v1/invoices?customer=CUS', '/v1/invoiceitems', '/v1/invoice_payments', '/v1/refunds', '/v1/credit_notes', '/v1/balance_transactions', '/v1/disputes',
  '/v1/subscription_schedules?customer=UNLUCKY', '/v1/customers/UNLUCKY/balance_transactions', '/v1/payment_methods?customer=UNLUCKY', '/v1/invoices?customer=UNLUCKY', '/v1/subscriptions?customer=UNLUCKY&status=all', '/v1/setup_intents?customer=UNLUCKY',
  '/v1/billing_portal/configurations', '/v1/webhook_endpoints', '/v1/test_helpers/test_clocks', '/v1/customers/CUS/balance_transactions', '/v1/events',
];
it.each(lists)('answers %s in the version’s shape', async (path) => {
  const rows = await all(path.replace('UNLUCKY', unlucky).replace('CUS', customerId).replace('CLOCK', clockId));
  if (!path.includes('balance_transactions')) expect(rows.length).toBeGreaterThan(0);
  expect([...new Set(rows.flatMap((row) => misfits(row)).map((text) => text.replaceAll(/\[\d+\]/g, '[]')))]).toEqual([]);
});

it('sends every event with an object of the version’s shape', async () => {
  const events = await all('/v1/events');
  const wrong = events.flatMap((event) => (event['type'] === 'invoice.upcoming' ? [] : misfits(event['data'].object as Doc).map((text) => `${String(event['type'])} ${text}`)));
  expect([...new Set(wrong)]).toEqual([]);
});

it('answers a mandate, a payment and a credit of the customer alone', async () => {
  const payment = (await all(`/v1/invoice_payments`)).at(-1)?.['id'] as string;
  const credit = (await all(`/v1/customers/${unlucky}/balance_transactions`)).at(-1)?.['id'] as string;
  for (const path of [`/v1/mandates/${mandate}`, `/v1/invoice_payments/${payment}`, `/v1/customers/${unlucky}/balance_transactions/${credit}`]) expect(misfits(await raw(path))).toEqual([]);
});

it('leaves behind every event of money that goes wrong', async () => {
  const seen = new Set((await all('/v1/events')).map((event) => event['type'] as string));
  const wanted = [
    'charge.pending', 'charge.failed', 'charge.dispute.created', 'charge.dispute.funds_withdrawn', 'charge.dispute.funds_reinstated', 'charge.dispute.closed', 'charge.refunded', 'refund.created', 'refund.failed',
    'payment_intent.processing', 'payment_intent.payment_failed', 'invoice.payment_failed', 'invoice.overpaid', 'invoice.voided', 'invoice.marked_uncollectible', 'invoice_payment.paid', 'credit_note.created', 'credit_note.voided',
    'subscription_schedule.created', 'subscription_schedule.updated', 'subscription_schedule.released', 'subscription_schedule.canceled', 'subscription_schedule.completed', 'subscription_schedule.expiring',
    'customer.subscription.pending_update_applied', 'customer.subscription.paused', 'customer.subscription.resumed', 'customer.subscription.deleted',
  ];
  expect(wanted.filter((type) => !seen.has(type))).toEqual([]);
});

it('fits with everything expanded', async () => {
  const paths = [
    `/v1/customers/${customerId}?expand[]=subscriptions&expand[]=invoice_settings.default_payment_method&expand[]=tax_ids`,
    ...(await all(`/v1/invoices?customer=${customerId}`)).map((row) => `/v1/invoices/${String(row['id'])}?expand[]=payments&expand[]=customer&expand[]=discounts&expand[]=parent.subscription_details.subscription&expand[]=confirmation_secret`),
    ...(await all('/v1/checkout/sessions')).map((row) => `/v1/checkout/sessions/${String(row['id'])}?expand[]=line_items&expand[]=subscription.latest_invoice&expand[]=customer`),
    ...(await all(`/v1/subscription_schedules?customer=${unlucky}`)).map((row) => `/v1/subscription_schedules/${String(row['id'])}?expand[]=customer&expand[]=subscription&expand[]=phases.items.price`),
    ...(await all('/v1/disputes')).map((row) => `/v1/disputes/${String(row['id'])}?expand[]=charge&expand[]=payment_intent`),
    ...(await all('/v1/charges')).map((row) => `/v1/charges/${String(row['id'])}?expand[]=refunds&expand[]=balance_transaction&expand[]=payment_intent`),
  ];
  const wrong = [];
  for (const path of paths) wrong.push(...misfits(await raw(path)).map((text) => text.replaceAll(/\[\d+\]/g, '[]')));
  expect([...new Set(wrong)]).toEqual([]);
});

it('previews in the shape of an invoice', async () => {
  const subscription = (await stripe.subscriptions.list({ customer: customerId })).data[0];
  const preview = await stripe.invoices.createPreview({ subscription: subscription?.id ?? '' });
  const { lastResponse: _response, ...doc } = preview as unknown as Doc;
  void _response;
  expect(misfits(JSON.parse(JSON.stringify(doc)) as Doc)).toEqual([]);
});
