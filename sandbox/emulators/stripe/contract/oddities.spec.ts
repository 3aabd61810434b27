import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clocked, monthly, refusal } from './contract.js';
import { advance, at, type Control, freshEmulator, until } from './under-test.js';

/** What a careful reader of Stripe must live with: statuses nobody knows, lists that are empty, keys that no longer work, events of another version. */
describe('oddities', { timeout: 30_000 }, () => {
  let stripe: Stripe;
  let control: Control;
  let close: () => Promise<void>;
  let hook: Server;
  const heard: Stripe.Event[] = [];
  beforeAll(async () => {
    ({ stripe, control, close } = await freshEmulator());
    hook = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => void (text += part.toString('utf8')));
      request.on('end', () => {
        heard.push(JSON.parse(text) as Stripe.Event);
        response.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    await stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, enabled_events: ['*'] });
  });
  afterAll(async () => {
    await close();
    hook.closeAllConnections();
    await new Promise((resolve) => hook.close(resolve));
  });

  const subscribed = async (frozen = '2027-04-01T00:00:00Z'): Promise<{ customer: string; clock: string; id: string }> => {
    const { customer, clock } = await clocked(stripe, at(frozen));
    return { customer, clock, id: (await stripe.subscriptions.create({ customer, items: [{ price: (await monthly(stripe, 2000)).id }] })).id };
  };

  it('shows a status that nobody knows until it is taken away', async () => {
    const { customer, id } = await subscribed();
    await control.post(`/subscriptions/${id}/status`, { status: 'frozen_by_bank' });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('frozen_by_bank');
    expect((await stripe.subscriptions.list({ customer, status: 'all' })).data[0]?.status).toBe('frozen_by_bank');
    expect((await stripe.subscriptions.list({ customer, status: 'active' })).data).toEqual([]);
    const event = (await stripe.events.list({ type: 'customer.subscription.updated' })).data[0];
    expect([(event?.data.object as Stripe.Subscription).status, event?.data.previous_attributes]).toEqual(['frozen_by_bank', { status: 'active' }]);
    await control.post(`/subscriptions/${id}/status`, { status: null });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
    const invoice = (await stripe.invoices.list({ customer })).data[0]?.id ?? '';
    await control.post(`/objects/${invoice}/overlay`, { fields: { status: 'in_review' } });
    expect((await stripe.invoices.retrieve(invoice)).status).toBe('in_review');
    expect((await control.post('/objects/in_none/overlay', { fields: {} })).code).toBe('NO_SUCH_OBJECT');
  });

  it('answers an empty list, and refuses its key, when told to', async () => {
    const { customer } = await subscribed();
    await control.post('/faults', { kind: 'empty-list', count: 1, path: '/v1/subscriptions' });
    expect((await stripe.invoices.list({ customer })).data).toHaveLength(1);
    expect(await stripe.subscriptions.list({ customer })).toMatchObject({ data: [], has_more: false });
    expect((await stripe.subscriptions.list({ customer })).data).toHaveLength(1);
    await control.post('/faults', { kind: 'unauthorized', count: 1 });
    expect(await refusal(stripe.customers.retrieve(customer))).toMatchObject({ statusCode: 401, type: 'StripeAuthenticationError' });
    expect((await stripe.customers.retrieve(customer)).id).toBe(customer);
  });

  it('sends events of another version and of live mode, rightly signed, when told to', async () => {
    await control.post('/faults', { kind: 'webhook-api-version', count: 1, path: 'product.created' });
    await control.post('/faults', { kind: 'webhook-livemode', count: 1, path: 'product.updated' });
    const product = await stripe.products.create({ name: 'Old' });
    await stripe.products.update(product.id, { name: 'Live' });
    const own = (type: string): Stripe.Event | undefined => heard.find((event) => event.type === type && (event.data.object as { id: string }).id === product.id);
    await until('both were heard', () => own('product.created') !== undefined && own('product.updated') !== undefined);
    expect([own('product.created')?.api_version, own('product.updated')?.livemode]).toEqual(['2025-03-31.basil', true]);
  });

  it('lists what was not delivered', async () => {
    await control.post('/faults', { kind: 'webhook-drop', count: 1, path: 'coupon.created' });
    const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
    await until('the rest is delivered', async () => (await control.get('/pending'))['undeliveredWebhooks'] === 0);
    const missed = (await stripe.events.list({ delivery_success: false })).data;
    expect(missed.map((event) => (event.data.object as { id: string }).id)).toEqual([coupon.id]);
    expect((await stripe.events.list({ delivery_success: true, type: 'coupon.created' })).data).toEqual([]);
  });

  it('renews twice within one advance, in order, and no further', async () => {
    const { clock, customer } = await subscribed();
    expect(await refusal(stripe.testHelpers.testClocks.advance(clock, { frozen_time: at('2027-06-01T00:00:01Z') }))).toMatchObject({ statusCode: 400, param: 'frozen_time' });
    const moving = await stripe.testHelpers.testClocks.advance(clock, { frozen_time: at('2027-06-01T00:00:00Z') });
    expect([moving.status, moving.status_details.advancing?.target_frozen_time]).toEqual(['advancing', at('2027-06-01T00:00:00Z')]);
    await until('ready', async () => (await stripe.testHelpers.testClocks.retrieve(clock)).status === 'ready');
    const invoices = (await stripe.invoices.list({ customer })).data;
    expect(invoices.map((row) => [row.created, row.status])).toEqual([[at('2027-06-01T00:00:00Z'), 'draft'], [at('2027-05-01T00:00:00Z'), 'paid'], [at('2027-04-01T00:00:00Z'), 'paid']]);
    const events = (await stripe.events.list({ limit: 100, types: ['invoice.created', 'invoice.finalized', 'invoice.paid'] })).data.reverse();
    const own = events.filter((event) => (event.data.object as Stripe.Invoice).customer === customer);
    expect(own.map((event) => event.type)).toEqual(['invoice.created', 'invoice.finalized', 'invoice.paid', 'invoice.created', 'invoice.finalized', 'invoice.paid', 'invoice.created']);
    expect(own.map((event) => event.created)).toEqual(own.map((event) => event.created).sort((a, b) => a - b));
  });

  it('lets two tabs pay two checkouts', async () => {
    const customer = (await stripe.customers.create({ email: 'ada@example.com' })).id;
    const price = await monthly(stripe, 2000);
    const tabs = await Promise.all([1, 2].map(() => stripe.checkout.sessions.create({ mode: 'subscription', customer, line_items: [{ price: price.id, quantity: 1 }], success_url: 'https://example.com' })));
    for (const tab of tabs) expect((await control.post(`/checkout/${tab.id}/pay`, { card: '4242424242424242' })).status).toBe('complete');
    expect((await stripe.subscriptions.list({ customer })).data).toHaveLength(2);
    expect((await stripe.charges.list({ customer })).data.map((charge) => charge.amount)).toEqual([2000, 2000]);
  });

  it('redeems promotion codes as they say: once, for some months, so many times, by a new customer, until a date', async () => {
    const price = await monthly(stripe, 2000);
    const code = async (coupon: Stripe.CouponCreateParams, promotion: Partial<Stripe.PromotionCodeCreateParams> = {}): Promise<string> =>
      (await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: (await stripe.coupons.create(coupon)).id }, ...promotion })).code;
    const buy = async (customer: string, promotionCode: string): Promise<{ status: string; subscription?: string; error?: { code: string } }> => {
      const session = await stripe.checkout.sessions.create({ mode: 'subscription', customer, line_items: [{ price: price.id, quantity: 1 }], success_url: 'https://example.com', allow_promotion_codes: true });
      return control.post(`/checkout/${session.id}/pay`, { card: '4242424242424242', promotionCode });
    };
    const { customer, clock } = await clocked(stripe, at('2027-04-01T00:00:00Z'));
    await buy(customer, await code({ percent_off: 50, duration: 'repeating', duration_in_months: 2 }));
    await advance(stripe, clock, at('2027-05-15T00:00:00Z'));
    await advance(stripe, clock, at('2027-06-15T00:00:00Z'));
    expect((await stripe.invoices.list({ customer })).data.map((row) => row.total)).toEqual([2000, 1000, 1000]);
    const fresh = async (): Promise<string> => (await stripe.customers.create({})).id;
    const single = await code({ percent_off: 50, duration: 'once' }, { max_redemptions: 1 });
    expect([(await buy(await fresh(), single)).status, (await buy(await fresh(), single)).error?.code]).toEqual(['complete', 'promotion_code_expired']);
    const first = await code({ percent_off: 50, duration: 'once' }, { restrictions: { first_time_transaction: true } });
    expect((await buy(customer, first)).error?.code).toBe('promotion_code_customer_not_first_time_order');
    const over = await code({ percent_off: 50, duration: 'once' }, { expires_at: Math.floor(Date.now() / 1000) - 10 });
    expect((await buy(await fresh(), over)).error?.code).toBe('promotion_code_expired');
    const big = await code({ percent_off: 50, duration: 'once' }, { restrictions: { minimum_amount: 5000, minimum_amount_currency: 'usd' } });
    expect((await buy(await fresh(), big)).error?.code).toBe('promotion_code_minimum_amount_not_met');
  });
});
