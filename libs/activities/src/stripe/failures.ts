import { ApplicationFailure } from '@temporalio/common';
import Stripe from 'stripe';
import type { UpdateError } from '#workflows/contracts/customer-lifecycle.js';

/** A failure for good, of one of the types that the API maps to a status. */
export const refuse = (type: UpdateError, message: string, cause?: unknown): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: true, ...(cause instanceof Error ? { cause } : {}) });

/**
 * Turns what the SDK throws into a typed ApplicationFailure: a declined card is PAYMENT_FAILED, another 4xx STRIPE_REFUSED (both for good);
 * 429, 409, 5xx and a broken connection are STRIPE_UNAVAILABLE and worth another try after a while. So is a bad API key (401, 403): it says
 * nothing about the customer, and an operator can mend it.
 */
export function toFailure(error: unknown, attempt = 1): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (!(error instanceof Stripe.errors.StripeError)) {
    return ApplicationFailure.create({ type: 'INTERNAL', message: error instanceof Error ? error.message : 'unknown failure', ...(error instanceof Error ? { cause: error } : {}) });
  }
  const status = error.statusCode ?? 0;
  if (error instanceof Stripe.errors.StripeCardError) {
    return ApplicationFailure.create({
      type: 'PAYMENT_FAILED', nonRetryable: true, message: error.message,
      details: [{ code: error.code ?? null, declineCode: error.decline_code ?? null }],
    });
  }
  if (status === 401 || status === 403) return unavailable('Stripe does not accept our API key.', 30_000);
  if (isWorthAnotherTry(error)) {
    const asked = Number(error.headers?.['retry-after']);
    return unavailable(`Stripe is not available: ${error.type}${status > 0 ? ` (${String(status)})` : ''}.`, asked > 0 ? asked * 1000 : backoffMs(attempt));
  }
  return ApplicationFailure.create({
    type: 'STRIPE_REFUSED', nonRetryable: true, message: error.message,
    details: [{ code: error.code ?? null, param: error.param ?? null, requestId: error.requestId ?? null }],
  });
}

/** True where the outcome is open or nothing was done: the same request may be sent again. */
export const isWorthAnotherTry = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError
  && (error instanceof Stripe.errors.StripeConnectionError || error.statusCode === undefined || error.statusCode === 409 || error.statusCode === 429 || error.statusCode >= 500);

export const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && (error.code === 'resource_missing' || error.statusCode === 404);

/** An object with the id that we gave exists already. */
export const isTaken = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_already_exists';

const unavailable = (message: string, delayMs: number): ApplicationFailure =>
  ApplicationFailure.create({ type: 'STRIPE_UNAVAILABLE', message, nextRetryDelay: delayMs });

const backoffMs = (attempt: number): number => Math.min(30_000, 500 * 2 ** Math.min(attempt, 6));
