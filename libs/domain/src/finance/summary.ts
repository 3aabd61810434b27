import { STAGES, type Stage } from '../lifecycle/lifecycle.types.js';
import type { Books, MonthSums } from './books.js';
import { RECOVERY_CAUSES, type CaseRecord, type RecoveryCause } from './ledger.types.js';
import { monthOf } from './months.js';

const DAY_MS = 86_400_000;

export interface CurrencySummary {
  readonly currency: string;
  readonly mrrCents: number;
  readonly subscriptions: number;
  readonly mrrAtRiskCents: number;
  readonly openCases: number;
  readonly receivableCents: number;
  readonly receivableAtRiskCents: number;
  readonly stages: readonly { readonly stage: Stage; readonly cases: number; readonly amountCents: number; readonly mrrCents: number }[];
  readonly recoveredCents: number;
  readonly recoveredCases: number;
  readonly recovered: readonly { readonly cause: RecoveryCause; readonly cases: number; readonly amountCents: number }[];
  readonly recoveryRate: { readonly byCount: number | null; readonly byValue: number | null };
  readonly daysToRecover: { readonly p50: number | null; readonly p90: number | null };
  readonly writtenOffCents: number;
  readonly involuntaryChurnMrrCents: number;
  readonly involuntaryChurnCases: number;
  readonly voluntaryCancelsInDunning: number;
  readonly months: readonly MonthSums[];
}

/** What finance asks first, each currency for itself. Of the period from `books.fromMs`: recovered, lost, closed; of the instant: the rest. */
export function summaryOf(books: Books): readonly CurrencySummary[] {
  return books.currencies().filter((currency) => currency !== '').map((currency) => summaryOfCurrency(books, currency));
}

function summaryOfCurrency(books: Books, currency: string): CurrencySummary {
  const ours = [...books.cases()].filter((one) => one.currency === currency);
  const open = ours.filter((one) => one.closedAtMs === null);
  const closed = ours.filter((one) => one.closedAtMs !== null && one.closedAtMs >= books.fromMs);
  const recovered = closed.filter((one) => one.outcome === 'recovered');
  const ended = closed.filter((one) => one.outcome === 'ended');
  const subscribed = [...books.subscriptions()].filter((one) => one.currency === currency);
  const months = books.monthsOf(currency).filter(({ month }) => month >= monthOf(books.fromMs));
  const days = recovered.map(daysToRecover);
  return {
    currency,
    mrrCents: sum(subscribed, ({ monthlyCents }) => monthlyCents), subscriptions: subscribed.length,
    mrrAtRiskCents: sum(open, ({ monthlyCents }) => monthlyCents), openCases: open.length,
    receivableCents: sum([...books.receivables()].filter((one) => one.currency === currency), ({ remainingCents }) => remainingCents),
    receivableAtRiskCents: sum(open, ({ amountRemainingCents }) => amountRemainingCents),
    stages: STAGES.flatMap((stage) => {
      const here = open.filter((one) => one.stage === stage);
      return here.length === 0 ? [] : [{ stage, cases: here.length, amountCents: sum(here, ({ amountRemainingCents }) => amountRemainingCents), mrrCents: sum(here, ({ monthlyCents }) => monthlyCents) }];
    }),
    recoveredCents: sum(recovered, atRisk), recoveredCases: recovered.length,
    recovered: RECOVERY_CAUSES.flatMap((cause) => {
      const by = recovered.filter((one) => (one.recoveredBy ?? 'other') === cause);
      return by.length === 0 ? [] : [{ cause, cases: by.length, amountCents: sum(by, atRisk) }];
    }),
    recoveryRate: { byCount: ratio(recovered.length, closed.length), byValue: ratio(sum(recovered, atRisk), sum(closed, atRisk)) },
    daysToRecover: { p50: percentile(days, 50), p90: percentile(days, 90) },
    writtenOffCents: books.writtenOffCents(currency),
    involuntaryChurnMrrCents: sum(ended, ({ monthlyCents }) => monthlyCents), involuntaryChurnCases: ended.length,
    voluntaryCancelsInDunning: closed.filter((one) => one.outcome === 'canceled').length,
    months,
  };
}

const atRisk = (one: CaseRecord): number => one.amountAtRiskCents;
const daysToRecover = (one: CaseRecord): number => ((one.closedAtMs ?? one.anchorMs) - one.anchorMs) / DAY_MS;
const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000);
const sum = <Item>(items: Iterable<Item>, of: (item: Item) => number): number => {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
};

/** Nearest rank: the smallest value that so many per cent do not exceed, to two places; null = there is none. */
export function percentile(values: readonly number[], percent: number): number | null {
  if (values.length === 0) return null;
  const ordered = [...values].sort((a, b) => a - b);
  return Math.round(ordered[Math.max(0, Math.ceil((percent / 100) * ordered.length) - 1)]! * 100) / 100;
}
