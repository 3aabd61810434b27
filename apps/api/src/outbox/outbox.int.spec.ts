import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';
import { TemporalService } from '../temporal/temporal.service.js';

const temporalAddress = inject('temporalAddress');
const PATIENCE_MS = 45_000;

/** Which of the two it is depends on who gives up first: the connection or the probe. */
const NO_ANSWER: unknown = expect.stringMatching(/^(Does not answer|No answer in time)\.$/);

/** The API with a true Temporal server but no worker: signals are taken and wait. */
describe.skipIf(temporalAddress === null)('the outbox', () => {
  let api: ApiUnderTest;
  let ann: SignedIn;
  beforeAll(async () => {
    api = await ApiUnderTest.start({ TEMPORAL_ADDRESS: temporalAddress! });
    ann = await api.signUp('ann@example.com');
  });
  afterAll(() => api.stop());

  const put = (customerId: string, topic: string, payload: object) => api.rows('INSERT INTO outbox (topic, customer_id, payload) VALUES ($1, $2, $3)', [topic, customerId, JSON.stringify(payload)]);
  const waiting = async (): Promise<number> => (await api.rows('SELECT 1 FROM outbox')).length;
  const signals = async (customerId: string): Promise<string[]> => {
    const { client } = await api.app.get(TemporalService).connected();
    const { events } = await client.workflow.getHandle(customerWorkflowId(customerId)).fetchHistory();
    return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => (signal?.signalName ? [signal.signalName] : []));
  };

  it('starts the customer\'s workflow by its first message, and forgets a message only when it was taken', async () => {
    await put(ann.customerId, 'instanceWished', { requestId: 'r1', instanceId: randomUUID(), wish: 'stop', actor: 'test' });
    for (let index = 0; index < 30; index += 1) await put(ann.customerId, 'stripeChanged', { eventId: `evt_${index}`, type: 'x', objectId: null });
    await vi.waitFor(async () => expect(await waiting()).toBe(0), PATIENCE_MS);
    const taken = await signals(ann.customerId);
    expect(taken[0]).toBe('instanceWished');
    // Doorbells in a row may be rung together, ten at most at once.
    expect(new Set(taken.slice(1))).toEqual(new Set(['stripeChanged']));
    expect(taken.length - 1).toBeGreaterThanOrEqual(3);
    expect(taken.length - 1).toBeLessThanOrEqual(30);
  });

  it('keeps what nobody knows, with its reason, and everything of that customer behind it; others go on', async () => {
    const [stuck, free] = [randomUUID(), randomUUID()];
    await put(stuck, 'nonsense', {});
    await put(stuck, 'stripeChanged', { eventId: 'evt_a', type: 'x', objectId: null });
    await put(free, 'stripeChanged', { eventId: 'evt_b', type: 'x', objectId: null });
    await vi.waitFor(async () => expect(await signals(free)).toEqual(['stripeChanged']), PATIENCE_MS);
    // Temporal has the signal before the dispatcher's transaction, which forgets it and writes the reason of the others, is committed.
    const rows = await vi.waitFor(async () => {
      const found = await api.rows<{ customer_id: string; last_error: string | null }>('SELECT customer_id, last_error FROM outbox ORDER BY id');
      expect(found.map(({ customer_id }) => customer_id)).toEqual([stuck, stuck]);
      return found;
    }, PATIENCE_MS);
    expect(rows[0]!.last_error).toContain('nonsense');
    expect(await signals(free)).toEqual(['stripeChanged']);
    await api.rows('TRUNCATE outbox');
  });

  it('tells readiness part by part: no worker polls here', async () => {
    const answer = await api.call<{ ready: boolean; parts: { name: string; ready: boolean; detail?: string }[] }>('GET', '/api/v1/ready');
    expect(answer.status).toBe(503);
    const parts = new Map(answer.body.parts.map((part) => [part.name, part]));
    expect([parts.get('database')?.ready, parts.get('temporal')?.ready]).toEqual([true, true]);
    for (const queue of ['lifecycle', 'billing', 'notify', 'projections']) expect(parts.get(`queue:${queue}`)).toEqual({ name: `queue:${queue}`, ready: false, detail: 'No worker polls this queue.' });
  });
});

describe('without Temporal', () => {
  it('the API works on: a wish is stored and waits, a checkout is a 503, readiness names the part', async () => {
    const api = await ApiUnderTest.start();
    try {
      const ann = await api.signUp('ann@example.com');
      await api.addHost(2);
      await api.addKey(ann.customerId);
      expect((await api.call('POST', '/api/v1/instances', { cookie: ann.cookie, body: { planId: 'free', provider: 'openai' } })).status).toBe(202);
      expect(await api.rows('SELECT topic FROM outbox')).toEqual([{ topic: 'instanceWished' }]);
      expect(await api.call('POST', '/api/v1/subscription/cancel', { cookie: ann.cookie })).toMatchObject({ status: 503, body: { code: 'LIFECYCLE_UNAVAILABLE' } });
      expect(await api.call('GET', '/api/v1/ready')).toMatchObject({ status: 503, body: { ready: false, parts: expect.arrayContaining([{ name: 'database', ready: true }, { name: 'temporal', ready: false, detail: NO_ANSWER }]) } });
      expect(await api.call('GET', '/api/v1/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    } finally {
      await api.stop();
    }
  });
});
