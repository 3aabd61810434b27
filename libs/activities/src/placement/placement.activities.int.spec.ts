import { createHash, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import type { PlacementPort } from '#workflows/ports/placement.port.js';
import { createPlacementActivities } from './placement.activities.js';

let database: TestDatabase;
let source: DataSource;
let placement: PlacementPort;
const customerId = randomUUID();
const instanceId = randomUUID();

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 5).initialize();
  placement = createPlacementActivities({ dataSource: source, publicUrl: 'http://dash.test' });
  await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Ann')`, [customerId]);
  await source.query(`INSERT INTO host (id, docker_url, gateway_url, engine, image, capacity_slots, first_port, last_port) VALUES ('h', 'http://10.1.2.3:2375', 'http://g', 'emulator', 'i', 1, 21000, 21000)`);
  await source.query(
    `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state) VALUES ($1, $2, 'a', 'a', 'pro', 'openai', 'm', 'provisioning', 'running')`,
    [instanceId, customerId]);
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const instance = async (): Promise<{ host_id: string | null; url: string | null }> =>
  (await source.query('SELECT host_id, url FROM instance WHERE id = $1', [instanceId]))[0];

/** Each twice: what an activity that lost its answer does. */
async function twice<T>(call: () => Promise<T>): Promise<T> {
  const first = await call();
  expect(await call()).toEqual(first);
  return first;
}

describe('placement', () => {
  it('places an instance and takes everything back, each call run twice', async () => {
    expect(await twice(() => placement.reserveSlot({ instanceId, customerId }))).toEqual({ hostId: 'h' });
    expect(await twice(() => placement.reservePort({ instanceId, hostId: 'h' }))).toEqual({ port: 21_000 });
    expect(await twice(() => placement.publishRoute({ instanceId, hostId: 'h', port: 21_000 }))).toEqual({ url: `http://dash.test/app/instances/${instanceId}` });
    expect(await source.query('SELECT subdomain, host_id, address, port FROM route')).toEqual([{ subdomain: 'a', host_id: 'h', address: '10.1.2.3', port: 21_000 }]);
    expect(await instance()).toEqual({ host_id: 'h', url: `http://dash.test/app/instances/${instanceId}` });

    await twice(() => placement.unpublishRoute({ instanceId }));
    await twice(() => placement.releasePort({ instanceId }));
    await twice(() => placement.releaseSlot({ instanceId }));
    expect(await source.query('SELECT (SELECT count(*)::int FROM route) AS routes, (SELECT count(*)::int FROM host_port) AS ports, (SELECT used_slots FROM host) AS slots'))
      .toEqual([{ routes: 0, ports: 0, slots: 0 }]);
    expect(await instance()).toEqual({ host_id: null, url: null });
  });

  it('says NO_CAPACITY for good where no slot or no port is left', async () => {
    await placement.reserveSlot({ instanceId, customerId });
    await placement.reservePort({ instanceId, hostId: 'h' });
    await expect(placement.reserveSlot({ instanceId: randomUUID(), customerId })).rejects.toMatchObject({ type: 'NO_CAPACITY', nonRetryable: true });
    await expect(placement.reservePort({ instanceId: randomUUID(), hostId: 'h' })).rejects.toMatchObject({ type: 'NO_CAPACITY', nonRetryable: true });
    await expect(placement.publishRoute({ instanceId: randomUUID(), hostId: 'h', port: 1 })).rejects.toMatchObject({ type: 'INSTANCE_NOT_FOUND' });
  });

  it('revokes the gateway token and forgets both tokens, and nobody else\'s', async () => {
    const other = randomUUID();
    for (const id of [instanceId, other]) {
      await source.query('INSERT INTO gateway_token (token_hash, instance_id, customer_id, generation) VALUES ($1, $2, $3, 1)', [createHash('sha256').update(id).digest(), id, customerId]);
      for (const kind of ['agent_token', 'gateway_token', 'provider_key']) {
        await source.query('INSERT INTO secret (id, customer_id, kind, subject, record) VALUES ($1, $2, $3, $4, $5)', [randomUUID(), customerId, kind, id, Buffer.from('x')]);
      }
    }
    await twice(() => placement.revokeAccess({ instanceId }));
    expect(await source.query('SELECT instance_id FROM gateway_token WHERE revoked_at IS NULL')).toEqual([{ instance_id: other }]);
    expect(await source.query('SELECT kind FROM secret WHERE subject = $1', [instanceId])).toEqual([{ kind: 'provider_key' }]);
    expect(await source.query('SELECT kind FROM secret WHERE subject = $1', [other])).toHaveLength(3);
  });
});
