/** How often Stripe and our book are compared. */
export const RECONCILE_EVERY_MINUTES = 60;
/** Stripe keeps events for 30 days. */
export const EVENTS_ARE_KEPT_DAYS = 30;

export const DIFFERENCE_KINDS = [
  'missing_local', 'missing_stripe', 'status_mismatch', 'price_mismatch', 'period_mismatch', 'amount_due_mismatch', 'duplicate_active_sub',
  'container_running_without_entitlement', 'entitled_without_container', 'open_invoice_on_ended_sub',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** One thing that Stripe and we say differently. `local` and `stripe` in words. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The subscription, invoice or instance that it is about. */
  readonly subject: string;
  /** Ours; null = nobody we know. */
  readonly customerId: string | null;
  readonly local: string | null;
  readonly stripe: string | null;
}

/** A subscription as one side has it. */
export interface BookSubscription {
  readonly id: string;
  /** Ours; null = nobody we know. */
  readonly customerId: string | null;
  readonly status: string;
  readonly priceId: string | null;
  readonly periodEndMs: number | null;
}

/** An open invoice as one side has it. */
export interface BookInvoice {
  readonly id: string;
  readonly customerId: string | null;
  readonly amountRemainingCents: number;
  /** Status of the subscription that it is of, as Stripe says; null = of none, or not known. */
  readonly subscriptionStatus: string | null;
}

export interface Book {
  readonly subscriptions: readonly BookSubscription[];
  readonly openInvoices: readonly BookInvoice[];
}

/** An instance and what its customer is entitled to. */
export interface BookInstance {
  readonly instanceId: string;
  readonly customerId: string;
  readonly serviceLevel: string;
  readonly status: string;
  readonly desiredState: string;
}
