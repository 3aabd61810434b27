import { isFree, type Catalogue, type Plan, type PlanPrice } from '#domain/plan/plan.types.js';
import { invalid } from '../http/problem.js';
import type { PlanChoiceDto } from './billing.dto.js';

/** The plan and price that somebody chose; 400 names the field where it is not sold or costs nothing. */
export function chosenPrice(catalogue: Catalogue, { planId, priceId }: PlanChoiceDto): { plan: Plan; price: PlanPrice } {
  const plan = catalogue.plans.find(({ id, sold }) => id === planId && sold);
  if (plan === undefined) throw invalid({ planId: 'This plan is not sold. Choose one of GET /plans.' });
  if (isFree(plan)) throw invalid({ planId: 'This plan costs nothing, so there is nothing to pay for. Choose a paid plan.' });
  const price = priceId === undefined ? plan.prices[0] : plan.prices.find(({ id }) => id === priceId);
  if (price === undefined) throw invalid({ priceId: 'This is no price of the plan. Choose one of its prices in GET /plans.' });
  return { plan, price };
}
