import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGEING_FROM_DAYS, ageReceivables, bucketOf, type Receivable } from './ageing.js';
import { decimalOf } from './amounts.js';
import { Books } from './books.js';
import type { CaseRecord, LedgerDetail, LedgerKind, LedgerRow } from './ledger.types.js';
import { discounted, monthlyCents } from './mrr.js';
import { nextMonth, spanOfMonth } from './months.js';
import { percentile, summaryOf } from './summary.js';
import { tieOut, tieOutReceivables, type BalanceTransaction, type MoneyRow } from './tie-out.js';

const DAY = 86_400_000;
const at = (text: string): number => Date.parse(text);

describe('monthly price', () => {
  it('brings every interval to a month of the year', () => {
    expect(monthlyCents({ amountCents: 2000, interval: 'month', intervalCount: 1 })).toBe(2000);
    expect(monthlyCents({ amountCents: 6000, interval: 'month', intervalCount: 3 })).toBe(2000);
    expect(monthlyCents({ amountCents: 24000, interval: 'year', intervalCount: 1 })).toBe(2000);
    expect(monthlyCents({ amountCents: 1000, interval: 'week', intervalCount: 1 })).toBe(4345);
    expect(monthlyCents({ amountCents: 100, interval: 'day', intervalCount: 1 })).toBe(3042);
    expect(monthlyCents({ amountCents: 100, interval: 'fortnight', intervalCount: 1 })).toBe(0);
  });

  it('takes discounts off in their order, and never below nothing', () => {
    expect(discounted(2000, [{ percentOff: 50 }, { amountOffCents: 300 }])).toBe(700);
    expect(discounted(2000, [{ amountOffCents: 5000 }, { percentOff: 10 }])).toBe(0);
  });
});

describe('ageing', () => {
  const receivable = fc.record({
    invoiceId: fc.uuid(), customerId: fc.uuid(), subscriptionId: fc.constant(null), currency: fc.constantFrom('usd', 'eur', 'jpy'),
    finalizedAtMs: fc.integer({ min: at('2026-01-01'), max: at('2027-06-01') }), remainingCents: fc.integer({ min: 1, max: 1_000_000 }),
  });

  it('puts each invoice into exactly one bucket; the buckets add up to what is owed', () => {
    fc.assert(fc.property(fc.array(receivable, { maxLength: 60 }), fc.integer({ min: at('2027-01-01'), max: at('2027-12-31') }), (list, asOfMs) => {
      const aged = ageReceivables(list, asOfMs);
      for (const one of aged) {
        const ours = list.filter(({ currency }) => currency === one.currency);
        expect(one.totalCents).toBe(ours.reduce((sum, { remainingCents }) => sum + remainingCents, 0));
        expect(one.buckets.reduce((sum, { invoices }) => sum + invoices, 0)).toBe(ours.length);
        for (const { fromDay, toDay, invoices } of one.buckets) {
          const inside = ours.filter(({ finalizedAtMs }) => {
            const days = Math.max(0, (asOfMs - finalizedAtMs) / DAY);
            return days >= fromDay && (toDay === null || days < toDay);
          });
          expect(invoices).toBe(inside.length);
        }
      }
      expect(aged.map(({ currency }) => currency)).toEqual([...new Set(list.map(({ currency }) => currency))].sort());
    }), { numRuns: 300 });
  });

  it('is half-open at every boundary: the last instant before it, and the boundary itself', () => {
    const asOfMs = at('2027-03-31T23:59:59Z');
    const days = (count: number): Receivable => ({ invoiceId: 'in', customerId: 'c', subscriptionId: null, currency: 'usd', finalizedAtMs: asOfMs - count * DAY, remainingCents: 1 });
    for (const [index, boundary] of AGEING_FROM_DAYS.entries()) {
      expect(bucketOf(boundary)).toBe(index);
      if (index > 0) expect(ageReceivables([{ ...days(boundary), finalizedAtMs: asOfMs - boundary * DAY + 1 }], asOfMs)[0]!.buckets[index - 1]!.invoices).toBe(1);
      expect(ageReceivables([days(boundary)], asOfMs)[0]!.buckets[index]!.invoices).toBe(1);
    }
  });
});

