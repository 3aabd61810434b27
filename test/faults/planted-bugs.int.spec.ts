import { afterAll, describe, expect, inject, it } from 'vitest';
import { PlantedBugLane } from './planted-bug-lane.js';
import { PLANTED_BUGS } from './planted-bugs.js';

/** The figure that shows that the matrix works: every one of these is noticed, and nothing is where there is none. */
describe.skipIf(inject('temporalAddress') === null)('planted bugs', () => {
  const lane = new PlantedBugLane(process.cwd(), { postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '' });
  afterAll(() => lane.remove());

  it('are at least ten', () => expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(10));

  it('without a bug, every one of these cells is well', async () => {
    const cells = [...new Set(PLANTED_BUGS.flatMap(({ caughtBy }) => caughtBy))];
    const results = await lane.run(cells, null);
    expect(results.filter(({ outcome }) => outcome === 'violation')).toEqual([]);
    expect(new Set(results.map(({ cell }) => cell))).toEqual(new Set(cells));
  }, 240_000);

  it.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))('caught: %s', async (_name, bug) => {
    let said = '';
    for (let tries = bug.tries ?? 1; tries > 0 && !bug.sign.test(said); tries -= 1) said = (await lane.run(bug.caughtBy, bug)).flatMap(({ violations }) => violations).join('\n');
    // Caught for what it is, not for anything else that may be slow or wrong.
    expect(said).toMatch(bug.sign);
  }, 240_000);
});
