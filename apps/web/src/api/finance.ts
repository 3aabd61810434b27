import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from './generated/client.gen.js';
import type {
  GetAgeingResponses, GetFinanceSummaryResponses, GetTieOutResponses, ListDunningCasesData, ListDunningCasesResponses, ListLedgerData, ListLedgerResponses, SimulateDto, SimulatePolicyResponses, VerifyLedgerResponses,
} from './generated/types.gen.js';
import { body, throwing } from './http.js';

export type {
  AgeingDto as Ageing, ChainCheckDto as ChainCheck, CurrencyAgeingDto as CurrencyAgeing, CurrencySummaryDto as CurrencySummary, CurrencyTieOutDto as CurrencyTieOut,
  DunningCaseDto as DunningCase, FinanceSummaryDto as FinanceSummary, LedgerRowDto as LedgerRow, PolicyOutcomeDto as PolicyOutcome, SimulateDto as SimulationWish,
  SimulationDto as Simulation, SimulationTotalsDto as SimulationTotals, TieOutDto as TieOut,
} from './generated/types.gen.js';

// Not by sdk.gen: all of it lies in the file that every subscriber loads, and these calls are for staff alone.
const FINANCE = '/api/v1/finance';
const JSON_BODY = { 'Content-Type': 'application/json' } as const;

export type CaseFilter = Pick<NonNullable<ListDunningCasesData['query']>, 'stage' | 'state'>;
export type LedgerFilter = Pick<NonNullable<ListLedgerData['query']>, 'from' | 'to' | 'kind' | 'customerId'>;

/** Books are looked at for a while: read again each half minute, so that a page left open does not grow old. */
const REFRESH = { refetchInterval: 30_000, placeholderData: keepPreviousData } as const;

/** @param from begin of the period, ISO 8601 */
export const summaryQuery = (from: string) => queryOptions({ queryKey: ['finance', 'summary', from], queryFn: ({ signal }) => body(client.get<GetFinanceSummaryResponses, unknown, true>({ ...throwing, url: `${FINANCE}/summary`, signal, query: { from } })), ...REFRESH });
export const ageingQuery = () => queryOptions({ queryKey: ['finance', 'ageing'], queryFn: ({ signal }) => body(client.get<GetAgeingResponses, unknown, true>({ ...throwing, url: `${FINANCE}/ageing`, signal })), ...REFRESH });
export const casesQuery = (filter: CaseFilter) => infiniteQueryOptions({
  queryKey: ['finance', 'cases', filter],
  queryFn: ({ signal, pageParam }) => body(client.get<ListDunningCasesResponses, unknown, true>({ ...throwing, url: `${FINANCE}/dunning`, signal, query: { ...filter, limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: ({ nextCursor }) => nextCursor,
  ...REFRESH,
});
export const ledgerQuery = (filter: LedgerFilter) => infiniteQueryOptions({
  queryKey: ['finance', 'ledger', filter],
  queryFn: ({ signal, pageParam }) => body(client.get<ListLedgerResponses, unknown, true>({ ...throwing, url: `${FINANCE}/ledger`, signal, query: { ...filter, limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: ({ nextCursor }) => nextCursor,
  placeholderData: keepPreviousData,
});
/** Every hash computed anew: asked for by a press, never by itself. */
export const verifyLedger = () => body(client.get<VerifyLedgerResponses, unknown, true>({ ...throwing, url: `${FINANCE}/ledger/verify` }));
/** @param month `2026-11`, UTC */
export const tieOutQuery = (month: string) => queryOptions({ queryKey: ['finance', 'tie-out', month], queryFn: ({ signal }) => body(client.get<GetTieOutResponses, unknown, true>({ ...throwing, url: `${FINANCE}/tie-out`, signal, query: { month } })), placeholderData: keepPreviousData });

/**
 * Tries a changed policy beside today's. Nothing is written.
 * @throws ProblemError with the field that is wrong, BUSY while another one runs
 */
export const simulate = (wish: SimulateDto) => body(client.post<SimulatePolicyResponses, unknown, true>({ ...throwing, url: `${FINANCE}/simulate`, headers: JSON_BODY, body: wish }));

/** The address of a report as CSV; the browser downloads it with the session's cookie. */
export function csvUrl(report: 'dunning' | 'ageing' | 'ledger', query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `/api/v1/finance/${report}.csv${given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`}`;
}
