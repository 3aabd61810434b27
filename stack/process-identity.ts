import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * What tells a process from a later one with the same number: its start time, from /proc on Linux and from `ps` elsewhere.
 * Undefined when there is no such process.
 */
export function startIdOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold anything; the fields behind it are fixed (proc(5): state is 3, starttime 22).
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process recorded as `pid` and `startId` still runs. */
export const isAlive = (pid: number, startId: string | undefined): boolean => startId !== undefined && startIdOf(pid) === startId;

/** Name of the variable by which every process of one run of the stack can be found again on Linux. */
export const RUN_MARK = 'CLAWKEEP_STACK_RUN';

/** Processes whose environment carries the mark of `runId`; empty where there is no /proc. */
export function processesOfRun(runId: string): number[] {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      if (readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(`${RUN_MARK}=${runId}`)) found.push(Number(entry));
    } catch {
      // gone meanwhile, or another user's
    }
  }
  return found;
}

/** Sends a signal to a process or, with a negative number, to its group; whether there was one. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
