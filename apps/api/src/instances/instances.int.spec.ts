import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';

const SLOTS = 20;
const CALLERS = 200;
const PATH = '/api/v1/instances';
type Fields = { fields: Record<string, string> };

let api: ApiUnderTest;
let ann: SignedIn;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.addHost(SLOTS);
  ann = await api.signUp('ann@example.com');
  await api.addKey(ann.customerId);
});
afterAll(() => api.stop());

const create = (person: SignedIn, body: object, headers: Record<string, string> = {}) => api.call<Record<string, unknown> & Fields>('POST', PATH, { body, cookie: person.cookie, headers });
const free = (more: object = {}) => ({ planId: 'free', provider: 'openai', ...more });
const clear = async () => { await api.rows('DELETE FROM slot_reservation'); await api.rows('TRUNCATE instance, instance_step, outbox CASCADE'); };
const count = async (table: string): Promise<number> => (await api.rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n;

describe('POST /instances', () => {
  it('provisions a free plan at once: instance, slot and message in one', async () => {
    await clear();
    const made = await create(ann, free({ name: 'My claw', subdomain: 'My-Claw', skills: ['weather'] }));
    expect(made).toMatchObject({ status: 202, body: { name: 'My claw', subdomain: 'my-claw', status: 'provisioning', desiredState: 'running', next: null, model: 'gpt-5-mini', skills: ['weather'] } });
    expect((made.body['steps'] as unknown[]).length).toBe(11);
    expect(await api.rows('SELECT topic, customer_id, payload FROM outbox')).toMatchObject([{ topic: 'instanceWished', customer_id: ann.customerId, payload: { instanceId: made.body['id'], wish: 'provision', actor: `user:${ann.userId}` } }]);
    expect(await api.rows('SELECT instance_id, state FROM slot_reservation')).toEqual([{ instance_id: made.body['id'], state: 'held' }]);
  });

  it('answers the same wish with the same instance, and another wish under its name with the fields that differ', async () => {
    await clear();
    const wish = free({ name: 'Twin', skills: ['a', 'b'] });
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => create(ann, wish)));
    expect(new Set([first!, ...others].map(({ body }) => body['id'])).size).toBe(1);
    expect(await count('outbox')).toBe(1);
    const other = await create(ann, free({ name: 'Twin', model: 'gpt-5.2' }));
    expect(other).toMatchObject({ status: 409, body: { code: 'NAME_TAKEN' } });
    expect(Object.keys(other.body.fields).sort()).toEqual(['model', 'name', 'skills']);
  });

  it('reserves a slot for a paid plan and says checkout', async () => {
    await clear();
    expect(await create(ann, { planId: 'pro', provider: 'openai' })).toMatchObject({ status: 202, body: { status: 'awaiting_payment', next: 'checkout', name: 'Assistant' } });
    expect([await count('outbox'), await count('slot_reservation')]).toEqual([0, 1]);
  });

  it('provisions at once what a live subscription of that plan covers', async () => {
    await clear();
    await api.rows(`INSERT INTO subscription (id, customer_id, status, plan_id, created) VALUES ('sub_1', $1, 'active', 'team', now()) ON CONFLICT DO NOTHING`, [ann.customerId]);
    expect(await create(ann, { planId: 'team', provider: 'openai', name: 'Second' })).toMatchObject({ status: 202, body: { status: 'provisioning', next: null } });
    await api.rows('DELETE FROM subscription');
  });

  it('names the field and the mend', async () => {
    await clear();
    const refused = async (body: object, field: string, status = 400, code = 'VALIDATION_FAILED') => {
      const answer = await create(ann, body);
      expect([answer.status, answer.body['code'], Object.keys(answer.body.fields)]).toEqual([status, code, expect.arrayContaining([field])]);
      expect(answer.body.fields[field]!.length).toBeGreaterThan(10);
    };
    await refused(free({ planId: 'gold' }), 'planId');
    await refused(free({ planId: undefined }), 'planId');
    await refused(free({ provider: 'skynet' }), 'provider');
    await refused(free({ model: 'claude-sonnet-4-5' }), 'model');
    await refused(free({ subdomain: 'a' }), 'subdomain');
    await refused(free({ subdomain: 'admin' }), 'subdomain');
    await refused(free({ subdomain: 'xn--80ak6aa92e' }), 'subdomain');
    await refused(free({ name: 'x'.repeat(61) }), 'name');
    await refused(free({ name: 'a\u202eb' }), 'name');
    await refused(free({ name: 'a\u0000b' }), 'name');
    await refused(free({ skills: ['a', 'b', 'c', 'd'] }), 'skills');
    await refused(free({ skills: ['; rm -rf /'] }), 'skills');
    await refused(free({ hostId: 'host-1' }), 'hostId');
    await refused({ ...free(), provider: 'google' }, 'provider', 409, 'PROVIDER_KEY_MISSING');
    expect(await count('instance')).toBe(0);
    await create(ann, free({ name: 'One', subdomain: 'the-one' }));
    await refused(free({ name: 'Two' }), 'planId', 409, 'INSTANCE_LIMIT');
    const bob = await api.signUp('bob@example.com');
    await api.addKey(bob.customerId);
    const taken = await create(bob, free({ subdomain: 'the-one' }));
    expect(taken).toMatchObject({ status: 409, body: { code: 'SUBDOMAIN_TAKEN', fields: { subdomain: expect.any(String) } } });
    expect(await api.call('GET', `${PATH}/subdomains/the-one`, { cookie: bob.cookie })).toMatchObject({ status: 200, body: { available: false } });
    expect(await api.call('GET', `${PATH}/subdomains/the-two`, { cookie: bob.cookie })).toMatchObject({ status: 200, body: { available: true, reason: null } });
    expect(await count('instance')).toBe(1);
  });

  it(`gives ${SLOTS} slots to exactly ${SLOTS} of ${CALLERS} callers at once, and leaves nothing behind of the others`, async () => {
    await clear();
    // One signed-in session each; accounts are made by SQL, because hashing 200 passwords is not what is asked here.
    const people = await manyMembers(CALLERS);
    const answers = await Promise.all(people.map((person) => create(person, free())));
    const statuses = answers.map(({ status, body }) => (status === 409 ? body['code'] : status));
    expect(statuses.filter((status) => status === 202).length).toBe(SLOTS);
    expect(statuses.filter((status) => status === 'NO_CAPACITY').length).toBe(CALLERS - SLOTS);
    expect([await count('instance'), await count('slot_reservation'), await count('outbox')]).toEqual([SLOTS, SLOTS, SLOTS]);
    expect(await api.rows('SELECT used_slots FROM host')).toEqual([{ used_slots: SLOTS }]);
  });

  it('gives one address to exactly one of many', async () => {
    await clear();
    const people = await manyMembers(10);
    const answers = await Promise.all(people.map((person) => create(person, free({ subdomain: 'wanted-by-all' }))));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(9).fill(409)]);
    expect([await count('instance'), await count('slot_reservation')]).toEqual([1, 1]);
  });
});

