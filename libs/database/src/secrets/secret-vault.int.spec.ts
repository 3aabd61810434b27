import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { EnvelopeError, generateKey } from './envelope.js';
import { isWrappedBy, SecretNotFoundError, SecretVault } from './secret-vault.js';

const k1 = { id: 'k1', key: generateKey() };
const k2 = { id: 'k2', key: generateKey() };
let database: TestDatabase;
let pool: pg.Pool;
let vault: SecretVault;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 8 });
  vault = new SecretVault(pool, [k1]);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function newCustomer(): Promise<string> {
  const id = randomUUID();
  await pool.query('INSERT INTO customer (id, name) VALUES ($1, $2)', [id, 'Ann']);
  return id;
}

async function swapRecords(first: string, second: string): Promise<void> {
  await pool.query(
    'UPDATE secret AS s SET record = other.record FROM secret AS other WHERE (s.id = $1 AND other.id = $2) OR (s.id = $2 AND other.id = $1)',
    [first, second],
  );
}

describe('SecretVault', () => {
  it('gives back any text, and keeps none of it in clear', async () => {
    const customer = await newCustomer();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), async (text) => {
        const ref = await vault.put(customer, 'provider-key', 'openai', `canary:${text}`);
        expect(await vault.get(ref, customer)).toBe(`canary:${text}`);
        const { rows } = await pool.query<{ record: Buffer }>('SELECT record FROM secret WHERE id = $1', [ref]);
        expect(rows[0]?.record.includes('canary')).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps the reference of a replaced secret, and forgets a removed one', async () => {
    const customer = await newCustomer();
    const first = await vault.put(customer, 'provider-key', 'openai', 'old');
    expect(await vault.put(customer, 'provider-key', 'openai', 'new')).toBe(first);
    expect(await vault.put(customer, 'provider-key', 'google', 'other')).not.toBe(first);
    expect(await vault.get(first)).toBe('new');
    await vault.remove(first);
    await vault.remove(first);
    await expect(vault.get(first)).rejects.toThrow(SecretNotFoundError);
  });

  it('does not open records that were swapped between rows, kinds or customers', async () => {
    const [ann, bob] = [await newCustomer(), await newCustomer()];
    const openai = await vault.put(ann, 'provider-key', 'openai', 'a');
    const google = await vault.put(ann, 'provider-key', 'google', 'b');
    await swapRecords(openai, google);
    await expect(vault.get(openai)).rejects.toThrow(EnvelopeError);
    await expect(vault.get(google)).rejects.toThrow(EnvelopeError);
    await swapRecords(openai, google);
    expect(await vault.get(openai)).toBe('a');

    const bobs = await vault.put(bob, 'provider-key', 'openai', 'c');
    await swapRecords(openai, bobs);
    await expect(vault.get(bobs)).rejects.toThrow(EnvelopeError);
    await swapRecords(openai, bobs);

    await pool.query("UPDATE secret SET kind = 'gateway-token' WHERE id = $1", [openai]);
    await expect(vault.get(openai)).rejects.toThrow(EnvelopeError);
  });

  it('does not open with the data key of another customer', async () => {
    const [ann, bob] = [await newCustomer(), await newCustomer()];
    const ref = await vault.put(ann, 'provider-key', 'openai', 'a');
    await vault.put(bob, 'provider-key', 'openai', 'b');
    await pool.query('UPDATE customer_data_key SET wrapped_key = (SELECT wrapped_key FROM customer_data_key WHERE customer_id = $2) WHERE customer_id = $1', [ann, bob]);
    await expect(vault.get(ref)).rejects.toThrow(EnvelopeError);
    expect(await new SecretVault(pool, [k2, k1]).rotate()).toMatchObject({ unreadable: [ann] });
    await new SecretVault(pool, [k1, k2]).rotate();
    await pool.query('DELETE FROM customer WHERE id = $1', [ann]);
  });

  it('answers "not there" to a reference of somebody else', async () => {
    const [ann, bob] = [await newCustomer(), await newCustomer()];
    const ref = await vault.put(ann, 'provider-key', 'openai', 'a');
    await expect(vault.get(ref, bob)).rejects.toThrow(SecretNotFoundError);
  });

  it('makes one data key per customer, however many callers come first', async () => {
    const customer = await newCustomer();
    const names = Array.from({ length: 12 }, (_, index) => `row-${index}`);
    const refs = await Promise.all(names.map((name) => vault.put(customer, 'file', name, name)));
    expect(await Promise.all(refs.map((ref) => vault.get(ref)))).toEqual(names);
  });

  it('works the same over TypeORM, and inside its transaction', async () => {
    const customer = await newCustomer();
    const dataSource = await createDataSource(database.url, 2).initialize();
    const typeormVault = new SecretVault(dataSource, [k1]);
    const ref = await typeormVault.put(customer, 'provider-key', 'openai', 'kept');
    await expect(
      dataSource.transaction(async (manager) => {
        await typeormVault.within(manager).put(customer, 'provider-key', 'openai', 'rolled back');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await typeormVault.get(ref)).toBe('kept');
    expect((await new SecretVault(dataSource, [k2, k1]).rotate()).rewrapped).toBeGreaterThan(0);
    expect((await new SecretVault(dataSource, [k1, k2]).rotate()).rewrapped).toBeGreaterThan(0);
    await dataSource.destroy();
  });

  it('leaves nothing on the old key after rotation, and old keys are then not needed', async () => {
    const customers = await Promise.all(Array.from({ length: 5 }, newCustomer));
    const refs = await Promise.all(customers.map((customer) => vault.put(customer, 'provider-key', 'openai', customer)));
    const both = new SecretVault(pool, [k2, k1]);
    const before = (await vault.countByKey())['k1'] ?? 0;
    const rotated = await Promise.all([both.rotate(), both.rotate()]);
    expect(rotated[0].rewrapped + rotated[1].rewrapped).toBe(before);
    expect(await both.countByKey()).toEqual({ k2: before });
    const { rows } = await pool.query<{ wrapped_key: Buffer }>('SELECT wrapped_key FROM customer_data_key');
    expect(rows.filter((row) => isWrappedBy(row.wrapped_key, 'k1'))).toEqual([]);
    const onlyNew = new SecretVault(pool, [k2]);
    expect(await Promise.all(refs.map((ref) => onlyNew.get(ref)))).toEqual(customers);
    expect(await both.rotate()).toEqual({ rewrapped: 0, unreadable: [] });
    await expect(vault.get(refs[0] ?? '')).rejects.toThrow('made with key k2');
  });
});
