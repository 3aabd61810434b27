import type Stripe from 'stripe';
import { expect, it } from 'vitest';
import { contract, refusal } from './contract.js';

contract('payments', (stripe) => {
  const pay = (customer: string, payment_method: string, extra: Partial<Stripe.PaymentIntentCreateParams> = {}): Promise<Stripe.PaymentIntent> =>
    stripe().paymentIntents.create({ amount: 2000, currency: 'usd', customer, payment_method, confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' }, ...extra });

  it('charges a good card, with its charge, fee and balance transaction', async () => {
    const customer = await stripe().customers.create({});
    const intent = await pay(customer.id, 'pm_card_visa', { metadata: { effect: 'e1' } });
    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 2000 });
    const charge = await stripe().charges.retrieve(intent.latest_charge as string, { expand: ['balance_transaction'] });
    expect(charge).toMatchObject({ paid: true, amount: 2000, metadata: { effect: 'e1' } });
    expect(charge.balance_transaction).toMatchObject({ amount: 2000, type: 'charge' });
  });

  it.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ])('refuses %s with %s / %s', async (token, code) => {
    const customer = await stripe().customers.create({});
    const error = await refusal(pay(customer.id, token));
    expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code });
    const intents = await stripe().paymentIntents.list({ customer: customer.id });
    expect(intents.data[0]).toMatchObject({ status: 'requires_payment_method' });
    expect(intents.data[0]?.last_payment_error?.code).toBe(code);
  });

  it('attaches the card that fails later, and refuses to attach one that never works', async () => {
    const customer = await stripe().customers.create({});
    const later = await stripe().paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    expect(later.customer).toBe(customer.id);
    expect(await refusal(pay(customer.id, later.id))).toMatchObject({ code: 'card_declined' });
    expect(await refusal(stripe().paymentMethods.attach('pm_card_visa_chargeDeclined', { customer: customer.id }))).toMatchObject({ statusCode: 402, code: 'card_declined' });
  });

  it('detaches a card and clears it as default', async () => {
    const customer = await stripe().customers.create({});
    const method = await stripe().paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
    expect(method.card?.brand).toBe('mastercard');
    await stripe().customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
    await stripe().paymentMethods.detach(method.id);
    const after = (await stripe().customers.retrieve(customer.id)) as Stripe.Customer;
    expect(after.invoice_settings.default_payment_method).toBeNull();
    expect((await stripe().customers.listPaymentMethods(customer.id)).data).toEqual([]);
  });

  it('asks for authentication on session and refuses off session', async () => {
    const customer = await stripe().customers.create({});
    const method = await stripe().paymentMethods.attach('pm_card_authenticationRequired', { customer: customer.id });
    expect(await refusal(pay(customer.id, method.id, { off_session: true }))).toMatchObject({ statusCode: 402, code: 'authentication_required' });
    const waiting = await stripe().paymentIntents.create({ amount: 2000, currency: 'usd', customer: customer.id, payment_method: method.id, confirm: true, return_url: 'https://example.com/back', automatic_payment_methods: { enabled: true } });
    expect(waiting.status).toBe('requires_action');
    expect(waiting.next_action?.type).toBeTruthy();
    expect((await stripe().paymentIntents.cancel(waiting.id)).status).toBe('canceled');
  });

  it('sets a card up for later', async () => {
    const customer = await stripe().customers.create({});
    const intent = await stripe().setupIntents.create({ customer: customer.id, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
    expect(intent.status).toBe('requires_payment_method');
    const done = await stripe().setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    expect(done.status).toBe('succeeded');
    const method = await stripe().paymentMethods.retrieve(done.payment_method as string);
    expect(method.customer).toBe(customer.id);
  });

  it('refunds in parts, then refuses more than is left', async () => {
    const customer = await stripe().customers.create({});
    const intent = await pay(customer.id, 'pm_card_visa');
    const part = await stripe().refunds.create({ payment_intent: intent.id, amount: 500, reason: 'requested_by_customer', metadata: { why: 'part' } });
    expect(part).toMatchObject({ amount: 500, status: 'succeeded', metadata: { why: 'part' } });
    expect(await refusal(stripe().refunds.create({ payment_intent: intent.id, amount: 1501 }))).toMatchObject({ statusCode: 400, param: 'amount' });
    await stripe().refunds.create({ payment_intent: intent.id });
    const charge = await stripe().charges.retrieve(intent.latest_charge as string, { expand: ['refunds'] });
    expect(charge).toMatchObject({ refunded: true, amount_refunded: 2000 });
    expect(charge.refunds?.data.map((item) => item.amount)).toEqual([1500, 500]);
    expect(await refusal(stripe().refunds.create({ payment_intent: intent.id }))).toMatchObject({ code: 'charge_already_refunded' });
  });
});