describe('an instance', () => {
  const made = async (status: string): Promise<string> => {
    await clear();
    const { body } = await create(ann, free({ name: 'Cared for' }));
    await api.rows('UPDATE instance SET status = $2 WHERE id = $1', [body['id'], status]);
    await api.rows('TRUNCATE outbox, event');
    return String(body['id']);
  };
  const wish = (id: string, verb: string) => api.call('POST', `${PATH}/${id}/${verb}`, { cookie: ann.cookie });

  it('stores a wish with its message, and tells open dashboards', async () => {
    const id = await made('running');
    expect(await wish(id, 'stop')).toMatchObject({ status: 202, body: { desiredState: 'stopped', status: 'running' } });
    expect(await api.rows('SELECT payload FROM outbox')).toMatchObject([{ payload: { wish: 'stop', instanceId: id } }]);
    expect(await api.rows('SELECT type, entity_id, data FROM event')).toMatchObject([{ type: 'instance.status', entity_id: id, data: { status: 'running', desiredState: 'stopped' } }]);
  });

  it.each([
    ['awaiting_payment', 'start', 409, 'PAYMENT_AWAITED'], ['provisioning', 'stop', 409, 'INSTANCE_BUSY'], ['suspended', 'start', 409, 'INSTANCE_SUSPENDED'],
    ['gone', 'restart', 409, 'INSTANCE_GONE'], ['stopped', 'restart', 409, 'INSTANCE_STOPPED'], ['failed', 'start', 409, 'INSTANCE_FAILED'],
    ['stopped', 'stop', 202, undefined], ['failed', 'reprovision', 202, undefined], ['needs_attention', 'start', 202, undefined], ['stopped', 'start', 202, undefined],
  ])('%s, asked to %s: %i %s', async (status, verb, expected, code) => {
    const id = await made(status);
    const answer = await wish(id, verb);
    expect([answer.status, answer.body['code']]).toEqual([expected, code]);
  });

  it('is renamed, removed once, and listed by pages', async () => {
    const id = await made('running');
    expect(await api.call('PATCH', `${PATH}/${id}`, { cookie: ann.cookie, body: { name: 'Renamed' } })).toMatchObject({ status: 200, body: { name: 'Renamed' } });
    for (let time = 0; time < 2; time += 1) expect(await api.call('DELETE', `${PATH}/${id}`, { cookie: ann.cookie })).toMatchObject({ status: 202, body: { desiredState: 'removed' } });
    expect(await count('outbox')).toBe(1);
    await api.rows(`INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state) SELECT gen_random_uuid(), $1, 'n' || n, 'sub' || n, 'team', 'openai', 'm', 'running', 'running' FROM generate_series(1, 6) n`, [ann.customerId]);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { body: { data: { id: string }[]; nextCursor: string | null } } = await api.call('GET', `${PATH}?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`, { cookie: ann.cookie });
      seen.push(...page.body.data.map((one) => one.id));
      cursor = page.body.nextCursor;
    }
    expect([seen.length, new Set(seen).size]).toEqual([7, 7]);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=%00', 'cursor=WzEsMl0', 'nonsense=1', 'cursor=WyIyMDI2LTk5LTk5IDAwOjAwOjAwKzAwIiwieCJd']) {
      expect([query, (await api.call('GET', `${PATH}?${query}`, { cookie: ann.cookie })).status]).toEqual([query, 400]);
    }
  });
});

