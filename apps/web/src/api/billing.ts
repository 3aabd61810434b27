import { queryOptions } from '@tanstack/react-query';
import * as sdk from './generated/sdk.gen.js';
import type { ChangePlanDto, OpenCheckoutDto, PlanChoiceDto } from './generated/types.gen.js';
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
/**
 * The address of Stripe's own page: for the card alone by the flow, else for everything its portal offers.
 * @throws ProblemError NO_SUBSCRIPTION, STRIPE_UNAVAILABLE
 */
export const openPortal = (flow?: 'payment_method_update') => body(sdk.openPortal({ ...throwing, body: flow === undefined ? {} : { flow } }));
/**
 * Pays the oldest open invoice with the card on file.
 * @throws ProblemError PAYMENT_FAILED with the bank's words, NOTHING_TO_PAY
 */
export const payNow = () => body(sdk.payNow(throwing));
/** What a change of plan would cost now, to the cent; asked again where it is older than a minute, since the amount hangs on the instant. */
export const previewChangeQuery = (choice: PlanChoiceDto) => queryOptions({
  queryKey: ['plan-change', choice.planId, choice.priceId],
  queryFn: ({ signal }) => body(sdk.previewPlanChange({ ...throwing, signal, body: choice })),
  staleTime: 60_000,
  gcTime: 60_000,
  refetchOnWindowFocus: false,
});
/**
 * Changes the plan: at once and at the amount that was shown, or booked for the end of the paid period. Choosing the present
 * plan again lets a booked change go.
 * @throws ProblemError PAYMENT_FAILED, SAME_PLAN, NO_SUBSCRIPTION
 */
export const changePlan = (change: ChangePlanDto) => body(sdk.changePlan({ ...throwing, body: change }));
