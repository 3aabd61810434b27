import type Stripe from 'stripe';
import { afterEach, describe, expect, it } from 'vitest';
import { clocked, monthly, refusal } from './contract.js';
import { advance, at, type Control, freshEmulator, until } from './under-test.js';

/** What only the emulator's settings and control API can bring about. */
describe('the billing engine', { timeout: 30_000 }, () => {
  let close: () => Promise<void> = async () => undefined;
  afterEach(() => close());
  const fresh = async (options: Parameters<typeof freshEmulator>[0] = {}): Promise<{ stripe: Stripe; control: Control }> => {
    const made = await freshEmulator(options);
    close = made.close;
    return made;
  };
  const failing = async (stripe: Stripe, control: Control, card: string): Promise<{ customer: string; clock: string; subscription: string }> => {
    const { customer, clock } = await clocked(stripe, at('2027-02-01T10:00:00Z'));
    const made = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }] });
    await control.post(`/customers/${customer}/card`, { card });
    await control.post(`/clocks/${clock}/advance`, { to: '2027-03-01T11:30:00Z' });
    return { customer, clock, subscription: made.id };
  };
  const attempts = async (stripe: Stripe, customer: string): Promise<number> => (await stripe.charges.list({ customer, limit: 100 })).data.filter((charge) => charge.status === 'failed').length;
  const latest = async (stripe: Stripe, customer: string): Promise<Stripe.Invoice> => {
    const [invoice] = (await stripe.invoices.list({ customer, limit: 1 })).data;
    if (!invoice) throw new Error('no invoice');
    return invoice;
  };

  it('tries once and stops when retries are off', async () => {
    const { stripe, control } = await fresh();
    const { customer, clock, subscription } = await failing(stripe, control, '4000000000009995');
    expect(await latest(stripe, customer)).toMatchObject({ status: 'open', attempt_count: 1, next_payment_attempt: null });
    await control.post(`/clocks/${clock}/advance`, { to: '2027-03-28T00:00:00Z' });
    expect([await attempts(stripe, customer), (await stripe.subscriptions.retrieve(subscription)).status]).toEqual([1, 'past_due']);
    expect(((await stripe.customers.retrieve(customer)) as Stripe.Customer).delinquent).toBe(true);
  });

  it('retries eight times in two weeks with smart retries, and leaves it past due', async () => {
    const { stripe, control } = await fresh({ retries: 'smart' });
    const { customer, clock, subscription } = await failing(stripe, control, '4000000000009995');
    expect((await latest(stripe, customer)).next_payment_attempt).toBe(at('2027-03-02T11:00:00Z'));
    await control.post(`/clocks/${clock}/advance`, { to: '2027-03-20T00:00:00Z' });
    expect([await attempts(stripe, customer), (await latest(stripe, customer)).attempt_count, (await latest(stripe, customer)).next_payment_attempt]).toEqual([9, 9, null]);
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe('past_due');
  });

  it('counts but does not charge after a hard decline, until a new card comes', async () => {
    const { stripe, control } = await fresh({ retries: 'smart' });
    const { customer, clock, subscription } = await failing(stripe, control, '4000000000009979');
    await control.post(`/clocks/${clock}/advance`, { to: '2027-03-06T00:00:00Z' });
    expect([await attempts(stripe, customer), (await latest(stripe, customer)).attempt_count]).toEqual([1, 3]);
    await control.post(`/customers/${customer}/card`, { card: '4242424242424242' });
    await control.post(`/clocks/${clock}/advance`, { to: '2027-03-07T00:00:00Z' });
    expect([(await latest(stripe, customer)).status, (await stripe.subscriptions.retrieve(subscription)).status]).toEqual(['paid', 'active']);
  });

  it.each([['cancel', 'canceled'], ['unpaid', 'unpaid']] as const)('ends retries with %s', async (retryEnd, status) => {
    const { stripe, control } = await fresh({ retries: 'smart', retryEnd });
    const { clock, subscription } = await failing(stripe, control, '4000000000009995');
    await control.post(`/clocks/${clock}/advance`, { to: '2027-03-20T00:00:00Z' });
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe(status);
  });

  it('pays the card of the subscription before the customer’s', async () => {
    const { stripe, control } = await fresh();
    const { customer } = await failing(stripe, control, '4000000000000341');
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: good.id } });
    const invoice = await latest(stripe, customer);
    expect(await refusal(stripe.invoices.pay(invoice.id ?? ''))).toMatchObject({ code: 'card_declined' });
    expect((await stripe.invoices.pay(invoice.id ?? '', { payment_method: good.id })).status).toBe('paid');
  });

  it('stops collecting the open invoice of a canceled subscription, and can still void or be paid', async () => {
    const { stripe, control } = await fresh({ retries: 'smart' });
    const { customer, clock, subscription } = await failing(stripe, control, '4000000000009995');
    await stripe.subscriptions.cancel(subscription);
    await control.post(`/clocks/${clock}/advance`, { to: '2027-03-20T00:00:00Z' });
    const invoice = await latest(stripe, customer);
    expect([await attempts(stripe, customer), invoice.status, invoice.auto_advance]).toEqual([1, 'open', false]);
    expect((await stripe.invoices.voidInvoice(invoice.id ?? '')).status).toBe('void');
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe('canceled');
  });

  it('gives a new customer a clock of its own when asked to', async () => {
    const { stripe } = await fresh({ autoTestClock: true });
    const customer = await stripe.customers.create({});
    const clock = await stripe.testHelpers.testClocks.retrieve(customer.test_clock as string);
    expect(clock.status).toBe('ready');
    expect((await stripe.customers.list()).data).toEqual([]);
  });

  it('runs an incomplete subscription out after 23 hours', async () => {
    const { stripe } = await fresh();
    const { customer, clock } = await clocked(stripe, at('2027-04-01T00:00:00Z'), 'pm_card_chargeCustomerFail');
    const made = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }] });
    await advance(stripe, clock, at('2027-04-01T23:30:00Z'));
    expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('incomplete_expired');
    expect((await latest(stripe, customer)).status).toBe('void');
  });

  it('expires a session when its customer’s clock has passed its life', async () => {
    const { stripe } = await fresh();
    const { customer, clock } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    const session = await stripe.checkout.sessions.create({ mode: 'subscription', customer, line_items: [{ price: (await monthly(stripe, 2000)).id, quantity: 1 }], success_url: 'https://example.com', expires_at: Math.floor(Date.now() / 1000) + 3600 });
    await advance(stripe, clock, at('2027-04-01T00:50:00Z'));
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
    await advance(stripe, clock, at('2027-04-01T01:10:00Z'));
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('expired');
    expect((await stripe.events.list({ type: 'checkout.session.expired' })).data).toHaveLength(1);
  });

  it('refuses changes while a clock is on its way', async () => {
    const { stripe } = await fresh();
    const { customer, clock } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    const daily = await monthly(stripe, 10, { interval: 'day' });
    await stripe.subscriptions.create({ customer, items: [{ price: daily.id }] });
    const [, during] = await Promise.all([stripe.testHelpers.testClocks.advance(clock, { frozen_time: at('2027-04-03T00:00:00Z') }), refusal(stripe.customers.update(customer, { name: 'x' })).catch(() => undefined)]);
    if (during) expect(during).toMatchObject({ statusCode: 429, code: 'test_clock_advancement_underway' });
    await until('ready', async () => (await stripe.testHelpers.testClocks.retrieve(clock)).status === 'ready');
  });

  it('opens, wins and loses disputes with their money', async () => {
    const { stripe, control } = await fresh();
    const customer = await stripe.customers.create({});
    const pay = async (): Promise<string> => (await stripe.paymentIntents.create({ amount: 2000, currency: 'usd', customer: customer.id, payment_method: 'pm_card_visa', confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } })).latest_charge as string;
    const won = await control.post('/disputes', { charge: await pay() });
    await control.post(`/disputes/${String(won.dispute.id)}/close`, { status: 'won' });
    const charge = await pay();
    const lost = await control.post('/disputes', { charge });
    expect(await refusal(stripe.refunds.create({ charge }))).toMatchObject({ code: 'charge_disputed' });
    await control.post(`/disputes/${String(lost.dispute.id)}/close`, { status: 'lost' });
    expect((await stripe.disputes.list()).data.map((row) => row.status)).toEqual(['lost', 'won']);
    const sums = (await stripe.balanceTransactions.list({ type: 'adjustment' })).data.map((row) => row.amount);
    expect(sums).toEqual([-2000, 2000, -2000]);
  });

  it('fails a refund afterwards and gives the money back to the balance', async () => {
    const { stripe } = await fresh();
    const customer = await stripe.customers.create({});
    const intent = await stripe.paymentIntents.create({ amount: 2000, currency: 'usd', customer: customer.id, payment_method: 'pm_card_refundFail', confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
    const refund = await stripe.refunds.create({ payment_intent: intent.id });
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: 'failed', failure_reason: 'lost_or_stolen_card' });
    expect((await stripe.charges.retrieve(intent.latest_charge as string)).amount_refunded).toBe(0);
    expect((await stripe.events.list({ type: 'refund.failed' })).data).toHaveLength(1);
  });

  it('sends invoices by mail when told to collect so: due, not charged', async () => {
    const { stripe } = await fresh();
    const { customer } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    const made = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }], collection_method: 'send_invoice', days_until_due: 14, expand: ['latest_invoice'] });
    expect([made.status, (made.latest_invoice as Stripe.Invoice).status, (made.latest_invoice as Stripe.Invoice).due_date]).toEqual(['active', 'open', at('2027-04-15T00:00:00Z')]);
  });

  it('voids or keeps renewals while collection is paused', async () => {
    const { stripe } = await fresh();
    const { customer, clock } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    const made = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }] });
    await stripe.subscriptions.update(made.id, { pause_collection: { behavior: 'void' } });
    await advance(stripe, clock, at('2027-05-01T02:00:00Z'));
    expect((await latest(stripe, customer)).status).toBe('void');
    await stripe.subscriptions.update(made.id, { pause_collection: { behavior: 'keep_as_draft' } });
    await advance(stripe, clock, at('2027-06-01T02:00:00Z'));
    expect((await latest(stripe, customer)).status).toBe('draft');
  });

  it('ends a trial at once when told to, and charges', async () => {
    const { stripe } = await fresh();
    const { customer } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    const made = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }], trial_period_days: 10 });
    const begun = await stripe.subscriptions.update(made.id, { trial_end: 'now', expand: ['latest_invoice'] });
    expect([begun.status, (begun.latest_invoice as Stripe.Invoice).amount_paid, begun.items.data[0]?.current_period_end]).toEqual(['active', 2000, at('2027-05-01T00:00:00Z')]);
  });

  it('changes the interval at once: credit for what is left, a full new period from now', async () => {
    const { stripe } = await fresh();
    const { customer, clock } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    const [month, year] = [await monthly(stripe, 3000), await monthly(stripe, 29900, { interval: 'year' })];
    const made = await stripe.subscriptions.create({ customer, items: [{ price: month.id }] });
    await advance(stripe, clock, at('2027-04-11T00:00:00Z'));
    const changed = await stripe.subscriptions.update(made.id, { items: [{ id: made.items.data[0]?.id ?? '', price: year.id }], expand: ['latest_invoice'] });
    expect([(changed.latest_invoice as Stripe.Invoice).total, changed.items.data[0]?.current_period_end]).toEqual([29900 - 2000, at('2028-04-11T00:00:00Z')]);
  });
});
