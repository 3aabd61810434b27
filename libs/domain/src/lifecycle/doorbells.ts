/**
 * Types of Stripe events after which the facts of a customer can be other than before: only these ring the customer's workflow; every event is stored.
 * Left out on purpose are the many that a renewal brings along (`payment_intent.*`, `charge.succeeded`, `invoice.created` …)
 * and `invoice.payment_succeeded`, which says less than `invoice.paid` (Stripe's event types, docs.stripe.com/api/events/types).
 */
const FAMILIES = ['checkout.session.', 'customer.subscription.', 'charge.dispute.', 'refund.', 'credit_note.', 'payment_method.'] as const;
const SINGLE = new Set([
  'customer.deleted', 'customer.updated', 'charge.refunded',
  'invoice.paid', 'invoice.payment_failed', 'invoice.payment_action_required', 'invoice.finalization_failed', 'invoice.marked_uncollectible', 'invoice.voided', 'invoice.overpaid',
  // A part of an invoice: nothing else tells of it.
  'invoice_payment.paid',
  'test_helpers.test_clock.ready', 'test_helpers.test_clock.internal_failure',
]);

/** True where the workflow should look at the facts again. */
export const ringsTheBell = (eventType: string): boolean => SINGLE.has(eventType) || FAMILIES.some((family) => eventType.startsWith(family));
