import { RECOVERY_CAUSES } from '../finance/ledger.types.js';
import { percentile } from '../finance/summary.js';
import type { LifecyclePolicy } from '../lifecycle/lifecycle.policy.js';
import type { Stage } from '../lifecycle/lifecycle.types.js';
import type { Catalogue } from '../plan/plan.types.js';
import { playCase, type PlayedCase } from './play-case.js';
import type { BehaviourModel, PolicyOutcome, SimulatedCustomer, SimulationTotals } from './simulation.types.js';

export interface Simulation {
  readonly book: readonly SimulatedCustomer[];
  readonly policy: LifecyclePolicy;
  readonly catalogue: Catalogue;
  readonly model: BehaviourModel;
  readonly seed: number;
}

/** Plays every customer of the book under one policy. Gives way after each customer, so that a caller can let others have their turn; the answer is the last value. */
export function* simulate({ book, policy, catalogue, model, seed }: Simulation): Generator<undefined, PolicyOutcome> {
  const played: { customer: SimulatedCustomer; played: PlayedCase }[] = [];
  for (const customer of book) {
    const one = playCase(customer, policy, catalogue, model, seed);
    if (one.held !== null) throw new Error(`The simulation does not fit the policy: ${one.held}`);
    played.push({ customer, played: one });
    yield undefined;
  }
  const currencies = [...new Set(book.map(({ currency }) => currency))].sort();
  return {
    policyVersion: policy.version,
    totals: currencies.map((currency) => totalsOf(currency, played.filter(({ customer }) => customer.currency === currency))),
    days: stagesByDay(played.map((one) => one.played), policy.stages.torn_down.fromDay),
  };
}

function totalsOf(currency: string, played: readonly { customer: SimulatedCustomer; played: PlayedCase }[]): SimulationTotals {
  const recovered = played.filter((one) => one.played.outcome === 'recovered');
  const lost = played.filter((one) => one.played.outcome !== 'recovered');
  const amount = (ones: typeof played): number => ones.reduce((sum, { customer }) => sum + customer.amountCents, 0);
  const days = (ones: typeof played, of: (one: PlayedCase['days']) => number): number => Math.round(ones.reduce((sum, one) => sum + of(one.played.days), 0) * 10) / 10;
  const entered = (stage: Stage): number => played.filter((one) => one.played.stages.some((step) => step.stage === stage)).length;
  const daysToRecover = recovered.map((one) => one.played.daysToClose ?? 0);
  return {
    currency, customers: played.length, recoveredCustomers: recovered.length, recoveredCents: amount(recovered), lostCents: amount(lost),
    recoveredBy: RECOVERY_CAUSES.flatMap((cause) => {
      const by = recovered.filter((one) => (one.played.cause ?? 'other') === cause);
      return by.length === 0 ? [] : [{ cause, customers: by.length, amountCents: amount(by) }];
    }),
    serviceDaysGivenAway: days(lost, ({ full, downgraded }) => full + downgraded), fullServiceDaysGivenAway: days(lost, ({ full }) => full),
    serviceDaysWithheld: days(recovered, ({ downgraded, stopped, none }) => downgraded + stopped + none),
    noticesSent: played.reduce((sum, one) => sum + one.played.notices, 0), retries: played.reduce((sum, one) => sum + one.played.retries, 0),
    downgraded: entered('downgraded'), suspended: entered('suspended'), ended: played.filter((one) => one.played.outcome === 'ended').length,
    daysToRecover: { p50: percentile(daysToRecover, 50), p90: percentile(daysToRecover, 90) },
  };
}

function stagesByDay(played: readonly PlayedCase[], lastDay: number): PolicyOutcome['days'] {
  return Array.from({ length: lastDay + 1 }, (_, day) => {
    const stages: Partial<Record<Stage, number>> = {};
    for (const { stages: entered } of played) {
      const stage = entered.findLast(({ fromDay }) => fromDay <= day)?.stage ?? 'active';
      stages[stage] = (stages[stage] ?? 0) + 1;
    }
    return { day, stages };
  });
}
