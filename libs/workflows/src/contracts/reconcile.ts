/** The workflow and the schedule that compare Stripe with our book (api.md). */
export const RECONCILE_STRIPE = 'reconcileStripe';
export const RECONCILE_SCHEDULE_ID = 'reconcile-stripe';

export interface ReconcileStripeInput {
  /** A person has looked at a run that was stopped for mass harm, and lets this one ring everybody. Never set by the schedule. */
  accepted?: { actor: string; reason: string };
  /** Set by continue-as-new only. */
  carried?: { phase: number; cursor: string | null };
}
