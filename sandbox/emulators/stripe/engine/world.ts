import { createHash } from 'node:crypto';
import { copy, type Doc, same } from './doc.js';
import { noSuch } from './errors.js';
import { newId } from './ids.js';
import { complete, shapeOf } from './shapes.js';
import { type Row, Store } from './store.js';

/** The version of Stripe's API whose shapes are answered. */
export const apiVersion = '2026-10-28.endive';

/** How one emulator is set up. */
export interface Settings {
  secretKey: string;
  autoTestClock: boolean;
  /** `smart`: failed renewals are retried on Stripe's schedule; `off`: one attempt. */
  retries: 'off' | 'smart';
  /** What happens to a subscription when smart retries are used up. */
  retryEnd: 'leave' | 'cancel' | 'unpaid' | 'pause';
  /** Waits between webhook attempts, in seconds. */
  webhookDelaysSeconds: number[];
}

/** Who asked, for events and for the ledger. */
export interface Origin {
  requestId: string | null;
  idempotencyKey: string | null;
}

const prefixes: Record<string, string> = {
  customer: 'cus', product: 'prod', price: 'price', promotion_code: 'promo', discount: 'di', 'checkout.session': 'cs', setup_intent: 'seti',
  payment_intent: 'pi', payment_method: 'pm', charge: 'ch', subscription: 'sub', subscription_item: 'si', invoice: 'in', line_item: 'il', invoiceitem: 'ii',
  invoice_payment: 'inpay', refund: 're', credit_note: 'cn', credit_note_line_item: 'cnli', balance_transaction: 'txn', dispute: 'du', 'billing_portal.session': 'bps',
  'billing_portal.configuration': 'bpc', event: 'evt', webhook_endpoint: 'we', 'test_helpers.test_clock': 'clock', customer_balance_transaction: 'cbtxn',
  item: 'li', subscription_schedule: 'sub_sched', mandate: 'mandate', timer: 'timer', delivery: 'dlv', idempotency: 'idem',
};

/** Everything one emulator knows: the store, the time, and what happened. Every change goes through here. */
export class World {
  readonly store = new Store();
  /** Called for each webhook delivery queued in the open transaction, once it is committed. */
  onDelivery: () => void = () => undefined;
  /** Called when something that time acts on may have changed. */
  origin: Origin = { requestId: null, idempotencyKey: null };
  baseUrl = '';

  constructor(readonly settings: Settings) {}

  /** The wall clock, in seconds. */
  wall(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** The time by which an object lives, in seconds. */
  now(clock: string | null): number {
    if (clock === null) return this.wall();
    const row = this.store.get(clock);
    return row ? Number(row.hidden['at'] ?? row.doc['frozen_time']) : this.wall();
  }

  /** Makes an object: id, `object`, `created`, `livemode` and every field Stripe always sends. */
  create(kind: string, doc: Doc, options: { clock?: string | null; hidden?: Doc; id?: string; object?: string } = {}): Row {
    const id = options.id ?? newId(prefixes[kind] ?? kind);
    const object = options.object ?? kind;
    const shape = shapeOf(object);
    const live = shape?.is === 'object' && shape.fields.has('livemode') ? { livemode: false } : {};
    const full = complete(object, { id, object, ...live, ...doc });
    return this.store.put({ kind, id, clock: options.clock ?? null, doc: full, hidden: options.hidden ?? {} });
  }

  get(kind: string, id: string | null | undefined): Row | undefined {
    if (!id) return undefined;
    const row = this.store.get(id);
    return row?.kind === kind ? row : undefined;
  }

  /** The row, or Stripe's "No such …". `param` other than `id` makes it a 400. */
  need(kind: string, id: string, label = kind.replaceAll('_', ' '), param = 'id'): Row {
    const row = this.get(kind, id);
    if (!row || (row.doc['deleted'] === true && kind !== 'customer')) throw noSuch(label, id, param);
    return row;
  }

  /** A customer that is not deleted. */
  needCustomer(id: string, param = 'customer'): Row {
    const row = this.get('customer', id);
    if (!row || row.doc['deleted'] === true) throw noSuch('customer', id, param);
    return row;
  }

  /** Edits an object and emits `type` with `previous_attributes`, unless nothing changed. */
  update(row: Row, type: string | null, edit: (doc: Doc) => void): boolean {
    const before = copy(row.doc);
    this.store.edit(row);
    edit(row.doc);
    const previous = difference(before, row.doc);
    if (Object.keys(previous).length === 0) return false;
    if (type) this.emit(type, row, previous);
    return true;
  }

  /** Records an event and queues it for every endpoint that listens. */
  emit(type: string, subject: Row | Doc, previous?: Doc): Row {
    const object = 'kind' in subject && 'hidden' in subject ? shown(subject as Row) : copy(subject as Doc);
    const endpoints = this.store.all('webhook_endpoint').filter((endpoint) => listens(endpoint.doc, type));
    const event = this.create(
      'event',
      {
        api_version: apiVersion,
        created: this.wall(),
        data: { object, ...(previous ? { previous_attributes: previous } : {}) },
        pending_webhooks: endpoints.length,
        request: { id: this.origin.requestId, idempotency_key: this.origin.idempotencyKey },
        type,
      },
      { object: 'event' },
    );
    for (const endpoint of endpoints) {
      this.store.put({
        kind: 'delivery',
        id: newId('dlv'),
        clock: null,
        doc: { event: event.id, endpoint: endpoint.id, attempts: 0, nextAtMs: Date.now(), state: 'pending', subject: this.subjectOf(object) },
        hidden: {},
      });
    }
    if (endpoints.length > 0) this.onDelivery();
    return event;
  }

  /** Whose event it is: events of one customer are delivered in order. */
  private subjectOf(object: Doc): string {
    const through = this.store.get(String(object['invoice'] ?? object['charge'] ?? ''))?.doc['customer'] as string | undefined;
    return String(object['customer'] ?? through ?? object['id'] ?? '');
  }

  /** A stable short mark of a card number, as Stripe's `fingerprint`. */
  fingerprint(text: string): string {
    return createHash('sha256').update(text).digest('base64url').replaceAll(/[-_]/g, 'x').slice(0, 16);
  }

  /** The clock an object of this customer lives by. */
  clockOf(customer: string | null | undefined): string | null {
    return customer ? (this.store.get(customer)?.clock ?? null) : null;
  }
}

/** A copy of a row as it is shown: with what the control API laid over it (a status that nobody knows yet). */
export function shown(row: Row): Doc {
  return { ...copy(row.doc), ...copy((row.hidden['overlay'] as Doc | undefined) ?? {}) };
}

function listens(endpoint: Doc, type: string): boolean {
  const events = endpoint['enabled_events'] as string[];
  return endpoint['status'] === 'enabled' && (events.includes('*') || events.includes(type));
}

/** The old values of the fields that changed; of a changed object only its changed keys, as Stripe shows them. */
function difference(before: Doc, after: Doc): Doc {
  const out: Doc = {};
  for (const key of Object.keys({ ...before, ...after })) {
    const left: unknown = before[key];
    const right: unknown = after[key];
    if (same(left, right)) continue;
    const nested = isObject(left) && isObject(right) && !('object' in left);
    out[key] = nested ? difference(left, right) : (left ?? null);
  }
  return out;
}

function isObject(value: unknown): value is Doc {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
