import type { InboxMessage } from '../contracts/customer-lifecycle.js';

const REMEMBERED_IDS = 200;

/** An update of a person who waits: runs in its turn, then answers. */
export type Command = () => Promise<void>;

/**
 * Where all handlers leave their messages; the loop is the only reader. Messages are taken in once by their id,
 * commands stand in the same line, so that nothing overtakes anything.
 */
export class Inbox {
  private line: ({ message: InboxMessage } | { command: Command })[] = [];
  private inWork: { message: InboxMessage } | { command: Command } | undefined;
  /** What did not succeed and comes again. */
  private postponed: InboxMessage[] = [];

  constructor(waiting: readonly InboxMessage[], private readonly seen: string[]) {
    this.line.push(...waiting.map((message) => ({ message })));
  }

  get length(): number { return this.line.length; }

  accept(message: InboxMessage): void {
    const id = idOf(message);
    if (this.seen.includes(id)) return;
    this.seen.push(id);
    if (this.seen.length > REMEMBERED_IDS) this.seen.shift();
    this.line.push({ message });
  }

  /** The handler of an update: puts the act in line and answers when the loop has done it. */
  command<Args extends unknown[], Result>(act: (...args: Args) => Promise<Result>): (...args: Args) => Promise<Result> {
    return (...args) => new Promise<Result>((resolve, reject) => {
      this.line.push({ command: () => act(...args).then(resolve, reject) });
    });
  }

  /** The next in line; taken out only by `done`, so that a message in work is not lost by continue-as-new. */
  peek(): { message: InboxMessage } | { command: Command } | undefined { return (this.inWork = this.line[0]); }
  done(): void { this.line.shift(); }

  /** A doorbell waits in the line. */
  get rung(): boolean { return this.line.some((entry) => isWaitingRing(entry, this.inWork)); }
  /** The facts are about to be read: what has rung until now says no more than "look". Rings that come later are answered later. */
  hear(): void { this.line = this.line.filter((entry) => !isWaitingRing(entry, this.inWork)); }

  get hasPostponed(): boolean { return this.postponed.length > 0; }
  /** Puts a message that did not succeed aside: nothing that comes after it waits for it. */
  postpone(message: InboxMessage): void { this.postponed.push(message); }
  takeUpPostponed(): void { this.line.push(...this.postponed.splice(0).map((message) => ({ message }))); }

  /** What is carried over continue-as-new; there are no commands then, they are waited for. */
  messages(): InboxMessage[] { return [...this.line.flatMap((entry) => ('message' in entry ? [entry.message] : [])), ...this.postponed]; }
}

const isWaitingRing = (entry: object, inWork: object | undefined): boolean => entry !== inWork && 'message' in entry && (entry.message as InboxMessage).kind === 'stripeChanged';

const idOf = (message: InboxMessage): string => {
  switch (message.kind) {
    case 'stripeChanged': return message.eventId;
    case 'instanceWished': return message.requestId;
    case 'instanceSettled': return `${message.instanceId}:${message.childKind}:${message.generation}`;
  }
};
