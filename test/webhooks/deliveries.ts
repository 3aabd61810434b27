import { randomBytes } from 'node:crypto';
import Stripe from 'stripe';

export interface EventParts { readonly id: string; readonly customerId: string; readonly livemode?: boolean; readonly apiVersion?: string }
/** What is posted: made at each attempt, because Stripe signs each anew. */
export interface Post { readonly body: string; readonly signature: string | undefined }

/** Stripe's tolerance; ours goes both ways. */
const TOLERANCE_SECONDS = 300;
/** What is dated ahead comes nearer while it waits in line: so much later it is still too early. */
const LONGEST_WAY_SECONDS = 60;

const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

/** An event that rings: about a customer whom we know by our own metadata. */
export function eventBody({ id, customerId, livemode = false, apiVersion = Stripe.API_VERSION }: EventParts): string {
  return JSON.stringify({
    id, object: 'event', api_version: apiVersion, created: nowSeconds(), livemode, pending_webhooks: 1, request: { id: null, idempotency_key: null }, type: 'invoice.paid',
    data: { object: { id: `in_${id}`, object: 'invoice', amount_paid: 2900, currency: 'usd', customer: 'cus_nobody', metadata: { customerId }, status: 'paid' } },
  });
}

const signed = (payload: string, secret: string, offsetSeconds = 0, scheme = 'v1'): string =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: nowSeconds() + offsetSeconds, scheme });

/** As Stripe sends it now. */
export function genuine(parts: EventParts, secret: string): Post {
  const body = eventBody(parts);
  return { body, signature: signed(body, secret) };
}

export interface Forgery { readonly kind: string; /** What our answer must be; 200 = kept for a person to look at, and without effect. */ readonly status: 400 | 200; readonly post: (parts: EventParts, secret: string) => Post }

const refused = (kind: string, signatureOf: (body: string, secret: string) => string | undefined, bodyOf: (body: string) => string = (body) => body): Forgery =>
  ({ kind, status: 400, post: (parts, secret) => { const body = eventBody(parts); return { body: bodyOf(body), signature: signatureOf(body, secret) }; } });
const kept = (kind: string, change: Partial<EventParts>): Forgery => ({ kind, status: 200, post: (parts, secret) => genuine({ ...parts, ...change }, secret) });

/** Every way in which a webhook can be none of ours. */
export const FORGERIES: readonly Forgery[] = [
  refused('made up', (body) => `t=${nowSeconds()},v1=${Buffer.from(body).toString('hex').slice(0, 64)}`),
  refused('without a signature', () => undefined),
  refused('of another secret', (body) => signed(body, `whsec_${randomBytes(16).toString('hex')}`)),
  refused('stale', (body, secret) => signed(body, secret, -(TOLERANCE_SECONDS + 1))),
  refused('dated ahead', (body, secret) => signed(body, secret, TOLERANCE_SECONDS + 1 + LONGEST_WAY_SECONDS)),
  refused('of another scheme', (body, secret) => signed(body, secret, 0, 'v0')),
  refused('cut off', (body, secret) => signed(body, secret), (body) => body.slice(0, Math.floor(body.length * 0.7))),
  refused('with another amount', (body, secret) => signed(body, secret), (body) => body.replace('2900', '9900')),
  kept('of the other mode', { livemode: true }),
  kept('of another API version', { apiVersion: '2024-06-20' }),
];
