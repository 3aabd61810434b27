import type { DesiredState, InstanceStatus } from '../instance/instance.types.js';

/** Words of the customer's life; the table that uses them is lifecycle.policy.ts. */
export const STAGES = [
  'prospect', 'trialing', 'active', 'retrying', 'grace', 'downgraded', 'suspended', 'ended', 'torn_down',
] as const;
export type Stage = (typeof STAGES)[number];

export const SERVICE_LEVELS = ['full', 'downgraded', 'stopped', 'none'] as const;
export type ServiceLevel = (typeof SERVICE_LEVELS)[number];

export const OVERLAYS = ['canceling', 'dispute_hold', 'review_hold', 'dunning_paused'] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** What Stripe says of the customer, read in one go and reduced to our words. Times are epoch milliseconds. */
export interface BillingFacts {
  /** Real clock at the read. */
  readonly fetchedAtMs: number;
  /** Customer time: the test clock's `frozen_time` where the customer hangs on one, else the real clock. */
  readonly customerNowMs: number;
  /** A clock that stands still: no deadline of this customer fires by itself. */
  readonly onTestClock: boolean;
  readonly stripeCustomerId: string | null;
  /** The live subscription, or the last one that ended; null = never had one. */
  readonly subscription: SubscriptionFacts | null;
  /** More than one live subscription is a fault: hold and page. */
  readonly liveSubscriptionCount: number;
  readonly openInvoices: readonly OpenInvoice[];
  /** Paid invoices with an amount: the one of $0 that begins a trial is not counted. */
  readonly paidInvoiceCount: number;
}

export interface SubscriptionFacts {
  readonly id: string;
  /** Stripe's own status; an open enum: an unknown word is kept as it is. */
  readonly status: string;
  readonly planId: string | null;
  readonly priceId: string | null;
  /** The instance that was paid for, from the subscription's metadata. */
  readonly instanceId: string | null;
  readonly startedAtMs: number;
  readonly trialEndMs: number | null;
  readonly currentPeriodEndMs: number | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Stripe's `cancellation_details.reason`; `payment_failed` and `payment_disputed` are no voluntary end. */
  readonly endReason?: string | null;
  /** End of the last period that was paid for and not refunded: until then the customer is served. */
  readonly paidThroughMs?: number | null;
}

export interface OpenInvoice {
  readonly id: string;
  readonly amountRemainingCents: number;
  readonly currency: string;
  readonly firstFailedAtMs: number | null;
  readonly attemptCount: number;
  readonly collectionMethod: string;
}

/** What the lifecycle remembers between evaluations: plain JSON, versioned, carried over continue-as-new. */
export interface LifecycleState {
  readonly schemaVersion: 1;
  readonly stage: Stage;
  readonly serviceLevel: ServiceLevel;
  readonly overlays: readonly Overlay[];
  readonly planId: string | null;
  readonly policyVersion: string;
  /** Customer time at which the stage was entered. */
  readonly stageSinceMs: number;
  /** Subscription that has been served; a new one begins a new cycle. */
  readonly subscriptionId: string | null;
  /** Notices that are known to have been sent: key → customer time. Bounded to the current cycle. */
  readonly notices: Readonly<Record<string, number>>;
  readonly nextStep: NextStep | null;
  /** Of the last decision, in words. */
  readonly reason: string;
  /** Counts what was begun: a new subscription, or Free begun anew. Part of every business key. */
  readonly cycle: number;
  /** How often a cancel was scheduled in this cycle: scheduled, undone and scheduled again is told each time. */
  readonly cancelRounds: number;
  /** Why `review_hold` lies on the stage; null = it does not. */
  readonly reviewReason: string | null;
}

/** "What happens next", in words, the same for the dashboard, support and the Temporal UI. */
export interface NextStep {
  readonly what: string;
  /** Customer time, epoch milliseconds; null = no date. */
  readonly atMs: number | null;
  readonly why: string;
  /** The same in a word, for a dashboard that speaks another language; `values` are what its sentence needs. */
  readonly code?: NextStepCode;
  readonly values?: Readonly<Record<string, string | number | null>>;
}

export const NEXT_STEP_CODES = ['checkout', 'free', 'trial_end', 'renewal', 'cancellation', 'teardown', 'nothing_kept', 'torn_down', 'review'] as const;
export type NextStepCode = (typeof NEXT_STEP_CODES)[number];

/**
 * A thing to bring about, decided by the policy; the workflow does them in order.
 * All but `flag_for_review` are asked for again at every evaluation until the facts or the sent notices show that they are done,
 * so the workflow passes over an instance for which a child already runs.
 */
export type LifecycleEffect =
  /** Bring it up: the first time, or round the data that was kept when it was `suspended`. */
  | { readonly kind: 'provision'; readonly instanceId: string }
  /** Stopped by us, data kept: the status becomes `suspended` (`stopped` is the owner's own wish). */
  | { readonly kind: 'stop_instances'; readonly instanceIds: readonly string[]; readonly reason: string }
  /** The instance has the limits of another plan: give it these, in its row and in its configuration. */
  | { readonly kind: 'apply_plan'; readonly instanceIds: readonly string[]; readonly planId: string }
  | { readonly kind: 'export_instances'; readonly instanceIds: readonly string[] }
  | { readonly kind: 'teardown_instances'; readonly instanceIds: readonly string[]; readonly reason: string }
  | { readonly kind: 'notify'; readonly notice: NoticeKind; readonly key: string }
  | { readonly kind: 'flag_for_review'; readonly why: string };

export const NOTICE_KINDS = [
  'trial_started', 'payment_received', 'trial_ending', 'cancel_scheduled', 'cancel_undone', 'ended_export_offered', 'moved_to_free',
  'teardown_soon', 'torn_down', 'assistant_ready', 'provisioning_failed_refunded', 'provisioning_failed', 'needs_attention',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** The instances of the customer, as far as the policy needs them. */
export interface InstanceFacts {
  readonly id: string;
  readonly status: InstanceStatus;
  readonly desiredState: DesiredState;
  readonly planId: string;
}

export interface LifecycleFacts {
  readonly billing: BillingFacts;
  readonly instances: readonly InstanceFacts[];
}

export interface Decision {
  readonly stage: Stage;
  readonly serviceLevel: ServiceLevel;
  readonly overlays: readonly Overlay[];
  readonly planId: string | null;
  readonly subscriptionId: string | null;
  readonly reason: string;
  readonly nextStep: NextStep | null;
  readonly effects: readonly LifecycleEffect[];
  /**
   * Real clock: when to look again. At or before now = at once, a further stage is due. null = only when something happens.
   * A customer on a test clock has no deadline here: its clock moves by Stripe's events.
   */
  readonly wakeAtMs: number | null;
  readonly policyVersion: string;
  readonly cycle: number;
  readonly cancelRounds: number;
  readonly reviewReason: string | null;
}
