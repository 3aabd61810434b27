import type { NextStep } from '#domain/lifecycle/lifecycle.types.js';
import type { NextStepDto } from './me.dto.js';

/** As `customer.next_step` holds it: the lifecycle's own NextStep. */
export type StoredNextStep = NextStep;

/** "What happens next" with its time as ISO text. */
export function nextStepView(step: StoredNextStep | null): NextStepDto | null {
  if (step === null) return null;
  return {
    what: step.what, why: step.why, at: step.atMs === null ? null : new Date(step.atMs).toISOString(),
    ...(step.code === undefined ? {} : { code: step.code }), ...(step.values === undefined ? {} : { values: { ...step.values } }),
  };
}
