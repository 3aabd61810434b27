import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contract, monthly, refusal } from './contract.js';
import { type Control, freshEmulator } from './under-test.js';

const urls = { success_url: 'https://example.com/ok?session={CHECKOUT_SESSION_ID}', cancel_url: 'https://example.com/back' };

contract('checkout sessions', (stripe) => {
  it('makes, lists, finds and expires a session', async () => {
    const price = await monthly(stripe(), 2900);
    const customer = await stripe().customers.create({});
    const expires_at = Math.floor(Date.now() / 1000) + 1860;
    const made = await stripe().checkout.sessions.create({ mode: 'subscription', customer: customer.id, line_items: [{ price: price.id, quantity: 2 }], ...urls, client_reference_id: 'ref_1', metadata: { customer: 'c1' }, expires_at, subscription_data: { metadata: { customer: 'c1' } } });
    expect(made).toMatchObject({ status: 'open', payment_status: 'unpaid', mode: 'subscription', amount_total: 5800, currency: 'usd', client_reference_id: 'ref_1', metadata: { customer: 'c1' }, expires_at });
    expect(made.id).toMatch(/^cs_test_/);
    expect(made.url).toMatch(/^http/);
    const items = await stripe().checkout.sessions.listLineItems(made.id);
    expect(items.data[0]).toMatchObject({ quantity: 2, amount_total: 5800, price: { id: price.id } });
    expect((await stripe().checkout.sessions.list({ customer: customer.id })).data.map((row) => row.id)).toEqual([made.id]);
    expect(await stripe().checkout.sessions.expire(made.id)).toMatchObject({ status: 'expired', url: null });
    expect(await refusal(stripe().checkout.sessions.expire(made.id))).toMatchObject({ statusCode: 400 });
  });

  it('shows a trial as nothing due today', async () => {
    const price = await monthly(stripe(), 2900);
    const made = await stripe().checkout.sessions.create({ mode: 'subscription', line_items: [{ price: price.id, quantity: 1 }], ...urls, subscription_data: { trial_period_days: 2 } });
    expect(made.amount_total).toBe(0);
  });

  it('refuses what the version refuses', async () => {
    const price = await monthly(stripe(), 2900);
    const line_items = [{ price: price.id, quantity: 1 }];
    const make = (params: Record<string, unknown>): Promise<unknown> => stripe().checkout.sessions.create({ mode: 'subscription', line_items, ...urls, ...params } as Stripe.Checkout.SessionCreateParams);
    expect(await refusal(make({ payment_method_types: ['card'] }))).toMatchObject({ code: 'parameter_unknown', param: 'payment_method_types' });
    expect(await refusal(make({ mode: 'payment' }))).toMatchObject({ statusCode: 400 });
    expect(await refusal(make({ expires_at: Math.floor(Date.now() / 1000) + 60 }))).toMatchObject({ param: 'expires_at' });
    expect(await refusal(make({ success_url: 'not a url' }))).toMatchObject({ statusCode: 400 });
    expect(await refusal(make({ line_items: [{ price: price.id }] }))).toMatchObject({ statusCode: 400 });
    expect(await refusal(make({ customer: 'cus_nobody' }))).toMatchObject({ code: 'resource_missing', param: 'customer' });
  });
});

