import type { Overlay, ServiceLevel, Stage } from './lifecycle.types.js';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Why a move from one stage to another may happen. */
export const MOVE_REASONS = {
  free_plan_chosen: 'chose a plan that costs nothing',
  trial_began: 'a subscription began with a trial',
  paid: 'the subscription is paid',
  trial_converted: 'the trial is over and the subscription goes on',
  subscription_ended: 'the subscription ended at Stripe',
  payment_failed: 'an automatic payment failed',
  nothing_left_to_retry: 'no attempt is left, or none could succeed',
  deadline_reached: 'the deadline of the stage was reached, announced long enough before',
  deadlines_moved: 'the deadlines moved later: an older invoice was paid, or support gave time',
  paused_at_stripe: 'Stripe paused the subscription: a trial ended without a card, or the customer asked for it',
  kept_long_enough: 'the data was kept as long as was promised',
} as const;
export type MoveReason = keyof typeof MOVE_REASONS;

/** The table: every legal move and what may cause it. What is not here does not happen. */
export const MOVES: Readonly<Record<Stage, Partial<Readonly<Record<Stage, readonly MoveReason[]>>>>> = {
  prospect: { trialing: ['trial_began'], active: ['free_plan_chosen', 'paid'] },
  trialing: { active: ['trial_converted', 'paid', 'subscription_ended'], retrying: ['payment_failed'], suspended: ['paused_at_stripe'], ended: ['subscription_ended'] },
  active: { trialing: ['trial_began'], retrying: ['payment_failed'], suspended: ['paused_at_stripe'], ended: ['subscription_ended'] },
  retrying: { active: ['paid', 'subscription_ended'], trialing: ['paid'], grace: ['nothing_left_to_retry', 'deadline_reached'], ended: ['subscription_ended'] },
  grace: { active: ['paid', 'subscription_ended'], trialing: ['paid'], downgraded: ['deadline_reached'], ended: ['subscription_ended'] },
  // Where `downgradeTo` is free, `suspended` is passed over and the end of the subscription is the beginning of that plan.
  downgraded: { active: ['paid', 'subscription_ended'], trialing: ['paid'], grace: ['deadlines_moved'], suspended: ['deadline_reached'], ended: ['subscription_ended'] },
  // `retrying` from `suspended`: paused at Stripe, gone on with, and the payment failed.
  suspended: { active: ['paid', 'subscription_ended'], trialing: ['trial_began', 'paid'], downgraded: ['deadlines_moved'], grace: ['deadlines_moved'], retrying: ['payment_failed'], ended: ['subscription_ended'] },
  ended: { torn_down: ['kept_long_enough'], trialing: ['trial_began'], active: ['paid', 'free_plan_chosen'] },
  torn_down: { trialing: ['trial_began'], active: ['paid', 'free_plan_chosen'] },
};

/** True where the table knows the move; staying is always legal. */
export const isLegalMove = (from: Stage, to: Stage): boolean => from === to || MOVES[from][to] !== undefined;

/** What a customer gets in each stage, before `downgradeTo` has its say. */
export const SERVICE_OF_STAGE: Readonly<Record<Stage, ServiceLevel>> = {
  prospect: 'none', trialing: 'full', active: 'full', retrying: 'full', grace: 'full',
  downgraded: 'downgraded', suspended: 'stopped', ended: 'none', torn_down: 'none',
};

/** On which stages an overlay may lie. */
export const STAGES_OF_OVERLAY: Readonly<Record<Overlay, readonly Stage[]>> = {
  canceling: ['trialing', 'active', 'retrying', 'grace', 'downgraded', 'suspended'],
  dispute_hold: ['trialing', 'active', 'retrying', 'grace', 'downgraded', 'suspended', 'ended'],
  review_hold: ['prospect', 'trialing', 'active', 'retrying', 'grace', 'downgraded', 'suspended', 'ended', 'torn_down'],
  dunning_paused: ['retrying', 'grace', 'downgraded', 'suspended'],
};

/** How Stripe's subscription status is read (docs.stripe.com, subscription object). A word that is not here is unknown: hold. */
export const STATUS_MEANING: Readonly<Record<string, 'nothing' | 'live' | 'ended' | 'failing'>> = {
  incomplete: 'nothing', incomplete_expired: 'nothing',
  trialing: 'live', active: 'live',
  canceled: 'ended',
  past_due: 'failing', unpaid: 'failing', paused: 'failing',
};

/**
 * Declines that no retry with the same card can mend: the customer has to act (docs.stripe.com/billing/revenue-recovery/smart-retries, "non-retryable").
 */
export const HARD_DECLINES: ReadonlySet<string> = new Set([
  'incorrect_number', 'lost_card', 'pickup_card', 'stolen_card', 'revocation_of_authorization', 'revocation_of_all_authorizations',
  'authentication_required', 'highest_risk_level', 'transaction_not_allowed',
]);

/** `pauseReason`s with which the container rests and nothing is owed (Stripe's `status_details.paused.subscription.type`). */
export const RESTING_PAUSES: ReadonlySet<string> = new Set(['trial_end_without_payment_method', 'pause_requested']);
/** `pauseReason`s behind which a payment failed: the case's clock runs. */
export const FAILED_PAUSES: ReadonlySet<string> = new Set(['first_payment_failure', 'final_payment_failure']);

