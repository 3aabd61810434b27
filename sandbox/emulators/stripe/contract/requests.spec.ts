import Stripe from 'stripe';
import { expect, it } from 'vitest';
import { contract, refusal, unique } from './contract.js';

contract('requests', (stripe) => {
  it('refuses unknown, missing, empty and malformed parameters by name', async () => {
    const unknown = await refusal(stripe().customers.create({ nickname: 'x' } as Stripe.CustomerCreateParams));
    expect(unknown).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, code: 'parameter_unknown', param: 'nickname' });
    expect(unknown.message).toContain('Received unknown parameter: nickname');
    const nested = await refusal(stripe().customers.create({ address: { planet: 'x' } } as unknown as Stripe.CustomerCreateParams));
    expect(nested).toMatchObject({ code: 'parameter_unknown', param: 'address[planet]' });
    const missing = await refusal(stripe().prices.create({ unit_amount: 1 } as Stripe.PriceCreateParams));
    expect(missing).toMatchObject({ code: 'parameter_missing', param: 'currency' });
    expect(missing.requestId).toMatch(/^req_/);
    const product = await stripe().products.create({ name: unique('p') });
    const integer = await refusal(stripe().prices.create({ currency: 'usd', product: product.id, unit_amount: 'ten' as unknown as number }));
    expect(integer).toMatchObject({ code: 'parameter_invalid_integer', param: 'unit_amount' });
    const choice = await refusal(stripe().prices.create({ currency: 'usd', product: product.id, unit_amount: 1, recurring: { interval: 'fortnight' as 'week' } }));
    expect(choice).toMatchObject({ statusCode: 400, param: 'recurring[interval]' });
    expect(choice.message).toContain('must be one of');
  });

  it('says 404 for an id in the path and 400 for one in a parameter', async () => {
    expect(await refusal(stripe().customers.retrieve('cus_nobody'))).toMatchObject({ statusCode: 404, code: 'resource_missing', param: 'id' });
    expect(await refusal(stripe().subscriptions.create({ customer: 'cus_nobody', items: [{ price: 'price_none' }] }))).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
  });

  it('merges metadata, unsets keys, unsets all', async () => {
    const { id } = await stripe().customers.create({ metadata: { a: '1', b: '2' } });
    expect((await stripe().customers.update(id, { metadata: { b: '', c: '3' } })).metadata).toEqual({ a: '1', c: '3' });
    expect((await stripe().customers.update(id, { metadata: '' })).metadata).toEqual({});
  });

  it('unsets fields with null', async () => {
    const { id } = await stripe().customers.create({ name: 'Ada', description: 'x' });
    expect((await stripe().customers.update(id, { name: '', description: '' })).name).toBeNull();
  });

  it('pages newest first, both ways, and iterates by itself', async () => {
    const product = await stripe().products.create({ name: unique('paged') });
    const ids: string[] = [];
    for (let n = 1; n <= 5; n += 1) ids.unshift((await stripe().prices.create({ product: product.id, currency: 'usd', unit_amount: n })).id);
    const first = await stripe().prices.list({ product: product.id, limit: 2 });
    expect([first.data.map((price) => price.id), first.has_more]).toEqual([ids.slice(0, 2), true]);
    const second = await stripe().prices.list({ product: product.id, limit: 3, starting_after: ids[1] ?? '' });
    expect([second.data.map((price) => price.id), second.has_more]).toEqual([ids.slice(2), false]);
    const back = await stripe().prices.list({ product: product.id, limit: 2, ending_before: ids[3] ?? '' });
    expect([back.data.map((price) => price.id), back.has_more]).toEqual([ids.slice(1, 3), true]);
    const all = [];
    for await (const price of stripe().prices.list({ product: product.id, limit: 2 })) all.push(price.id);
    expect(all).toEqual(ids);
    expect(await refusal(stripe().prices.list({ limit: 101 }))).toMatchObject({ statusCode: 400, param: 'limit' });
  });

  it('expands fields, nested ones and those of lists, and refuses what cannot be expanded', async () => {
    const price = await stripe().prices.create({ currency: 'usd', unit_amount: 5, product_data: { name: unique('e') } });
    const one = await stripe().prices.retrieve(price.id, { expand: ['product'] });
    expect((one.product as Stripe.Product).object).toBe('product');
    const list = await stripe().prices.list({ product: price.product as string, expand: ['data.product'] });
    expect((list.data[0]?.product as Stripe.Product).id).toBe(price.product);
    expect(await refusal(stripe().prices.retrieve(price.id, { expand: ['banana'] }))).toMatchObject({ statusCode: 400 });
  });

  it('replays the first answer of an idempotency key, and refuses another request under it', async () => {
    const key = unique('key');
    const first = await stripe().customers.create({ name: 'once' }, { idempotencyKey: key });
    const again = await stripe().customers.create({ name: 'once' }, { idempotencyKey: key });
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(again.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect(await refusal(stripe().customers.create({ name: 'twice' }, { idempotencyKey: key }))).toMatchObject({ statusCode: 400, type: 'StripeIdempotencyError', rawType: 'idempotency_error' });
  });

  it('does not save refused parameters under a key', async () => {
    const key = unique('key');
    await refusal(stripe().customers.create({ nope: 1 } as unknown as Stripe.CustomerCreateParams, { idempotencyKey: key }));
    expect((await stripe().customers.create({ name: 'ok' }, { idempotencyKey: key })).name).toBe('ok');
  });

  it('keeps a deleted customer as a stub', async () => {
    const { id } = await stripe().customers.create({});
    expect(await stripe().customers.del(id)).toMatchObject({ id, object: 'customer', deleted: true });
    expect(await stripe().customers.retrieve(id)).toMatchObject({ id, deleted: true });
    expect(await refusal(stripe().customers.update(id, { name: 'x' }))).toMatchObject({ statusCode: 404 });
  });
});
