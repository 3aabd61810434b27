import { stringify, type Stringifier } from 'csv-stringify';
import { createHash } from 'node:crypto';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decimalOf } from '#domain/finance/amounts.js';

/** An amount as a decimal number: a number for a program that reads it, so its minus sign is none of a formula. */
export class Decimal {
  constructor(readonly amountMinor: number, readonly currency: string) {}
}

export type Cell = string | number | null | Date | Decimal;

/** A table with its columns in a fixed order. */
export interface Report {
  readonly name: string;
  /** What these figures are of: in lines that begin with `#`, before the names of the columns. */
  readonly about: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>;
  readonly preamble: boolean;
}

/** CSV by RFC 4180: UTF-8, CRLF, quotes where needed; times in ISO 8601 UTC; text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection). */
const stringifier = (columns: readonly string[]): Stringifier => stringify({
  header: true, columns: [...columns], record_delimiter: 'windows', escape_formulas: true,
  cast: {
    date: (date) => date.toISOString(),
    object: (value) => (value instanceof Decimal ? { value: decimalOf(value.amountMinor, value.currency), escape_formulas: false } : ''),
  },
});

/** Writes a report and counts its rows, a piece at a time: as fast as it is taken. */
export async function writeCsv(report: Report, output: Writable): Promise<{ rows: number }> {
  let rows = 0;
  const counted = async function* (): AsyncGenerator<readonly Cell[]> {
    for await (const row of report.rows) {
      rows += 1;
      yield row;
    }
  };
  const lines = report.preamble ? Object.entries(report.about).map(([name, value]) => `# ${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`).join('') : '';
  let begun = lines === '';
  const about = new Transform({
    transform(piece: Buffer, _encoding, done): void {
      if (!begun) this.push(lines);
      begun = true;
      done(null, piece);
    },
  });
  await pipeline(Readable.from(counted(), { objectMode: true }), stringifier(report.columns), about, output);
  return { rows };
}

/** SHA-256 in hex and the number of rows of what `writeCsv` writes. */
export async function checksumOf(report: Report): Promise<{ sha256: string; rows: number }> {
  const hash = createHash('sha256');
  const { rows } = await writeCsv(report, new Writable({ write(piece: Buffer, _encoding, done): void { hash.update(piece); done(); } }));
  return { sha256: hash.digest('hex'), rows };
}
