import { Connection } from '@temporalio/client';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { createTestDatabase } from './postgres.js';

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(statement);
  await client.end();
  return rows as unknown[];
}

describe('test database', () => {
  it('is migrated, apart from all others, and gone after drop', async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await query(first.url, "INSERT INTO customer (id, name) VALUES (gen_random_uuid(), 'Ann')");
    expect(await query(first.url, 'SELECT name FROM customer')).toEqual([{ name: 'Ann' }]);
    expect(await query(second.url, 'SELECT name FROM customer')).toEqual([]);
    await Promise.all([first.drop(), second.drop()]);
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
  });
});

describe.skipIf(inject('temporalAddress') === null)('test Temporal server', () => {
  it('answers and knows our search attributes', async () => {
    const connection = await Connection.connect({ address: inject('temporalAddress') ?? '' });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(['CustomerStage', 'NeedsAttention', 'NextStepAt']));
    await connection.close();
  });
});
