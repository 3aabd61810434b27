import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '#testing/harness/wait-for.js';
import { Dice } from '../chaos/dice.js';
import { startTestStack, type TestStack } from '../life/test-stack.js';
import { FORGERIES, genuine } from './deliveries.js';
import { Histories, recordRings } from './rung.js';
import { StripeSender } from './stripe-sender.js';

/** By default 50,000 deliveries and 10,000 forgeries; fewer where somebody waits for it. */
const EVENTS = Number(process.env['CLAWKEEP_WEBHOOK_EVENTS'] ?? 10_000);
const DELIVERIES_EACH = 5;
const FORGED = EVENTS;
const CUSTOMERS = 20;
const CONNECTIONS = 100;
/** The API is killed when so much of the deliveries is acknowledged. */
const KILLS_AT = [0.2, 0.5, 0.8];
const LONG_MS = 600_000;

const dice = new Dice(Number(process.env['CLAWKEEP_CHAOS_SEED'] ?? randomInt(2 ** 31)));
let world: TestStack;
let sender: StripeSender;
let secret: string;
let customers: string[];

beforeAll(async () => {
  process.stdout.write(`webhooks: CLAWKEEP_CHAOS_SEED=${dice.seed}, ${EVENTS} events\n`);
  world = await startTestStack();
  sender = new StripeSender(world.stack.urls.api, CONNECTIONS);
  [secret = ''] = (world.stack.env['STRIPE_WEBHOOK_SECRETS'] ?? '').split(',');
  customers = Array.from({ length: CUSTOMERS }, () => randomUUID());
  await world.pool.query(`INSERT INTO customer (id, name) SELECT id, 'Flood' FROM unnest($1::uuid[]) AS new (id)`, [customers]);
  await recordRings(world.pool);
}, 180_000);
afterAll(async () => {
  sender?.close();
  await world?.stop();
}, 60_000);
afterEach(({ task }) => { if (task.result?.state === 'fail') process.stdout.write(`${world.logs()}\n`); });

async function overAllConnections<T>(work: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => { while (next < work.length) await each(work[next++]!); }));
}
const idsLike = async (pattern: string): Promise<string[]> => (await world.pool.query<{ id: string }>('SELECT id FROM stripe_event WHERE id LIKE $1', [pattern])).rows.map(({ id }) => id);
const ringsLike = async (pattern: string): Promise<string[]> => (await world.pool.query<{ id: string }>('SELECT event_id AS id FROM test_ring WHERE event_id LIKE $1', [pattern])).rows.map(({ id }) => id);
const missing = (wanted: Iterable<string>, found: Iterable<string>): string[] => { const there = new Set(found); return [...wanted].filter((id) => !there.has(id)); };
const customerOf = (index: number): string => customers[index % CUSTOMERS]!;

describe(`Stripe's webhooks in a flood (seed ${dice.seed})`, () => {
  it(`${EVENTS * DELIVERIES_EACH} deliveries of ${EVENTS} events over ${CONNECTIONS} connections, the API killed ${KILLS_AT.length} times: ${EVENTS} effects`, async () => {
    const ids = Array.from({ length: EVENTS }, (_, index) => `evt_flood${String(index).padStart(6, '0')}`);
    const deliveries = dice.shuffled(Array.from({ length: EVENTS * DELIVERIES_EACH }, (_, index) => index % EVENTS));
    const acknowledged = new Set<string>();
    const lostByKill: string[][] = [];
    const kills = KILLS_AT.map((share) => Math.floor(deliveries.length * share));
    const killed: Promise<void>[] = [];
    let answered = 0;
    const killApi = async (): Promise<void> => {
      const api = world.stack.processes['api']!;
      await api.kill();
      // Dead, and not yet back: what it had said yes to is what must be there.
      const promised = [...acknowledged];
      lostByKill.push(missing(promised, await idsLike('evt\\_flood%')));
      await api.whenReady();
    };
    await overAllConnections(deliveries, async (index) => {
      const id = ids[index]!;
      const status = await sender.deliver(() => genuine({ id, customerId: customerOf(index) }, secret));
      if (status !== 200) throw new Error(`${id} was answered with ${status}`);
      acknowledged.add(id);
      answered += 1;
      if (kills[0] !== undefined && answered >= kills[0]) { kills.shift(); killed.push(killApi()); }
    });
    await Promise.all(killed);

    expect(lostByKill).toEqual(KILLS_AT.map(() => []));
    expect([...sender.troubles.keys()].some((trouble) => /^E|cut off|socket hang up/.test(trouble)), 'a kill was felt').toBe(true);
    const [stored, rung] = await Promise.all([idsLike('evt\\_flood%'), ringsLike('evt\\_flood%')]);
    expect([stored.length, missing(ids, stored)]).toEqual([EVENTS, []]);
    expect([rung.length, missing(ids, rung)]).toEqual([EVENTS, []]);

    await waitFor('the outbox is empty', async () => ((await world.pool.query('SELECT 1 FROM outbox LIMIT 1')).rowCount === 0 ? true : undefined), { timeoutMs: LONG_MS });
    const histories = await Histories.open(world);
    try {
      const told: string[] = [];
      for (const customerId of customers) {
        const rings = await histories.rings(customerId);
        // What a kill made the dispatcher send twice stands there twice word for word, and the workflow drops it; other than that each id stands in one signal.
        told.push(...new Set(rings.map((ring) => ring.join('+'))));
        await waitFor(`customer ${customerId} has taken everything in`, async () => ((await histories.waiting(customerId)) === 0 ? true : undefined), { timeoutMs: LONG_MS });
      }
      expect(missing(ids, told.flatMap((ring) => ring.split('+')))).toEqual([]);
    } finally {
      await histories.close();
    }
    // Nothing of it came a second time.
    expect((await ringsLike('evt\\_flood%')).length).toBe(EVENTS);
  }, LONG_MS);

  it(`${FORGED} forged, stale, future-dated, broken or foreign ones: none has an effect`, async () => {
    const before = (await ringsLike('%')).length;
    const wrong: string[] = [];
    await overAllConnections(Array.from({ length: FORGED }, (_, index) => index), async (index) => {
      const { kind, status, post } = FORGERIES[index % FORGERIES.length]!;
      const given = await sender.deliver(() => post({ id: `evt_forged${index}`, customerId: customerOf(index) }, secret));
      if (given !== status) wrong.push(`${kind}: ${given}`);
    });
    expect(wrong).toEqual([]);
    // What is truly Stripe's but not for this installation is kept for a person to look at; nothing else is.
    const keptIds = Array.from({ length: FORGED }, (_, index) => index).filter((index) => FORGERIES[index % FORGERIES.length]!.status === 200).map((index) => `evt_forged${index}`);
    expect((await idsLike('evt\\_forged%')).sort()).toEqual(keptIds.sort());
    expect((await ringsLike('%')).length).toBe(before);
    // The same sender and customer with a true one: it does have an effect.
    expect(await sender.deliver(() => genuine({ id: 'evt_true', customerId: customerOf(0) }, secret))).toBe(200);
    expect((await ringsLike('%')).length).toBe(before + 1);
  }, LONG_MS);
});
