import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '#testing/harness/wait-for.js';
import { Refused } from '../life/browser.js';
import { dockerOf, leftovers, ledgerOf } from '../life/clean-slate.js';
import { FREE, TEAM, type LifeClient } from '../life/life-client.js';
import { startTestStack, type TestStack } from '../life/test-stack.js';

const SLOTS = 20;
const CALLERS = 200;
/** Sign-ups under way at once; each costs a password hash. */
const AT_ONCE = 10;
const LONG_MS = 300_000;

let world: TestStack;
const callers: LifeClient[] = [];

beforeAll(async () => { world = await startTestStack({ slots: SLOTS }); }, 180_000);
afterAll(async () => { await world?.stop(); }, 120_000);
afterEach(({ task }) => { if (task.result?.state === 'fail') process.stdout.write(`${world.logs()}\n`); });

interface Wished { readonly person: LifeClient; readonly id: string }
type Answer = { readonly granted: Wished } | { readonly refused: string };

/** All at the same instant; a refusal is an answer, a 5xx is not. */
async function allWish(people: readonly LifeClient[]): Promise<{ granted: Wished[]; refused: string[] }> {
  const answers = await Promise.all(people.map(async (person): Promise<Answer> => {
    try {
      return { granted: { person, id: (await person.createInstance(TEAM)).id } };
    } catch (error) {
      if (!(error instanceof Refused) || error.status >= 500) throw error;
      return { refused: `${error.status} ${error.code}` };
    }
  }));
  return { granted: answers.flatMap((answer) => ('granted' in answer ? [answer.granted] : [])), refused: answers.flatMap((answer) => ('refused' in answer ? [answer.refused] : [])) };
}

async function inLanes<T>(work: readonly T[], lanes: number, each: (one: T) => Promise<void>): Promise<void> {
  const queue = [...work];
  await Promise.all(Array.from({ length: lanes }, async () => { for (let one = queue.shift(); one !== undefined; one = queue.shift()) await each(one); }));
}

async function slots(): Promise<{ used: number; held: number; taken: number }> {
  const { rows } = await world.pool.query<{ used: number; held: number; taken: number }>(
    `SELECT (SELECT sum(used_slots)::int FROM host) AS used, count(*) FILTER (WHERE state = 'held')::int AS held, count(*) FILTER (WHERE state = 'taken')::int AS taken FROM slot_reservation`);
  return rows[0]!;
}

const instances = async (): Promise<number> => (await world.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM instance WHERE status <> 'gone'`)).rows[0]!.count;

describe('a crowd', () => {
  it(`${SLOTS} sign-ups at once end healthy, each on a port of its own; the next is told that nothing is free before any money`, async () => {
    const people = Array.from({ length: SLOTS }, () => world.visitor());
    const living = await Promise.all(people.map(async (person) => ({ person, id: await person.order(FREE) })));
    await Promise.all(living.map(({ person, id }) => person.untilInstance(id, 'running', LONG_MS)));
    const answers = await Promise.all(living.map(({ person, id }) => person.chat(id)));
    expect(answers.filter(({ answer }) => answer === '')).toEqual([]);

    const docker = dockerOf(world.stack);
    const containers = await docker.listContainers({ filters: JSON.stringify({ label: ['clawkeep.platform=clawkeep'] }) });
    expect(containers).toHaveLength(SLOTS);
    const ports = containers.flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort));
    expect(new Set(ports).size).toBe(SLOTS);
    const { rows } = await world.pool.query<{ port: number }>('SELECT port FROM host_port');
    expect(rows.map(({ port }) => port).sort()).toEqual([...ports].sort());
    expect(await slots()).toEqual({ used: SLOTS, held: 0, taken: SLOTS });

    const late = world.visitor();
    await expect(late.order(TEAM)).rejects.toMatchObject({ status: 409, code: 'NO_CAPACITY' });
    expect((await ledgerOf(world.stack)).charges).toEqual([]);

    await Promise.all(living.map(({ person, id }) => person.remove(id)));
    await Promise.all(living.map(({ person, id }) => person.untilInstance(id, 'gone', LONG_MS)));
    await late.quiet();
    expect(await leftovers(world)).toEqual([]);
  }, LONG_MS);

  it(`${CALLERS} callers for ${SLOTS} slots get exactly ${SLOTS}`, async () => {
    await inLanes(Array.from({ length: CALLERS }, () => world.visitor()), AT_ONCE, async (person) => {
      await person.signUp();
      await person.addKey();
      callers.push(person);
    });
    expect(callers).toHaveLength(CALLERS);
    const { granted, refused } = await allWish(callers);
    expect(granted).toHaveLength(SLOTS);
    expect(new Set(refused)).toEqual(new Set(['409 NO_CAPACITY']));
    expect(await slots()).toEqual({ used: SLOTS, held: SLOTS, taken: 0 });
    // Who was refused has left nothing behind.
    expect(await instances()).toBe(SLOTS);
  }, LONG_MS);

  it('a slot that is given back or runs out is given on, and no slot leaks', async () => {
    const holders = (await Promise.all(callers.map(async (person) => (await person.browser.get<{ data: { id: string }[] }>('/api/v1/instances')).data.map(({ id }) => ({ person, id }))))).flat();
    expect(holders).toHaveLength(SLOTS);
    const without = callers.filter((person) => !holders.some((holder) => holder.person === person));

    const leaving = holders.slice(0, SLOTS / 2);
    await Promise.all(leaving.map(({ person, id }) => person.remove(id)));
    await Promise.all(leaving.map(({ person, id }) => person.untilInstance(id, 'gone')));
    expect((await slots()).used).toBe(SLOTS / 2);
    const second = await allWish(without);
    expect(second.granted).toHaveLength(SLOTS / 2);
    expect(await slots()).toEqual({ used: SLOTS, held: SLOTS, taken: 0 });

    // Time passes: every hold runs out.
    await world.pool.query(`UPDATE slot_reservation SET expires_at = now() - interval '1 second' WHERE state = 'held'`);
    const stillWithout = without.filter((person) => !second.granted.some((one) => one.person === person));
    const third = await allWish(stillWithout);
    expect(third.granted).toHaveLength(SLOTS);
    expect(await slots()).toEqual({ used: SLOTS, held: SLOTS, taken: 0 });

    // Who waited too long is told before any money is asked for; who has a place can pay.
    const tooLate = second.granted[0]!;
    await expect(tooLate.person.checkout(TEAM, tooLate.id)).rejects.toMatchObject({ status: 409, code: 'NO_CAPACITY' });
    const inTime = third.granted[0]!;
    const { checkoutSessionId } = await inTime.person.checkout(TEAM, inTime.id);
    await inTime.person.pay(checkoutSessionId);
    await inTime.person.untilInstance(inTime.id, 'running');
    expect(await slots()).toEqual({ used: SLOTS, held: SLOTS - 1, taken: 1 });

    const everyone = [...holders.slice(SLOTS / 2), ...second.granted, ...third.granted];
    await inLanes(everyone, AT_ONCE, async ({ person, id }) => { await person.remove(id); });
    await waitFor('every instance is gone', async () => ((await instances()) === 0 ? true : undefined), { timeoutMs: LONG_MS, last: instances });
    await inTime.person.quiet();
    expect(await leftovers(world)).toEqual([]);
  }, LONG_MS);
});
