import Stripe from 'stripe';

export interface Effect<T> {
  /** Business key `customer:cycle:step`: never a run id or an attempt. Becomes the idempotency key with its generation behind it. */
  readonly key: string;
  /** Looks at Stripe whether the effect is there already; null = surely not there. A failed look throws. */
  readonly find: () => Promise<T | null>;
  readonly write: (options: { idempotencyKey: string }) => Promise<T>;
  /** Whether an object from a replayed answer still stands; without it `find` is asked. For objects that a list may not show. */
  readonly stands?: (written: T) => Promise<boolean>;
}

/** More generations than saved failures a day can leave behind; beyond it a person must look. */
const MAX_GENERATIONS = 8;

/**
 * Brings an effect about once, whatever happened to earlier calls. Reads before it writes. Stripe answers an idempotency key for a day with
 * what it answered first, a 500 included, and with a success whose effect has been undone since: so a failed or replayed answer is never
 * believed, the effect is looked up, and only where it is surely not there the key gets a new generation. After a broken connection
 * nothing is known (the first request may still be at work): the effect is looked up, else the error goes up and the same key comes again.
 */
export async function bringAbout<T>(effect: Effect<T>): Promise<T> {
  let lastError: unknown = new Error(`Stripe kept answering an old result for ${effect.key}.`);
  for (let generation = 0; generation < MAX_GENERATIONS; generation += 1) {
    const there = await effect.find();
    if (there !== null) return there;
    try {
      const written = await effect.write({ idempotencyKey: `${effect.key}:g${String(generation)}` });
      if (!wasReplayed(written) || await effect.stands?.(written) === true) return written;
    } catch (error) {
      lastError = error;
      if (isSavedFailure(error)) continue;
      if (!(error instanceof Stripe.errors.StripeConnectionError)) throw error;
      const done = await effect.find();
      if (done !== null) return done;
      throw error;
    }
  }
  throw lastError;
}

/** Stripe keeps this answer for the key: sending the same key again is of no use. */
const isSavedFailure = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeIdempotencyError
  || error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500;

function wasReplayed(written: unknown): boolean {
  const response = (written as { lastResponse?: { headers?: Record<string, string> } } | null)?.lastResponse;
  return response?.headers?.['idempotent-replayed'] === 'true';
}
