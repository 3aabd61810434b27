import { isFree, type Catalogue, type Plan, type PlanPrice } from '#domain/plan/plan.types.js';
import { invalid } from '../http/problem.js';
import type { ChangePlanDto, PlanChoiceDto } from './billing.dto.js';

/** The plan and price that somebody chose; 400 names the field where it is not sold or costs nothing. */
export function chosenPrice(catalogue: Catalogue, { planId, priceId }: PlanChoiceDto): { plan: Plan; price: PlanPrice } {
  const plan = catalogue.plans.find(({ id, sold }) => id === planId && sold);
  if (plan === undefined) throw invalid({ planId: 'This plan is not sold. Choose one of GET /plans.' });
  if (isFree(plan)) throw invalid({ planId: 'This plan costs nothing, so there is nothing to pay for. Choose a paid plan.' });
  const price = priceId === undefined ? plan.prices[0] : plan.prices.find(({ id }) => id === priceId);
  if (price === undefined) throw invalid({ priceId: 'This is no price of the plan. Choose one of its prices in GET /plans.' });
  return { plan, price };
}

/** What runs now, of the table `subscription`. */
export interface PresentPrice { price_id: string | null; amount_cents: string | null; interval: string | null; interval_count: number | null }

/**
 * When a change of plan begins: `prorationAtMs` of the preview, null = at the end of the paid period, `now` = the preview must still be asked for its time.
 * Without a wish a dearer plan begins at once; a cheaper one, and the present one (which lets a booked change go), at the end. 400 where both are wished.
 */
export function whenToChange(change: Pick<ChangePlanDto, 'prorationAt' | 'atPeriodEnd'>, price: PlanPrice, present: PresentPrice | null): { prorationAtMs: number | null } | 'now' {
  if (change.prorationAt !== undefined) {
    if (change.atPeriodEnd === true) throw invalid({ atPeriodEnd: 'Give either prorationAt (at once) or atPeriodEnd, not both.' });
    return { prorationAtMs: Date.parse(change.prorationAt) };
  }
  if (change.atPeriodEnd !== undefined) return change.atPeriodEnd ? { prorationAtMs: null } : 'now';
  const cheaper = present?.amount_cents != null && present.interval === price.interval && present.interval_count === price.intervalCount && price.amountCents < Number(present.amount_cents);
  return cheaper || present?.price_id === price.id ? { prorationAtMs: null } : 'now';
}
