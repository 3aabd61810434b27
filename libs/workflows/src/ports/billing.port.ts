import type { BillingFacts } from '#domain/lifecycle/lifecycle.types.js';
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
  payOldestOpenInvoice(input: { customerId: string; requestId: string }): Promise<Paid>;
  openPortalSession(input: { customerId: string }): Promise<{ url: string }>;
}
