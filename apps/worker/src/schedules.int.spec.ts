import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createNamespace } from '#testing/harness/namespace.js';
import { ensureSchedule, SCHEDULES } from './schedules.js';

const temporalAddress = inject('temporalAddress');

describe.skipIf(temporalAddress === null)('the schedules', () => {
  const namespace = `s-${randomBytes(6).toString('hex')}`;
  let client: Client;
  beforeAll(async () => {
    await createNamespace(temporalAddress ?? '', namespace);
    client = new Client({ connection: await Connection.connect({ address: temporalAddress ?? '' }), namespace });
  });
  afterAll(() => client.connection.close());

  it('are written once by however many workers, follow the release, and stay paused where a person paused them', async () => {
    const [schedule] = SCHEDULES;
    if (schedule === undefined) throw new Error('there is no schedule');
    await Promise.all(Array.from({ length: 3 }, () => ensureSchedule(client.schedule, schedule)));
    const handle = client.schedule.getHandle('reconcile-stripe');
    expect(await handle.describe()).toMatchObject({ spec: { intervals: [{ every: 3_600_000 }] }, action: { workflowType: 'reconcileStripe', taskQueue: 'lifecycle' }, policies: { overlap: 'SKIP' }, state: { paused: false } });
    await handle.pause('a person looks');
    await ensureSchedule(client.schedule, { ...schedule, spec: { intervals: [{ every: '30m' }] } });
    expect(await handle.describe()).toMatchObject({ spec: { intervals: [{ every: 1_800_000 }] }, state: { paused: true, note: 'a person looks' } });
  });
});
