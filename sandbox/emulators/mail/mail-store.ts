import { join } from 'node:path';
import { JsonLines } from '../json-lines.js';

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

/** The mailboxes of the emulator: each mail is on disk before the SMTP answer. */
export class MailStore {
  readonly #file: JsonLines<StoredMail>;
  #mails: StoredMail[];

  /** @param stateDir folder of the JSONL file; without it the mails live in memory only. */
  constructor(stateDir?: string) {
    this.#file = new JsonLines(stateDir === undefined ? undefined : join(stateDir, FILE_NAME));
    this.#mails = this.#file.load();
  }

  add(mails: readonly StoredMail[]): void {
    this.#file.append(mails);
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
    this.#file.replace([]);
    this.#mails = [];
    return count;
  }
}