let seq = 0;
const row = (kind: LedgerKind, occurredAt: string, stripeRef: string, amountMinor: number, detail: LedgerDetail = {}, currency = 'usd'): LedgerRow => ({
  seq: (seq += 1), kind, customerId: 'c1', occurredAtMs: at(occurredAt), recordedAtMs: 0, stripeRef, amountMinor, currency, caseId: null, actor: 'stripe', policyVersion: 'standard-1', detail, prevHash: '', hash: '',
});
const books = (rows: readonly LedgerRow[], asOf: string, from = '2026-01-01'): Books => {
  const made = new Books(at(from), at(asOf));
  for (const one of [...rows].sort((a, b) => a.occurredAtMs - b.occurredAtMs || a.seq - b.seq)) if (one.occurredAtMs <= at(asOf)) made.apply(one);
  return made.close();
};
const owed = (made: Books): number => [...made.receivables()].reduce((sum, { remainingCents }) => sum + remainingCents, 0);

describe('the books at an instant', () => {
  const life = [
    row('plan_changed', '2027-01-01T10:00Z', 'sub_1@1', 2000, { subscriptionId: 'sub_1' }),
    row('invoice_finalized', '2027-03-01T10:00Z', 'in_1', 2000, { subscriptionId: 'sub_1' }),
    row('payment_failed', '2027-03-01T10:05Z', 'ch_0', 2000, { invoiceId: 'in_1' }),
    row('payment_applied', '2027-03-06T10:00Z', 'inpay_1', 500, { invoiceId: 'in_1' }),
    row('payment_succeeded', '2027-03-06T10:00Z', 'ch_1', 500, { invoiceId: 'in_1' }),
    row('credit_note', '2027-03-08T10:00Z', 'cn_1', 300, { invoiceId: 'in_1' }),
    row('credit_note_voided', '2027-03-09T10:00Z', 'cn_1', 300, { invoiceId: 'in_1' }),
    row('payment_applied', '2027-03-10T10:00Z', 'inpay_2', 1500, { invoiceId: 'in_1' }),
  ];

  it('a partial payment leaves the rest in one bucket; the rest paid leaves nothing (scenario 12)', () => {
    const on = (asOf: string): number => owed(books(life, asOf));
    expect([on('2027-02-28T00:00Z'), on('2027-03-05T00:00Z'), on('2027-03-07T00:00Z'), on('2027-03-08T12:00Z'), on('2027-03-09T12:00Z'), on('2027-03-11T00:00Z')]).toEqual([0, 2000, 1500, 1200, 1500, 0]);
  });

  it('what was learned later and happened later changes nothing about an instant before it', () => {
    const asOf = '2027-03-07T00:00Z';
    const later = [row('invoice_voided', '2027-04-01T00:00Z', 'in_1', 1500), row('plan_changed', '2027-04-01T00:00Z', 'sub_1@2', 0, { subscriptionId: 'sub_1' })];
    expect(summaryOf(books([...life, ...later], asOf))).toEqual(summaryOf(books(life, asOf)));
    expect(books([...life, ...later], asOf).lastSeq).toBe(books(life, asOf).lastSeq);
  });

  it('uncollectible and void are no receivable; only what somebody tried to collect is a loss', () => {
    const rows = [
      row('invoice_finalized', '2027-03-01T10:00Z', 'in_a', 700), row('payment_failed', '2027-03-01T10:00Z', 'ch_a', 700, { invoiceId: 'in_a' }), row('invoice_voided', '2027-03-27T10:00Z', 'in_a', 700),
      row('invoice_finalized', '2027-03-01T10:00Z', 'in_b', 900), row('invoice_voided', '2027-03-02T10:00Z', 'in_b', 900),
      row('invoice_finalized', '2027-03-01T10:00Z', 'in_c', 1100), row('written_off', '2027-04-02T10:00Z', 'in_c', 1100),
    ];
    const [usd] = summaryOf(books(rows, '2027-04-30T00:00Z'));
    expect([usd!.receivableCents, usd!.writtenOffCents]).toEqual([0, 1800]);
    // A period that begins within a month counts from its instant.
    expect(summaryOf(books(rows, '2027-04-30T00:00Z', '2027-03-28T00:00Z'))[0]!.writtenOffCents).toBe(1100);
    expect(usd!.months.map(({ month, writtenOffCents }) => [month, writtenOffCents])).toEqual([['2027-03', 700], ['2027-04', 1100]]);
  });

  it('holds MRR at the end of each month, and never adds currencies', () => {
    const rows = [
      row('plan_changed', '2027-01-10T00:00Z', 's1@1', 2000, { subscriptionId: 's1' }), row('plan_changed', '2027-03-10T00:00Z', 's2@1', 5000, { subscriptionId: 's2' }, 'eur'),
      row('plan_changed', '2027-03-15T00:00Z', 's1@2', 3000, { subscriptionId: 's1' }), row('plan_changed', '2027-04-15T00:00Z', 's1@3', 0, { subscriptionId: 's1' }),
    ];
    const [eur, usd] = summaryOf(books(rows, '2027-04-20T00:00Z'));
    expect(usd!.months.map(({ month, mrrCents }) => [month, mrrCents])).toEqual([['2027-01', 2000], ['2027-02', 2000], ['2027-03', 3000], ['2027-04', 0]]);
    expect([eur!.mrrCents, usd!.mrrCents, eur!.subscriptions, usd!.subscriptions]).toEqual([5000, 0, 1, 0]);
  });

  it('remaining by the books is what a plain sum says, whatever comes in which order (property)', () => {
    const invoice = fc.record({ due: fc.integer({ min: 1, max: 5000 }), pays: fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 4 }), credit: fc.option(fc.integer({ min: 1, max: 500 })), end: fc.constantFrom('open', 'void', 'written_off') });
    fc.assert(fc.property(fc.array(invoice, { maxLength: 15 }), fc.infiniteStream(fc.nat(90)), (list, days) => {
      const day = (): string => new Date(at('2027-01-01') + days.next().value * DAY).toISOString();
      const rows = list.flatMap(({ due, pays, credit, end }, index) => [
        row('invoice_finalized', '2026-12-31', `in_${index}`, due), ...pays.map((cents, pay) => row('payment_applied', day(), `inpay_${index}_${pay}`, cents, { invoiceId: `in_${index}` })),
        ...(credit === null ? [] : [row('credit_note', day(), `cn_${index}`, credit, { invoiceId: `in_${index}` })]),
        ...(end === 'open' ? [] : [row(end === 'void' ? 'invoice_voided' : 'written_off', '2027-06-01', `in_${index}`, 1)]),
      ]);
      const expected = list.reduce((sum, { due, pays, credit, end }) => sum + (end !== 'open' ? 0 : Math.max(0, due - pays.reduce((a, b) => a + b, 0) - (credit ?? 0))), 0);
      const made = books(rows, '2027-07-01');
      expect(owed(made)).toBe(expected);
      expect(ageReceivables(made.receivables(), made.asOfMs).reduce((sum, { totalCents }) => sum + totalCents, 0)).toBe(expected);
    }), { numRuns: 200 });
  });
});

