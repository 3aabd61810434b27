import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  /** Told when the time is over: what there was to see last. */
  readonly last?: () => unknown;
}

/**
 * Asks the truth again and again until the probe answers something other than undefined, and answers that.
 * Rejects after `timeoutMs` (60 s) with the condition's name and what was seen last. A probe that throws ends the wait.
 */
export async function waitFor<T>(what: string, probe: () => Promise<T | undefined> | T | undefined, options: WaitOptions = {}): Promise<T> {
  const { timeoutMs = 60_000, everyMs = 100 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}${options.last === undefined ? '' : `; last seen: ${JSON.stringify(await options.last())}`}`);
    }
    await delay(everyMs);
  }
}
