import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monthly } from './contract.js';
import { type Control, freshEmulator, until } from './under-test.js';

describe('webhooks', { timeout: 30_000 }, () => {
  let stripe: Stripe;
  let control: Control;
  let close: () => Promise<void>;
  let server: Server;
  let secret = '';
  let endpoint = '';
  let status = 200;
  const received: { body: string; signature: string }[] = [];

  beforeEach(async () => {
    received.length = 0;
    status = 200;
    ({ stripe, control, close } = await freshEmulator({ webhookDelaysSeconds: [0.02, 0.02, 0.02, 0.02] }));
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        if (status === 200) received.push({ body, signature: String(request.headers['stripe-signature']) });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const made = await stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, enabled_events: ['*'] });
    secret = made.secret ?? '';
    endpoint = made.id;
  });
  afterEach(async () => {
    await close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const events = (): Stripe.Event[] => received.map((item) => JSON.parse(item.body) as Stripe.Event);

  it('signs each event so that the SDK accepts it, and nothing else', async () => {
    await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'key-1' });
    await until('the event has come', () => received.length === 1);
    const [first] = received;
    const event = stripe.webhooks.constructEvent(first?.body ?? '', first?.signature ?? '', secret);
    expect(event).toMatchObject({ type: 'customer.created', api_version: '2026-10-28.endive', livemode: false, request: { idempotency_key: 'key-1' } });
    expect(event.request?.id).toMatch(/^req_/);
    expect(() => stripe.webhooks.constructEvent(first?.body ?? '', first?.signature ?? '', 'whsec_other')).toThrow();
    await until('nothing is pending', async () => (await stripe.events.retrieve(event.id)).pending_webhooks === 0);
    expect((await stripe.webhookEndpoints.retrieve(endpoint)).secret).toBeUndefined();
  });

  it('tells a life in order, with what changed', async () => {
    const price = await monthly(stripe, 2900);
    const customer = await stripe.customers.create({});
    const session = await stripe.checkout.sessions.create({ mode: 'subscription', customer: customer.id, line_items: [{ price: price.id, quantity: 1 }], success_url: 'https://example.com' });
    const before = (await until('earlier events are in', async () => ((await control.get('/pending'))['undeliveredWebhooks'] === 0 ? received.length : undefined)));
    const paid = await control.post(`/checkout/${session.id}/pay`, { card: '4242424242424242' });
    await until('checkout.session.completed', () => events().some((event) => event.type === 'checkout.session.completed'));
    expect(events().slice(before).map((event) => event.type)).toEqual([
      'payment_method.attached', 'customer.subscription.created', 'invoice.created', 'invoice.finalized', 'payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded',
      'invoice_payment.paid', 'invoice.paid', 'invoice.payment_succeeded', 'customer.subscription.updated', 'checkout.session.completed',
    ]);
    await stripe.subscriptions.update(paid.subscription as string, { metadata: { a: '1' } });
    const update = await until('the update', () => events().filter((event) => event.type === 'customer.subscription.updated')[1]);
    expect(update.data.previous_attributes).toEqual({ metadata: { a: null } });
  });

  it('tries again until it is taken, and lists what is not', async () => {
    status = 500;
    const customer = await stripe.customers.create({});
    await until('a failed attempt', async () => (await stripe.events.list({ delivery_success: false })).data.length === 1);
    status = 200;
    await until('it has come', () => events().some((event) => (event.data.object as { id: string }).id === customer.id));
    await until('none is missing', async () => (await stripe.events.list({ delivery_success: false })).data.length === 0);
  });

  it('sends only what an endpoint listens to', async () => {
    await stripe.webhookEndpoints.update(endpoint, { enabled_events: ['product.created'] });
    await stripe.customers.create({});
    await stripe.products.create({ name: 'x' });
    await until('one event', () => received.length === 1);
    expect(events()[0]?.type).toBe('product.created');
    await stripe.webhookEndpoints.del(endpoint);
    await stripe.products.create({ name: 'y' });
    expect((await control.get('/pending'))['undeliveredWebhooks']).toBe(0);
  });

  it('drops, doubles, delays, shuffles and post-dates when told to', async () => {
    await control.post('/faults', { kind: 'webhook-drop', count: 1 });
    const lost = await stripe.customers.create({});
    await control.post('/faults', { kind: 'webhook-duplicate', count: 1 });
    const twice = await until('the drop was used', async () => ((await control.get('/faults'))['faults'] as unknown[]).length === 1).then(() => stripe.customers.create({}));
    await until('it came twice', () => events().filter((event) => (event.data.object as { id: string }).id === twice.id).length === 2);
    expect(events().some((event) => (event.data.object as { id: string }).id === lost.id)).toBe(false);
    expect((await stripe.events.list({ delivery_success: false })).data[0]?.data.object).toMatchObject({ id: lost.id });
    await control.post('/faults', { kind: 'webhook-future-timestamp', count: 1, amount: 3600 });
    received.length = 0;
    await stripe.customers.create({});
    await until('the post-dated one', () => received.length === 1);
    const stamp = Number(/t=(\d+)/.exec(received[0]?.signature ?? '')?.[1]);
    expect(stamp).toBeGreaterThan(Date.now() / 1000 + 3500);
    await control.post('/faults', { kind: 'webhook-shuffle', count: 8, amount: 60 });
    received.length = 0;
    for (let n = 0; n < 8; n += 1) await stripe.customers.create({ name: String(n) });
    await until('all eight', () => received.length === 8);
  });
});
