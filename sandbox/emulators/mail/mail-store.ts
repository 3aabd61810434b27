import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One message as it lies in one recipient's mailbox. */
export interface StoredMail {
  id: string;
  /** As the sender wrote it, in angle brackets: a mail that was sent again has the same. */
  messageId: string | null;
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  links: string[];
  /** When the SMTP server took it, ISO 8601 UTC. */
  at: string;
}

export interface MailFilter {
  /** Recipient's address, case-insensitive. */
  to?: string;
  /** Only mails taken at or after this instant (ms since the epoch). */
  sinceMs?: number;
}

const FILE_NAME = 'mails.jsonl';

/**
 * The mailboxes of the emulator. Each mail is one JSON line that is on disk before the SMTP answer, so an accepted mail outlives a `kill -9`.
 * Writes are synchronous on purpose: two deliveries can never interleave their lines.
 */
export class MailStore {
  readonly #file: string | undefined;
  #mails: StoredMail[] = [];

  /** @param stateDir folder of the JSONL file; without it the mails live in memory only. */
  constructor(stateDir?: string) {
    if (stateDir === undefined) return;
    mkdirSync(stateDir, { recursive: true });
    this.#file = join(stateDir, FILE_NAME);
    if (existsSync(this.#file)) this.#load(this.#file);
  }

  add(mails: readonly StoredMail[]): void {
    if (this.#file !== undefined) appendFileSync(this.#file, mails.map((mail) => `${JSON.stringify(mail)}\n`).join(''));
    this.#mails.push(...mails);
  }

  /** Mails that pass the filter, newest first. */
  list(filter: MailFilter = {}): StoredMail[] {
    const to = filter.to?.trim().toLowerCase();
    const sinceMs = filter.sinceMs;
    return this.#mails
      .filter((mail) => (to === undefined || mail.to.toLowerCase() === to) && (sinceMs === undefined || Date.parse(mail.at) >= sinceMs))
      .reverse();
  }

  find(id: string): StoredMail | undefined {
    return this.#mails.find((mail) => mail.id === id);
  }

  /** Empties every mailbox; answers how many mails went. */
  clear(): number {
    const count = this.#mails.length;
    if (this.#file !== undefined) this.#replaceFile(this.#file, []);
    this.#mails = [];
    return count;
  }

  /** A process killed while appending leaves half a line at the end: that mail was never acknowledged, so it is dropped and the file mended. */
  #load(file: string): void {
    const lines = readFileSync(file, 'utf8').split('\n');
    let damaged = lines.at(-1) !== '';
    for (const line of lines) {
      if (line === '') continue;
      try {
        this.#mails.push(JSON.parse(line) as StoredMail);
      } catch {
        damaged = true;
      }
    }
    if (damaged) this.#replaceFile(file, this.#mails);
  }

  #replaceFile(file: string, mails: readonly StoredMail[]): void {
    const next = `${file}.next`;
    writeFileSync(next, mails.map((mail) => `${JSON.stringify(mail)}\n`).join(''));
    renameSync(next, file);
  }
}
