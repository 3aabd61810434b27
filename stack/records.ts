import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, startIdOf } from './process-identity.js';

export interface ChildRecord { name: string; pid: number; startId: string | undefined; stopSignal: NodeJS.Signals; tier: number }
export interface RunRecord { runId: string; supervisor: { pid: number; startId: string | undefined }; children: ChildRecord[] }
interface Lock { pid: number; startId: string | undefined; at: string; url: string | null }

const runFolder = (stateDir: string): string => join(stateDir, 'run');
export const recordFile = (stateDir: string): string => join(runFolder(stateDir), 'processes.json');
const lockFile = (stateDir: string): string => join(runFolder(stateDir), 'stack.json');

/** Writes a file in one step: a reader, or the next start after a kill, sees the old or the new one, never half. */
export function replaceFile(path: string, text: string, mode = 0o644): void {
  writeFileSync(`${path}.${process.pid}.next`, text, { mode });
  renameSync(`${path}.${process.pid}.next`, path);
}

/** What the last run wrote about its processes; undefined when there was none or its file is unreadable. */
export function readRunRecord(path: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

export function writeRunRecord(stateDir: string, record: RunRecord): void {
  replaceFile(recordFile(stateDir), JSON.stringify(record, null, 1));
}

/**
 * Takes the state folder for this process. Throws a sentence that names the owner when another living stack has it;
 * the lock of a dead one is taken over.
 */
export function takeLock(stateDir: string, url: string | null): { setUrl(url: string): void; release(): void } {
  mkdirSync(runFolder(stateDir), { recursive: true });
  const file = lockFile(stateDir);
  const mine = (current: string | null): string => JSON.stringify({ pid: process.pid, startId: startIdOf(process.pid), at: new Date().toISOString(), url: current } satisfies Lock);
  for (let attempt = 0; ; attempt += 1) {
    try {
      const descriptor = openSync(file, 'wx');
      writeFileSync(descriptor, mine(url));
      closeSync(descriptor);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 20) throw error;
      const owner = readLock(file);
      if (owner !== undefined && isAlive(owner.pid, owner.startId)) {
        throw new Error(`Clawkeep already runs on ${stateDir} (process ${owner.pid}, since ${owner.at})${owner.url === null ? '' : `: ${owner.url}`}.\nStop it with Ctrl-C there, or \`kill ${owner.pid}\`; another one beside it wants its own CLAWKEEP_STATE_DIR and ports.`);
      }
      rmSync(file, { force: true });
    }
  }
  return {
    setUrl: (next) => replaceFile(file, mine(next)),
    release: () => { if (readLock(file)?.pid === process.pid) rmSync(file, { force: true }); },
  };
}

function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lock;
  } catch {
    return undefined;
  }
}
