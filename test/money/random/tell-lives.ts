import type { History } from './acts.js';
import { chainContradiction } from './looks.js';
import { tellOf } from './histories.js';
import { liveAll, type World } from './world.js';

/** Shrinking takes minutes: the first few faults are told whole, the rest by their seed. */
const TOLD_WHOLE = 3;

/** Plays all, and answers what was broken in words, and which moves were seen. What it cost is printed. */
export async function tellLives(world: World, histories: readonly History[]): Promise<{ broken: string[]; moves: Set<string> }> {
  const beganMs = performance.now();
  const lives = await liveAll(world, histories);
  const steps = lives.reduce((sum, life) => sum + life.steps, 0);
  const tookMs = performance.now() - beganMs;
  console.log(`${lives.length} lives, ${steps} steps, ${lives.reduce((sum, { activities }) => sum + activities, 0)} activities in ${Math.round(tookMs / 1000)} s: ${(tookMs / steps).toFixed(1)} ms a step`);
  const faulty = histories.filter((_, index) => lives[index]!.broken.length > 0);
  const broken: string[] = [];
  for (const history of faulty.slice(0, TOLD_WHOLE)) broken.push(await tellOf(world, history));
  if (faulty.length > TOLD_WHOLE) broken.push(`seeds ${faulty.slice(TOLD_WHOLE).map(({ seed }) => seed).join(', ')} broke rules too`);
  const chain = await chainContradiction(world.dataSource);
  return { broken: chain === null ? broken : [...broken, chain], moves: new Set(lives.flatMap(({ diary }) => diary.map((line) => line.replace(/^\S+ /, '')))) };
}
