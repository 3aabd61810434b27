import type { CaseRecord } from '../finance/ledger.types.js';
import { isFree, type Catalogue } from '../plan/plan.types.js';
import { draw } from './draw.js';
import type { BehaviourModel, SimulatedCustomer } from './simulation.types.js';

const DAY_MS = 86_400_000;

/**
 * The behaviour that a generated book starts from. Assumptions, not measurements: they are shown with every answer, and only what differs between
 * two policies on the same book means anything.
 */
export const ASSUMED_BEHAVIOUR: BehaviourModel = {
  hardDeclineShare: 0.15,
  neverPaysShare: 0.12,
  cardWorksAgain: [{ byDay: 1, share: 0.14 }, { byDay: 3, share: 0.27 }, { byDay: 5, share: 0.36 }, { byDay: 7, share: 0.42 }, { byDay: 14, share: 0.52 }, { byDay: 28, share: 0.58 }],
  newCardShare: 0.55,
  noticeResponse: {
    payment_failed: { chance: 0.12, medianDelayDays: 0.6 }, payment_action_needed: { chance: 0.3, medianDelayDays: 0.8 }, grace_began: { chance: 0.14, medianDelayDays: 0.8 },
    downgrade_soon: { chance: 0.1, medianDelayDays: 0.5 }, downgraded: { chance: 0.16, medianDelayDays: 0.4 }, suspension_soon: { chance: 0.1, medianDelayDays: 0.5 },
    suspended: { chance: 0.22, medianDelayDays: 0.4 }, end_soon: { chance: 0.12, medianDelayDays: 0.7 },
  },
  serviceLossFactor: 1.5,
};

/** A book of customers whose renewal has just failed. The same seed and catalogue give the same book. Plans are those that are sold for money, in equal parts. */
export function makeBook(customers: number, seed: number, catalogue: Catalogue, model: BehaviourModel): readonly SimulatedCustomer[] {
  const plans = catalogue.plans.filter((plan) => plan.sold && !isFree(plan));
  if (plans.length === 0) return [];
  return Array.from({ length: customers }, (_, index): SimulatedCustomer => {
    const plan = plans[Math.floor(draw(seed, index, 'plan') * plans.length)]!;
    const price = plan.prices[Math.floor(draw(seed, index, 'price') * plan.prices.length)]!;
    const neverPays = draw(seed, index, 'never pays') < model.neverPaysShare;
    const hardDecline = draw(seed, index, 'hard decline') < model.hardDeclineShare;
    return {
      index, planId: plan.id, amountCents: price.amountCents, currency: price.currency, hardDecline, acts: null, answersNotices: !neverPays,
      cardWorksFromDay: neverPays || hardDecline ? null : dayOf(draw(seed, index, 'card works again'), model.cardWorksAgain),
    };
  });
}

/** The day at which a cumulative curve reaches a value, between its points on a straight line; null = never. */
function dayOf(value: number, curve: BehaviourModel['cardWorksAgain']): number | null {
  let [day, share] = [0, 0];
  for (const point of curve) {
    if (value < point.share) return day + ((value - share) / (point.share - share)) * (point.byDay - day);
    [day, share] = [point.byDay, point.share];
  }
  return null;
}

/**
 * Customers of cases that are closed. Who paid does what it did on the same day after the first failure, if the subscription still lives then; an attempt that
 * succeeded would have succeeded on any later day. Who did not pay never does. Waived cases are left out: nobody paid and nobody was cut off.
 */
export function bookOfPast(cases: readonly CaseRecord[], planOfCase: (record: CaseRecord) => string): readonly SimulatedCustomer[] {
  return cases.filter(({ outcome, closedAtMs }) => closedAtMs !== null && outcome !== 'waived').map((record, index): SimulatedCustomer => {
    const onDay = record.outcome === 'recovered' ? ((record.closedAtMs ?? 0) - record.anchorMs) / DAY_MS : null;
    const byCard = onDay !== null && (record.recoveredBy === 'schedule' || record.recoveredBy === 'stripe_retry');
    return {
      index, planId: planOfCase(record), amountCents: record.amountAtRiskCents, currency: record.currency, hardDecline: record.hardDecline !== null, answersNotices: false,
      cardWorksFromDay: byCard ? onDay : null, acts: onDay === null || byCard ? null : { onDay, how: record.recoveredBy === 'card_changed' ? 'new_card' : 'pays' },
    };
  });
}
