import Stripe from 'stripe';
import { Problem } from '../http/problem.js';

/** Stripe's own tolerance; ours goes for both directions, because the SDK takes any time in the future. */
const TOLERANCE_SECONDS = 300;

/** What the installed SDK speaks, and so what our endpoint at Stripe sends. */
export const PINNED_API_VERSION: string = Stripe.API_VERSION;
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
}

/**
 * Checks Stripe's signature over the raw bytes with each secret (while one is being changed there are two), and the time in it, past and future.
 * Throws a 400 without saying which of them was wrong; without a secret everything is refused.
 */
export function verifySignature(raw: Buffer | undefined, header: string | string[] | undefined, secrets: readonly string[], now: Date = new Date()): void {
  const refused = (): Problem => new Problem(400, 'SIGNATURE_INVALID', 'The signature does not fit the body, or its time is off by more than 5 minutes.');
  if (raw === undefined || raw.length === 0 || typeof header !== 'string' || header.length > 4_096) throw refused();
  const told = Number(/(?:^|,)\s*t=(\d{1,12})(?:,|$)/.exec(header)?.[1] ?? Number.NaN);
  if (!Number.isFinite(told) || Math.abs(now.getTime() / 1_000 - told) > TOLERANCE_SECONDS) throw refused();
  const payload = raw.toString('utf8');
  const genuine = secrets.some((secret) => {
    try {
      // The house's time is handed in, so that the age is judged by one clock only.
      return Stripe.webhooks.signature?.verifyHeader(payload, header, secret, TOLERANCE_SECONDS, undefined, now.getTime()) === true;
    } catch {
      return false;
    }
  });
  if (!genuine) throw refused();
}

/** Reads the event's envelope. Throws a 400 where the (signed) body is no event of Stripe's. */
export function readEvent(raw: Buffer): { event: ReadEvent; payload: string } {
  // jsonb cannot hold U+0000; everything else stays as it came.
  const payload = raw.toString('utf8').replaceAll('\\u0000', '\\ufffd');
  const broken = (): Problem => new Problem(400, 'NOT_AN_EVENT', 'The body is no event of Stripe.');
  let body: unknown;
  try {
    body = JSON.parse(payload);
  } catch {
    throw broken();
  }
  const event = asRecord(body);
  const object = asRecord(asRecord(event['data'])['object']);
  const { id, type } = event;
  if (event['object'] !== 'event' || typeof id !== 'string' || id === '' || id.length > 255 || typeof type !== 'string' || type === '' || type.length > 255) throw broken();
  const customer = type.startsWith('customer.') && object['object'] === 'customer' ? text(object['id']) : (text(object['customer']) ?? text(asRecord(object['customer'])['id']));
  const given = text(asRecord(object['metadata'])['customerId']);
  const created = event['created'];
  return {
    payload,
    event: {
      id, type, apiVersion: text(event['api_version']), livemode: event['livemode'] === true,
      createdSeconds: typeof created === 'number' && created > 0 && created < 1e11 ? created : 0,
      objectId: text(object['id']), stripeCustomerId: customer, customerId: given !== null && UUID.test(given) ? given : null,
      testClockId: type.startsWith('test_helpers.test_clock.') ? text(object['id']) : null,
    },
  };
}

const asRecord = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' && value.length <= 255 ? value : null);