/** A bank debit is on its way for so long at most; after that a person looks. */
export const MOST_PROCESSING_DAYS = 14;

export const DUNNING_STAGES = ['retrying', 'grace', 'downgraded', 'suspended', 'ended', 'torn_down'] as const;
export type DunningStage = (typeof DUNNING_STAGES)[number];

/** A notice owed in a stage: on its entry, so many days after the anchor, or so many days before another stage. */
export type NoticeRule =
  | { readonly when: 'entry'; readonly announces: DunningStage | null }
  | { readonly when: 'day'; readonly day: number; readonly announces: DunningStage }
  | { readonly when: 'before'; readonly daysBefore: number; readonly announces: DunningStage };

export interface DunningRow {
  /** Days from the anchor at which the stage begins. */
  readonly fromDay: number;
  readonly serviceLevel: ServiceLevel;
  readonly notices: readonly NoticeRule[];
}

/** Stages that are entered only when they were announced long enough before. */
export const HARMFUL_STAGES: readonly Stage[] = ['downgraded', 'suspended', 'ended', 'torn_down'];

/** A row of `config/policies/`: when a customer moves, and what must have been told before. */
export interface LifecyclePolicy {
  readonly id: string;
  /** Goes into every ledger row: a decision is explained by the policy of its day. */
  readonly version: string;
  /** Who tries failed payments again: never both. */
  readonly retryOwner: 'workflow' | 'stripe';
  /** Days from the anchor; empty where Stripe owns the retries. */
  readonly payAgainOnDays: readonly number[];
  readonly stages: Readonly<Record<DunningStage, DunningRow>>;
  /** How old the notice that announced a stage must be before the stage is entered. */
  readonly noticeAgeHours: { readonly harmful: number; readonly ended: number; readonly tornDown: number };
  /** Hours before the end of a trial at which it is told; only those that lie within the trial. */
  readonly trialReminderHours: readonly number[];
  /** Facts older than this are not enough for a step that hurts. */
  readonly factsMaxAgeSeconds: number;
  readonly dunningPauseMaxDays: number;
  /** A sweep that would make more customers worse off than this stops and pages. */
  readonly massBreaker: { readonly customers: number; readonly share: number };
}

/** The standard policy of lifecycle.md; `config/policies/standard.yaml` is the same table, and a spec holds them together. */
export const STANDARD_POLICY: LifecyclePolicy = {
  id: 'standard',
  version: 'standard-1',
  retryOwner: 'workflow',
  payAgainOnDays: [1, 3, 5],
  stages: {
    retrying: { fromDay: 0, serviceLevel: 'full', notices: [{ when: 'entry', announces: 'grace' }] },
    grace: {
      fromDay: 5, serviceLevel: 'full',
      notices: [
        { when: 'entry', announces: 'downgraded' },
        { when: 'before', daysBefore: 3, announces: 'downgraded' },
        { when: 'before', daysBefore: 1, announces: 'downgraded' },
      ],
    },
    downgraded: {
      fromDay: 12, serviceLevel: 'downgraded',
      notices: [{ when: 'entry', announces: 'suspended' }, { when: 'before', daysBefore: 3, announces: 'suspended' }],
    },
    suspended: { fromDay: 19, serviceLevel: 'stopped', notices: [{ when: 'entry', announces: 'ended' }, { when: 'day', day: 23, announces: 'ended' }] },
    ended: {
      fromDay: 26, serviceLevel: 'none',
      notices: [
        { when: 'entry', announces: 'torn_down' },
        { when: 'before', daysBefore: 14, announces: 'torn_down' },
        { when: 'before', daysBefore: 7, announces: 'torn_down' },
        { when: 'before', daysBefore: 1, announces: 'torn_down' },
      ],
    },
    torn_down: { fromDay: 56, serviceLevel: 'none', notices: [{ when: 'entry', announces: null }] },
  },
  noticeAgeHours: { harmful: 24, ended: 72, tornDown: 168 },
  trialReminderHours: [24],
  factsMaxAgeSeconds: 60,
  dunningPauseMaxDays: 14,
  massBreaker: { customers: 5, share: 0.02 },
};

/** How old the notice that announced a stage must be, in milliseconds; 0 for stages that do not hurt. */
export function noticeAgeMs({ noticeAgeHours }: LifecyclePolicy, stage: DunningStage): number {
  if (stage === 'torn_down') return noticeAgeHours.tornDown * HOUR_MS;
  if (stage === 'ended') return noticeAgeHours.ended * HOUR_MS;
  return HARMFUL_STAGES.includes(stage) ? noticeAgeHours.harmful * HOUR_MS : 0;
}

/** Days before the teardown at which it is told again, the earliest first; only those inside a window of `keptDays`. */
export const teardownReminderDays = (policy: LifecyclePolicy, keptDays: number): readonly number[] =>
  policy.stages.ended.notices
    .flatMap((notice) => (notice.when === 'before' && notice.announces === 'torn_down' && notice.daysBefore < keptDays ? [notice.daysBefore] : []))
    .sort((a, b) => b - a);