describe('cases in the summary', () => {
  const record = (caseId: string, change: Partial<CaseRecord>): CaseRecord => ({
    caseId, customerId: 'c', subscriptionId: 's', openedAtMs: at('2027-03-01'), anchorMs: at('2027-03-01'), stage: 'retrying', nextStepAtMs: null, nextStepWhat: null, amountRemainingCents: 2000,
    amountAtRiskCents: 2000, monthlyCents: 2000, currency: 'usd', policyVersion: 'standard-1', hardDecline: null, closedAtMs: null, outcome: null, recoveredBy: null, ...change,
  });
  const opened = (one: CaseRecord) => row('case_opened', '2027-03-01', one.caseId, one.amountRemainingCents, { ...one });
  const closed = (one: CaseRecord) => row('case_closed', new Date(one.closedAtMs!).toISOString(), one.caseId, one.amountAtRiskCents, { ...one });
  const end = (caseId: string, on: string, outcome: CaseRecord['outcome'], recoveredBy: CaseRecord['recoveredBy'] = null) => record(caseId, { closedAtMs: at(on), outcome, recoveredBy, amountRemainingCents: 0 });

  it('tells recovered by cause, rates, days, churn and what is at risk', () => {
    const grace = record('d', { stage: 'grace', amountRemainingCents: 1500 });
    const rows = [
      ...['a', 'b', 'c', 'd', 'e'].map((id) => opened(record(id, {}))),
      closed(end('a', '2027-03-02', 'recovered', 'schedule')), closed(end('b', '2027-03-14', 'recovered', 'customer')), closed(end('c', '2027-03-27', 'ended')),
      row('case_changed', '2027-03-06', 'd/k', 1500, { ...grace }), closed(end('e', '2027-03-08', 'canceled')),
    ];
    const [usd] = summaryOf(books(rows, '2027-03-31T00:00Z'));
    expect(usd).toMatchObject({
      openCases: 1, mrrAtRiskCents: 2000, receivableAtRiskCents: 1500, stages: [{ stage: 'grace', cases: 1, amountCents: 1500, mrrCents: 2000 }],
      recoveredCases: 2, recoveredCents: 4000, recovered: [{ cause: 'schedule', cases: 1, amountCents: 2000 }, { cause: 'customer', cases: 1, amountCents: 2000 }],
      recoveryRate: { byCount: 0.5, byValue: 0.5 }, daysToRecover: { p50: 1, p90: 13 }, involuntaryChurnCases: 1, involuntaryChurnMrrCents: 2000, voluntaryCancelsInDunning: 1,
    });
    expect(usd!.months).toMatchObject([{ month: '2027-03', casesOpened: 5, casesRecovered: 2, casesLost: 1, recoveredCents: 4000 }]);
    // On the 10th: one was recovered, one was canceled, three were open.
    expect(summaryOf(books(rows, '2027-03-10T00:00Z'))[0]).toMatchObject({ openCases: 3, recoveredCases: 1, involuntaryChurnCases: 0, voluntaryCancelsInDunning: 1 });
  });

  it('percentiles are of the values themselves', () => {
    expect([percentile([], 50), percentile([3], 90), percentile([1, 2, 3, 4], 50), percentile([5, 1, 4, 2, 3, 6, 7, 8, 9, 10], 90)]).toEqual([null, 3, 2, 9]);
  });

  it('months go on over the year', () => {
    expect(nextMonth('2027-12')).toBe('2028-01');
    expect(spanOfMonth('2028-02')).toEqual({ fromMs: at('2028-02-01T00:00:00Z'), beforeMs: at('2028-03-01T00:00:00Z') });
  });
});

