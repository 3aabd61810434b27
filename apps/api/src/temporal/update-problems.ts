import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { UPDATE_ERRORS, type UpdateError } from '#workflows/contracts/customer-lifecycle.js';
import { Problem } from '../http/problem.js';

const SENTENCES: Readonly<Record<UpdateError, readonly [status: number, detail: string, field?: string]>> = {
  NO_CAPACITY: [409, 'All places are taken at the moment. Nothing was charged; try again later.'],
  PLAN_NOT_SOLD: [400, 'This plan is not sold. Choose one of GET /plans.', 'planId'],
  ALREADY_SUBSCRIBED: [409, 'There is a subscription already. Change its plan instead of buying a second one.'],
  NO_SUBSCRIPTION: [409, 'There is no running subscription.'],
  NOT_CANCELING: [409, 'The subscription is not about to end, so there is nothing to take back.'],
  INSTANCE_NOT_FOUND: [404, 'There is no such instance.'],
  PROMOTION_CODE_INVALID: [400, 'This promotion code is not known, or it has run out.', 'promotionCode'],
  PAYMENT_FAILED: [402, 'The payment did not go through. Choose another card and try again.'],
  NOTHING_TO_PAY: [409, 'There is no open invoice.'],
  STRIPE_REFUSED: [409, 'The payment service refused this. Look at the present state, then try again.'],
  STRIPE_UNAVAILABLE: [503, 'The payment service does not answer at the moment. Please try again shortly.'],
  NO_OPEN_CASE: [409, 'There is no open case of failed payments.'],
  PAUSE_USED: [409, 'Dunning was paused in this case already; that is possible once.'],
  TOO_LONG: [400, 'That is longer than the policy allows.', 'days'],
  NOT_POSSIBLE_HERE: [409, 'That is not possible in the present stage.'],
  REASON_MISSING: [400, 'Say why, in at least three characters.', 'reason'],
  SAME_PLAN: [409, 'This is the plan you have already.', 'planId'],
};

const isUpdateError = (type: string | null | undefined): type is UpdateError => UPDATE_ERRORS.some((known) => known === type);

/** The Problem for a refusal of the workflow; null where the error is something else. */
export function problemOfUpdate(error: unknown): Problem | null {
  const failure = error instanceof WorkflowUpdateFailedError ? error.cause : error;
  if (!(failure instanceof ApplicationFailure) || !isUpdateError(failure.type)) return null;
  const [status, sentence, field] = SENTENCES[failure.type];
  // The policy says itself how long is too long.
  if (failure.type === 'TOO_LONG' || failure.type === 'NOT_POSSIBLE_HERE') return new Problem(status, failure.type, failure.message || sentence, field === undefined ? undefined : { [field]: failure.message || sentence });
  // A bank's own words about a card are meant for its holder.
  const detail = failure.type === 'PAYMENT_FAILED' && failure.message !== '' ? `${sentence} (${failure.message.slice(0, 200)})` : sentence;
  return new Problem(status, failure.type, detail, field === undefined ? undefined : { [field]: detail }, status === 503 ? 10 : undefined);
}
