const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What we read of an event: only whom it is about. The truth is fetched from Stripe afterwards. */
export interface ReadEvent {
  id: string;
  type: string;
  apiVersion: string | null;
  livemode: boolean;
  createdSeconds: number;
  objectId: string | null;
  stripeCustomerId: string | null;
  /** From the object's metadata, where we put it. */
  customerId: string | null;
  testClockId: string | null;
  /** Of a dispute or a refund, which name no customer: whose charge it was the ledger knows. */
  chargeId: string | null;
  /** Of an `invoice_payment`, which names no customer either. */
  invoiceId: string | null;
}

/** Reads the envelope of an event of Stripe's, however it came; null where it is none. */
export function readStripeEvent(body: unknown): ReadEvent | null {
  const event = asRecord(body);
  const object = asRecord(asRecord(event['data'])['object']);
  const { id, type } = event;
  if (event['object'] !== 'event' || typeof id !== 'string' || id === '' || id.length > 255 || typeof type !== 'string' || type === '' || type.length > 255) return null;
  const customer = type.startsWith('customer.') && object['object'] === 'customer' ? text(object['id']) : referenced(object['customer']);
  const given = text(asRecord(object['metadata'])['customerId']);
  const created = event['created'];
  return {
    id, type, apiVersion: text(event['api_version']), livemode: event['livemode'] === true,
    createdSeconds: typeof created === 'number' && created > 0 && created < 1e11 ? created : 0,
    objectId: text(object['id']), stripeCustomerId: customer, customerId: given !== null && UUID.test(given) ? given : null,
    testClockId: type.startsWith('test_helpers.test_clock.') ? text(object['id']) : null,
    chargeId: object['object'] === 'dispute' || object['object'] === 'refund' ? referenced(object['charge']) : null,
    invoiceId: object['object'] === 'invoice_payment' ? referenced(object['invoice']) : null,
  };
}

/**
 * One statement, so one transaction and one round trip: each event is stored once by its id, and only then the doorbell is put into the outbox of everyone
 * whom it is about: the customer by Stripe's id, else by our metadata, else by whose charge or invoice it was; for a test clock all who hang on it. An event of nobody we know is kept all the same.
 * The message is a `StripeChanged`.
 */
const STORE = `
  WITH incoming AS (
    SELECT * FROM ROWS FROM (unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::boolean[]), unnest($5::float8[]), unnest($6::text[]), unnest($7::text[]),
      unnest($8::uuid[]), unnest($9::text[]), unnest($10::text[]), unnest($11::text[]), unnest($12::boolean[]), jsonb_array_elements($13::jsonb))
      AS i (id, type, api_version, livemode, created, object_id, stripe_customer_id, customer_id, test_clock_id, charge_id, invoice_id, rings, payload)
  ), stored AS (
    INSERT INTO stripe_event (id, type, api_version, livemode, created, object_id, stripe_customer_id, payload)
    SELECT id, type, api_version, livemode, to_timestamp(created), object_id, stripe_customer_id, payload FROM incoming ON CONFLICT (id) DO NOTHING RETURNING id
  ), ringing AS (
    SELECT incoming.* FROM incoming JOIN stored USING (id) WHERE rings
  ), whose AS (
    SELECT r.id, c.id AS whose FROM ringing r JOIN customer c ON c.stripe_customer_id = r.stripe_customer_id
    UNION SELECT r.id, c.id FROM ringing r JOIN customer c ON c.id = r.customer_id WHERE NOT EXISTS (SELECT 1 FROM customer k WHERE k.stripe_customer_id = r.stripe_customer_id)
    UNION SELECT r.id, c.id FROM ringing r JOIN customer c ON c.test_clock_id = r.test_clock_id
    UNION SELECT r.id, l.customer_id FROM ringing r JOIN billing_ledger l ON l.kind = 'payment_succeeded' AND l.stripe_ref = r.charge_id
    UNION SELECT r.id, i.customer_id FROM ringing r JOIN invoice i ON i.id = r.invoice_id
  )
  INSERT INTO outbox (topic, customer_id, payload)
  SELECT 'stripeChanged', whose, jsonb_build_object('eventId', r.id, 'type', r.type, 'objectId', r.object_id) FROM whose JOIN ringing r USING (id)`;

/** An event that is taken in; `rings` = its customers' workflows are to look at the facts. */
export interface TakenEvent { readonly event: ReadEvent; readonly payload: string; readonly rings: boolean }

/** The statement that takes events in: the same for those that Stripe delivered and for those that we had to fetch. The rows that it counts are doorbells. */
export const storeStripeEvents = (batch: readonly TakenEvent[]): { name: string; text: string; values: unknown[] } =>
  ({ name: 'store-stripe-events', text: STORE, values: parametersOf(batch) });

function parametersOf(batch: readonly TakenEvent[]): unknown[] {
  const column = <Key extends keyof ReadEvent>(key: Key): ReadEvent[Key][] => batch.map(({ event }) => event[key]);
  return [
    column('id'), column('type'), column('apiVersion'), column('livemode'), column('createdSeconds'), column('objectId'), column('stripeCustomerId'), column('customerId'), column('testClockId'), column('chargeId'), column('invoiceId'),
    batch.map(({ rings }) => rings), `[${batch.map(({ payload }) => payload).join(',')}]`,
  ];
}

/** jsonb cannot hold U+0000; everything else stays as it came. To be done before the text is parsed. */
export const withoutNul = (payload: string): string => payload.replaceAll('\\u0000', '\\ufffd');

const asRecord = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' && value.length <= 255 ? value : null);
/** An id, given as such or expanded. */
const referenced = (value: unknown): string | null => text(value) ?? text(asRecord(value)['id']);
