import type { Doc } from './doc.js';

/** One stored object: its wire form and what only the emulator knows of it. */
export interface Row {
  kind: string;
  id: string;
  /** Test clock it lives by; null is the wall clock. */
  clock: string | null;
  doc: Doc;
  /** Never shown: card numbers, secrets, due times, the idempotency key that made it. */
  hidden: Doc;
}

/** What one request changed. Written to the journal as one line. */
export interface Change {
  put: Row[];
  del: string[];
}

const timedKinds = new Set(['subscription', 'invoice', 'checkout.session', 'customer']);

/** All objects in memory, with one open transaction at a time (requests run one after another). */
export class Store {
  private readonly byId = new Map<string, Row>();
  private readonly byKind = new Map<string, Map<string, Row>>();
  /** Rows that time acts on (subscriptions, invoices, sessions), by test clock ('' is the wall clock). */
  private readonly timed = new Map<string, Map<string, Row>>();
  /** Deliveries still owed, by event. */
  private readonly owed = new Map<string, Set<string>>();
  /** Rows touched in the open transaction, with what they were before as JSON (undefined = not there). */
  private touched = new Map<string, string | undefined>();

  get(id: string): Row | undefined {
    return this.byId.get(id);
  }

  /** Oldest first. */
  all(kind: string): Row[] {
    return [...(this.byKind.get(kind)?.values() ?? [])];
  }

  /** Rows of a kind that live by one clock, oldest first. */
  onClock(kind: string, clock: string | null): Row[] {
    return [...(this.timed.get(clock ?? '')?.values() ?? [])].filter((row) => row.kind === kind);
  }

  /** How many endpoints an event has not reached yet. */
  owedOf(event: string): number {
    return this.owed.get(event)?.size ?? 0;
  }

  count(kind: string): number {
    return this.byKind.get(kind)?.size ?? 0;
  }

  kinds(): string[] {
    return [...this.byKind.keys()];
  }

  /** Adds or replaces a row. */
  put(row: Row): Row {
    this.touch(row.id);
    this.place(row);
    return row;
  }

  /** Marks a row as about to be edited in place, and returns it. */
  edit(row: Row): Row {
    this.touch(row.id);
    return row;
  }

  remove(id: string): void {
    this.touch(id);
    this.drop(id);
  }

  /** Ends the transaction and tells what it changed; undefined when nothing. */
  commit(): Change | undefined {
    if (this.touched.size === 0) return undefined;
    const change: Change = { put: [], del: [] };
    for (const id of this.touched.keys()) {
      const row = this.byId.get(id);
      if (row) change.put.push(row);
      else change.del.push(id);
    }
    this.touched = new Map();
    return change;
  }

  /** Ends the transaction and undoes it. */
  rollback(): void {
    for (const [id, before] of this.touched) {
      if (before !== undefined) this.place(JSON.parse(before) as Row);
      else this.drop(id);
    }
    this.touched = new Map();
  }

  /** Applies a change read back from disk. */
  apply(change: Change): void {
    for (const row of change.put) this.place(row);
    for (const id of change.del) this.drop(id);
  }

  *rows(): Iterable<Row> {
    yield* this.byId.values();
  }

  clear(): void {
    this.byId.clear();
    this.byKind.clear();
    this.timed.clear();
    this.owed.clear();
    this.touched = new Map();
  }

  private touch(id: string): void {
    if (this.touched.has(id)) return;
    const row = this.byId.get(id);
    this.touched.set(id, row ? JSON.stringify(row) : undefined);
  }

  private place(row: Row): void {
    this.byId.set(row.id, row);
    let kind = this.byKind.get(row.kind);
    if (!kind) this.byKind.set(row.kind, (kind = new Map()));
    kind.set(row.id, row);
    if (row.kind === 'delivery') {
      const event = row.doc['event'] as string;
      let owed = this.owed.get(event);
      if (!owed) this.owed.set(event, (owed = new Set()));
      owed.add(row.id);
    }
    if (!timedKinds.has(row.kind)) return;
    let clock = this.timed.get(row.clock ?? '');
    if (!clock) this.timed.set(row.clock ?? '', (clock = new Map()));
    clock.set(row.id, row);
  }

  private drop(id: string): void {
    const row = this.byId.get(id);
    if (!row) return;
    this.byId.delete(id);
    this.byKind.get(row.kind)?.delete(id);
    this.timed.get(row.clock ?? '')?.delete(id);
    if (row.kind !== 'delivery') return;
    const event = row.doc['event'] as string;
    const owed = this.owed.get(event);
    owed?.delete(id);
    if (owed?.size === 0) this.owed.delete(event);
  }
}