describe('the pay page', { timeout: 30_000 }, () => {
  let stripe: Stripe;
  let control: Control;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ stripe, control, close } = await freshEmulator());
  });
  afterAll(() => close());

  const open = async (extra: Partial<Stripe.Checkout.SessionCreateParams> = {}): Promise<Stripe.Checkout.Session> => {
    const price = await monthly(stripe, 2900);
    const customer = await stripe.customers.create({ email: 'ada@example.com' });
    return stripe.checkout.sessions.create({ mode: 'subscription', customer: customer.id, line_items: [{ price: price.id, quantity: 1 }], ...urls, subscription_data: { metadata: { clawkeep: 'yes' } }, ...extra });
  };
  const submit = (url: string, fields: Record<string, string>): Promise<Response> => fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const card = { card: '4242 4242 4242 4242', expiry: '12/34', cvc: '123', name: 'Ada' };

  it('is a plain form that takes the money and goes back', async () => {
    const session = await open();
    const html = await (await fetch(session.url ?? '')).text();
    for (const label of ['Card number', 'Expiry (MM/YY)', 'Security code', 'Name on card']) expect(html).toContain(label);
    const answer = await submit(session.url ?? '', card);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `https://example.com/ok?session=${session.id}`]);
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription', 'invoice'] });
    expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', url: null });
    const subscription = done.subscription as Stripe.Subscription;
    expect(subscription).toMatchObject({ status: 'active', metadata: { clawkeep: 'yes' } });
    expect(subscription.default_payment_method).toMatch(/^pm_/);
    expect((done.invoice as Stripe.Invoice).status).toBe('paid');
    expect((await submit(session.url ?? `http://x`, card).catch(() => ({ status: 0 }))).status).not.toBe(303);
  });

  it('keeps the session open after a decline', async () => {
    const session = await open();
    const declined = await submit(session.url ?? '', { ...card, card: '4000000000009995' });
    expect([declined.status, (await declined.text()).includes('insufficient funds')]).toEqual([402, true]);
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
    expect((await stripe.subscriptions.list({ customer: session.customer as string, status: 'all' })).data).toEqual([]);
    expect((await submit(session.url ?? '', card)).status).toBe(303);
  });

  it('asks the bank where the card wants it', async () => {
    const session = await open();
    const asked = await submit(session.url ?? '', { ...card, card: '4000002500003155' });
    const bank = new URL(asked.headers.get('location') ?? '', session.url ?? '').toString();
    expect(await (await fetch(bank)).text()).toContain('bank');
    expect((await submit(bank, { answer: 'fail' })).status).toBe(402);
    await submit(session.url ?? '', { ...card, card: '4000002500003155' });
    expect((await submit(bank, { answer: 'pass' })).status).toBe(303);
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('complete');
  });

  it('takes a trial without charging, and a promotion code', async () => {
    const trial = await open({ subscription_data: { trial_period_days: 2 } });
    expect(await control.post(`/checkout/${trial.id}/pay`, { card: card.card })).toMatchObject({ status: 'complete' });
    const started = await stripe.checkout.sessions.retrieve(trial.id, { expand: ['subscription'] });
    expect([started.payment_status, (started.subscription as Stripe.Subscription).status]).toEqual(['no_payment_required', 'trialing']);
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'HALF' });
    const half = await open({ allow_promotion_codes: true });
    await control.post(`/checkout/${half.id}/pay`, { card: card.card, promotionCode: 'half' });
    expect((await stripe.checkout.sessions.retrieve(half.id)).amount_total).toBe(1450);
    expect((await stripe.charges.list({ customer: half.customer as string })).data.map((row) => row.amount)).toEqual([1450]);
  });

  it('makes the customer when none was named', async () => {
    const price = await monthly(stripe, 2900);
    const session = await stripe.checkout.sessions.create({ mode: 'subscription', line_items: [{ price: price.id, quantity: 1 }], ...urls });
    await submit(session.url ?? '', { ...card, email: 'new@example.com' });
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['customer'] });
    expect((done.customer as Stripe.Customer).email).toBe('new@example.com');
  });

  it('escapes what people typed', async () => {
    const product = await stripe.products.create({ name: '<script>alert(1)</script>' });
    const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 900, recurring: { interval: 'month' } });
    const session = await stripe.checkout.sessions.create({ mode: 'subscription', line_items: [{ price: price.id, quantity: 1 }], ...urls });
    expect(await (await fetch(session.url ?? '')).text()).not.toContain('<script>');
  });

  it('shows the portal: cancel, keep, change the card, invoices', async () => {
    const session = await open();
    await control.post(`/checkout/${session.id}/pay`, { card: card.card });
    const customer = session.customer as string;
    const portal = await stripe.billingPortal.sessions.create({ customer, return_url: 'https://example.com/billing' });
    const subscription = (await stripe.subscriptions.list({ customer })).data[0]?.id ?? '';
    expect(await (await fetch(portal.url)).text()).toContain('Cancel at the end of the period');
    await submit(portal.url, { action: 'cancel', subscription });
    expect((await stripe.subscriptions.retrieve(subscription)).cancel_at_period_end).toBe(true);
    await submit(portal.url, { action: 'resume', subscription });
    expect((await stripe.subscriptions.retrieve(subscription)).cancel_at_period_end).toBe(false);
    await submit(portal.url, { ...card, action: 'card', card: '5555555555554444' });
    const after = (await stripe.customers.retrieve(customer, { expand: ['invoice_settings.default_payment_method'] })) as Stripe.Customer;
    expect((after.invoice_settings.default_payment_method as Stripe.PaymentMethod).card?.last4).toBe('4444');
    const html = await (await fetch(portal.url)).text();
    const page = /href="(\/i\/[^"]+)"/.exec(html)?.[1] ?? '';
    expect(await (await fetch(new URL(page, portal.url))).text()).toContain('Invoice');
    const bill = (await stripe.invoices.list({ customer })).data[0];
    expect((await (await fetch(bill?.invoice_pdf ?? '')).text()).startsWith('%PDF-1.4')).toBe(true);
    const charge = (await stripe.charges.list({ customer })).data[0];
    expect(await (await fetch(charge?.receipt_url ?? '')).text()).toContain('$29.00');
  });

  it('refuses a card that is over, a number that is none, and pays an open invoice on its page', async () => {
    const session = await open();
    expect(await (await submit(session.url ?? '', { ...card, expiry: '01/20' })).text()).toContain('expiration year');
    expect(await (await submit(session.url ?? '', { ...card, card: '4242424242424241' })).text()).toContain('card number is incorrect');
    const customer = session.customer as string;
    const made = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ customer, invoice: made.id ?? '', amount: 1200, currency: 'usd' });
    const bill = await stripe.invoices.finalizeInvoice(made.id ?? '');
    expect((await submit(bill.hosted_invoice_url ?? '', { ...card, card: '4000000000009995' })).status).toBe(402);
    expect((await submit(bill.hosted_invoice_url ?? '', card)).status).toBe(303);
    expect((await stripe.invoices.retrieve(bill.id ?? '')).status).toBe('paid');
  });
});
