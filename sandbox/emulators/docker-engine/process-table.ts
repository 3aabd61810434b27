import { readdirSync, readFileSync } from 'node:fs';

/** In the environment of every child; lets a restarted emulator find what it lost track of. */
export const MARKER = 'CLAWKEEP_EMULATED_CONTAINER';

interface Stat {
  state: string;
  start: string;
  userTicks: number;
  systemTicks: number;
  rssPages: number;
}

/** Fields of /proc/<pid>/stat (proc_pid_stat(5)); undefined when there is no such process or no /proc. */
export function processStat(pid: number): Stat | undefined {
  if (pid <= 0) return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name is in parentheses and may hold anything, so fields count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', userTicks: Number(fields[11]), systemTicks: Number(fields[12]), start: fields[19] ?? '', rssPages: Number(fields[21]) };
  } catch {
    return undefined;
  }
}

/** The kernel's start time of a process; empty where there is no /proc. */
export const processStart = (pid: number): string => processStat(pid)?.start ?? '';

/** Whether this very process still lives: same id, same start time, not a zombie. */
export function isAlive(pid: number, start: string): boolean {
  if (pid <= 0) return false;
  const stat = processStat(pid);
  if (stat) return stat.start === start && stat.state !== 'Z' && stat.state !== 'X';
  if (hasProc()) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function hasProc(): boolean {
  return processStat(process.pid) !== undefined;
}

/** All living children of an emulator with this state folder, by container id. A container may have more than one after a crash. */
export function findMarked(markerPrefix: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return found;
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    let environment: string;
    try {
      environment = readFileSync(`/proc/${name}/environ`, 'utf8');
    } catch {
      continue; // another user's process, or gone
    }
    const entry = environment.split('\0').find((item) => item.startsWith(`${MARKER}=${markerPrefix}`));
    if (entry === undefined || processStat(Number(name))?.state === 'Z') continue;
    const id = entry.slice(`${MARKER}=${markerPrefix}`.length);
    found.set(id, [...(found.get(id) ?? []), Number(name)]);
  }
  return found;
}

/** Sends a signal; a process that is already gone is no error. */
export function signal(pid: number, name: NodeJS.Signals | number): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