/** Members with a session, copied from Ann's so that the cookie's signature is made by the server's own secret. */
async function manyMembers(many: number): Promise<SignedIn[]> {
  const { createHmac, randomUUID } = await import('node:crypto');
  const people = Array.from({ length: many }, () => ({ userId: randomUUID(), customerId: randomUUID(), token: randomUUID().replaceAll('-', '') }));
  await api.rows(`INSERT INTO "user" (id, name, email, "emailVerified") SELECT u, 'P', u || '@example.com', true FROM unnest($1::text[]) u`, [people.map(({ userId }) => userId)]);
  await api.rows(`INSERT INTO customer (id, name) SELECT unnest($1::uuid[]), 'P'`, [people.map(({ customerId }) => customerId)]);
  await api.rows(`INSERT INTO member (customer_id, user_id, role) SELECT unnest($1::uuid[]), unnest($2::text[]), 'owner'`, [people.map(({ customerId }) => customerId), people.map(({ userId }) => userId)]);
  await api.rows(`INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId") SELECT gen_random_uuid(), now() + interval '1 day', unnest($1::text[]), now(), unnest($2::text[])`, [people.map(({ token }) => token), people.map(({ userId }) => userId)]);
  await api.rows(`WITH s AS (INSERT INTO secret (id, customer_id, kind, subject, record) SELECT gen_random_uuid(), c, 'provider_key', 'openai', '\\x00' FROM unnest($1::uuid[]) c RETURNING id, customer_id)
    INSERT INTO provider_key (customer_id, provider, secret_id, masked, tested_at) SELECT customer_id, 'openai', id, 'sk…', now() FROM s`, [people.map(({ customerId }) => customerId)]);
  // better-auth signs a cookie with HMAC-SHA256 of its value (better-call, signed cookies).
  return people.map(({ userId, customerId, token }) => {
    const signature = createHmac('sha256', api.environment.AUTH_SECRET).update(token).digest('base64');
    return { userId, customerId, email: `${userId}@example.com`, cookie: `clawkeep.session_token=${encodeURIComponent(`${token}.${signature}`)}` };
  });
}
