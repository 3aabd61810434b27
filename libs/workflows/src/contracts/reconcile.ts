/** The workflow and the schedule that compare Stripe with our book (api.md). */
export const RECONCILE_STRIPE = 'reconcileStripe';
export const RECONCILE_SCHEDULE_ID = 'reconcile-stripe';

/** Set by continue-as-new only. */
export interface ReconcileStripeInput { carried?: { phase: number; cursor: string | null } }
