import type Stripe from 'stripe';
import { expect, it } from 'vitest';
import { clocked, contract, monthly, refusal } from './contract.js';
import { advance, at } from './under-test.js';

contract('trials and pauses', (stripe) => {
  const start = at('2027-03-01T09:00:00Z');
  const day = 86_400;
  const trialing = async (missing_payment_method: 'cancel' | 'pause' | 'create_invoice', card: string | null = null): Promise<{ id: string; customer: string; clock: string }> => {
    const { customer, clock } = await clocked(stripe(), start, card);
    const price = await monthly(stripe(), 2900);
    const { id } = await stripe().subscriptions.create({ customer, items: [{ price: price.id }], trial_period_days: 5, trial_settings: { end_behavior: { missing_payment_method } } });
    return { id, customer, clock };
  };
  const card = async (customer: string, name: string): Promise<void> => {
    const method = await stripe().paymentMethods.attach(name, { customer });
    await stripe().customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
  };

  it('bills a trial without a card when told to, and is late then', async () => {
    const { id, clock } = await trialing('create_invoice');
    await advance(stripe(), clock, start + 5 * day + 7200);
    const late = await stripe().subscriptions.retrieve(id, { expand: ['latest_invoice'] });
    expect([late.status, (late.latest_invoice as Stripe.Invoice).status, (late.latest_invoice as Stripe.Invoice).attempt_count]).toEqual(['past_due', 'open', 1]);
  });

  it('is active before the first money is refused', async () => {
    const { id, clock } = await trialing('cancel', 'pm_card_chargeCustomerFail');
    await advance(stripe(), clock, start + 5 * day + 60);
    expect((await stripe().subscriptions.retrieve(id)).status).toBe('active');
    await advance(stripe(), clock, start + 5 * day + 7200);
    expect((await stripe().subscriptions.retrieve(id)).status).toBe('past_due');
  });

  it('stays paused when the money for its resumption is refused, unless the attempt is enough', async () => {
    const { id, clock, customer } = await trialing('pause');
    await advance(stripe(), clock, start + 6 * day);
    const waiting = await stripe().subscriptions.retrieve(id);
    expect([waiting.status, waiting.status_details?.paused.subscription.type, waiting.status_details?.paused.transitioned_at]).toEqual(['paused', 'trial_end_without_payment_method', start + 5 * day]);
    await card(customer, 'pm_card_chargeCustomerFail');
    const tried = await stripe().subscriptions.resume(id, { payment_behavior: 'resume_on_payment_success' });
    expect(tried.status).toBe('paused');
    await card(customer, 'pm_card_visa');
    await stripe().invoices.pay(tried.latest_invoice as string);
    const running = await stripe().subscriptions.retrieve(id);
    expect([running.status, running.status_details, running.items.data[0]?.current_period_start]).toEqual(['active', undefined, start + 6 * day]);
    const other = await trialing('pause');
    await advance(stripe(), other.clock, start + 6 * day);
    await card(other.customer, 'pm_card_chargeCustomerFail');
    expect((await stripe().subscriptions.resume(other.id)).status).toBe('past_due');
  });

  it('refuses to resume what is not paused, and makes no invoice while it is', async () => {
    const { id, clock, customer } = await trialing('pause');
    expect(await refusal(stripe().subscriptions.resume(id))).toMatchObject({ statusCode: 400 });
    await advance(stripe(), clock, start + 40 * day);
    await advance(stripe(), clock, start + 90 * day);
    expect((await stripe().invoices.list({ customer })).data).toHaveLength(1);
  });

  it('pauses collection in three ways, and takes it up again', async () => {
    const { customer, clock } = await clocked(stripe(), at('2027-04-01T00:00:00Z'));
    const { id } = await stripe().subscriptions.create({ customer, items: [{ price: (await monthly(stripe(), 2000)).id }] });
    const latest = async (): Promise<Stripe.Invoice> => (await stripe().subscriptions.retrieve(id, { expand: ['latest_invoice'] })).latest_invoice as Stripe.Invoice;
    await stripe().subscriptions.update(id, { pause_collection: { behavior: 'mark_uncollectible' } });
    await advance(stripe(), clock, at('2027-05-01T02:00:00Z'));
    expect(await latest()).toMatchObject({ status: 'uncollectible', status_details: { uncollectible: { reason: 'subscription_paused' } } });
    await stripe().subscriptions.update(id, { pause_collection: { behavior: 'keep_as_draft', resumes_at: at('2027-06-20T00:00:00Z') } });
    await advance(stripe(), clock, at('2027-06-01T02:00:00Z'));
    expect([(await latest()).status, (await latest()).auto_advance]).toEqual(['draft', false]);
    await advance(stripe(), clock, at('2027-06-21T00:00:00Z'));
    expect((await stripe().subscriptions.retrieve(id)).pause_collection).toBeNull();
    await advance(stripe(), clock, at('2027-07-01T02:00:00Z'));
    expect((await latest()).status).toBe('paid');
    await stripe().subscriptions.update(id, { pause_collection: { behavior: 'void' } });
    expect((await stripe().subscriptions.update(id, { pause_collection: '' })).pause_collection).toBeNull();
  });
});
