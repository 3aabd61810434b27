import { readFileSync } from 'node:fs';
import type { History } from './acts.js';
import { historyOf } from './acts.js';
import { live, type Life, type World } from './world.js';

/** How many, how long, from which seed on: the nightly run takes more and other ones. `today` = seeds of their own each day. */
const { HISTORIES = '300', HISTORY_STEPS = '40', HISTORY_SEED = '1' } = process.env;
const FIRST_SEED = HISTORY_SEED === 'today' ? Math.floor(Date.now() / 86_400_000) * 10_000 : Number(HISTORY_SEED);
export const COUNT = Number(HISTORIES);
export const LENGTH = Number(HISTORY_STEPS);

/** Every second history, so that two files share the work. */
export const historiesOf = (part: 0 | 1): History[] =>
  Array.from({ length: COUNT }, (_, index) => index).filter((index) => index % 2 === part).map((index) => historyOf(FIRST_SEED + index, LENGTH));

/** Seeds that once found a fault: played every time, whatever else is. */
export const onceFailed = (): History[] =>
  (JSON.parse(readFileSync(new URL('./failed-seeds.json', import.meta.url), 'utf8')) as { seed: number; steps: number }[]).map(({ seed, steps }) => historyOf(seed, steps));

const MOST_TRIES = 60;

/** The same fault with fewer steps: halves, quarters … are left out as long as it stays. */
export async function shrink(world: World, history: History): Promise<{ history: History; life: Life }> {
  let best = { history, life: await live(world, history) };
  let tries = 0;
  for (let chunk = Math.ceil(history.steps.length / 2); chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
    for (let at = 0; at < best.history.steps.length && tries < MOST_TRIES; tries += 1) {
      const fewer = { ...best.history, steps: best.history.steps.filter((_, index) => index < at || index >= at + chunk) };
      const life = await live(world, fewer);
      if (life.broken.length > 0) best = { history: fewer, life };
      else at += chunk;
    }
  }
  return best;
}

/** What a person needs to find the fault: the seed, the fewest steps, and what was seen. */
export async function tellOf(world: World, history: History): Promise<string> {
  const { history: { seed, planId, startDay, steps }, life } = await shrink(world, history);
  return [
    `seed ${seed} (${history.steps.length} steps, ${steps.length} are enough; plan ${planId}, day ${startDay}):`, ...life.broken.map((what) => `  broken: ${what}`),
    ...steps.map((step) => `  ${JSON.stringify(step)}`), ...life.diary.map((line) => `  day ${line}`),
  ].join('\n');
}
