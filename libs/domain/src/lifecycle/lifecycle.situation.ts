import { isFree, type Catalogue, type Plan } from '../plan/plan.types.js';
import type { LifecyclePolicy, MoveReason } from './lifecycle.policy.js';
import type { ClosedCase, DunningCase, InstanceFacts, LifecycleFacts, LifecycleState, Stage } from './lifecycle.types.js';

/** All that a decision may look at. */
export interface Situation {
  readonly facts: LifecycleFacts;
  readonly state: LifecycleState;
  readonly catalogue: Catalogue;
  /** The policy of today: for all but an open case, which keeps its own. */
  readonly policy: LifecyclePolicy;
  readonly nowMs: number;
}

/** Where the customer belongs now, before effects and words. */
export interface Verdict {
  readonly stage: Stage;
  readonly move: MoveReason | null;
  readonly why: string;
  readonly planId: string | null;
  readonly subscriptionId: string | null;
  readonly newCycle: boolean;
  /** Instant of a voluntary end that is scheduled. */
  readonly cancelingAtMs: number | null;
  readonly canceling: boolean;
  /** Set = nothing changes and a person looks. */
  readonly hold: string | null;
  /** A step that hurts is due, but the facts are too old for it: fetch them again. */
  readonly refetch: boolean;
  /** The case after this look, or null where none is open. */
  readonly dunning: DunningCase | null;
  readonly closed: ClosedCase | null;
  readonly unpaidEnd: DunningCase | null;
  /** The subscription has to be ended at Stripe now; the stage follows when Stripe shows it. */
  readonly endNow: 'unpaid' | 'dispute_lost' | null;
  /** A payment is on its way, and deadlines wait for it. */
  readonly processing: boolean;
  /** Stripe says that the subscription is paused, and why. */
  readonly paused: string | null;
}

/** Nothing changes: the verdict from which every other is made. */
export const stay = ({ state }: Situation, why: string): Verdict => ({
  stage: state.stage, move: null, why, planId: state.planId, subscriptionId: state.subscriptionId, newCycle: false,
  cancelingAtMs: null, canceling: false, hold: null, refetch: false,
  dunning: state.dunning, closed: null, unpaidEnd: state.unpaidEnd, endNow: null, processing: false, paused: null,
});

/** Unknown facts: the service stays as it is and a person looks. */
export const hold = (situation: Situation, why: string): Verdict => ({ ...stay(situation, why), hold: why, canceling: situation.state.overlays.includes('canceling') });

/** A step that hurts waits for facts that are fresh enough. */
export const refetch = (situation: Situation, why: string): Verdict => ({ ...stay(situation, why), refetch: true, canceling: situation.state.overlays.includes('canceling') });

export const isStale = ({ facts: { billing }, policy, nowMs }: Situation): boolean => nowMs - billing.fetchedAtMs > policy.factsMaxAgeSeconds * 1000;

export const planOf = (catalogue: Catalogue, planId: string | null): Plan | null =>
  planId === null ? null : catalogue.plans.find((plan) => plan.id === planId) ?? null;

/** The plan whose limits a customer gets who does not pay; null = none is named, and the limits stay until the stop. */
export const downgradeOf = (catalogue: Catalogue, planId: string | null): Plan | null => planOf(catalogue, planOf(catalogue, planId)?.downgradeTo ?? null);

/** Where the plan leads to a free one, `suspended` is passed over, and the end of the subscription is the beginning of that plan. */
export function freeAfterUnpaid(catalogue: Catalogue, planId: string | null): Plan | null {
  const plan = downgradeOf(catalogue, planId);
  return plan !== null && isFree(plan) ? plan : null;
}

/** Where a plan whose `onCancel` is `free` leads: its own `downgradeTo` if that is free, else the first free plan. */
export function freePlanAfter(catalogue: Catalogue, plan: Plan | null): Plan | null {
  if (plan?.onCancel !== 'free') return null;
  const own = planOf(catalogue, plan.downgradeTo);
  return own !== null && isFree(own) ? own : catalogue.plans.find((candidate) => isFree(candidate)) ?? null;
}

/** Instances with something of the customer in them. */
export const withData = (instances: readonly InstanceFacts[]): readonly InstanceFacts[] =>
  instances.filter(({ status }) => status !== 'awaiting_payment' && status !== 'failed' && status !== 'tearing_down' && status !== 'gone');

export const idsOf = (instances: readonly InstanceFacts[]): string[] => instances.map(({ id }) => id);

/** Business key of a notice, without the customer's id, which the caller puts in front. */
export const noticeKey = (subscriptionId: string | null, cycle: number, notice: string): string => `${subscriptionId ?? 'free'}:${cycle}:${notice}`;
