import type { LedgerFact } from '#domain/finance/ledger.types.js';
import type { BillingFacts } from '#domain/lifecycle/lifecycle.types.js';
import { idOf, ms, subscriptionOf, type StripeSnapshot } from '../stripe/snapshot.js';
import type { Charge, CustomerMoney, Invoice } from './stripe-money.js';

/** All that the facts of one customer are made of. */
export interface LedgerSource {
  readonly customerId: string;
  readonly snapshot: Pick<StripeSnapshot, 'invoices' | 'charges'>;
  readonly money: CustomerMoney;
  readonly billing: Pick<BillingFacts, 'customerNowMs' | 'onTestClock'>;
}

type Said = Pick<LedgerFact, 'kind' | 'stripeRef' | 'amountMinor' | 'currency' | 'occurredAtMs'> & { detail?: LedgerFact['detail'] };

/**
 * Every fact of money that Stripe shows of a customer, the oldest first. Whoever hands them to `appendLedger` again and again writes each once:
 * amounts are those of the fact's own instant and do not change afterwards.
 */
export function stripeFacts(source: LedgerSource): readonly LedgerFact[] {
  const said = [...source.snapshot.invoices.flatMap((invoice) => invoiceFacts(invoice, source)), ...source.snapshot.charges.flatMap((charge) => chargeFacts(charge, source)), ...moneyFacts(source)];
  return said.map((one): LedgerFact => ({ customerId: source.customerId, caseId: null, actor: 'stripe', policyVersion: null, ...one, detail: one.detail ?? {} })).sort((a, b) => a.occurredAtMs - b.occurredAtMs);
}

/** What the invoice asked for when it was finalized, after the customer's balance. Computed from what never changes: `amount_due` itself is lowered by credit notes. */
export function dueWhenFinalized(invoice: Invoice): number {
  const applied = invoice.ending_balance === null ? 0 : invoice.ending_balance - invoice.starting_balance;
  return Math.max(0, invoice.total - applied);
}

function invoiceFacts(invoice: Invoice, source: LedgerSource): Said[] {
  const { finalized_at: finalizedAt, voided_at: voidedAt, marked_uncollectible_at: uncollectibleAt } = invoice.status_transitions;
  const due = dueWhenFinalized(invoice);
  if (invoice.status === 'draft' || finalizedAt === null || due === 0) return [];
  const subscriptionId = subscriptionOf(invoice);
  const applied = appliedTo(invoice, source);
  const creditedBefore = (at: number): number => source.money.creditNotes.reduce((sum, note) => (idOf(note.invoice) === invoice.id && note.created <= at ? sum + note.pre_payment_amount : sum), 0);
  const leftAt = (at: number): number => Math.max(0, due - creditedBefore(at) - applied.reduce((sum, one) => (one.occurredAtMs < ms(at) ? sum + one.amountMinor : sum), 0));
  return [
    { kind: 'invoice_finalized', stripeRef: invoice.id, amountMinor: due, currency: invoice.currency, occurredAtMs: ms(finalizedAt), detail: { subscriptionId, number: invoice.number, billingReason: invoice.billing_reason } },
    ...applied,
    ...(uncollectibleAt === null ? [] : [{ kind: 'written_off' as const, stripeRef: invoice.id, amountMinor: leftAt(uncollectibleAt), currency: invoice.currency, occurredAtMs: ms(uncollectibleAt), detail: { subscriptionId } }]),
    ...(voidedAt === null ? [] : [{ kind: 'invoice_voided' as const, stripeRef: invoice.id, amountMinor: leftAt(voidedAt), currency: invoice.currency, occurredAtMs: ms(voidedAt), detail: { subscriptionId } }]),
  ];
}

/** What was paid of the invoice: by each of its payments, and what came from outside of Stripe. */
function appliedTo(invoice: Invoice, { billing }: LedgerSource): Said[] {
  const paidAt = invoice.status_transitions.paid_at;
  const payments = (invoice.payments?.data ?? []).filter((payment) => payment.status === 'paid' && (payment.amount_paid ?? 0) > 0);
  const by = payments.map((payment): Said => {
    const at = payment.status_transitions.paid_at ?? paidAt ?? payment.created;
    // The last payment is of the instant at which the invoice became paid, in the customer's time.
    const last = paidAt !== null && payment === payments.at(-1);
    return {
      kind: 'payment_applied', stripeRef: payment.id, amountMinor: payment.amount_paid ?? 0, currency: invoice.currency, occurredAtMs: last ? ms(paidAt) : inCustomerTime(at, billing),
      detail: { invoiceId: invoice.id, paymentIntentId: idOf(payment.payment.payment_intent), chargeId: idOf(payment.payment.charge) },
    };
  });
  const throughStripe = by.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const outside = invoice.amount_paid - throughStripe;
  // With more payments than were listed nothing is known of money from outside.
  if (outside <= 0 || invoice.payments?.has_more === true) return by;
  return [...by, {
    kind: 'payment_applied', stripeRef: `${invoice.id}:outside:${throughStripe}`, amountMinor: outside, currency: invoice.currency, occurredAtMs: paidAt === null ? billing.customerNowMs : ms(paidAt),
    detail: { invoiceId: invoice.id, outOfBand: true },
  }];
}

