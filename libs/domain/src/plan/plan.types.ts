/** A row of the catalogue (`config/plans/*.yaml`): what is sold, for how much, with which limits. */
export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Sold to new customers; a plan that is no longer sold keeps serving those who have it. */
  readonly sold: boolean;
  /** Empty for a free plan: no card, no Stripe subscription. The first is the default price. */
  readonly prices: readonly PlanPrice[];
  /** Hours of trial before the first charge; 0 = none. */
  readonly trialHours: number;
  readonly limits: PlanLimits;
  readonly size: InstanceSize;
  /** Size of the light agent of the sandbox. */
  readonly sandboxSize: InstanceSize;
  /** The plan whose limits apply when a customer does not pay; null = none, the instance stops. */
  readonly downgradeTo: string | null;
  /** What a voluntary cancel leads to at the end of the paid period. */
  readonly onCancel: 'end' | 'free';
  /** Days that the data is kept after a voluntary end. */
  readonly afterCancelDays: number;
}

export interface PlanPrice {
  /** Our name of the price, unique in the catalogue; used as Stripe's `lookup_key`. */
  readonly id: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly interval: 'day' | 'week' | 'month' | 'year';
  readonly intervalCount: number;
}

export interface PlanLimits {
  readonly instances: number;
  readonly seats: number;
  /** null = unlimited. */
  readonly messagesPerMonth: number | null;
  readonly messagesPerDay: number | null;
  readonly skills: number | null;
  readonly agents: number;
  readonly subAgents: number;
}

export interface InstanceSize {
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly pidsLimit: number;
}

export interface Catalogue {
  readonly id: string;
  readonly plans: readonly Plan[];
}

/** True where the plan costs nothing: provisioned at once, no Stripe subscription. */
export const isFree = (plan: Plan): boolean => plan.prices.length === 0;
