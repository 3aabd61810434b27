import type { NoticeKind, Stage } from '../lifecycle/lifecycle.types.js';
import type { RecoveryCause } from '../finance/ledger.types.js';

/** How people answer to failed payments: the assumptions of a simulation, as data. Shares and chances from 0 to 1. */
export interface BehaviourModel {
  /** Share of first declines that no retry with the same card can mend. */
  readonly hardDeclineShare: number;
  /** Share of customers who will not pay, whatever is sent. */
  readonly neverPaysShare: number;
  /** Of the other declines: by which day what share of the cards works again (cumulative, in order). An attempt on or after that day succeeds. */
  readonly cardWorksAgain: readonly { readonly byDay: number; readonly share: number }[];
  /** Of those who act: share that enters another card; the others pay the open invoice. After a hard decline everybody enters another card. */
  readonly newCardShare: number;
  /** Chance that somebody acts on a notice (pays, or changes the card), and after how many days half of those have. */
  readonly noticeResponse: Readonly<Partial<Record<NoticeKind, { readonly chance: number; readonly medianDelayDays: number }>>>;
  /** The chance of acting is multiplied by this while the service is less than full. */
  readonly serviceLossFactor: number;
}

/** One customer of a book, before any policy has touched it: the same for each policy that is tried. */
export interface SimulatedCustomer {
  readonly index: number;
  readonly planId: string;
  /** What the invoice that failed asks for. */
  readonly amountCents: number;
  readonly currency: string;
  readonly hardDecline: boolean;
  /** Days after the first failure from which the same card works again; null = never. */
  readonly cardWorksFromDay: number | null;
  /** What the customer does by itself on a day, whatever is sent: known of past cases only. */
  readonly acts: { readonly onDay: number; readonly how: 'pays' | 'new_card' } | null;
  /** True where notices may bring the customer to act, by the model. */
  readonly answersNotices: boolean;
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
