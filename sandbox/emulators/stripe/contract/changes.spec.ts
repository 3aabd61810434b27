import type Stripe from 'stripe';
import { expect, it } from 'vitest';
import { clocked, contract, monthly, refusal } from './contract.js';
import { advance, at } from './under-test.js';

contract('changes of plan', (stripe) => {
  interface Running {
    id: string;
    item: string;
    customer: string;
    clock: string;
    pro: Stripe.Price;
    max: Stripe.Price;
  }
  const running = async (on: 'pro' | 'max', frozen = '2027-04-01T00:00:00Z'): Promise<Running> => {
    const { customer, clock } = await clocked(stripe(), at(frozen));
    const [pro, max] = [await monthly(stripe(), 2000), await monthly(stripe(), 5000)];
    const made = await stripe().subscriptions.create({ customer, items: [{ price: { pro, max }[on].id }] });
    return { id: made.id, item: made.items.data[0]?.id ?? '', customer, clock, pro, max };
  };
  const priceOf = async (id: string): Promise<string | undefined> => (await stripe().subscriptions.retrieve(id)).items.data[0]?.price.id;
  const types = async (id: string): Promise<string[]> => {
    const events = await stripe().events.list({ limit: 100, types: ['customer.subscription.pending_update_applied', 'customer.subscription.pending_update_expired', 'subscription_schedule.created', 'subscription_schedule.updated', 'subscription_schedule.released', 'subscription_schedule.completed', 'subscription_schedule.canceled'] });
    return events.data.filter((event) => [(event.data.object as { id: string }).id, (event.data.object as { subscription?: string }).subscription, (event.data.object as { released_subscription?: string }).released_subscription].includes(id)).map((event) => event.type).reverse();
  };
  const bad = async (customer: string, id: string): Promise<void> => {
    const method = await stripe().paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe().subscriptions.update(id, { default_payment_method: method.id });
  };

  it('charges what the preview said, even when it is confirmed later', async () => {
    const { id, item, clock, max } = await running('pro');
    const proration_date = at('2027-04-16T00:00:00Z');
    await advance(stripe(), clock, proration_date);
    const change = { items: [{ id: item, price: max.id }], proration_behavior: 'always_invoice' as const, proration_date };
    const preview = await stripe().invoices.createPreview({ subscription: id, subscription_details: change });
    await advance(stripe(), clock, proration_date + 600);
    const done = await stripe().subscriptions.update(id, { ...change, payment_behavior: 'pending_if_incomplete', expand: ['latest_invoice'] });
    expect([preview.amount_due, (done.latest_invoice as Stripe.Invoice).amount_paid, done.pending_update]).toEqual([1500, 1500, null]);
    expect(await types(id)).toEqual(['customer.subscription.pending_update_applied']);
  });

  it('applies a pending change, and what came with it, when its invoice is paid', async () => {
    const { id, item, customer, max } = await running('pro');
    await bad(customer, id);
    const tried = await stripe().subscriptions.update(id, { items: [{ id: item, price: max.id }], proration_behavior: 'always_invoice', payment_behavior: 'pending_if_incomplete', metadata: { plan: 'max' } });
    expect([tried.status, tried.metadata, tried.pending_update?.metadata]).toEqual(['active', {}, { plan: 'max' }]);
    const good = await stripe().paymentMethods.attach('pm_card_visa', { customer });
    await stripe().invoices.pay(tried.latest_invoice as string, { payment_method: good.id });
    const after = await stripe().subscriptions.retrieve(id);
    expect([after.items.data[0]?.price.id, after.pending_update, after.metadata]).toEqual([max.id, null, { plan: 'max' }]);
  });

  it('forgets a pending change whose invoice is voided', async () => {
    const { id, item, customer, pro, max } = await running('pro');
    await bad(customer, id);
    const tried = await stripe().subscriptions.update(id, { items: [{ id: item, price: max.id }], proration_behavior: 'always_invoice', payment_behavior: 'pending_if_incomplete' });
    await stripe().invoices.voidInvoice(tried.latest_invoice as string);
    const after = await stripe().subscriptions.retrieve(id);
    expect([after.pending_update, after.items.data[0]?.price.id, after.status]).toEqual([null, pro.id, 'active']);
    expect(await types(id)).toContain('customer.subscription.pending_update_expired');
  });

  it('makes a booked downgrade at the end of the period, and bills it', async () => {
    const { id, clock, customer, pro, max } = await running('max');
    const schedule = await stripe().subscriptionSchedules.create({ from_subscription: id });
    expect(schedule).toMatchObject({ status: 'active', subscription: id, customer, end_behavior: 'release', current_phase: { start_date: at('2027-04-01T00:00:00Z'), end_date: at('2027-05-01T00:00:00Z') } });
    const [now] = schedule.phases;
    await stripe().subscriptionSchedules.update(schedule.id, {
      phases: [
        { items: [{ price: max.id, quantity: 1 }], start_date: now?.start_date ?? 0, end_date: now?.end_date ?? 0, proration_behavior: 'none' },
        { items: [{ price: pro.id, quantity: 1 }], duration: { interval: 'month', interval_count: 1 }, proration_behavior: 'none', metadata: { plan: 'pro' } },
      ],
    });
    expect((await stripe().invoices.createPreview({ subscription: id })).total).toBe(2000);
    await stripe().prices.update(pro.id, { active: false });
    await advance(stripe(), clock, at('2027-04-30T00:00:00Z'));
    expect(await priceOf(id)).toBe(max.id);
    await advance(stripe(), clock, at('2027-05-01T02:00:00Z'));
    const after = await stripe().subscriptions.retrieve(id, { expand: ['latest_invoice', 'schedule'] });
    expect([after.items.data[0]?.price.id, after.metadata['plan'], (after.latest_invoice as Stripe.Invoice).amount_paid]).toEqual([pro.id, 'pro', 2000]);
    expect((after.schedule as Stripe.SubscriptionSchedule).current_phase?.start_date).toBe(at('2027-05-01T00:00:00Z'));
    expect((await stripe().invoices.list({ customer })).data).toHaveLength(2);
    await advance(stripe(), clock, at('2027-06-01T02:00:00Z'));
    const free = await stripe().subscriptions.retrieve(id);
    expect([free.schedule, free.status, free.items.data[0]?.price.id]).toEqual([null, 'active', pro.id]);
    expect((await stripe().subscriptionSchedules.list({ customer })).data.map((row) => row.status)).toEqual(['completed']);
  });

  it('lets a booked change go, and refuses to cancel what a schedule manages', async () => {
    const { id, clock, pro, max } = await running('max');
    const schedule = await stripe().subscriptionSchedules.create({ from_subscription: id });
    const [now] = schedule.phases;
    await stripe().subscriptionSchedules.update(schedule.id, { phases: [{ items: [{ price: max.id }], start_date: now?.start_date ?? 0, end_date: now?.end_date ?? 0 }, { items: [{ price: pro.id }], duration: { interval: 'month' } }] });
    expect((await refusal(stripe().subscriptions.update(id, { cancel_at_period_end: true }))).message).toContain('managed by the subscription schedule');
    expect(await refusal(stripe().subscriptions.pause(id))).toMatchObject({ statusCode: 400 });
    expect(await refusal(stripe().subscriptionSchedules.create({ from_subscription: id }))).toMatchObject({ statusCode: 400 });
    const released = await stripe().subscriptionSchedules.release(schedule.id);
    expect(released).toMatchObject({ status: 'released', subscription: null, released_subscription: id, current_phase: null });
    expect(await refusal(stripe().subscriptionSchedules.release(schedule.id))).toMatchObject({ statusCode: 400 });
    expect(await stripe().subscriptions.update(id, { cancel_at_period_end: true })).toMatchObject({ cancel_at_period_end: true, schedule: null });
    await stripe().subscriptions.update(id, { cancel_at_period_end: false });
    await advance(stripe(), clock, at('2027-05-01T02:00:00Z'));
    expect(await priceOf(id)).toBe(max.id);
    expect(await types(id)).toEqual(['subscription_schedule.created', 'subscription_schedule.updated', 'subscription_schedule.released']);
  });

  it('ends the subscription with its schedule, and the schedule with its subscription', async () => {
    const first = await running('pro');
    const schedule = await stripe().subscriptionSchedules.create({ from_subscription: first.id });
    expect((await stripe().subscriptionSchedules.cancel(schedule.id)).status).toBe('canceled');
    expect((await stripe().subscriptions.retrieve(first.id)).status).toBe('canceled');
    const second = await running('pro');
    const other = await stripe().subscriptionSchedules.create({ from_subscription: second.id });
    await stripe().subscriptionSchedules.update(other.id, { end_behavior: 'cancel' });
    expect((await stripe().subscriptions.retrieve(second.id)).cancel_at).toBe(at('2027-05-01T00:00:00Z'));
    await advance(stripe(), second.clock, at('2027-05-01T02:00:00Z'));
    expect([(await stripe().subscriptions.retrieve(second.id)).status, (await stripe().subscriptionSchedules.retrieve(other.id)).status]).toEqual(['canceled', 'completed']);
    expect((await stripe().invoices.list({ customer: second.customer })).data).toHaveLength(1);
  });

  it('refuses phases that do not fit', async () => {
    const { id, pro } = await running('pro');
    const schedule = await stripe().subscriptionSchedules.create({ from_subscription: id });
    const start = schedule.current_phase?.start_date ?? 0;
    const update = (phases: Stripe.SubscriptionScheduleUpdateParams.Phase[]): Promise<unknown> => stripe().subscriptionSchedules.update(schedule.id, { phases });
    expect(await refusal(update([{ items: [{ price: pro.id }], start_date: start + 60, end_date: start + 86_400 }]))).toMatchObject({ param: 'phases[0][start_date]' });
    expect(await refusal(update([{ items: [{ price: pro.id }], end_date: start + 86_400 }]))).toMatchObject({ statusCode: 400 });
    expect(await refusal(update([{ items: [{ price: pro.id }], start_date: start, end_date: start }]))).toMatchObject({ param: 'phases[0][end_date]' });
    expect(await refusal(update([{ items: [{ price: 'price_none' }], start_date: start }]))).toMatchObject({ code: 'resource_missing' });
  });
});
