import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { InstanceWish } from '#domain/instance/instance.types.js';
import type { LifecycleState, NextStep, Overlay, ServiceLevel, Stage } from '#domain/lifecycle/lifecycle.types.js';

export const CUSTOMER_LIFECYCLE = 'customerLifecycle';

export interface CustomerLifecycleInput {
  customerId: string;
  /** Set by continue-as-new only. */
  carried?: CarriedState;
}

/** All that survives continue-as-new: plain JSON only. */
export interface CarriedState {
  lifecycle: LifecycleState;
  inbox: InboxMessage[];
  /** Ids of messages already taken in: a bounded ring. */
  seen: string[];
  /** Children that run, by instance. */
  running: Record<string, { kind: 'provision' | 'teardown'; generation: number }>;
  /** The latest wish about an instance that is busy. */
  waiting: Record<string, Extract<InboxMessage, { kind: 'instanceWished' }>>;
  /** Counts the moves on record, so that each has its own key. */
  moves: number;
  /** What a person must look at, by its source. */
  attention: Record<string, string>;
}

/** Doorbell: something changed at Stripe. Carries no truth. `eventId` dedupes. */
export interface StripeChanged { eventId: string; type: string; objectId: string | null }
/** The owner's wish about one instance; `requestId` dedupes. */
export interface InstanceWished { requestId: string; instanceId: string; wish: InstanceWish; actor: string }
/** A child workflow reports its end (it may outlive this run by continue-as-new). */
export interface InstanceSettled {
  instanceId: string; generation: number; kind: 'provision' | 'teardown';
  outcome: 'succeeded' | 'failed' | 'canceled'; reason: string | null;
}
export type InboxMessage =
  | ({ kind: 'stripeChanged' } & StripeChanged)
  | ({ kind: 'instanceWished' } & InstanceWished)
  | ({ kind: 'instanceSettled'; childKind: InstanceSettled['kind'] } & Omit<InstanceSettled, 'kind'>);

export const stripeChangedSignal = defineSignal<[StripeChanged]>('stripeChanged');
export const instanceWishedSignal = defineSignal<[InstanceWished]>('instanceWished');
export const instanceSettledSignal = defineSignal<[InstanceSettled]>('instanceSettled');

/** Errors of updates are `ApplicationFailure`s whose `type` is one of these; the API maps them to statuses. */
export const UPDATE_ERRORS = [
  'NO_CAPACITY', 'PLAN_NOT_SOLD', 'ALREADY_SUBSCRIBED', 'NO_SUBSCRIPTION', 'NOT_CANCELING', 'INSTANCE_NOT_FOUND',
  'PROMOTION_CODE_INVALID', 'PAYMENT_FAILED', 'NOTHING_TO_PAY', 'STRIPE_REFUSED', 'STRIPE_UNAVAILABLE', 'SAME_PLAN',
  'NO_OPEN_CASE', 'PAUSE_USED', 'TOO_LONG', 'NOT_POSSIBLE_HERE', 'REASON_MISSING',
] as const;
export type UpdateError = (typeof UPDATE_ERRORS)[number];

export interface OpenCheckout { planId: string; priceId: string; instanceId: string; promotionCode?: string; requestId: string }
export interface CheckoutOpened { checkoutSessionId: string; checkoutUrl: string; expiresAtMs: number }
export interface ByActor { actor: string; reason?: string }
export interface SubscriptionChanged { stage: Stage; overlays: Overlay[]; nextStep: NextStep | null }
/** `prorationAtMs` null = at the end of the paid period, without proration. */
export interface ChangePlan extends ByActor { planId: string; priceId: string; prorationAtMs: number | null }
export interface PreviewChange { planId: string; priceId: string }
export interface ChangePreview {
  amountDueCents: number; currency: string; prorationAtMs: number;
  lines: { description: string; amountCents: number }[];
}
export interface OpenPortal extends ByActor { flow?: 'payment_method_update' }
export interface PortalOpened { url: string }
export interface Paid { invoiceId: string; amountCents: number; currency: string }

/** Each update is acted on by the loop, in order with all else; the answer comes when it is done. */
export const openCheckoutUpdate = defineUpdate<CheckoutOpened, [OpenCheckout]>('openCheckout');
export const openPortalUpdate = defineUpdate<PortalOpened, [OpenPortal]>('openPortal');
export const previewChangeUpdate = defineUpdate<ChangePreview, [PreviewChange]>('previewChange');
export const changePlanUpdate = defineUpdate<SubscriptionChanged, [ChangePlan]>('changePlan');
export const cancelSubscriptionUpdate = defineUpdate<SubscriptionChanged, [ByActor]>('cancelSubscription');
export const resumeSubscriptionUpdate = defineUpdate<SubscriptionChanged, [ByActor]>('resumeSubscription');
export const payNowUpdate = defineUpdate<Paid, [ByActor]>('payNow');

/** Support's acts (lifecycle.md rule 9): actor and reason stand in the ledger and in the timeline. */
export interface BySupport { actor: string; reason: string }
/** Days are whole and positive. */
export interface ExtendGrace extends BySupport { days: number }
export interface PauseDunning extends BySupport { days: number }
export interface WaiveInvoice extends BySupport { invoiceId: string }
/** Skip forward to a stage, or move back to one: all later deadlines are shifted; notices and their ages are kept all the same. */
export interface SetStage extends BySupport { stage: Stage }
export interface RetryStep extends BySupport { instanceId: string }
export const extendGraceUpdate = defineUpdate<SubscriptionChanged, [ExtendGrace]>('extendGrace');
export const pauseDunningUpdate = defineUpdate<SubscriptionChanged, [PauseDunning]>('pauseDunning');
export const waiveInvoiceUpdate = defineUpdate<SubscriptionChanged, [WaiveInvoice]>('waiveInvoice');
export const setStageUpdate = defineUpdate<SubscriptionChanged, [SetStage]>('setStage');
export const retryInstanceStepUpdate = defineUpdate<SubscriptionChanged, [RetryStep]>('retryStep');

export interface CustomerStatusView {
  stage: Stage; serviceLevel: ServiceLevel; overlays: readonly Overlay[]; planId: string | null;
  nextStep: NextStep | null; inboxLength: number; needsAttention: string | null;
  /** Nothing is in work: the workflow waits for a message or its next wake-up, and no child of it runs. */
  resting: boolean;
}
export const statusQuery = defineQuery<CustomerStatusView>('status');
