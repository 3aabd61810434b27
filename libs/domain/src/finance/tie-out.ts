import type { LedgerKind } from './ledger.types.js';

/** A ledger row about money that moved, as far as the tie-out needs it. */
export interface MoneyRow {
  readonly kind: LedgerKind;
  /** Stripe's id of the charge, the refund, or of a dispute's movement. */
  readonly stripeRef: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** Stripe's `balance_transaction`. */
export interface BalanceTransaction {
  readonly id: string;
  readonly type: string;
  readonly reportingCategory: string;
  readonly source: string | null;
  /** Gross, signed. */
  readonly amountMinor: number;
  readonly currency: string;
}

export const TIE_OUT_LINES = ['payments', 'reversals', 'refunds', 'failed_refunds', 'dispute_withdrawals', 'dispute_reinstatements'] as const;
export type TieOutWhat = (typeof TIE_OUT_LINES)[number];

export interface TieOutLine { readonly what: TieOutWhat; readonly ledgerCents: number; readonly stripeCents: number; readonly differenceCents: number }
export interface TieOutDifference { readonly ref: string; readonly what: TieOutWhat | 'receivable'; readonly ledgerCents: number; readonly stripeCents: number; readonly why: string }
export interface CurrencyTieOut {
  readonly currency: string;
  readonly lines: readonly TieOutLine[];
  readonly differenceCents: number;
  /** Movements that are no customer's payment: fees, payouts. */
  readonly otherCents: number;
  readonly differences: readonly TieOutDifference[];
}

/** Which way the money of a kind goes, and on which line it stands. */
const OF_KIND: Partial<Readonly<Record<LedgerKind, readonly [what: TieOutWhat, sign: 1 | -1]>>> = {
  payment_succeeded: ['payments', 1], payment_reversed: ['reversals', -1], refund: ['refunds', -1], refund_failed: ['failed_refunds', 1],
  dispute_funds_withdrawn: ['dispute_withdrawals', -1], dispute_funds_reinstated: ['dispute_reinstatements', 1],
};
/** Kinds that move money. */
export const MONEY_KINDS = Object.keys(OF_KIND) as LedgerKind[];

/** Stripe's types and reporting categories (docs.stripe.com, balance transaction types). */
export function lineOf({ type, reportingCategory }: Pick<BalanceTransaction, 'type' | 'reportingCategory'>): TieOutWhat | null {
  switch (type) {
    case 'charge': case 'payment': return 'payments';
    case 'payment_failure_refund': case 'payment_reversal': return 'reversals';
    case 'refund': case 'payment_refund': return 'refunds';
    case 'refund_failure': return 'failed_refunds';
    case 'adjustment': return reportingCategory === 'dispute' ? 'dispute_withdrawals' : reportingCategory === 'dispute_reversal' ? 'dispute_reinstatements' : null;
    default: return null;
  }
}

/** The two sides of one line are held against each other by this id: disputes have several movements of one source, so theirs is the movement's own. */
const refOf = (transaction: BalanceTransaction, what: TieOutWhat): string => (what.startsWith('dispute') ? transaction.id : transaction.source ?? transaction.id);

/** The ledger's money of a month against Stripe's balance, each currency for itself. A difference of 0 is the sum of equal pairs, not of errors that cancel out: every unequal pair is listed. */
export function tieOut(rows: readonly MoneyRow[], transactions: readonly BalanceTransaction[]): readonly CurrencyTieOut[] {
  const currencies = [...new Set([...rows, ...transactions].map(({ currency }) => currency))].filter((currency) => currency !== '').sort();
  return currencies.map((currency) => tieOutOf(currency, rows.filter((row) => row.currency === currency), transactions.filter((one) => one.currency === currency)));
}

function tieOutOf(currency: string, rows: readonly MoneyRow[], transactions: readonly BalanceTransaction[]): CurrencyTieOut {
  const pairs = new Map<string, { what: TieOutWhat; ref: string; ledgerCents: number; stripeCents: number; inLedger: boolean; atStripe: boolean }>();
  const pair = (what: TieOutWhat, ref: string) => {
    const key = `${what}\n${ref}`;
    const found = pairs.get(key) ?? { what, ref, ledgerCents: 0, stripeCents: 0, inLedger: false, atStripe: false };
    pairs.set(key, found);
    return found;
  };
  for (const { kind, stripeRef, amountMinor } of rows) {
    const [what, sign] = OF_KIND[kind] ?? [];
    if (what === undefined || sign === undefined) continue;
    const found = pair(what, stripeRef);
    found.ledgerCents += sign * amountMinor;
    found.inLedger = true;
  }
  let otherCents = 0;
  for (const transaction of transactions) {
    const what = lineOf(transaction);
    if (what === null) { otherCents += transaction.amountMinor; continue; }
    const found = pair(what, refOf(transaction, what));
    found.stripeCents += transaction.amountMinor;
    found.atStripe = true;
  }
  const all = [...pairs.values()];
  const lines = TIE_OUT_LINES.map((what) => {
    const of = all.filter((one) => one.what === what);
    const [ledgerCents, stripeCents] = [of.reduce((sum, one) => sum + one.ledgerCents, 0), of.reduce((sum, one) => sum + one.stripeCents, 0)];
    return { what, ledgerCents, stripeCents, differenceCents: ledgerCents - stripeCents };
  });
  return {
    currency, lines, differenceCents: lines.reduce((sum, { differenceCents }) => sum + differenceCents, 0), otherCents,
    differences: all.filter((one) => one.ledgerCents !== one.stripeCents).sort((a, b) => (a.ref < b.ref ? -1 : 1)).map(({ what, ref, ledgerCents, stripeCents, inLedger, atStripe }) => ({
      what, ref, ledgerCents, stripeCents,
      why: !inLedger ? 'Stripe’s balance has it, the ledger does not.' : !atStripe ? 'The ledger has it, Stripe’s balance does not.' : 'The amounts differ.',
    })),
  };
}

/** An invoice that Stripe calls open, as last read. */
export interface StripeReceivable { readonly invoiceId: string; readonly currency: string; readonly remainingCents: number }

/** Open invoices by the ledger against Stripe's `amount_remaining`: the sums, and each invoice that differs. */
export function tieOutReceivables(ledger: Iterable<StripeReceivable>, stripe: Iterable<StripeReceivable>): readonly { readonly currency: string; readonly ledgerCents: number; readonly stripeCents: number; readonly differences: readonly TieOutDifference[] }[] {
  const both = new Map<string, { currency: string; ref: string; ledgerCents: number; stripeCents: number }>();
  const put = (side: 'ledgerCents' | 'stripeCents', { invoiceId, currency, remainingCents }: StripeReceivable): void => {
    const key = `${currency}\n${invoiceId}`;
    const found = both.get(key) ?? { currency, ref: invoiceId, ledgerCents: 0, stripeCents: 0 };
    found[side] += remainingCents;
    both.set(key, found);
  };
  for (const one of ledger) put('ledgerCents', one);
  for (const one of stripe) put('stripeCents', one);
  const all = [...both.values()];
  return [...new Set(all.map(({ currency }) => currency))].sort().map((currency) => {
    const of = all.filter((one) => one.currency === currency);
    return {
      currency, ledgerCents: of.reduce((sum, one) => sum + one.ledgerCents, 0), stripeCents: of.reduce((sum, one) => sum + one.stripeCents, 0),
      differences: of.filter((one) => one.ledgerCents !== one.stripeCents).sort((a, b) => (a.ref < b.ref ? -1 : 1))
        .map(({ ref, ledgerCents, stripeCents }) => ({ what: 'receivable' as const, ref, ledgerCents, stripeCents, why: 'What is still to be paid of this invoice differs.' })),
    };
  });
}
