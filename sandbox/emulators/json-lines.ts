import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Records of an emulator, one JSON line each, on disk before the emulator answers: what was answered outlives a `kill -9`.
 * Writes are synchronous on purpose: two of them can never interleave their lines.
 */
export class JsonLines<Line> {
  /** @param file without one nothing is kept. */
  constructor(private readonly file: string | undefined) {
    if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  }

  append(lines: readonly Line[]): void {
    if (this.file !== undefined && lines.length > 0) appendFileSync(this.file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** Reads all lines. A process killed while appending leaves half a line at the end: it was never answered, so it is dropped and the file mended. */
  load(): Line[] {
    if (this.file === undefined || !existsSync(this.file)) return [];
    const texts = readFileSync(this.file, 'utf8').split('\n');
    let damaged = texts.at(-1) !== '';
    const lines: Line[] = [];
    for (const text of texts) {
      if (text === '') continue;
      try {
        lines.push(JSON.parse(text) as Line);
      } catch {
        damaged = true;
      }
    }
    if (damaged) this.replace(lines);
    return lines;
  }

  /** Writes these lines in place of all others: aside first, then renamed. */
  replace(lines: readonly Line[]): void {
    if (this.file === undefined) return;
    const next = `${this.file}.next`;
    writeFileSync(next, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    renameSync(next, this.file);
  }
}
