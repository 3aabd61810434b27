import type Stripe from 'stripe';
import { expect, it } from 'vitest';
import { clocked, contract, monthly, refusal } from './contract.js';
import { advance, at } from './under-test.js';

const end = (subscription: Stripe.Subscription): number => subscription.items.data[0]?.current_period_end ?? 0;

contract('subscriptions', (stripe) => {
  it('renews on the anchor day, clamped to short months: 31 Jan → 28 Feb → 31 Mar', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-01-31T10:00:00Z'));
    const price = await monthly(stripe(), 2000);
    const created = await stripe().subscriptions.create({ customer, items: [{ price: price.id }] });
    expect(created).toMatchObject({ status: 'active', billing_mode: { type: 'flexible' } });
    expect(end(created)).toBe(at('2027-02-28T10:00:00Z'));
    await advance(stripe(), clock, at('2027-03-01T00:00:00Z'));
    expect(end(await stripe().subscriptions.retrieve(created.id))).toBe(at('2027-03-31T10:00:00Z'));
    await advance(stripe(), clock, at('2027-04-30T12:00:00Z'));
    const later = await stripe().subscriptions.retrieve(created.id, { expand: ['latest_invoice.payments'] });
    expect(end(later)).toBe(at('2027-05-31T10:00:00Z'));
    const invoices = await stripe().invoices.list({ customer });
    expect(invoices.data.map((invoice) => [invoice.status, invoice.amount_paid])).toEqual([['paid', 2000], ['paid', 2000], ['paid', 2000], ['paid', 2000]]);
    const latest = later.latest_invoice as Stripe.Invoice;
    expect(latest.parent?.subscription_details?.subscription).toBe(created.id);
    expect(latest.payments?.data[0]?.status).toBe('paid');
    expect(latest.lines.data[0]?.pricing?.price_details?.price).toBe(price.id);
    expect(latest.created).toBe(at('2027-04-30T10:00:00Z'));
    expect(latest.status_transitions.finalized_at).toBe(at('2027-04-30T11:00:00Z'));
  });

  it('bills every three months and every year', async () => {
    const { customer } = await clocked(stripe(), at('2027-11-30T10:00:00Z'));
    const quarter = await monthly(stripe(), 7500, { interval: 'month', interval_count: 3 });
    const year = await monthly(stripe(), 29900, { interval: 'year' });
    const first = await stripe().subscriptions.create({ customer, items: [{ price: quarter.id }] });
    const second = await stripe().subscriptions.create({ customer, items: [{ price: year.id }] });
    expect([end(first), end(second)]).toEqual([at('2028-02-29T10:00:00Z'), at('2028-11-30T10:00:00Z')]);
  });

  it('runs a trial: announced, active before the money, then paid', async () => {
    const start = at('2027-03-01T09:00:00Z');
    const { customer, clock } = await clocked(stripe(), start);
    const price = await monthly(stripe(), 2900);
    const created = await stripe().subscriptions.create({ customer, items: [{ price: price.id }], trial_period_days: 10, metadata: { plan: 'pro' } });
    expect(created).toMatchObject({ status: 'trialing', trial_end: start + 10 * 86_400, metadata: { plan: 'pro' } });
    const first = await stripe().invoices.retrieve(created.latest_invoice as string);
    expect(first).toMatchObject({ status: 'paid', total: 0, billing_reason: 'subscription_create' });
    await advance(stripe(), clock, start + 10 * 86_400 + 60);
    const begun = await stripe().subscriptions.retrieve(created.id, { expand: ['latest_invoice'] });
    expect(begun.status).toBe('active');
    expect((begun.latest_invoice as Stripe.Invoice).status).toBe('draft');
    await advance(stripe(), clock, start + 10 * 86_400 + 7200);
    expect(await stripe().invoices.retrieve((begun.latest_invoice as Stripe.Invoice).id ?? '')).toMatchObject({ status: 'paid', amount_paid: 2900 });
  });

  it('ends or pauses a trial without a card as told', async () => {
    const start = at('2027-03-01T09:00:00Z');
    const price = await monthly(stripe(), 2900);
    const { customer, clock } = await clocked(stripe(), start, null);
    const make = (missing_payment_method: 'cancel' | 'pause'): Promise<Stripe.Subscription> => stripe().subscriptions.create({ customer, items: [{ price: price.id }], trial_period_days: 5, trial_settings: { end_behavior: { missing_payment_method } } });
    const [canceled, paused] = [await make('cancel'), await make('pause')];
    await advance(stripe(), clock, start + 6 * 86_400);
    expect((await stripe().subscriptions.retrieve(canceled.id)).status).toBe('canceled');
    const waiting = await stripe().subscriptions.retrieve(paused.id);
    expect(waiting.status).toBe('paused');
    expect(waiting.status_details?.paused.subscription.type).toBe('trial_end_without_payment_method');
    const method = await stripe().paymentMethods.attach('pm_card_visa', { customer });
    await stripe().customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
    expect((await stripe().subscriptions.resume(paused.id, { payment_behavior: 'resume_on_payment_success' })).status).toBe('active');
  });

  it('turns past_due when a renewal fails, and active again when the invoice is paid', async () => {
    const start = at('2027-02-01T10:00:00Z');
    const { customer, clock } = await clocked(stripe(), start);
    const price = await monthly(stripe(), 2000);
    const { id } = await stripe().subscriptions.create({ customer, items: [{ price: price.id }] });
    const bad = await stripe().paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe().customers.update(customer, { invoice_settings: { default_payment_method: bad.id } });
    await advance(stripe(), clock, at('2027-03-01T12:00:00Z'));
    const late = await stripe().subscriptions.retrieve(id, { expand: ['latest_invoice.payments.data.payment.payment_intent'] });
    const invoice = late.latest_invoice as Stripe.Invoice;
    expect(late.status).toBe('past_due');
    expect(invoice).toMatchObject({ status: 'open', attempted: true, attempt_count: 1, amount_remaining: 2000, billing_reason: 'subscription_cycle' });
    const intent = invoice.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect(intent.last_payment_error).toMatchObject({ code: 'card_declined', decline_code: 'generic_decline' });
    expect(await refusal(stripe().invoices.pay(invoice.id ?? ''))).toMatchObject({ statusCode: 402, code: 'card_declined' });
    const good = await stripe().paymentMethods.attach('pm_card_visa', { customer });
    const paid = await stripe().invoices.pay(invoice.id ?? '', { payment_method: good.id });
    expect(paid).toMatchObject({ status: 'paid', amount_remaining: 0, attempt_count: 1 });
    expect((await stripe().subscriptions.retrieve(id)).status).toBe('active');
    expect(await refusal(stripe().invoices.voidInvoice(invoice.id ?? ''))).toMatchObject({ statusCode: 400 });
    expect((await refusal(stripe().invoices.pay(invoice.id ?? ''))).message).toContain('already paid');
  });

  it('previews an upgrade to the cent and charges exactly that', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const [pro, max] = [await monthly(stripe(), 2000), await monthly(stripe(), 5000)];
    const made = await stripe().subscriptions.create({ customer, items: [{ price: pro.id }] });
    const item = made.items.data[0]?.id ?? '';
    await advance(stripe(), clock, at('2027-04-16T00:00:00Z'));
    const proration_date = at('2027-04-16T00:00:00Z');
    const preview = await stripe().invoices.createPreview({ subscription: made.id, subscription_details: { items: [{ id: item, price: max.id }], proration_behavior: 'always_invoice', proration_date } });
    expect([preview.lines.data.map((line) => line.amount).sort((a, b) => a - b), preview.total]).toEqual([[-1000, 2500], 1500]);
    const updated = await stripe().subscriptions.update(made.id, { items: [{ id: item, price: max.id }], proration_behavior: 'always_invoice', proration_date, payment_behavior: 'pending_if_incomplete', expand: ['latest_invoice'] });
    expect(updated.items.data[0]?.price.id).toBe(max.id);
    expect(updated.latest_invoice).toMatchObject({ status: 'paid', amount_paid: 1500, billing_reason: 'subscription_update' });
    expect(end(updated)).toBe(at('2027-05-01T00:00:00Z'));
  });

  it('keeps the plan when an upgrade is not paid: pending_update, then void', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const [pro, max] = [await monthly(stripe(), 2000), await monthly(stripe(), 5000)];
    const made = await stripe().subscriptions.create({ customer, items: [{ price: pro.id }] });
    const bad = await stripe().paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe().subscriptions.update(made.id, { default_payment_method: bad.id });
    const tried = await stripe().subscriptions.update(made.id, { items: [{ id: made.items.data[0]?.id ?? '', price: max.id }], proration_behavior: 'always_invoice', payment_behavior: 'pending_if_incomplete' });
    expect(tried.status).toBe('active');
    expect(tried.items.data[0]?.price.id).toBe(pro.id);
    expect(tried.pending_update?.subscription_items?.[0]?.price.id).toBe(max.id);
    await advance(stripe(), clock, (tried.pending_update?.expires_at ?? 0) + 60);
    const after = await stripe().subscriptions.retrieve(made.id);
    expect(after.pending_update).toBeNull();
    expect(after.items.data[0]?.price.id).toBe(pro.id);
    expect((await stripe().invoices.retrieve(tried.latest_invoice as string)).status).toBe('void');
  });

  it('gives a downgrade as credit on the next invoice', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const [pro, max] = [await monthly(stripe(), 2000), await monthly(stripe(), 5000)];
    const made = await stripe().subscriptions.create({ customer, items: [{ price: max.id }] });
    await advance(stripe(), clock, at('2027-04-16T00:00:00Z'));
    await stripe().subscriptions.update(made.id, { items: [{ id: made.items.data[0]?.id ?? '', price: pro.id }] });
    expect((await stripe().invoiceItems.list({ customer, pending: true })).data.map((item) => item.amount).sort((a, b) => a - b)).toEqual([-2500, 1000]);
    await advance(stripe(), clock, at('2027-05-01T02:00:00Z'));
    const renewal = (await stripe().invoices.list({ customer, limit: 1 })).data[0];
    expect(renewal).toMatchObject({ status: 'paid', total: 500, billing_reason: 'subscription_cycle' });
  });

  it('cancels at the period end, takes it back, and cancels for good', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const price = await monthly(stripe(), 2000);
    const made = await stripe().subscriptions.create({ customer, items: [{ price: price.id }] });
    const leaving = await stripe().subscriptions.update(made.id, { cancel_at_period_end: true });
    expect(leaving).toMatchObject({ cancel_at_period_end: true, cancel_at: end(made), status: 'active' });
    expect(await stripe().subscriptions.update(made.id, { cancel_at_period_end: false })).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
    await stripe().subscriptions.update(made.id, { cancel_at_period_end: true });
    await advance(stripe(), clock, end(made) + 7200);
    expect(await stripe().subscriptions.retrieve(made.id)).toMatchObject({ status: 'canceled', ended_at: end(made) });
    expect((await stripe().invoices.list({ customer })).data).toHaveLength(1);
    expect(await refusal(stripe().subscriptions.cancel(made.id))).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    expect((await stripe().subscriptions.list({ customer })).data).toEqual([]);
    expect((await stripe().subscriptions.list({ customer, status: 'all' })).data).toHaveLength(1);
  });

  it('treats the first payment as payment_behavior says', async () => {
    const price = await monthly(stripe(), 2000);
    const { customer } = await clocked(stripe(), at('2027-04-01T00:00:00Z'), 'pm_card_chargeCustomerFail');
    const items = [{ price: price.id }];
    expect((await stripe().subscriptions.create({ customer, items })).status).toBe('incomplete');
    expect(await refusal(stripe().subscriptions.create({ customer, items, payment_behavior: 'error_if_incomplete' }))).toMatchObject({ statusCode: 402, code: 'card_declined' });
    expect((await stripe().subscriptions.list({ customer, status: 'all' })).data).toHaveLength(1);
    const waiting = await stripe().subscriptions.create({ customer, items, payment_behavior: 'default_incomplete', expand: ['latest_invoice.confirmation_secret'] });
    expect(waiting.status).toBe('incomplete');
    expect((waiting.latest_invoice as Stripe.Invoice).confirmation_secret?.client_secret).toMatch(/_secret_/);
    const nobody = await clocked(stripe(), at('2027-04-01T00:00:00Z'), null);
    expect(await refusal(stripe().subscriptions.create({ customer: nobody.customer, items }))).toMatchObject({ statusCode: 400, code: 'resource_missing' });
  });

  it('takes coupons off: once, and for ever', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const price = await monthly(stripe(), 2000);
    const half = await stripe().coupons.create({ percent_off: 50, duration: 'once' });
    const five = await stripe().coupons.create({ amount_off: 500, currency: 'usd', duration: 'forever' });
    const code = await stripe().promotionCodes.create({ promotion: { type: 'coupon', coupon: five.id } });
    const made = await stripe().subscriptions.create({ customer, items: [{ price: price.id }], discounts: [{ coupon: half.id }, { promotion_code: code.id }], expand: ['latest_invoice'] });
    expect((made.latest_invoice as Stripe.Invoice).total).toBe(500);
    await advance(stripe(), clock, at('2027-05-01T02:00:00Z'));
    expect((await stripe().invoices.list({ customer, limit: 1 })).data[0]?.total).toBe(1500);
  });

  it('hides objects on test clocks from lists that do not name them', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    expect((await stripe().customers.list({ limit: 100 })).data.some((row) => row.id === customer)).toBe(false);
    expect((await stripe().customers.list({ test_clock: clock })).data.map((row) => row.id)).toEqual([customer]);
  });

  it('advances at most two intervals of the shortest subscription', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const price = await monthly(stripe(), 2000);
    await stripe().subscriptions.create({ customer, items: [{ price: price.id }] });
    expect(await refusal(stripe().testHelpers.testClocks.advance(clock, { frozen_time: at('2027-06-02T00:00:00Z') }))).toMatchObject({ statusCode: 400 });
    expect(await refusal(stripe().testHelpers.testClocks.advance(clock, { frozen_time: at('2027-03-01T00:00:00Z') }))).toMatchObject({ statusCode: 400 });
  });

  it('pauses and resumes', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const price = await monthly(stripe(), 2000);
    const made = await stripe().subscriptions.create({ customer, items: [{ price: price.id }] });
    const paused = await stripe().subscriptions.pause(made.id);
    expect(paused.status).toBe('paused');
    expect(paused.status_details?.paused.subscription.type).toBe('pause_requested');
    await advance(stripe(), clock, at('2027-05-20T00:00:00Z'));
    expect((await stripe().invoices.list({ customer })).data).toHaveLength(1);
    const resumed = await stripe().subscriptions.resume(made.id, { billing_cycle_anchor: { type: 'now' } });
    expect([resumed.status, end(resumed)]).toEqual(['active', at('2027-06-20T00:00:00Z')]);
  });
});
