import type { Plan, PlanPrice, Subscription } from '../../api/types.js';

export interface PlanOption {
  readonly plan: Plan;
  readonly price: PlanPrice;
  /** More is given and charged at once; less begins when the paid period is over. */
  readonly when: 'now' | 'period_end';
}

const MONTHS: Readonly<Record<PlanPrice['interval'], number>> = { day: 1 / 30.4, week: 12 / 52, month: 1, year: 12 };
const months = ({ interval, intervalCount }: Pick<PlanPrice, 'interval' | 'intervalCount'>): number => MONTHS[interval] * intervalCount;

/** Every paid price on sale but the present one. A plan without a price is reached by canceling, which says what is lost. */
export function changesOf(plans: readonly Plan[], subscription: Pick<Subscription, 'planId' | 'priceId' | 'amountCents' | 'interval' | 'intervalCount'> | null): readonly PlanOption[] {
  if (subscription === null) return [];
  const { planId, priceId, amountCents, interval, intervalCount } = subscription;
  const span = interval === null ? 1 : months({ interval: interval as PlanPrice['interval'], intervalCount: intervalCount ?? 1 });
  const own = plans.find(({ id }) => id === planId)?.prices[0];
  // Plans are compared by their first price, so that a rebate for a year is not taken for a smaller plan.
  const perMonth = own === undefined ? (amountCents ?? 0) / span : own.amountCents / months(own);
  return plans.flatMap((plan) => plan.prices.filter(({ id }) => id !== priceId).map((price): PlanOption => {
    const first = plan.prices[0] ?? price;
    const more = plan.id === planId ? months(price) > span : first.amountCents / months(first) >= perMonth;
    return { plan, price, when: more ? 'now' : 'period_end' };
  }));
}
