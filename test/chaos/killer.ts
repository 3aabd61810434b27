import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../../stack/start-stack.js';
import type { Moment, Watched } from './moments.js';

export const VICTIMS = ['worker', 'api', 'gateway', 'temporal', 'postgres'] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Kill {
  readonly pid: number;
  readonly killedAtMs: number;
  /** Step that ran, and how the instance and customer stood, at the kill. */
  readonly scene: string;
  /** Seconds from the kill until the process served again. */
  readonly backSeconds: number;
}

const LOOK_EVERY_MS = 4;

/** Waits for the moment, kills with SIGKILL and waits until the supervisor has brought the process back. Rejects when the moment has not come by the time `over` aborts. */
export async function killAt(stack: Stack, victim: Victim, moment: Moment, watched: Watched, over: AbortSignal): Promise<Kill> {
  while (!(await moment.hasCome(watched))) {
    if (over.aborted) throw new Error(`The phase was over before the moment "${moment.name}" came`);
    await delay(LOOK_EVERY_MS);
  }
  const scene = await sceneOf(watched);
  const process = stack.processes[victim];
  if (process?.pid === undefined) throw new Error(`${victim} does not run`);
  const { pid } = process;
  const killedAtMs = performance.now();
  await process.kill();
  await process.whenReady();
  return { pid, killedAtMs, scene, backSeconds: (performance.now() - killedAtMs) / 1000 };
}

async function sceneOf({ pool, person }: Watched): Promise<string> {
  const { rows } = await pool.query<{ stage: string; status: string | null; step: string | null }>(
    `SELECT c.stage, i.status, (SELECT s.step FROM instance_step s WHERE s.instance_id = i.id AND s.state = 'running' ORDER BY s.started_at DESC NULLS LAST LIMIT 1) AS step
     FROM "user" u JOIN member m ON m.user_id = u.id JOIN customer c ON c.id = m.customer_id LEFT JOIN instance i ON i.customer_id = c.id WHERE u.email = $1`, [person.email]);
  const row = rows[0];
  return row === undefined ? 'nobody yet' : [row.stage, row.status, row.step].filter((word) => word !== null).join(' / ');
}
