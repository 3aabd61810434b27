import type Stripe from 'stripe';
import type { BillingDeps } from './billing-deps.js';

const told = new WeakSet<object>();

/**
 * Whether Stripe itself tries a failed payment again cannot be read by API (Dashboard → Billing → Revenue recovery). It can be seen: an invoice that
 * failed and has a `next_payment_attempt`. Where the policy says that we own the retries, that is two owners: told once a process (docs/runbooks/stripe-account.md).
 */
export function watchRetryOwner(deps: BillingDeps, invoices: readonly Stripe.Invoice[]): void {
  if (deps.retryOwner !== 'workflow' || told.has(deps)) return;
  const retried = invoices.find((invoice) => invoice.status === 'open' && invoice.attempt_count > 0 && invoice.next_payment_attempt !== null);
  if (retried === undefined) return;
  told.add(deps);
  deps.logger.warn({ invoiceId: retried.id, nextPaymentAttempt: retried.next_payment_attempt },
    "Stripe's own retries are on although the policy's retryOwner is workflow: turn them off in Stripe (docs/runbooks/stripe-account.md), or choose config/policies/smart-retries.yaml");
}