function chargeFacts(charge: Charge, source: LedgerSource): Said[] {
  const invoice = invoiceOf(charge, source.snapshot.invoices);
  const detail = {
    chargeId: charge.id, invoiceId: invoice?.id ?? null, paymentIntentId: idOf(charge.payment_intent), bookedAt: new Date(ms(charge.created)).toISOString(),
    balanceTransactionId: idOf(charge.balance_transaction),
  };
  const paidAt = invoice?.status === 'paid' ? invoice.status_transitions.paid_at : null;
  const at = source.billing.onTestClock ? (charge.paid && paidAt !== null ? ms(paidAt) : source.billing.customerNowMs) : ms(charge.created);
  const said = (kind: Said['kind'], amountMinor: number, more: LedgerFact['detail'] = {}): Said => ({ kind, stripeRef: charge.id, amountMinor, currency: charge.currency, occurredAtMs: at, detail: { ...detail, ...more } });
  if (charge.status === 'succeeded' && charge.captured) return [said('payment_succeeded', charge.amount_captured)];
  if (charge.status !== 'failed') return [];
  const failed = said('payment_failed', charge.amount, { failureCode: charge.outcome?.reason ?? charge.failure_code });
  // A debit that came in and bounced: Stripe's balance has both movements.
  if (idOf(charge.failure_balance_transaction) === null) return [failed];
  const amount = charge.amount_captured > 0 ? charge.amount_captured : charge.amount;
  return [said('payment_succeeded', amount), said('payment_reversed', amount, { balanceTransactionId: idOf(charge.failure_balance_transaction), bookedAt: null }), failed];
}

function invoiceOf(charge: Charge, invoices: readonly Invoice[]): Invoice | undefined {
  const intent = idOf(charge.payment_intent);
  return invoices.find((invoice) => (invoice.payments?.data ?? []).some(({ payment }) => idOf(payment.charge) === charge.id || intent !== null && idOf(payment.payment_intent) === intent));
}

function moneyFacts({ money, billing, snapshot }: LedgerSource): Said[] {
  const at = (seconds: number): number => inCustomerTime(seconds, billing);
  const booked = (seconds: number): string => new Date(ms(seconds)).toISOString();
  return [
    ...money.refunds.flatMap((refund): Said[] => {
      const detail = { chargeId: idOf(refund.charge), reason: refund.reason, bookedAt: booked(refund.created), balanceTransactionId: idOf(refund.balance_transaction) };
      // A refund that waits for the customer's bank details has moved nothing yet.
      if (refund.status === 'requires_action' || refund.status === 'canceled') return [];
      const said = { stripeRef: refund.id, amountMinor: refund.amount, currency: refund.currency };
      return [
        { kind: 'refund', ...said, occurredAtMs: at(refund.created), detail },
        ...(refund.status !== 'failed' ? [] : [{ kind: 'refund_failed' as const, ...said, occurredAtMs: billing.customerNowMs, detail: { ...detail, balanceTransactionId: idOf(refund.failure_balance_transaction), bookedAt: null, failureReason: refund.failure_reason ?? null } }]),
      ];
    }),
    ...money.disputes.flatMap((dispute): Said[] => {
      const detail = { chargeId: idOf(dispute.charge), invoiceId: disputedInvoice(idOf(dispute.charge), snapshot), reason: dispute.reason };
      const said = { stripeRef: dispute.id, amountMinor: dispute.amount, currency: dispute.currency };
      return [
        { kind: 'dispute_opened', ...said, occurredAtMs: at(dispute.created), detail: { ...detail, inquiry: dispute.status.startsWith('warning_') } },
        ...dispute.balance_transactions.map((moved): Said => ({
          kind: moved.amount < 0 ? 'dispute_funds_withdrawn' : 'dispute_funds_reinstated', stripeRef: moved.id, amountMinor: Math.abs(moved.amount), currency: moved.currency, occurredAtMs: at(moved.created),
          detail: { ...detail, disputeId: dispute.id, bookedAt: booked(moved.created), balanceTransactionId: moved.id },
        })),
        ...(dispute.status === 'won' || dispute.status === 'lost' ? [{ kind: dispute.status === 'won' ? 'dispute_won' as const : 'dispute_lost' as const, ...said, occurredAtMs: billing.customerNowMs, detail }] : []),
      ];
    }),
    ...money.creditNotes.flatMap((note): Said[] => {
      const said = { stripeRef: note.id, amountMinor: note.pre_payment_amount, currency: note.currency, detail: { invoiceId: idOf(note.invoice), totalCents: note.total, reason: note.reason } };
      return [{ kind: 'credit_note', ...said, occurredAtMs: ms(note.created) }, ...(note.voided_at === null ? [] : [{ kind: 'credit_note_voided' as const, ...said, occurredAtMs: ms(note.voided_at) }])];
    }),
    ...money.balanceChanges.map((change): Said => ({
      kind: 'balance_changed', stripeRef: change.id, amountMinor: change.amount, currency: change.currency, occurredAtMs: ms(change.created), detail: { type: change.type, invoiceId: idOf(change.invoice), creditNoteId: idOf(change.credit_note) },
    })),
  ];
}

const disputedInvoice = (chargeId: string | null, { charges, invoices }: LedgerSource['snapshot']): string | null => {
  const charge = charges.find(({ id }) => id === chargeId);
  return charge === undefined ? null : invoiceOf(charge, invoices)?.id ?? null;
};

/** Stripe stamps money by the wall clock, also for a customer on a test clock: there it happened when we learned of it, in the customer's time. */
const inCustomerTime = (seconds: number, { onTestClock, customerNowMs }: LedgerSource['billing']): number => (onTestClock ? customerNowMs : ms(seconds));
