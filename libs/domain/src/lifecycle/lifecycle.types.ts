import type { DesiredState, InstanceStatus } from '../instance/instance.types.js';
import type { LifecyclePolicy } from './lifecycle.policy.js';

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
  readonly disputes: readonly DisputeFacts[];
  /** What an automatic payment of the live subscription would charge now: its own default, else the customer's (Stripe's order). */
  readonly paymentMethodId: string | null;
  /** The customer's own default. Other than `paymentMethodId` where the failing card sits on the subscription and a new one on the customer: the wrong slot. */
  readonly customerPaymentMethodId: string | null;
}

/** A dispute that touches one of the customer's charges. `status` is Stripe's, an open enum. */
export interface DisputeFacts {
  readonly id: string;
  readonly status: string;
  readonly reason: string;
  readonly amountCents: number;
  readonly currency: string;
  /** Found by charge → invoice payment → invoice; null = not of a subscription. */
  readonly subscriptionId: string | null;
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
  /** Stripe's `status_details.paused.subscription.type` while the status is `paused`. */
  readonly pauseReason?: string | null;
  /** Stripe's `pause_collection`: invoices are made and not collected. */
  readonly collectionPaused?: boolean;
  /** An upgrade that waits for its payment (`pending_update`), and when it lapses. */
  readonly pendingUpdateExpiresAtMs?: number | null;
  /** A change of plan that is booked for the end of the period. */
  readonly scheduledChange?: { readonly planId: string | null; readonly priceId: string | null; readonly atMs: number } | null;
}

export interface OpenInvoice {
  readonly id: string;
  readonly subscriptionId: string | null;
  readonly amountDueCents: number;
  readonly amountRemainingCents: number;
  readonly currency: string;
  readonly finalizedAtMs: number;
  /** Customer time of the first failed attempt; null = none failed yet (not tried, or the first one is still on its way). */
  readonly firstFailedAtMs: number | null;
  readonly attemptCount: number;
  /** Stripe's own next attempt, where Stripe owns the retries. */
  readonly nextAttemptAtMs: number | null;
  readonly collectionMethod: string;
  /** A payment of it is on its way (bank debits take days): neither paid nor failed. */
  readonly processing: boolean;
  /** The invoice of a `pending_update`: an upgrade that was not paid opens no dunning case. */
  readonly ofPendingUpdate: boolean;
  /** The last decline: Stripe's `decline_code`, else its error code, and the payment method it was of. */
  readonly lastFailure: { readonly code: string | null; readonly paymentMethodId: string | null; /** A bank debit: it failed days after it was begun, and Stripe does not say when. */ readonly settlesLate?: boolean } | null;
}

/** One series of failed payments, from the first failure to payment, waiver or end. Plain JSON: it is carried in the workflow. */
export interface DunningCase {
  /** `<subscriptionId>:<number of the case>`: part of every business key in it. */
  readonly id: string;
  /** Customer time at which we learned of it. */
  readonly openedAtMs: number;
  /** The policy of the day it was opened, kept to its end: a change of policy never moves a running case. */
  readonly policy: LifecyclePolicy;
  /** Oldest first failure of what is open; moves later when an older invoice is paid, never earlier than what was promised. */
  readonly anchorMs: number;
  readonly invoiceIds: readonly string[];
  readonly amountRemainingCents: number;
  readonly currency: string;
  /** What support gave or took: each shifts all later deadlines. */
  readonly shifts: readonly DeadlineShift[];
  /** Payments that we asked for, by business key; the first record of a key counts. */
  readonly attempts: Readonly<Record<string, PaymentAttempt>>;
  /** The last decline cannot succeed on retry with the same card. */
  readonly hardDecline: string | null;
  /** The payment method that the case began with: any other is a change of the card. */
  readonly paymentMethodId: string | null;
  /** How many invoices were paid when it was opened: more of them at its end = paid, as many = forgiven. */
  readonly paidInvoicesBefore: number;
  /** How often its anchor moved later, and how often the stage moved back: what was told of the old dates is told anew. */
  readonly moved: { readonly anchor: number; readonly back: number };
  /** Since when a payment of it is on its way (customer time); null = none is. */
  readonly processingSinceMs: number | null;
}

export interface DeadlineShift {
  readonly kind: 'pause' | 'extend_grace' | 'set_stage';
  /** Milliseconds; negative only for `set_stage`. */
  readonly ms: number;
  /** Deadlines of this stage and of those after it are shifted. */
  readonly fromStage: Stage;
  readonly atMs: number;
  readonly actor: string;
  readonly reason: string;
}

export const PAYMENT_TRIGGERS = ['schedule', 'card_changed', 'customer', 'support'] as const;
export type PaymentTrigger = (typeof PAYMENT_TRIGGERS)[number];
export interface PaymentAttempt { readonly atMs: number; readonly invoiceId: string; readonly trigger: PaymentTrigger; readonly outcome: 'paid' | 'declined' | 'processing'; readonly paymentMethodId: string | null }

