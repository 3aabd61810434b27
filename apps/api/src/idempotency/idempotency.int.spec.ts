import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';
import { Idempotency } from './idempotency.service.js';

let api: ApiUnderTest;
let ann: SignedIn;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.addHost(50);
  ann = await api.signUp('ann@example.com');
  await api.addKey(ann.customerId);
});
afterAll(() => api.stop());

const create = (key: string, body: object) => api.call('POST', '/api/v1/instances', { body, cookie: ann.cookie, headers: { 'idempotency-key': key } });

describe('Idempotency-Key', () => {
  it('does a write once and gives its answer again', async () => {
    const body = { planId: 'team', provider: 'openai', name: 'Once' };
    const first = await create('key-1', body);
    await api.rows(`UPDATE instance SET name = 'Renamed since' WHERE id = $1`, [first.body['id']]);
    const again = await create('key-1', { name: 'Once', provider: 'openai', planId: 'team' });
    expect([first.status, again.status, JSON.parse(again.text)]).toEqual([202, 202, JSON.parse(first.text)]);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([null, 'true']);
  });

  it('refuses the key for another body or another route', async () => {
    await create('key-2', { planId: 'team', provider: 'openai', name: 'Second' });
    expect(await create('key-2', { planId: 'team', provider: 'openai', name: 'Third' })).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await api.call('POST', '/api/v1/users/me/restore', { cookie: ann.cookie, headers: { 'idempotency-key': 'key-2' } })).toMatchObject({ status: 409 });
  });

  it('gives a refusal again too', async () => {
    const answers = [await create('key-3', { planId: 'gold', provider: 'openai' }), await create('key-3', { planId: 'gold', provider: 'openai' })];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(answers[1]!.body).toMatchObject({ code: 'VALIDATION_FAILED', fields: { planId: expect.any(String) } });
  });

  it('lets one of many callers at once do the work; the others are told to wait or get the answer', async () => {
    await api.rows('DELETE FROM slot_reservation');
    await api.rows('TRUNCATE instance CASCADE');
    const answers = await Promise.all(Array.from({ length: 12 }, () => create('key-4', { planId: 'team', provider: 'openai', name: 'Raced' })));
    for (const { status, body } of answers) expect([202, 'IDEMPOTENCY_KEY_IN_USE']).toContain(status === 409 ? body['code'] : status);
    expect(await api.rows('SELECT 1 FROM instance')).toHaveLength(1);
    expect((await create('key-4', { planId: 'team', provider: 'openai', name: 'Raced' })).status).toBe(202);
  });

  it('does it anew where the first attempt failed on our side, or its process died', async () => {
    const idempotency = api.app.get(Idempotency);
    let attempts = 0;
    const work = () => idempotency.once(ann.customerId, 'key-5', 'hash', () => { attempts += 1; return attempts === 1 ? Promise.reject(new Error('power cut')) : Promise.resolve({ status: 200, body: { attempts } }); });
    await expect(work()).rejects.toThrow('power cut');
    expect(await work()).toEqual({ status: 200, body: { attempts: 2 }, replayed: false });
    expect(await work()).toEqual({ status: 200, body: { attempts: 2 }, replayed: true });
    await api.rows(`INSERT INTO idempotency_key (customer_id, key, request_hash) VALUES ($1, 'key-6', 'hash')`, [ann.customerId]);
    expect(await idempotency.once(ann.customerId, 'key-6', 'hash', () => Promise.resolve({ status: 204, body: null }))).toMatchObject({ status: 204, replayed: false });
  });

  it('belongs to one customer', async () => {
    const bob = await api.signUp('bob@example.com');
    const answer = await api.call('POST', '/api/v1/instances', { body: { planId: 'team', provider: 'openai' }, cookie: bob.cookie, headers: { 'idempotency-key': 'key-1' } });
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
  });
});
