import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../stack/root.js';

const FILE = join(ROOT, 'bench/RESULTS.md');
const LOOK_MS = 2_000;
const HEAD = '# What was measured\n\nWritten by `npm run bench [name …]`: each section by the command that it names, last run only. Do not edit by hand.\n';

/** How busy the machine was before a measurement: its load averages, and the share of CPU time that nobody used in two seconds. */
export interface Surroundings { load: readonly number[]; idleShare: number | null }

/** Look at the machine before the bench does anything. */
export async function surroundings(): Promise<Surroundings> {
  const before = cpuTimes();
  await delay(LOOK_MS);
  const after = cpuTimes();
  return { load: loadavg(), idleShare: (after.idle - before.idle) / Math.max(1, after.total - before.total) };
}

function cpuTimes(): { idle: number; total: number } {
  const all = cpus().map(({ times }) => ({ idle: times.idle, total: times.user + times.nice + times.sys + times.idle + times.irq }));
  return { idle: all.reduce((total, { idle }) => total + idle, 0), total: all.reduce((total, one) => total + one.total, 0) };
}

export interface Section {
  /** Name of the bench, and of its section. */
  name: string;
  title: string;
  before: Surroundings;
  /** Markdown. */
  body: string;
}

/** Puts the section in the place of the one of an earlier run, or at the end, and prints it. */
export function writeSection({ name, title, before, body }: Section): void {
  const facts = [
    `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1_073_741_824)} GiB, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `load average before: ${before.load.map((figure) => figure.toFixed(1)).join(' ')}${before.idleShare === null ? '' : `, CPU unused in the 2 s before: ${Math.round(before.idleShare * 100)} %`}`,
    `made by \`npm run bench ${name}\`, ${new Date().toISOString().slice(0, 16)} UTC`,
  ];
  const text = `## ${title}\n\n${facts.map((fact) => `- ${fact}`).join('\n')}\n\n${body.trim()}\n`;
  process.stdout.write(`\n${text}\n`);
  const kept = existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD;
  const [open, close] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const from = kept.indexOf(open);
  const to = kept.indexOf(close);
  const block = `${open}\n${text}${close}\n`;
  writeFileSync(FILE, from < 0 || to < 0 ? `${kept.trimEnd()}\n\n${block}` : kept.slice(0, from) + block + kept.slice(to + close.length + 1));
}

/** A Markdown table; the first row is the head. Figures stand right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** `met` or `missed`, so that nobody has to compare. */
export const verdict = (met: boolean): string => (met ? 'met' : '**missed**');
