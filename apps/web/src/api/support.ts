import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from './generated/client.gen.js';
import type {
  ActData, ActResponses, FindCustomersData, FindCustomersResponses, GetSupportCustomerResponses, GetSupportViewsResponses, GetTimelineResponses, SupportActionDto,
} from './generated/types.gen.js';
import { body, throwing } from './http.js';

export type {
  SupportCustomerDetailDto as SupportCustomerDetail, SupportCustomerDto as SupportCustomer, SupportInstanceDto as SupportInstance, TimelineEntryDto as TimelineEntry,
} from './generated/types.gen.js';

// Not by sdk.gen: all of it lies in the file that every subscriber loads, and these calls are for staff alone.
const SUPPORT = '/api/v1/support';

export type SupportVerb = ActData['path']['verb'];
export type SupportAction = SupportActionDto;
export type CustomerSearch = Pick<NonNullable<FindCustomersData['query']>, 'q' | 'stage'>;

/** What the workflow does while the page is open is seen within this time. */
const REFRESH_MS = 10_000;

export const customersQuery = (search: CustomerSearch) => infiniteQueryOptions({
  queryKey: ['support', 'customers', search],
  queryFn: ({ signal, pageParam }) => body(client.get<FindCustomersResponses, unknown, true>({ ...throwing, url: `${SUPPORT}/customers`, signal, query: { ...search, limit: 25, ...(pageParam === '' ? {} : { cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: ({ nextCursor }) => nextCursor,
  placeholderData: keepPreviousData,
});
export const supportCustomerQuery = (id: string) => queryOptions({ queryKey: ['support', 'customer', id], queryFn: ({ signal }) => body(client.get<GetSupportCustomerResponses, unknown, true>({ ...throwing, url: `${SUPPORT}/customers/{id}`, signal, path: { id } })), refetchInterval: REFRESH_MS });
export const timelineQuery = (id: string) => infiniteQueryOptions({
  queryKey: ['support', 'timeline', id],
  queryFn: ({ signal, pageParam }) => body(client.get<GetTimelineResponses, unknown, true>({ ...throwing, url: `${SUPPORT}/customers/{id}/timeline`, signal, path: { id }, query: { limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: ({ nextCursor }) => nextCursor,
  refetchInterval: REFRESH_MS,
});
/** The saved lists of the Temporal UI. */
export const viewsQuery = () => queryOptions({ queryKey: ['support', 'views'], queryFn: async ({ signal }) => (await body(client.get<GetSupportViewsResponses, unknown, true>({ ...throwing, url: `${SUPPORT}/views`, signal }))).data, staleTime: 300_000 });

/**
 * Acts for the customer; actor and reason stand in the ledger.
 * @throws ProblemError NO_OPEN_CASE, PAUSE_USED, TOO_LONG, NOT_POSSIBLE_HERE, REASON_MISSING, PAYMENT_FAILED, NOTHING_TO_PAY
 */
export const actForCustomer = (id: string, verb: SupportVerb, action: SupportAction) => body(client.post<ActResponses, unknown, true>({ ...throwing, url: `${SUPPORT}/customers/{id}/actions/{verb}`, headers: { 'Content-Type': 'application/json' }, path: { id, verb }, body: action }));
