import { randomInt } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { leftovers, ledgerOf } from '../life/clean-slate.js';
import { startTestStack, type TestStack } from '../life/test-stack.js';
import { Dice } from './dice.js';
import { ENDINGS, liveOnce, type Ending, type LivedLife, type Point } from './killed-life.js';
import { VICTIMS } from './killer.js';
import { MOMENTS, PHASES } from './moments.js';

const POINT_MS = 180_000;
/** Every third life goes to the end of its month, which takes longer; the others are removed by their owner. */
const CANCELED_EACH = 3;

const dice = new Dice(Number(process.env['CLAWKEEP_CHAOS_SEED'] ?? randomInt(2 ** 31)));
/** Each process in each phase, at a moment by chance; in an order by chance. */
const POINTS: readonly Point[] = dice.shuffled(PHASES.flatMap((phase) => {
  const moments = dice.shuffled(MOMENTS.filter((moment) => moment.phase === phase));
  return VICTIMS.map((victim, index) => ({ victim, moment: moments[index]! }));
})).map((point, index) => ({ ...point, ending: index % CANCELED_EACH === 0 ? 'canceled' as const : 'removed' as const }));

let world: TestStack;
const reference = new Map<Ending, LivedLife>();
const lived: { point: Point; life: LivedLife | null; seconds: number }[] = [];

beforeAll(async () => {
  process.stdout.write(`kill -9: CLAWKEEP_CHAOS_SEED=${dice.seed}\n`);
  world = await startTestStack({ say: (line) => process.stdout.write(`  ${line}\n`) });
}, 180_000);
afterAll(async () => {
  process.stdout.write(`${table()}\n`);
  await world?.stop();
}, 60_000);
afterEach(({ task }) => { if (task.result?.state === 'fail') process.stdout.write(`${world.logs()}\n`); });

describe(`kill -9 of any process at any moment (seed ${dice.seed})`, () => {
  it.each(ENDINGS)('a life in which nothing is killed, %s', async (ending) => {
    const life = await liveOnce(world, ending, null);
    expect(life.violations).toEqual([]);
    reference.set(ending, life);
  }, POINT_MS);

  it.each(POINTS.map((point, index) => [index + 1, point.victim, point.moment.phase, point.moment.name, point] as const))('%i: %s, %s, when %s: the same end', async (_number, _victim, _phase, _moment, point) => {
    const row = { point, life: null as LivedLife | null, seconds: 0 };
    lived.push(row);
    const began = performance.now();
    try {
      const life = await liveOnce(world, point.ending, point);
      row.life = life;
      expect(life.kill).not.toBeNull();
      expect(world.stack.processes[point.victim]?.pid).not.toBe(life.kill?.pid);
      expect(life.violations).toEqual([]);
      expect(life.running).toEqual(reference.get(point.ending)?.running);
      expect(life.gone).toEqual(reference.get(point.ending)?.gone);
    } finally {
      row.seconds = (performance.now() - began) / 1000;
    }
  }, POINT_MS);

  it('nothing of anybody is left, and each was charged once', async () => {
    await world.visitor().quiet();
    expect(await leftovers(world)).toEqual([]);
    const { charges, refunds } = await ledgerOf(world.stack);
    expect(new Set(charges.map(({ customer }) => customer)).size).toBe(POINTS.length + ENDINGS.length);
    expect(charges).toHaveLength(POINTS.length + ENDINGS.length);
    expect(refunds).toEqual([]);
  });
});

function table(): string {
  const figure = (seconds: number | null | undefined): string => (seconds == null ? '–' : seconds.toFixed(1));
  return [
    `| | killed | phase | when | stood at | ends | back after s | phase done after s | whole life s |`, `|---|---|---|---|---|---|---|---|---|`,
    ...lived.map(({ point, life, seconds }, index) => `| ${index + 1} | ${point.victim} | ${point.moment.phase} | ${point.moment.name} | ${life?.kill?.scene ?? 'FAILED'} | ${point.ending} | ${figure(life?.kill?.backSeconds)} | ${figure(life?.settledSeconds)} | ${figure(seconds)} |`),
  ].join('\n');
}
