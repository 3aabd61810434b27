import type { Stage } from '../lifecycle/lifecycle.types.js';
import type { RecoveryCause } from '../finance/ledger.types.js';

/** How people answer to failed payments: the assumptions of a simulation, as data. Shares and chances from 0 to 1. */
export interface BehaviourModel {
  /** Share of first declines that no retry with the same card can mend. */
  readonly hardDeclineShare: number;
  /** Share of customers who will not pay, whatever is sent. */
  readonly neverPaysShare: number;
  /** Chance that an attempt with the same card succeeds, by the day since the first failure; the last row that fits counts. */
  readonly retryChance: readonly { readonly fromDay: number; readonly chance: number }[];
  /** Chance that somebody acts on a notice (pays, or changes the card), and after how many days half of those have. */
  readonly noticeResponse: readonly { readonly notice: string; readonly chance: number; readonly medianDelayDays: number }[];
  /** The chance of acting is multiplied by this while the service is less than full. */
  readonly serviceLossFactor: number;
  /** What a month brings in, and how often. */
  readonly prices: readonly { readonly planId: string; readonly monthlyCents: number; readonly currency: string; readonly weight: number }[];
}

/** One customer of a book, before any policy has touched it: the same for each policy that is tried. */
export interface SimulatedCustomer {
  readonly index: number;
  readonly planId: string;
  readonly monthlyCents: number;
  readonly currency: string;
  readonly hardDecline: boolean;
  readonly neverPays: boolean;
  /** Of a past case: days after the first failure at which it was paid, and by what; null = never. Unset in a generated book. */
  readonly paidAfterDays?: number | null;
  readonly paidBy?: RecoveryCause | null;
}

/** What one policy made of a book, one currency. */
export interface SimulationTotals {
  readonly currency: string;
  readonly customers: number;
  readonly recoveredCustomers: number;
  readonly recoveredCents: number;
  readonly lostCents: number;
  readonly recoveredBy: readonly { readonly cause: RecoveryCause; readonly customers: number; readonly amountCents: number }[];
  /** Days of full or downgraded service to those who never paid for them. */
  readonly serviceDaysGivenAway: number;
  readonly fullServiceDaysGivenAway: number;
  /** Days for which somebody who did pay in the end had less than full service. */
  readonly serviceDaysWithheld: number;
  readonly noticesSent: number;
  readonly retries: number;
  readonly downgraded: number;
  readonly suspended: number;
  readonly ended: number;
  readonly daysToRecover: { readonly p50: number | null; readonly p90: number | null };
}

export interface PolicyOutcome {
  readonly policyVersion: string;
  readonly totals: readonly SimulationTotals[];
  /** Customers in each stage on each day after the first failure. */
  readonly days: readonly { readonly day: number; readonly stages: Readonly<Partial<Record<Stage, number>>> }[];
}
