import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clocked, monthly, refusal } from './contract.js';
import { at, type Control, freshEmulator } from './under-test.js';

/** Payments that take days: SEPA and ACH debits. */
describe('bank debits', { timeout: 30_000 }, () => {
  let stripe: Stripe;
  let control: Control;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ stripe, control, close } = await freshEmulator());
  });
  afterAll(() => close());

  const ach = async (customer: string, account_number: string): Promise<string> => {
    const method = await stripe.paymentMethods.create({ type: 'us_bank_account', us_bank_account: { account_number, routing_number: '110000000', account_holder_type: 'individual' }, billing_details: { name: 'Ada' } });
    await stripe.paymentMethods.attach(method.id, { customer });
    return method.id;
  };
  const renewing = async (account: string): Promise<{ customer: string; clock: string; id: string; to: (iso: string) => Promise<unknown>; invoice: () => Promise<Stripe.Invoice> }> => {
    const { customer, clock } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }] });
    await stripe.subscriptions.update(id, { default_payment_method: await ach(customer, account) });
    const to = (iso: string): Promise<unknown> => control.post(`/clocks/${clock}/advance`, { to: iso });
    const invoice = async (): Promise<Stripe.Invoice> => stripe.invoices.retrieve((await stripe.subscriptions.retrieve(id)).latest_invoice as string, { expand: ['payments.data.payment.payment_intent'] });
    await to('2027-05-01T02:00:00Z');
    return { customer, clock, id, to, invoice };
  };
  const types = async (customer: string): Promise<string[]> =>
    (await stripe.events.list({ limit: 100, types: ['charge.pending', 'charge.succeeded', 'charge.failed', 'payment_intent.processing', 'payment_intent.succeeded', 'payment_intent.payment_failed', 'invoice.paid', 'invoice.payment_failed'] })).data
      .filter((event) => (event.data.object as { customer?: string }).customer === customer)
      .map((event) => event.type)
      .reverse();

  it('keeps the invoice open and the subscription active until the money has come, five business days later', async () => {
    const { customer, id, to, invoice } = await renewing('000123456789');
    const open = await invoice();
    expect(open).toMatchObject({ status: 'open', attempted: true, attempt_count: 1, amount_remaining: 2000, next_payment_attempt: null });
    const intent = open.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect(intent.status).toBe('processing');
    expect(await stripe.charges.retrieve(intent.latest_charge as string)).toMatchObject({ status: 'pending', paid: false, balance_transaction: null, payment_method_details: { type: 'us_bank_account', us_bank_account: { last4: '6789' } } });
    expect(await refusal(stripe.invoices.pay(open.id ?? ''))).toMatchObject({ code: 'payment_intent_unexpected_state' });
    expect(await refusal(stripe.invoices.voidInvoice(open.id ?? ''))).toMatchObject({ code: 'payment_intent_unexpected_state' });
    await to('2027-05-06T23:00:00Z');
    expect([(await invoice()).status, (await stripe.subscriptions.retrieve(id)).status]).toEqual(['open', 'active']);
    await to('2027-05-08T00:00:00Z');
    expect(await invoice()).toMatchObject({ status: 'paid', amount_paid: 2000 });
    expect((await types(customer)).slice(-5)).toEqual(['charge.pending', 'payment_intent.processing', 'charge.succeeded', 'payment_intent.succeeded', 'invoice.paid']);
    expect((await stripe.balanceTransactions.list({ source: intent.latest_charge as string })).data[0]).toMatchObject({ type: 'payment', amount: 2000 });
  });

  it('turns past_due when the bank refuses days later', async () => {
    const { customer, id, to, invoice } = await renewing('000222222227');
    await to('2027-05-10T00:00:00Z');
    const failed = await invoice();
    expect([failed.status, (await stripe.subscriptions.retrieve(id)).status]).toEqual(['open', 'past_due']);
    const intent = failed.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect([intent.status, intent.last_payment_error?.code]).toEqual(['requires_payment_method', 'insufficient_funds']);
    expect((await types(customer)).slice(-3)).toEqual(['charge.failed', 'payment_intent.payment_failed', 'invoice.payment_failed']);
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    expect((await stripe.invoices.pay(failed.id ?? '', { payment_method: card.id })).status).toBe('paid');
  });

  it('waits for the control API where the account never answers by itself', async () => {
    const { to, invoice } = await renewing('000000000009');
    await to('2027-05-25T00:00:00Z');
    const intent = ((await invoice()).payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent).id;
    expect((await control.post(`/payment_intents/${intent}/settle`, { outcome: 'failed', code: 'account_closed' })).status).toBe('requires_payment_method');
    expect((await control.post(`/payment_intents/${intent}/settle`, { outcome: 'succeeded' })).code).toBe('payment_intent_unexpected_state');
  });

  it('debits an IBAN in euro only, under a mandate', async () => {
    const { id: customer } = await stripe.customers.create({});
    const method = await stripe.paymentMethods.create({ type: 'sepa_debit', sepa_debit: { iban: 'DE89 3704 0044 0532 0130 00' }, billing_details: { name: 'Ada', email: 'ada@example.com' } });
    expect(method.sepa_debit).toMatchObject({ country: 'DE', bank_code: '37040044', last4: '3000' });
    const pay = (currency: string): Promise<Stripe.PaymentIntent> => stripe.paymentIntents.create({ amount: 2000, currency, customer, payment_method: method.id, confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
    await stripe.paymentMethods.attach(method.id, { customer });
    expect(await refusal(pay('usd'))).toMatchObject({ statusCode: 402 });
    const intent = await pay('eur');
    const charge = await stripe.charges.retrieve(intent.latest_charge as string);
    const mandate = await stripe.mandates.retrieve(charge.payment_method_details?.sepa_debit?.mandate ?? '');
    expect([intent.status, mandate.status, mandate.payment_method]).toEqual(['processing', 'active', method.id]);
    expect(await refusal(stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({ statusCode: 400 });
    expect(await refusal(stripe.paymentMethods.create({ type: 'sepa_debit', sepa_debit: { iban: 'DE00370400440532013000' }, billing_details: { name: 'Ada' } }))).toMatchObject({ code: 'invalid_bank_account_iban' });
  });

  it('completes a checkout unpaid, and says later whether the money came', async () => {
    for (const [account, outcome, type] of [['000000000009', 'succeeded', 'checkout.session.async_payment_succeeded'], ['000000000009', 'failed', 'checkout.session.async_payment_failed']] as const) {
      const customer = (await stripe.customers.create({ email: 'ada@example.com' })).id;
      const session = await stripe.checkout.sessions.create({ mode: 'subscription', customer, line_items: [{ price: (await monthly(stripe, 2000)).id, quantity: 1 }], success_url: 'https://example.com' });
      expect(await (await fetch(session.url ?? '')).text()).toContain('US account number');
      const done = await control.post(`/checkout/${session.id}/pay`, { account, name: 'Ada' });
      const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice.payments'] });
      const subscription = paid.subscription as Stripe.Subscription;
      expect([done.status, paid.payment_status, subscription.status, (subscription.latest_invoice as Stripe.Invoice).status]).toEqual(['complete', 'unpaid', 'active', 'open']);
      await control.post(`/payment_intents/${String((subscription.latest_invoice as Stripe.Invoice).payments?.data[0]?.payment.payment_intent)}/settle`, { outcome });
      const told = (await stripe.events.list({ type })).data[0];
      expect((told?.data.object as Stripe.Checkout.Session).id).toBe(session.id);
      const after = await stripe.subscriptions.retrieve(subscription.id);
      expect([(await stripe.checkout.sessions.retrieve(session.id)).payment_status, after.status]).toEqual(outcome === 'succeeded' ? ['paid', 'active'] : ['unpaid', 'past_due']);
    }
  });

  it('takes as long as the account says, and a refund takes as long', async () => {
    await control.post('/account', { settlementBusinessDays: 0 });
    const { invoice, to } = await renewing('000123456789');
    expect((await invoice()).status).toBe('paid');
    await control.post('/account', { settlementBusinessDays: 5 });
    const payment = (await invoice()).payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    const refund = await stripe.refunds.create({ payment_intent: payment.id });
    expect(refund.status).toBe('pending');
    await to('2027-05-12T00:00:00Z');
    expect((await stripe.refunds.retrieve(refund.id)).status).toBe('succeeded');
  });
});
