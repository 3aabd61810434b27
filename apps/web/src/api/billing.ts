import { queryOptions } from '@tanstack/react-query';
import * as sdk from './generated/sdk.gen.js';
import type { OpenCheckoutDto } from './generated/types.gen.js';
import { body, throwing } from './http.js';

export const plansQuery = () => queryOptions({
  queryKey: ['plans'],
  queryFn: async ({ signal }) => (await body(sdk.listPlans({ ...throwing, signal }))).data,
  staleTime: 300_000,
});
export const subscriptionQuery = () => queryOptions({ queryKey: ['subscription'], queryFn: ({ signal }) => body(sdk.getSubscription({ ...throwing, signal })) });
export const invoicesQuery = () => queryOptions({
  queryKey: ['invoices'],
  queryFn: async ({ signal }) => (await body(sdk.listInvoices({ ...throwing, signal, query: { limit: 50 } }))).data,
});

/** Reserves a slot and opens Stripe's pay page. @throws ProblemError NO_CAPACITY before any money is asked for */
export const openCheckout = (order: OpenCheckoutDto) => body(sdk.openCheckout({ ...throwing, body: order }));
export const cancelSubscription = () => body(sdk.cancelSubscription(throwing));
export const resumeSubscription = () => body(sdk.resumeSubscription(throwing));
/** The address of Stripe's own page for the card. */
export const openPortal = () => body(sdk.openPortal(throwing));
