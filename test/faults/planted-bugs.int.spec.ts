import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CellResult } from '#testing/fault-kit/matrix.js';
import { PlantedBugLane } from './planted-bug-lane.js';
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs.js';

/** What hangs because of a bug is waited for, and waiting costs no CPU: so many are looked for at once, each lane with its own copy of the product. */
const LANES = 3;
const LONGEST_MS = 900_000;
const CELLS = [...new Set(PLANTED_BUGS.flatMap(({ caughtBy }) => caughtBy))];

/** The figure that shows that the matrix works: every one of these is noticed, and nothing is where there is none. */
describe.skipIf(inject('temporalAddress') === null)('planted bugs', () => {
  const lanes: { lane: PlantedBugLane; free: Promise<unknown> }[] = [];
  let without: Promise<CellResult[]>;
  const said = new Map<PlantedBug, Promise<string>>();

  beforeAll(() => {
    const servers = { postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '' };
    lanes.push(...Array.from({ length: LANES }, () => ({ lane: new PlantedBugLane(process.cwd(), servers), free: Promise.resolve() })));
    let turn = 0;
    const inTurn = <T>(look: (lane: PlantedBugLane) => Promise<T>): Promise<T> => {
      const mine = lanes[turn++ % LANES]!;
      const found = mine.free.then(() => look(mine.lane));
      mine.free = found.catch(() => undefined);
      return found;
    };
    without = inTurn((lane) => lane.run(CELLS, null));
    for (const bug of PLANTED_BUGS) said.set(bug, inTurn((lane) => lookFor(lane, bug)));
  });
  afterAll(async () => {
    for (const { lane, free } of lanes) {
      await free;
      lane.remove();
    }
  }, LONGEST_MS);

  it('are at least ten', () => expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(10));

  it('without a bug, every one of these cells is well', async () => {
    const results = await without;
    expect(results.filter(({ outcome }) => outcome === 'violation')).toEqual([]);
    expect(new Set(results.map(({ cell }) => cell))).toEqual(new Set(CELLS));
  }, LONGEST_MS);

  it.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))('caught: %s', async (_name, bug) => {
    // Caught for what it is, not for anything else that may be slow or wrong.
    expect(await said.get(bug)).toMatch(bug.sign);
  }, LONGEST_MS);
});

/** What the matrix says of the bug; one that shows only where two calls really meet is tried more than once. */
async function lookFor(lane: PlantedBugLane, bug: PlantedBug): Promise<string> {
  let said = '';
  for (let tries = bug.tries ?? 1; tries > 0 && !bug.sign.test(said); tries -= 1) said = (await lane.run(bug.caughtBy, bug)).flatMap(({ violations }) => violations).join('\n');
  return said;
}
