import type Stripe from 'stripe';
import { afterEach, describe, expect, it } from 'vitest';
import { clocked, monthly, refusal } from './contract.js';
import { at, type Control, freshEmulator } from './under-test.js';

/** A renewal that fails, and what Stripe's dashboard lets an account do about it. */
describe('dunning', { timeout: 30_000 }, () => {
  let close: () => Promise<void> = async () => undefined;
  afterEach(() => close());

  interface Late {
    stripe: Stripe;
    control: Control;
    customer: string;
    clock: string;
    subscription: string;
    invoice: () => Promise<Stripe.Invoice>;
    failures: () => Promise<Stripe.Charge[]>;
    to: (iso: string) => Promise<unknown>;
  }
  const late = async (card: object, settings: Record<string, unknown> = {}): Promise<Late> => {
    const made = await freshEmulator();
    close = made.close;
    const { stripe, control } = made;
    await control.post('/account', settings);
    const { customer, clock } = await clocked(stripe, at('2027-02-01T10:00:00Z'));
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }] });
    await control.post(`/customers/${customer}/card`, { ...card });
    const to = (iso: string): Promise<unknown> => control.post(`/clocks/${clock}/advance`, { to: iso });
    await to('2027-03-01T11:05:00Z');
    const invoice = async (): Promise<Stripe.Invoice> => stripe.invoices.retrieve((await stripe.subscriptions.retrieve(id)).latest_invoice as string, { expand: ['payments.data.payment.payment_intent'] });
    const failures = async (): Promise<Stripe.Charge[]> => (await stripe.charges.list({ customer, limit: 100 })).data.filter((charge) => charge.status === 'failed');
    return { stripe, control, customer, clock, subscription: id, invoice, failures, to };
  };

  it.each([
    ['insufficient_funds', 'card_declined', 'try_again_later', 'issuer_declined'],
    ['stolen_card', 'card_declined', 'do_not_try_again', 'issuer_declined'],
    ['pickup_card', 'card_declined', 'do_not_try_again', 'issuer_declined'],
    ['processing_error', 'processing_error', 'try_again_later', 'issuer_declined'],
    ['incorrect_number', 'incorrect_number', 'confirm_card_data', 'issuer_declined'],
    ['authentication_required', 'authentication_required', 'try_again_later', 'issuer_declined'],
    ['highest_risk_level', 'card_declined', 'do_not_try_again', 'blocked'],
  ])('shows a decline of %s everywhere that Stripe shows it', async (decline, code, advice_code, type) => {
    const { invoice, failures, stripe, subscription } = await late({ card: '4242424242424242', decline });
    const bill = await invoice();
    expect(bill).toMatchObject({ status: 'open', attempted: true, attempt_count: 1, next_payment_attempt: null });
    const intent = bill.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect(intent.last_payment_error).toMatchObject({ code, advice_code, type: 'card_error' });
    const [charge] = await failures();
    expect([charge?.failure_code, charge?.outcome?.type, charge?.outcome?.advice_code]).toEqual([code, type, advice_code]);
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe('past_due');
  });

  it('fails with the card that wants its owner, and pays when the owner is there', async () => {
    const { invoice, failures, stripe } = await late({ card: '4000002760003184' });
    expect((await failures())[0]?.failure_code).toBe('authentication_required');
    const bill = await invoice();
    expect(await refusal(stripe.invoices.pay(bill.id ?? '', { off_session: false }))).toMatchObject({ statusCode: 402, code: 'invoice_payment_intent_requires_action' });
    expect((await stripe.events.list({ type: 'invoice.payment_action_required' })).data.length).toBeGreaterThan(0);
  });

  it('leaves retries to the caller by default, and tries on the days of the account otherwise', async () => {
    const own = await late({ card: '4000000000009995' });
    expect(await own.control.get('/account')).toMatchObject({ retries: 'off', endAction: 'leave' });
    await own.to('2027-03-28T00:00:00Z');
    expect([(await own.failures()).length, (await own.invoice()).attempt_count]).toEqual([1, 1]);
    await close();
    const smart = await late({ card: '4000000000009995' }, { retries: 'smart', retryDays: [2, 5] });
    expect((await smart.invoice()).next_payment_attempt).toBe(at('2027-03-03T11:00:00Z'));
    await smart.to('2027-03-10T00:00:00Z');
    expect([(await smart.failures()).length, (await smart.invoice()).attempt_count, (await smart.invoice()).next_payment_attempt]).toEqual([3, 3, null]);
  });

  it.each([
    ['leave', 'past_due'],
    ['unpaid', 'unpaid'],
    ['cancel', 'canceled'],
    ['pause', 'paused'],
  ])('ends its retries with %s, after a soft and after a hard decline', async (endAction, status) => {
    for (const decline of ['insufficient_funds', 'lost_card']) {
      const { stripe, subscription, to, failures } = await late({ card: '4242424242424242', decline }, { retries: 'smart', endAction });
      await to('2027-03-20T00:00:00Z');
      expect((await stripe.subscriptions.retrieve(subscription)).status).toBe(status);
      expect((await failures()).length).toBe(decline === 'lost_card' ? 1 : 9);
      await close();
    }
  });

  it('resumes what the last failure paused, when the invoice is paid', async () => {
    const { stripe, subscription, to, invoice, control, customer } = await late({ card: '4000000000009995' }, { retries: 'smart', endAction: 'pause' });
    await to('2027-03-20T00:00:00Z');
    expect((await stripe.subscriptions.retrieve(subscription)).status_details?.paused.subscription.type).toBe('final_payment_failure');
    await control.post(`/customers/${customer}/card`, { card: '4242424242424242' });
    await stripe.invoices.pay((await invoice()).id ?? '');
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe('active');
  });

  it('recovers by itself when the bank changes its mind', async () => {
    const { stripe, subscription, to, control, customer, invoice } = await late({ card: '4000000000009995' }, { retries: 'smart' });
    expect(await control.post(`/customers/${customer}/card`, { card: '4242424242424242' })).toMatchObject({ slot: 'both' });
    expect(await control.post(`/customers/${customer}/decline`, { code: 'do_not_honor', times: 2 })).toMatchObject({ code: 'do_not_honor' });
    await to('2027-03-07T00:00:00Z');
    expect([(await invoice()).status, (await invoice()).attempt_count, (await stripe.subscriptions.retrieve(subscription)).status]).toEqual(['paid', 4, 'active']);
  });

  it('does not see a card in the wrong slot', async () => {
    const { stripe, control, customer, invoice } = await late({ card: '4000000000009995' });
    const bill = (await invoice()).id ?? '';
    await control.post(`/customers/${customer}/card`, { card: '4242424242424242', slot: 'customer' });
    expect(await refusal(stripe.invoices.pay(bill))).toMatchObject({ decline_code: 'insufficient_funds' });
    const { paymentMethod } = await control.post(`/customers/${customer}/card`, { card: '5555555555554444', slot: 'subscription' });
    expect((await stripe.invoices.pay(bill)).status).toBe('paid');
    expect((await stripe.charges.list({ customer, limit: 1 })).data[0]?.payment_method).toBe(paymentMethod);
  });

  it('takes a new card on the portal into the customer’s slot only', async () => {
    const { stripe, customer, subscription } = await late({ card: '4000000000009995' });
    const before = (await stripe.subscriptions.retrieve(subscription)).default_payment_method;
    const portal = await stripe.billingPortal.sessions.create({ customer, return_url: 'https://example.com/a', flow_data: { type: 'payment_method_update', after_completion: { type: 'redirect', redirect: { return_url: 'https://example.com/done' } } } });
    const page = await (await fetch(portal.url)).text();
    expect([page.includes('Update your card'), page.includes('Cancel')]).toEqual([true, false]);
    const answer = await fetch(portal.url, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ action: 'card', card: '5555555555554444', expiry: '12/34', cvc: '123' }) });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://example.com/done']);
    const after = (await stripe.customers.retrieve(customer, { expand: ['invoice_settings.default_payment_method'] })) as Stripe.Customer;
    expect((after.invoice_settings.default_payment_method as Stripe.PaymentMethod).card?.last4).toBe('4444');
    expect((await stripe.subscriptions.retrieve(subscription)).default_payment_method).toBe(before);
  });

  it('refuses settings and codes that are none', async () => {
    const { control, customer } = await late({ card: '4000000000009995' });
    expect((await control.post('/account', { retries: 'often' })).detail).toContain('retries');
    expect((await control.post('/account', { retryDays: [3, 1] })).detail).toContain('rising');
    expect((await control.post(`/customers/${customer}/card`, { card: '4242424242424242', slot: 'left' })).code).toBe('UNKNOWN_SLOT');
    expect((await control.post(`/customers/${customer}/decline`, { code: 'odd' })).code).toBe('UNKNOWN_DECLINE');
  });
});
