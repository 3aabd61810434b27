import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { markerPrefix } from '#sandbox/emulators/docker-engine/agent-process.js';
import { findMarked } from '#sandbox/emulators/docker-engine/process-table.js';
import type { Store } from '#sandbox/emulators/docker-engine/store.js';
import { isAlive, processesOfRun, signal } from './process-identity.js';
import { readRunRecord, recordFile, type ChildRecord } from './records.js';

const GRACE_MS = 5_000;

/**
 * Stops what a killed supervisor has left running, in the order of a proper stop: those that use first, those that are used last.
 * Tells the living processes by number and start time, so that a stranger with a recycled number is never touched.
 * @returns the names of what was still there
 */
export async function stopLeftovers(stateDir: string): Promise<string[]> {
  const record = readRunRecord(recordFile(stateDir));
  if (record === undefined) return [];
  const living = record.children.filter((child) => isAlive(child.pid, child.startId));
  for (const tier of [...new Set(living.map((child) => child.tier))].sort((a, b) => b - a)) {
    await stopAll(living.filter((child) => child.tier === tier));
  }
  // Whatever they had started themselves and could not take along: emulated containers outlive a killed emulator.
  const containers = [...findMarked(markerPrefix({ stateDir: join(stateDir, 'docker') } as Store)).values()].flat();
  const strays = [...processesOfRun(record.runId), ...containers].filter((pid) => pid !== record.supervisor.pid);
  for (const pid of strays) signal(pid, 'SIGKILL');
  rmSync(recordFile(stateDir), { force: true });
  return [...living.map((child) => child.name), ...strays.map((pid) => `process ${pid}`)];
}

async function stopAll(children: readonly ChildRecord[]): Promise<void> {
  for (const child of children) signal(child.pid, child.stopSignal);
  const deadline = Date.now() + GRACE_MS;
  while (children.some((child) => isAlive(child.pid, child.startId)) && Date.now() < deadline) await delay(25);
  for (const child of children) {
    // The whole group: each child of the supervisor leads its own.
    if (isAlive(child.pid, child.startId)) signal(-child.pid, 'SIGKILL');
    while (isAlive(child.pid, child.startId)) await delay(25);
  }
}
