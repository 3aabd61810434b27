import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Change, Row, Store } from './store.js';

interface Line extends Change {
  n: number;
}

/**
 * State on disk: `journal.jsonl`, one line per committed request, and `snapshot.jsonl`, written aside and renamed.
 * A line is one write, so a kill leaves either all of a request or a torn last line, which is dropped on opening.
 */
export class Journal {
  private fd = -1;
  private sequence = 0;
  private bytes = 0;
  private readonly journalPath: string;
  private readonly snapshotPath: string;

  constructor(
    private readonly directory: string,
    private readonly store: Store,
    private readonly compactBytes = 64 * 1024 * 1024,
  ) {
    this.journalPath = join(directory, 'journal.jsonl');
    this.snapshotPath = join(directory, 'snapshot.jsonl');
  }

  /** Reads the state back into the store and opens the journal for writing. */
  open(): void {
    mkdirSync(this.directory, { recursive: true });
    if (existsSync(this.snapshotPath)) this.readSnapshot();
    let good = 0;
    if (existsSync(this.journalPath)) {
      const bytes = readFileSync(this.journalPath);
      for (let start = 0; start < bytes.length; ) {
        const end = bytes.indexOf(0x0a, start);
        if (end < 0) break;
        const line = parseLine(bytes.toString('utf8', start, end));
        if (!line) break;
        if (line.n > this.sequence) {
          this.store.apply(line);
          this.sequence = line.n;
        }
        start = end + 1;
        good = start;
      }
    }
    this.fd = openSync(this.journalPath, existsSync(this.journalPath) ? 'r+' : 'w+');
    ftruncateSync(this.fd, good);
    this.bytes = good;
  }

  /** Writes one committed request. */
  append(change: Change): void {
    this.sequence += 1;
    const line = Buffer.from(`${JSON.stringify({ n: this.sequence, put: change.put, del: change.del } satisfies Line)}\n`);
    for (let done = 0; done < line.length; ) done += writeSync(this.fd, line, done, line.length - done, this.bytes + done);
    this.bytes += line.length;
    if (this.bytes > this.compactBytes) this.compact();
  }

  /** Writes all rows to a fresh snapshot and empties the journal. Safe to be killed at any point: lines older than the snapshot are skipped. */
  compact(): void {
    const aside = `${this.snapshotPath}.writing`;
    const fd = openSync(aside, 'w');
    writeSync(fd, `${JSON.stringify({ n: this.sequence })}\n`);
    let batch: string[] = [];
    const flush = (): void => {
      if (batch.length > 0) writeSync(fd, `${batch.join('\n')}\n`);
      batch = [];
    };
    for (const row of this.store.rows()) {
      batch.push(JSON.stringify(row));
      if (batch.length >= 500) flush();
    }
    flush();
    writeSync(fd, '"end"\n');
    fsyncSync(fd);
    closeSync(fd);
    renameSync(aside, this.snapshotPath);
    ftruncateSync(this.fd, 0);
    this.bytes = 0;
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }

  private readSnapshot(): void {
    const lines = readFileSync(this.snapshotPath, 'utf8').split('\n');
    const head = JSON.parse(lines[0] ?? '{}') as { n?: number };
    const rows: Row[] = [];
    for (const line of lines.slice(1)) {
      if (line === '' || line === '"end"') continue;
      rows.push(JSON.parse(line) as Row);
    }
    this.store.apply({ put: rows, del: [] });
    this.sequence = head.n ?? 0;
  }
}

function parseLine(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line;
    return typeof line.n === 'number' && Array.isArray(line.put) && Array.isArray(line.del) ? line : undefined;
  } catch {
    return undefined;
  }
}
