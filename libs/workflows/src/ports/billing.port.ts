import type { BillingFacts, PaymentTrigger } from '#domain/lifecycle/lifecycle.types.js';
import type { ChangePreview, CheckoutOpened, Paid } from '../contracts/customer-lifecycle.js';

/** Stripe, queue `billing`. Each is idempotent by its business key; errors are ApplicationFailures typed as UPDATE_ERRORS. */
export interface BillingPort {
  /** Find or create the one Stripe customer (metadata.customerId). */
  ensureStripeCustomer(input: { customerId: string }): Promise<{ stripeCustomerId: string }>;
  /** One open Checkout Session per customer: an older open one is expired first. The slot's hold ends with the session. */
  openCheckoutSession(input: { customerId: string; planId: string; priceId: string; instanceId: string; promotionCode?: string; requestId: string }): Promise<CheckoutOpened>;
  /** Read all truth of this customer from Stripe, refresh its projections (subscription, invoices), answer the facts. */
  fetchBillingFacts(input: { customerId: string }): Promise<BillingFacts>;
  cancelAtPeriodEnd(input: { customerId: string; subscriptionId: string }): Promise<void>;
  undoCancelAtPeriodEnd(input: { customerId: string; subscriptionId: string }): Promise<void>;
  /** Cancel at once and pay back every cent paid on this subscription; answers what was refunded. Safe to repeat. */
  cancelAndRefundInFull(input: { customerId: string; subscriptionId: string; reason: string }): Promise<{ refundedCents: number; currency: string }>;
  previewPlanChange(input: { customerId: string; subscriptionId: string; priceId: string }): Promise<ChangePreview>;
  changePlan(input: { customerId: string; subscriptionId: string; planId: string; priceId: string; prorationAtMs: number }): Promise<void>;
  /** A change to a cheaper plan, booked for the end of the period (subscription schedule); repeated with another price it is replaced. */
  schedulePlanChange(input: { customerId: string; subscriptionId: string; planId: string; priceId: string }): Promise<{ atMs: number }>;
  /** Lets a booked change go; none = nothing to do. */
  dropScheduledPlanChange(input: { customerId: string; subscriptionId: string }): Promise<void>;
  /** Collects this invoice with the card on file, once per key; a decline is an answer and no failure. `not_open`: paid, void or uncollectible already. */
  payInvoice(input: { customerId: string; invoiceId: string; key: string; trigger: PaymentTrigger }): Promise<InvoiceTried>;
  /** Default of the subscription and of the customer, both. */
  adoptPaymentMethod(input: { customerId: string; subscriptionId: string; paymentMethodId: string }): Promise<void>;
  /** lifecycle.md `ended`: looks again in its own call, voids what is open, cancels without proration, in that order. Paid meanwhile = nothing was done, but for `dispute_lost`, where the payment was taken back. */
  voidAndCancel(input: { customerId: string; subscriptionId: string; invoiceIds: readonly string[]; cause: 'unpaid' | 'dispute_lost' }): Promise<{ outcome: 'done' | 'paid_meanwhile' }>;
  /** Support forgives an invoice: void, with who and why in its metadata. Safe to repeat; refused when it is paid (STRIPE_REFUSED). */
  waiveInvoice(input: { customerId: string; invoiceId: string; actor: string; reason: string }): Promise<void>;
  /** `pause_collection` while a dispute is open (behavior `keep_as_draft`), and its end. */
  pauseCollection(input: { customerId: string; subscriptionId: string }): Promise<void>;
  resumeCollection(input: { customerId: string; subscriptionId: string }): Promise<void>;
  /** More than one live subscription (two tabs, both paid): the earliest stays, each later one is canceled and paid back in full, with a review row. Safe to repeat. */
  resolveDuplicateSubscriptions(input: { customerId: string }): Promise<DuplicatesResolved>;
  payOldestOpenInvoice(input: { customerId: string; requestId: string }): Promise<Paid>;
  openPortalSession(input: { customerId: string; flow?: 'payment_method_update' }): Promise<{ url: string }>;
}

/** What came of one request to collect an invoice. `code`: Stripe's decline code, else its error code. */
export interface InvoiceTried {
  outcome: 'paid' | 'declined' | 'processing' | 'not_open';
  code: string | null;
  paymentMethodId: string | null;
}

/** `left`: later subscriptions that are no second tab of the same wish (days apart, or charged more than once): hold, a person decides. */
export interface DuplicatesResolved {
  keptId: string | null;
  refunded: { subscriptionId: string; refundedCents: number; currency: string }[];
  left: string[];
}
