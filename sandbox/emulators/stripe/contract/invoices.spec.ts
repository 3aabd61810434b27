import type Stripe from 'stripe';
import { expect, it } from 'vitest';
import { clocked, contract, monthly, refusal } from './contract.js';
import { advance, at } from './under-test.js';

contract('paying invoices', (stripe) => {
  const bill = async (customer: string, amount: number): Promise<string> => {
    const made = await stripe().invoices.create({ customer, auto_advance: false });
    await stripe().invoiceItems.create({ customer, invoice: made.id ?? '', amount, currency: 'usd' });
    return (await stripe().invoices.finalizeInvoice(made.id ?? '')).id ?? '';
  };
  const money = (customer: string, amount: number, confirm = true): Promise<Stripe.PaymentIntent> =>
    stripe().paymentIntents.create({ amount, currency: 'usd', customer, payment_method: 'pm_card_visa', confirm, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
  const balance = async (customer: string): Promise<number> => ((await stripe().customers.retrieve(customer)) as Stripe.Customer).balance;

  it('takes a part now and the rest later', async () => {
    const { id: customer } = await stripe().customers.create({});
    const invoice = await bill(customer, 2000);
    const part = await stripe().invoices.attachPayment(invoice, { payment_intent: (await money(customer, 500)).id });
    expect(part).toMatchObject({ status: 'open', amount_paid: 500, amount_remaining: 1500, amount_due: 2000 });
    const payments = (await stripe().invoicePayments.list({ invoice })).data;
    expect(payments.map((row) => [row.status, row.amount_requested, row.is_default]).sort()).toEqual([['open', 1500, true], ['paid', 500, false]]);
    const method = await stripe().paymentMethods.attach('pm_card_visa', { customer });
    expect(await stripe().invoices.pay(invoice, { payment_method: method.id })).toMatchObject({ status: 'paid', amount_paid: 2000, amount_remaining: 0 });
    expect((await stripe().charges.list({ customer })).data.map((row) => row.amount)).toEqual([1500, 500]);
  });

  it('credits an attached payment when it succeeds, and gives back what is too much', async () => {
    const { id: customer } = await stripe().customers.create({});
    const invoice = await bill(customer, 2000);
    const intent = await money(customer, 2100, false);
    expect((await stripe().invoices.attachPayment(invoice, { payment_intent: intent.id })).status).toBe('open');
    await stripe().paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    expect(await stripe().invoices.retrieve(invoice)).toMatchObject({ status: 'paid', amount_overpaid: 100, amount_remaining: 0 });
    expect(await balance(customer)).toBe(-100);
    expect((await stripe().customers.listBalanceTransactions(customer)).data[0]).toMatchObject({ amount: -100, type: 'invoice_overpaid', invoice });
    const found = await stripe().invoicePayments.list({ payment: { type: 'payment_intent', payment_intent: intent.id } });
    expect(await stripe().invoicePayments.retrieve(found.data[0]?.id ?? '')).toMatchObject({ invoice, status: 'paid' });
  });

  it('refuses payments that do not belong', async () => {
    const [{ id: one }, { id: other }] = [await stripe().customers.create({}), await stripe().customers.create({})];
    const invoice = await bill(one, 2000);
    expect(await refusal(stripe().invoices.attachPayment(invoice, { payment_intent: (await money(other, 500)).id }))).toMatchObject({ statusCode: 400 });
    expect((await stripe().invoices.pay(invoice, { paid_out_of_band: true })).status).toBe('paid');
    expect(await refusal(stripe().invoices.attachPayment(invoice, { payment_intent: (await money(one, 500)).id }))).toMatchObject({ statusCode: 400 });
    expect(await refusal(stripe().invoices.voidInvoice(invoice))).toMatchObject({ statusCode: 400 });
  });

  it('keeps credit of the customer and applies it to the next invoice', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const { id } = await stripe().subscriptions.create({ customer, items: [{ price: (await monthly(stripe(), 2000)).id }] });
    const given = await stripe().customers.createBalanceTransaction(customer, { amount: -700, currency: 'usd', description: 'sorry' });
    expect(given).toMatchObject({ amount: -700, ending_balance: -700, type: 'adjustment' });
    await advance(stripe(), clock, at('2027-05-01T02:00:00Z'));
    const renewal = await stripe().invoices.retrieve((await stripe().subscriptions.retrieve(id)).latest_invoice as string);
    expect(renewal).toMatchObject({ status: 'paid', total: 2000, amount_due: 1300, amount_paid: 1300, starting_balance: -700, ending_balance: 0 });
    expect((await stripe().customers.listBalanceTransactions(customer)).data.map((row) => [row.type, row.amount])).toEqual([['applied_to_invoice', 700], ['adjustment', -700]]);
  });

  it('gives applied credit back when the invoice is voided', async () => {
    const { id: customer } = await stripe().customers.create({ balance: -300 });
    const invoice = await bill(customer, 2000);
    expect(await balance(customer)).toBe(0);
    await stripe().invoices.voidInvoice(invoice);
    expect(await balance(customer)).toBe(-300);
  });

  it('is active again once the latest invoice is given up, and still payable when uncollectible', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-02-01T10:00:00Z'));
    const { id } = await stripe().subscriptions.create({ customer, items: [{ price: (await monthly(stripe(), 2000)).id }] });
    const bad = await stripe().paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe().subscriptions.update(id, { default_payment_method: bad.id });
    await advance(stripe(), clock, at('2027-03-01T12:00:00Z'));
    const late = await stripe().subscriptions.retrieve(id);
    expect(late.status).toBe('past_due');
    const lost = await stripe().invoices.markUncollectible(late.latest_invoice as string);
    expect(lost).toMatchObject({ status: 'uncollectible', status_details: { uncollectible: { reason: 'user_forgiven' } } });
    expect((await stripe().subscriptions.retrieve(id)).status).toBe('active');
    const good = await stripe().paymentMethods.attach('pm_card_visa', { customer });
    const paid = await stripe().invoices.pay(lost.id ?? '', { payment_method: good.id });
    expect([paid.status, paid.status_details]).toEqual(['paid', undefined]);
  });

  it('takes a payment from outside, without a charge', async () => {
    const { id: customer } = await stripe().customers.create({});
    const invoice = await bill(customer, 2000);
    await stripe().invoices.attachPayment(invoice, { payment_intent: (await money(customer, 500)).id });
    expect(await stripe().invoices.pay(invoice, { paid_out_of_band: true })).toMatchObject({ status: 'paid', amount_paid: 2000, amount_paid_off_stripe: 1500 });
    expect((await stripe().charges.list({ customer })).data).toHaveLength(1);
  });

  it('lowers an open invoice by a credit note, to nothing if need be', async () => {
    const { id: customer } = await stripe().customers.create({});
    const invoice = await bill(customer, 2000);
    await stripe().creditNotes.create({ invoice, amount: 600 });
    expect(await stripe().invoices.retrieve(invoice)).toMatchObject({ status: 'open', amount_remaining: 1400, pre_payment_credit_notes_amount: 600 });
    await stripe().creditNotes.create({ invoice, amount: 1400 });
    expect((await stripe().invoices.retrieve(invoice)).status).toBe('paid');
    const second = await bill(customer, 900);
    const method = await stripe().paymentMethods.attach('pm_card_visa', { customer });
    await stripe().invoices.pay(second, { payment_method: method.id });
    const note = await stripe().creditNotes.create({ invoice: second, amount: 400, credit_amount: 400 });
    expect([note.type, await balance(customer)]).toEqual(['post_payment', -400]);
    expect((await stripe().customers.listBalanceTransactions(customer)).data[0]).toMatchObject({ type: 'credit_note', credit_note: note.id });
  });
});
