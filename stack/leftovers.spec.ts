import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stopLeftovers } from './leftovers.js';
import { isAlive, RUN_MARK, startIdOf } from './process-identity.js';
import { recordFile, takeLock, writeRunRecord } from './records.js';

let stateDir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'leftovers-'));
  mkdirSync(join(stateDir, 'run'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(stateDir, { recursive: true, force: true });
});

function orphan(env: Record<string, string> = {}): { pid: number; startId: string | undefined } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore', env });
  children.push(child);
  const pid = child.pid ?? 0;
  return { pid, startId: startIdOf(pid) };
}

const dead = { pid: 2_147_483, startId: 'long ago' };

describe('stopLeftovers', () => {
  it('stops what a killed supervisor has left, and forgets it', async () => {
    const { pid, startId } = orphan();
    writeRunRecord(stateDir, { runId: 'r1', supervisor: dead, children: [{ name: 'api', pid, startId, stopSignal: 'SIGTERM', tier: 2 }] });
    expect(await stopLeftovers(stateDir)).toEqual(['api']);
    expect(isAlive(pid, startId)).toBe(false);
    expect(existsSync(recordFile(stateDir))).toBe(false);
    expect(await stopLeftovers(stateDir)).toEqual([]);
  });

  it('never touches a stranger that has got the number of one of ours', async () => {
    const { pid, startId } = orphan();
    writeRunRecord(stateDir, { runId: 'r2', supervisor: dead, children: [{ name: 'api', pid, startId: 'another start', stopSignal: 'SIGTERM', tier: 2 }] });
    expect(await stopLeftovers(stateDir)).toEqual([]);
    expect(isAlive(pid, startId)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('finds by its mark what was started and never written down', async () => {
    const { pid, startId } = orphan({ [RUN_MARK]: 'r3' });
    writeRunRecord(stateDir, { runId: 'r3', supervisor: dead, children: [] });
    expect(await stopLeftovers(stateDir)).toEqual([`process ${pid}`]);
    await expect.poll(() => isAlive(pid, startId)).toBe(false);
  });
});

describe('takeLock', () => {
  it('names the owner to a second stack, and is taken over from a dead one', () => {
    const lock = takeLock(stateDir, null);
    lock.setUrl('http://127.0.0.1:4400');
    expect(() => takeLock(stateDir, null)).toThrow(`already runs on ${stateDir} (process ${process.pid}`);
    expect(() => takeLock(stateDir, null)).toThrow('http://127.0.0.1:4400');
    lock.release();
    takeLock(stateDir, null).release();
  });
});
