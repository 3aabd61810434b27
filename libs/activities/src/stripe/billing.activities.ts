import { Context } from '@temporalio/activity';
import type { BillingPort } from '#workflows/ports/billing.port.js';
import { fetchBillingFacts } from './billing-facts.js';
import type { BillingDeps } from './billing-deps.js';
import { openCheckoutSession } from './checkout.js';
import { toFailure } from './failures.js';
import { adoptPaymentMethod, pauseCollection, resumeCollection } from './collection.js';
import { resolveDuplicateSubscriptions } from './duplicates.js';
import { voidAndCancel, waiveInvoice } from './ending.js';
import { openPortalSession, payOldestOpenInvoice } from './payments.js';
import { dropScheduledPlanChange, schedulePlanChange } from './scheduled-change.js';
import { tryInvoice } from './try-invoice.js';
import { cancelAndRefundInFull } from './refund.js';
import { ensureStripeCustomer } from './stripe-customer.js';
import { cancelAtPeriodEnd, changePlan, previewPlanChange, undoCancelAtPeriodEnd } from './subscription-changes.js';

export type { BillingDeps } from './billing-deps.js';

/** Activities of the queue `billing`. Each throws only ApplicationFailures with a type of UPDATE_ERRORS. */
export function createBillingActivities(deps: BillingDeps): BillingPort {
  const typed = <Input, Output>(name: string, work: (input: Input) => Promise<Output>) => async (input: Input): Promise<Output> => {
    try {
      return await work(input);
    } catch (error) {
      const failure = toFailure(error, attemptNumber());
      deps.logger.warn({ activity: name, type: failure.type, nonRetryable: failure.nonRetryable }, 'a call to Stripe did not succeed');
      throw failure;
    }
  };
  return {
    ensureStripeCustomer: typed('ensureStripeCustomer', async ({ customerId }) => ({ stripeCustomerId: await ensureStripeCustomer(deps, customerId) })),
    openCheckoutSession: typed('openCheckoutSession', (input) => openCheckoutSession(deps, input)),
    fetchBillingFacts: typed('fetchBillingFacts', ({ customerId }) => fetchBillingFacts(deps, customerId)),
    cancelAtPeriodEnd: typed('cancelAtPeriodEnd', (input) => cancelAtPeriodEnd(deps, input)),
    undoCancelAtPeriodEnd: typed('undoCancelAtPeriodEnd', (input) => undoCancelAtPeriodEnd(deps, input)),
    cancelAndRefundInFull: typed('cancelAndRefundInFull', (input) => cancelAndRefundInFull(deps, input)),
    previewPlanChange: typed('previewPlanChange', (input) => previewPlanChange(deps, input)),
    changePlan: typed('changePlan', (input) => changePlan(deps, input)),
    schedulePlanChange: typed('schedulePlanChange', (input) => schedulePlanChange(deps, input)),
    dropScheduledPlanChange: typed('dropScheduledPlanChange', (input) => dropScheduledPlanChange(deps, input)),
    payInvoice: typed('payInvoice', (input) => tryInvoice(deps, input)),
    adoptPaymentMethod: typed('adoptPaymentMethod', (input) => adoptPaymentMethod(deps, input)),
    voidAndCancel: typed('voidAndCancel', (input) => voidAndCancel(deps, input)),
    waiveInvoice: typed('waiveInvoice', (input) => waiveInvoice(deps, input)),
    pauseCollection: typed('pauseCollection', (input) => pauseCollection(deps, input)),
    resumeCollection: typed('resumeCollection', (input) => resumeCollection(deps, input)),
    resolveDuplicateSubscriptions: typed('resolveDuplicateSubscriptions', (input) => resolveDuplicateSubscriptions(deps, input)),
    payOldestOpenInvoice: typed('payOldestOpenInvoice', (input) => payOldestOpenInvoice(deps, input)),
    openPortalSession: typed('openPortalSession', (input) => openPortalSession(deps, input)),
  } satisfies BillingPort;
}

/** 1 outside Temporal. */
function attemptNumber(): number {
  try {
    return Context.current().info.attempt;
  } catch {
    return 1;
  }
}
