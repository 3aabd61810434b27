import Stripe from 'stripe';
import { readStripeEvent, withoutNul, type ReadEvent } from '#database/stripe-events/stripe-event-row.js';
import { Problem } from '../http/problem.js';

/** Stripe's own tolerance; ours goes for both directions, because the SDK takes any time in the future. */
const TOLERANCE_SECONDS = 300;

/** What the installed SDK speaks, and so what our endpoint at Stripe sends. */
export const PINNED_API_VERSION: string = Stripe.API_VERSION;

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
  const payload = withoutNul(raw.toString('utf8'));
  const broken = (): Problem => new Problem(400, 'NOT_AN_EVENT', 'The body is no event of Stripe.');
  let body: unknown;
  try {
    body = JSON.parse(payload);
  } catch {
    throw broken();
  }
  const event = readStripeEvent(body);
  if (event === null) throw broken();
  return { payload, event };
}
