import { ApplicationFailure, TemporalFailure } from '@temporalio/workflow';
import { causeOf, failureType } from '../saga/saga.js';

/** An update fails with the reason itself, not with Temporal's wrapping; a time-out of Stripe says that nothing was changed for sure. */
export async function answering<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ApplicationFailure || !(error instanceof TemporalFailure)) throw error;
    const type = failureType(error);
    throw type === null
      ? ApplicationFailure.nonRetryable('The payment service does not answer at the moment. Please try again shortly.', 'STRIPE_UNAVAILABLE')
      : ApplicationFailure.nonRetryable(causeOf(error), type);
  }
}
