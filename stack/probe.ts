import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether something accepts TCP connections there. */
export const answersTcp = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 1_000 });
    const settle = (value: boolean): void => { socket.destroy(); resolve(value); };
    socket.once('connect', () => settle(true)).once('error', () => settle(false)).once('timeout', () => settle(false));
  });

/** Whether a GET there answers with a 2xx within two seconds. */
export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Looks again every `everyMs` until the probe says yes. Rejects after `timeoutMs`, or when `given` says why to give up. */
export async function until(what: string, probe: () => Promise<boolean>, timeoutMs: number, given?: () => string | undefined, everyMs = 40): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await probe())) {
    const reason = given?.();
    if (reason !== undefined) throw new Error(`${what}: ${reason}`);
    if (Date.now() > deadline) throw new Error(`${what} did not come up within ${Math.round(timeoutMs / 1000)} s`);
    await delay(everyMs);
  }
}
