import type { ClosedCase, Stage } from '../lifecycle/lifecycle.types.js';

/** Facts that are Stripe's: each is written once, under Stripe's own id. Amounts are in the currency's minor unit. */
export const STRIPE_FACTS = [
  /** Amount asked for when the invoice was finalized, after the customer's balance was applied. */
  'invoice_finalized',
  /** Money that came in: one row a successful charge. */
  'payment_succeeded',
  /** An attempt that was declined. */
  'payment_failed',
  /** A payment that had come in and was taken back by the bank (debits that bounce). */
  'payment_reversed',
  /** What a payment, or money outside of Stripe, paid of one invoice: this is what lowers receivables. */
  'payment_applied',
  'refund', 'refund_failed',
  /** `amount_minor` = what it took off the invoice before it was paid; what it gave back afterwards is a refund or a balance credit. */
  'credit_note', 'credit_note_voided',
  'dispute_opened', 'dispute_won', 'dispute_lost',
  /** Movements of money of a dispute; the fee is not in them. */
  'dispute_funds_withdrawn', 'dispute_funds_reinstated',
  'invoice_voided',
  /** Marked uncollectible: it is no receivable any more. */
  'written_off',
  /** Change of the customer's balance at Stripe, signed as there: less than 0 = credit of the customer. */
  'balance_changed',
  /** What a subscription brings in a month from now on; 0 = it ended. */
  'plan_changed',
] as const;

/** Facts that are ours: each under its business key. */
export const OWN_FACTS = [
  'state_changed', 'case_opened', 'case_changed', 'case_closed', 'support_act', 'notice_sent', 'export_offered', 'export_delivered', 'teardown',
] as const;

export const LEDGER_KINDS = [...STRIPE_FACTS, ...OWN_FACTS] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

export type LedgerValue = string | number | boolean | null | readonly LedgerValue[] | { readonly [name: string]: LedgerValue };
export type LedgerDetail = Readonly<Record<string, LedgerValue>>;

/** One fact, before it stands in the ledger. `kind`, `stripeRef`, `amountMinor` and `currency` together make it the same fact. */
export interface LedgerFact {
  readonly kind: LedgerKind;
  readonly customerId: string;
  /** Customer time, epoch milliseconds: when it happened. */
  readonly occurredAtMs: number;
  /** Stripe's id of what happened, or our business key. */
  readonly stripeRef: string;
  readonly amountMinor: number;
  /** ISO 4217 in small letters; '' where no money is in it. */
  readonly currency: string;
  readonly caseId: string | null;
  /** `stripe`, `policy`, or who did it. */
  readonly actor: string;
  readonly policyVersion: string | null;
  /** Small, and nothing personal. */
  readonly detail: LedgerDetail;
}

/** A fact in the ledger, chained to the one before. */
export interface LedgerRow extends LedgerFact {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Real clock, epoch milliseconds: when we learned of it. */
  readonly recordedAtMs: number;
  /** `hash` of the row before; 64 zeros before the first. */
  readonly prevHash: string;
  /** SHA-256 over `prevHash` and the canonical JSON of the row, in hex. */
  readonly hash: string;
}

/** A case of failed payments as finance sees it: `detail` of `case_opened`, `case_changed` and `case_closed`, and a row of `dunning_case`. */
export interface CaseRecord {
  readonly caseId: string;
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly openedAtMs: number;
  /** Instant of the first failure: all deadlines count from it. */
  readonly anchorMs: number;
  readonly stage: Stage;
  readonly nextStepAtMs: number | null;
  readonly nextStepWhat: string | null;
  /** What is still to be paid. */
  readonly amountRemainingCents: number;
  /** The most that was owed in this case. */
  readonly amountAtRiskCents: number;
  /** What the subscription brings in a month. */
  readonly monthlyCents: number;
  readonly currency: string;
  readonly policyVersion: string;
  readonly hardDecline: string | null;
  readonly closedAtMs: number | null;
  readonly outcome: ClosedCase['outcome'] | null;
  readonly recoveredBy: RecoveryCause | null;
}

export const RECOVERY_CAUSES = ['schedule', 'card_changed', 'customer', 'support', 'stripe_retry', 'other'] as const satisfies readonly NonNullable<ClosedCase['recoveredBy']>[];
export type RecoveryCause = NonNullable<ClosedCase['recoveredBy']>;

export const CASE_OUTCOMES = ['recovered', 'waived', 'ended', 'canceled'] as const satisfies readonly ClosedCase['outcome'][];
