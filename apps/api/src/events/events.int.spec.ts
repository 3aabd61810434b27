import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';
import { openStream } from '../../test/event-reader.js';

let api: ApiUnderTest;
let ann: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  [ann, bob] = [await api.signUp('ann@example.com'), await api.signUp('bob@example.com')];
});
afterAll(() => api.stop());

let version = 0;
const happen = async ({ customerId }: SignedIn, type = 'instance.status'): Promise<string> => {
  version += 1;
  const [row] = await api.rows<{ id: string }>(`INSERT INTO event (customer_id, type, entity_id, version, data) VALUES ($1, $2, 'thing', $3, '{"status":"running"}') RETURNING id`, [customerId, type, version]);
  return row!.id;
};
const open = ({ cookie }: SignedIn, lastEventId?: string) => openStream(`${api.url}/api/v1/events`, { cookie, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) });

describe('GET /events', () => {
  it('tells what happens to the customer, and to no other', async () => {
    const [mine, theirs] = [await open(ann), await open(bob)];
    await happen(bob);
    const id = await happen(ann, 'customer.stage');
    expect(await mine.next()).toMatchObject({ id, event: 'customer.stage', data: { type: 'customer.stage', entityId: 'thing', version, at: expect.any(String), data: { status: 'running' } } });
    expect((await theirs.next()).id).not.toBe(id);
    for (const stream of [mine, theirs]) stream.close();
  });

  it('resumes after the last event: all that was missed, in order, none twice, and then live', async () => {
    const first = await happen(ann);
    const missed = [await happen(ann), await happen(ann), await happen(ann)];
    await happen(bob);
    const stream = await open(ann, first);
    const live = await happen(ann);
    const got = [await stream.next(), await stream.next(), await stream.next(), await stream.next()];
    expect(got.map(({ id }) => id)).toEqual([...missed, live]);
    stream.close();
  });

  it('says resync where the past is not kept, or is none of this database', async () => {
    const old = await happen(ann);
    await happen(ann);
    await api.rows('DELETE FROM event WHERE id <= $1', [old]);
    for (const lastId of [old, '1', '999999999999']) {
      const stream = await open(ann, lastId);
      expect([lastId, (await stream.next()).event]).toEqual([lastId, 'resync']);
      const id = await happen(ann);
      expect((await stream.next()).id).toBe(id);
      stream.close();
    }
  });

  it('goes on when Postgres cuts the listening connection, and misses nothing', async () => {
    const stream = await open(ann);
    await api.rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`);
    const id = await happen(ann);
    expect((await stream.next()).id).toBe(id);
    stream.close();
  });

  it('refuses nobody, and an id that is none', async () => {
    expect((await api.call('GET', '/api/v1/events')).status).toBe(401);
    expect((await api.call('GET', '/api/v1/events?lastEventId=x', { cookie: ann.cookie })).status).toBe(400);
    expect((await api.call('GET', '/api/v1/events', { cookie: ann.cookie, headers: { 'last-event-id': '-1' } })).status).toBe(400);
  });
});
