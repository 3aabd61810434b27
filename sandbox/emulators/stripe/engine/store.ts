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

const timedKinds = new Set(['subscription', 'invoice', 'checkout.session', 'customer', 'subscription_schedule', 'timer']);

type Field = (row: Row) => unknown;
const doc = (name: string): Field => (row) => row.doc[name] as unknown;
const hidden = (name: string): Field => (row) => row.hidden[name] as unknown;

/** Fields by which rows are found without a walk through all of their kind: a customer's reads cost what the customer has. */
const indexes: Record<string, Record<string, Field>> = {
  'test_helpers.test_clock': { status: doc('status') },
  payment_method: { customer: doc('customer') },
  payment_intent: { customer: doc('customer') },
  setup_intent: { customer: doc('customer') },
  charge: { customer: doc('customer'), payment_intent: doc('payment_intent') },
  subscription: { customer: doc('customer') },
  subscription_schedule: { customer: doc('customer') },
  invoice: { customer: doc('customer'), subscription: (row) => row.doc['parent']?.subscription_details?.subscription as unknown, page: hidden('page') },
  invoiceitem: { customer: doc('customer'), invoice: doc('invoice') },
  invoice_payment: { invoice: doc('invoice'), payment_intent: (row) => row.doc['payment']?.payment_intent as unknown },
  refund: { charge: doc('charge'), payment_intent: doc('payment_intent'), customer: hidden('customer') },
  dispute: { charge: doc('charge'), payment_intent: doc('payment_intent') },
  credit_note: { customer: doc('customer'), invoice: doc('invoice') },
  customer_balance_transaction: { customer: doc('customer') },
  balance_transaction: { source: doc('source') },
  'checkout.session': { customer: doc('customer'), subscription: doc('subscription'), payment_intent: doc('payment_intent') },
  'billing_portal.session': { secret: hidden('secret') },
  promotion_code: { code: (row) => String(row.doc['code']).toLowerCase() },
  delivery: { state: doc('state') },
};

/** All objects in memory, with one open transaction at a time (requests run one after another). */
export class Store {
  private readonly byId = new Map<string, Row>();
  private readonly byKind = new Map<string, Map<string, Row>>();
  /** Rows that time acts on (subscriptions, invoices, sessions), by test clock ('' is the wall clock). */
  private readonly timed = new Map<string, Map<string, Row>>();
  /** Deliveries still owed, by event. */
  private readonly owed = new Map<string, Set<string>>();
  /** Rows by `kind.field=value`, and under which of these each row stands. */
  private readonly index = new Map<string, Map<string, Row>>();
  private readonly entries = new Map<string, string[]>();
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

  /** Rows of a kind with this value in one of the indexed fields, oldest first. Sees what the open transaction has done. */
  by(kind: string, field: string, value: string): Row[] {
    if (!indexes[kind]?.[field]) throw new Error(`${kind} is not indexed by ${field}`);
    for (const id of this.touched.keys()) {
      const row = this.byId.get(id);
      if (row) this.enter(row);
    }
    return [...(this.index.get(`${kind}.${field}=${value}`)?.values() ?? [])];
  }

  /** Events that some endpoint has not got yet. */
  owedEvents(): string[] {
    return [...this.owed.keys()];
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
      if (row) {
        this.enter(row);
        change.put.push(row);
      }
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
    this.index.clear();
    this.entries.clear();
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
    this.enter(row);
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

  private enter(row: Row): void {
    const fields = indexes[row.kind];
    if (!fields) return;
    const before = this.entries.get(row.id);
    const keys: string[] = [];
    for (const [name, read] of Object.entries(fields)) {
      const value = read(row);
      if (typeof value === 'string') keys.push(`${row.kind}.${name}=${value}`);
    }
    for (const key of before ?? []) if (!keys.includes(key)) this.leave(key, row.id);
    for (const key of keys) {
      let rows = this.index.get(key);
      if (!rows) this.index.set(key, (rows = new Map()));
      rows.set(row.id, row);
    }
    this.entries.set(row.id, keys);
  }

  private leave(key: string, id: string): void {
    const rows = this.index.get(key);
    rows?.delete(id);
    if (rows?.size === 0) this.index.delete(key);
  }

  private drop(id: string): void {
    const row = this.byId.get(id);
    if (!row) return;
    this.byId.delete(id);
    for (const key of this.entries.get(id) ?? []) this.leave(key, id);
    this.entries.delete(id);
    this.byKind.get(row.kind)?.delete(id);
    this.timed.get(row.clock ?? '')?.delete(id);
    if (row.kind !== 'delivery') return;
    const event = row.doc['event'] as string;
    const owed = this.owed.get(event);
    owed?.delete(id);
    if (owed?.size === 0) this.owed.delete(event);
  }
}
