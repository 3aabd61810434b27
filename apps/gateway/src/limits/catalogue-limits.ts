import type { Catalogue } from '#domain/plan/plan.types.js';
import type { PlanLimits } from './message-limits.js';

/** Reads limits from the catalogue: a downgraded customer has those of the plan's `downgradeTo`, or its own where there is none. */
export function catalogueLimits(catalogue: Catalogue): PlanLimits {
  const plans = new Map(catalogue.plans.map((plan) => [plan.id, plan]));
  return {
    limitsOf(planId, serviceLevel) {
      const plan = plans.get(planId);
      const lower = serviceLevel === 'downgraded' && plan?.downgradeTo != null ? plans.get(plan.downgradeTo) : undefined;
      return (lower ?? plan)?.limits;
    },
  };
}