describe('tie-out', () => {
  const money = (kind: LedgerKind, stripeRef: string, amountMinor: number, currency = 'usd'): MoneyRow => ({ kind, stripeRef, amountMinor, currency });
  const moved = (id: string, type: string, source: string, amountMinor: number, reportingCategory = type, currency = 'usd'): BalanceTransaction => ({ id, type, reportingCategory, source, amountMinor, currency });
  const ledger = [
    money('payment_succeeded', 'ch_1', 2000), money('payment_succeeded', 'ch_2', 5000), money('refund', 're_1', 500), money('refund', 're_2', 700), money('refund_failed', 're_2', 700),
    money('dispute_funds_withdrawn', 'txn_d1', 5000), money('dispute_funds_reinstated', 'txn_d2', 5000), money('payment_succeeded', 'ch_3', 900, 'eur'),
  ];
  const stripe = [
    moved('txn_1', 'charge', 'ch_1', 2000), moved('txn_2', 'charge', 'ch_2', 5000), moved('txn_3', 'refund', 're_1', -500), moved('txn_4', 'refund', 're_2', -700), moved('txn_5', 'refund_failure', 're_2', 700),
    moved('txn_d1', 'adjustment', 'du_1', -5000, 'dispute'), moved('txn_d2', 'adjustment', 'du_1', 5000, 'dispute_reversal'), moved('txn_6', 'payment', 'ch_3', 900, 'charge', 'eur'), moved('txn_7', 'payout', 'po_1', -4000),
  ];

  it('is 0 on every line where both say the same (scenarios 17 and 18)', () => {
    const [eur, usd] = tieOut(ledger, stripe);
    expect([eur!.differenceCents, usd!.differenceCents, eur!.differences, usd!.differences]).toEqual([0, 0, [], []]);
    expect(usd!.lines.map(({ what, ledgerCents }) => [what, ledgerCents])).toEqual([
      ['payments', 7000], ['reversals', 0], ['refunds', -1200], ['failed_refunds', 700], ['dispute_withdrawals', -5000], ['dispute_reinstatements', 5000],
    ]);
    expect(usd!.otherCents).toBe(-4000);
  });

  it('names each thing that one side lacks, also where the sums are equal by chance', () => {
    const [usd] = tieOut([money('payment_succeeded', 'ch_1', 2000), money('payment_succeeded', 'ch_9', 300)], [moved('t1', 'charge', 'ch_1', 1900), moved('t2', 'charge', 'ch_8', 400)]);
    expect(usd!.differenceCents).toBe(0);
    expect(usd!.differences).toEqual([
      { what: 'payments', ref: 'ch_1', ledgerCents: 2000, stripeCents: 1900, why: 'The amounts differ.' },
      { what: 'payments', ref: 'ch_8', ledgerCents: 0, stripeCents: 400, why: 'Stripe’s balance has it, the ledger does not.' },
      { what: 'payments', ref: 'ch_9', ledgerCents: 300, stripeCents: 0, why: 'The ledger has it, Stripe’s balance does not.' },
    ]);
  });

  it('leaving out any one row is found, and by its id (property)', () => {
    fc.assert(fc.property(fc.nat(ledger.length - 1), (index) => {
      const without = ledger.filter((_, position) => position !== index);
      const differences = tieOut(without, stripe).flatMap((one) => one.differences);
      expect(differences.map(({ ref }) => ref)).toEqual([ledger[index]!.stripeRef]);
    }));
  });

  it('holds open invoices against Stripe, each by itself', () => {
    const [usd] = tieOutReceivables([{ invoiceId: 'in_1', currency: 'usd', remainingCents: 1500 }], [{ invoiceId: 'in_1', currency: 'usd', remainingCents: 1400 }, { invoiceId: 'in_2', currency: 'usd', remainingCents: 100 }]);
    expect([usd!.ledgerCents, usd!.stripeCents, usd!.differences.map(({ ref }) => ref)]).toEqual([1500, 1500, ['in_1', 'in_2']]);
  });
});

describe('amounts', () => {
  it('are decimals of their own currency, exact also where floats are not', () => {
    expect([decimalOf(1999, 'usd'), decimalOf(5, 'usd'), decimalOf(-1234, 'eur'), decimalOf(1999, 'jpy'), decimalOf(1999, 'kwd'), decimalOf(0, 'usd'), decimalOf(900_719_925_474_099, 'usd'), decimalOf(0, '')])
      .toEqual(['19.99', '0.05', '-12.34', '1999', '1.999', '0.00', '9007199254740.99', '']);
  });
});
