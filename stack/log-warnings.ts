import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const EVERY_MS = 500;
const CHUNK_BYTES = 64 * 1024;
const WARNING = 40;
/** A flood is told once; the rest is in the file. */
const LINES = 5;
const PER_MS = 10_000;

interface Tail { name: string; file: string; offset: number; rest: string; told: number; windowStart: number }

/** Tells the warnings and errors that our own programs write to their logs from now on: one short line each. */
export function watchWarnings(logs: readonly { name: string; file: string }[], say: (line: string) => void): { stop(): void } {
  const tails: Tail[] = logs.map(({ name, file }) => ({ name, file, offset: statSync(file, { throwIfNoEntry: false })?.size ?? 0, rest: '', told: 0, windowStart: 0 }));
  const timer = setInterval(() => { for (const tail of tails) look(tail, say); }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

function look(tail: Tail, say: (line: string) => void): void {
  let descriptor: number;
  try {
    descriptor = openSync(tail.file, 'r');
  } catch {
    return; // not started yet
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size < tail.offset) tail.offset = 0; // begun anew
    // A flood is passed over: only its end is read.
    if (size - tail.offset > CHUNK_BYTES) [tail.offset, tail.rest] = [size - CHUNK_BYTES, ''];
    const buffer = Buffer.alloc(size - tail.offset);
    tail.offset += readSync(descriptor, buffer, 0, buffer.length, tail.offset);
    const lines = (tail.rest + buffer.toString('utf8')).split('\n');
    tail.rest = lines.pop() ?? '';
    for (const line of lines) tell(tail, line, say);
  } finally {
    closeSync(descriptor);
  }
}

function tell(tail: Tail, line: string, say: (line: string) => void): void {
  if (!line.startsWith('{')) return;
  let entry: { level?: unknown; msg?: unknown; err?: { message?: unknown } };
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return;
  }
  if (typeof entry.level !== 'number' || entry.level < WARNING) return;
  const now = Date.now();
  if (now - tail.windowStart > PER_MS) [tail.windowStart, tail.told] = [now, 0];
  tail.told += 1;
  if (tail.told === LINES + 1) say(`[${tail.name}] … more in ${tail.file}`);
  if (tail.told > LINES) return;
  const text = [entry.msg, entry.err?.message].filter((part) => typeof part === 'string' && part !== '').join(': ');
  say(`[${tail.name}] ${entry.level > WARNING ? 'error' : 'warning'}: ${text.replaceAll(/\s+/g, ' ').slice(0, 160)}`);
}
