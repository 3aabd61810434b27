import { readFileSync, readdirSync } from 'node:fs';
import { RUN_MARK, processesOfRun } from '../stack/process-identity.js';
import type { Stack } from '../stack/start-stack.js';

/** Linux counts CPU time in hundredths of a second for programs (USER_HZ, proc(5)). */
const MS_PER_TICK = 10;

export interface ProcessFigures {
  name: string;
  /** The process and all its children. */
  count: number;
  rssBytes: number;
  /** Memory that several share is counted once, in equal parts (proc(5), Pss). */
  pssBytes: number;
  cpuMs: number;
}

/** Memory and CPU time of the stack, by the process that the supervisor started; its children (Postgres's sessions, agents) are in it. */
export function figuresOf(stack: Stack): ProcessFigures[] {
  const children = childrenByParent();
  const seen = new Set<number>();
  const figures = Object.values(stack.processes).flatMap(({ name, pid }) => {
    if (pid === undefined) return [];
    const all = familyOf(pid, children);
    for (const one of all) seen.add(one);
    return [{ name, ...together(all) }];
  });
  const others = processesOfRun(stack.env[RUN_MARK] ?? '').filter((pid) => !seen.has(pid));
  return others.length === 0 ? figures : [...figures, { name: 'others of this run', ...together(others) }];
}

/** One process with its children. */
export const figuresOfProcess = (name: string, pid: number): ProcessFigures => ({ name, ...together(familyOf(pid, childrenByParent())) });

function together(pids: readonly number[]): Omit<ProcessFigures, 'name'> {
  const figures = pids.map(figuresOfPid).filter((one) => one !== null);
  const add = (key: 'rssBytes' | 'pssBytes' | 'cpuMs'): number => figures.reduce((total, one) => total + one[key], 0);
  return { count: figures.length, rssBytes: add('rssBytes'), pssBytes: add('pssBytes'), cpuMs: add('cpuMs') };
}

function familyOf(pid: number, children: ReadonlyMap<number, number[]>): number[] {
  return [pid, ...(children.get(pid) ?? []).flatMap((child) => familyOf(child, children))];
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = statOf(Number(entry));
    if (fields !== null) children.set(Number(fields[1]), [...(children.get(Number(fields[1])) ?? []), Number(entry)]);
  }
  return children;
}

/** The fields of proc(5) from the third (state) on. */
function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null; // gone meanwhile
  }
}

function figuresOfPid(pid: number): { rssBytes: number; pssBytes: number; cpuMs: number } | null {
  const stat = statOf(pid);
  if (stat === null) return null;
  try {
    const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1] ?? 0) * 1_024;
    return { rssBytes: kib('Rss'), pssBytes: kib('Pss'), cpuMs: (Number(stat[11]) + Number(stat[12])) * MS_PER_TICK };
  } catch {
    return null;
  }
}
