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
}

/** "What happens next", in words, the same for the dashboard, support and the Temporal UI. */
export interface NextStep {
  readonly what: string;
  /** Customer time, epoch milliseconds; null = no date. */
  readonly atMs: number | null;
  readonly why: string;
}

/** A thing to bring about, decided by the policy; the workflow does them in order. */
export type LifecycleEffect =
  | { readonly kind: 'provision'; readonly instanceId: string }
  | { readonly kind: 'stop_instances'; readonly reason: string }
  | { readonly kind: 'export_instances' }
  | { readonly kind: 'teardown_instances'; readonly reason: string }
  | { readonly kind: 'notify'; readonly notice: NoticeKind; readonly key: string }
  | { readonly kind: 'flag_for_review'; readonly why: string };

export const NOTICE_KINDS = [
  'trial_started', 'payment_received', 'trial_ending', 'cancel_scheduled', 'cancel_undone', 'ended_export_offered',
  'teardown_soon', 'torn_down', 'assistant_ready', 'provisioning_failed_refunded', 'provisioning_failed', 'needs_attention',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** The instances of the customer, as far as the policy needs them. */
export interface InstanceFacts {
  readonly id: string;
  readonly status: import('../instance/instance.types.js').InstanceStatus;
  readonly desiredState: import('../instance/instance.types.js').DesiredState;
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
  /** When to look again by the clock of the customer; null = only when something happens. */
  readonly wakeAtMs: number | null;
}
