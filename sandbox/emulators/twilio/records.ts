import { join } from 'node:path';
import { JsonLines } from '../json-lines.js';

export type Status = 'queued' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'received';

/** A message as it lies on disk. Times are epoch milliseconds. */
export interface Message {
  readonly sid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly status: Status;
  readonly direction: 'outbound-api' | 'inbound';
  readonly messagingServiceSid: string | null;
  readonly contentSid: string | null;
  readonly contentVariables: Readonly<Record<string, string>> | null;
  readonly statusCallback: string | null;
  /** What will become of it: null = it is delivered, else the error code of its failure. */
  readonly fate: { readonly status: 'undelivered' | 'failed'; readonly code: number } | null;
  readonly errorCode: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly sentAtMs: number | null;
}

/** A Content template. `body` has the places {{1}}, {{2}} … */
export interface Template {
  readonly sid: string;
  readonly accountSid: string;
  readonly friendlyName: string;
  readonly language: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly createdAtMs: number;
}

/** A status callback that is still to be delivered. */
export interface Callback {
  readonly id: string;
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly attempts: number;
  readonly dueAtMs: number;
}

type Line =
  | { readonly kind: 'message'; readonly id: string; readonly value: Message }
  | { readonly kind: 'template'; readonly id: string; readonly value: Template | null }
  | { readonly kind: 'callback'; readonly id: string; readonly value: Callback | null }
  /** Sender and person, `<from> <to>`, that the person opted out of. */
  | { readonly kind: 'optOut'; readonly id: string; readonly value: true | null };

/** Lines after which the journal is written anew, with only what still holds. */
const COMPACT_AFTER = 20_000;

/** Everything that the emulator remembers. A change is on disk before it is answered. */
export class Records {
  readonly messages = new Map<string, Message>();
  readonly templates = new Map<string, Template>();
  readonly callbacks = new Map<string, Callback>();
  private readonly optOuts = new Map<string, true>();
  private readonly file: JsonLines<Line>;
  private lines = 0;

  constructor(stateDir?: string) {
    this.file = new JsonLines(stateDir === undefined ? undefined : join(stateDir, 'twilio.jsonl'));
    for (const line of this.file.load()) this.apply(line);
  }

  /** Writes the changes in one go, then makes them true. */
  write(...lines: readonly Line[]): void {
    this.file.append(lines);
    for (const line of lines) this.apply(line);
    this.lines += lines.length;
    if (this.lines < COMPACT_AFTER) return;
    this.lines = 0;
    this.file.replace([...this.all()]);
  }

  isOptedOut(from: string, to: string): boolean {
    return this.optOuts.has(`${from} ${to}`);
  }

  optOut(from: string, to: string, out: boolean): void {
    this.write({ kind: 'optOut', id: `${from} ${to}`, value: out ? true : null });
  }

  /** Newest first. */
  newest(): Message[] {
    return [...this.messages.values()].reverse();
  }

  private *all(): Iterable<Line> {
    for (const [id, value] of this.templates) yield { kind: 'template', id, value };
    for (const [id, value] of this.messages) yield { kind: 'message', id, value };
    for (const [id, value] of this.callbacks) yield { kind: 'callback', id, value };
    for (const id of this.optOuts.keys()) yield { kind: 'optOut', id, value: true };
  }

  private apply(line: Line): void {
    const shelf = this[SHELVES[line.kind]] as Map<string, unknown>;
    if (line.value === null) shelf.delete(line.id);
    else shelf.set(line.id, line.value);
  }
}

const SHELVES = { message: 'messages', template: 'templates', callback: 'callbacks', optOut: 'optOuts' } as const;
