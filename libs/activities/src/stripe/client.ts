import Stripe from 'stripe';

export interface StripeClientOptions {
  readonly secretKey: string;
  /** Where it is not Stripe itself: the address of an emulator, e.g. `http://127.0.0.1:4411`. */
  readonly apiUrl?: string | undefined;
  readonly timeoutMs?: number;
  /** The SDK's own retries, under the same idempotency key; 2 by default. */
  readonly maxNetworkRetries?: number;
}

/** The one way to a Stripe client: pinned API version of the SDK, no telemetry, 8 s a call, two network retries. */
export function createStripeClient(options: StripeClientOptions): Stripe {
  const shared = { telemetry: false, maxNetworkRetries: options.maxNetworkRetries ?? 2, timeout: options.timeoutMs ?? 8_000, appInfo: { name: 'clawkeep' } };
  if (options.apiUrl === undefined) return new Stripe(options.secretKey, shared);
  const url = new URL(options.apiUrl);
  const protocol = url.protocol === 'http:' ? 'http' : 'https';
  return new Stripe(options.secretKey, { ...shared, protocol, host: url.hostname, port: url.port || (protocol === 'http' ? 80 : 443) });
}