/** How a case ended. `recoveredBy`: what brought the payment, where it was paid. */
export interface ClosedCase {
  readonly id: string;
  readonly outcome: 'recovered' | 'waived' | 'ended' | 'canceled';
  readonly recoveredBy: PaymentTrigger | 'stripe_retry' | 'other' | null;
  readonly anchorMs: number;
  readonly closedAtMs: number;
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
  /** The open case of failed payments, or null. */
  readonly dunning: DunningCase | null;
  /** Counts the cases of this customer. */
  readonly cases: number;
  /** The last case of this cycle that was closed: its end may still have to be told. */
  readonly lastCase: ClosedCase | null;
  /** The case that ended the subscription: its calendar says when the data goes. null = no end, or a voluntary one. */
  readonly unpaidEnd: DunningCase | null;
  /** How often the plan was changed in this cycle: each change is told once. */
  readonly planRounds: number;
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

export const NEXT_STEP_CODES = [
  'checkout', 'free', 'trial_end', 'renewal', 'cancellation', 'teardown', 'nothing_kept', 'torn_down', 'review',
  'pay_again', 'grace', 'downgrade', 'suspension', 'end', 'move_to_free', 'payment_processing', 'dispute', 'paused',
] as const;
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
  /** Ask Stripe to collect this invoice once more. Once per key; what came of it is put into the case by `evolvePaymentTried`. */
  | { readonly kind: 'pay_invoice'; readonly invoiceId: string; readonly key: string; readonly trigger: PaymentTrigger }
  /** The new card stands in the wrong slot: make it the default of the subscription and of the customer. */
  | { readonly kind: 'adopt_payment_method'; readonly subscriptionId: string; readonly paymentMethodId: string }
  /**
   * The end of an unpaid subscription, in this order: look again, void what is open, cancel. Paid meanwhile = nothing is done.
   * `dispute_lost`: the payment was taken back, so "everything is paid" is no reason to stay.
   */
  | { readonly kind: 'void_and_cancel'; readonly subscriptionId: string; readonly invoiceIds: readonly string[]; readonly cause: 'unpaid' | 'dispute_lost' }
  /** While a dispute is open nothing new is charged. */
  | { readonly kind: 'pause_collection'; readonly subscriptionId: string }
  | { readonly kind: 'resume_collection'; readonly subscriptionId: string }
  | { readonly kind: 'export_instances'; readonly instanceIds: readonly string[] }
  | { readonly kind: 'teardown_instances'; readonly instanceIds: readonly string[]; readonly reason: string }
  | { readonly kind: 'notify'; readonly notice: NoticeKind; readonly key: string }
  | { readonly kind: 'flag_for_review'; readonly why: string };

export const NOTICE_KINDS = [
  'trial_started', 'payment_received', 'trial_ending', 'cancel_scheduled', 'cancel_undone', 'ended_export_offered', 'moved_to_free',
  'teardown_soon', 'torn_down', 'assistant_ready', 'provisioning_failed_refunded', 'provisioning_failed', 'needs_attention',
  // Failed payments. `payment_failed`: another attempt follows; `payment_action_needed`: only a new card or the bank's confirmation helps.
  'payment_failed', 'payment_action_needed', 'grace_began', 'downgrade_soon', 'downgraded', 'suspension_soon', 'suspended', 'end_soon', 'ended_unpaid',
  'payment_recovered', 'payment_waived', 'dunning_paused', 'grace_extended', 'dispute_opened', 'dispute_closed', 'subscription_paused', 'plan_change_scheduled', 'plan_changed',
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
  /** The case after this decision. */
  readonly dunning: DunningCase | null;
  readonly cases: number;
  /** Set in the decision that closes a case. */
  readonly closedCase: ClosedCase | null;
  readonly unpaidEnd: DunningCase | null;
  readonly planRounds: number;
}

/** What support can do to an open case (lifecycle.md rule 9). Times in whole days. */
export type SupportAct =
  | { readonly verb: 'extend_grace'; readonly days: number; readonly actor: string; readonly reason: string }
  | { readonly verb: 'pause_dunning'; readonly days: number; readonly actor: string; readonly reason: string }
  | { readonly verb: 'set_stage'; readonly stage: Stage; readonly actor: string; readonly reason: string };

/** Why an act of support is not possible; `field` names what to mend. */
export interface SupportRefusal { readonly code: 'NO_OPEN_CASE' | 'PAUSE_USED' | 'TOO_LONG' | 'NOT_POSSIBLE_HERE' | 'REASON_MISSING'; readonly detail: string; readonly field: 'days' | 'stage' | 'reason' | null }
