import { ApplicationFailure, TemporalFailure, uuid4 } from '@temporalio/workflow';
import type { SubscriptionFacts } from '#domain/lifecycle/lifecycle.types.js';
import { billingNow } from '../activities.js';
import type {
  ChangePlan, ChangePreview, CheckoutOpened, OpenCheckout, Paid, PortalOpened, PreviewChange, SubscriptionChanged, UpdateError,
} from '../contracts/customer-lifecycle.js';
import { causeOf, failureType } from '../saga/saga.js';
import type { Customer } from './customer.js';

const LIVE = new Set(['trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete']);

/** What a person can ask of the subscription. Each act reads the truth first and shows the truth afterwards. */
export class SubscriptionDesk {
  constructor(private readonly customer: Customer, private readonly evaluate: () => Promise<void>) {}

  openCheckout(order: OpenCheckout): Promise<CheckoutOpened> {
    return answering(async () => {
      await billingNow('Find or create the Stripe customer').ensureStripeCustomer({ customerId: this.customer.id });
      return billingNow(`Open a Checkout Session for ${order.planId}`).openCheckoutSession({ customerId: this.customer.id, ...order });
    });
  }

  openPortal(): Promise<PortalOpened> {
    return answering(() => billingNow("Open Stripe's portal").openPortalSession({ customerId: this.customer.id }));
  }

  previewChange({ priceId }: PreviewChange): Promise<ChangePreview> {
    return answering(async () => {
      const { id } = await this.liveSubscription();
      return billingNow('Preview the change of plan').previewPlanChange({ customerId: this.customer.id, subscriptionId: id, priceId });
    });
  }

  changePlan({ planId, priceId, prorationAtMs }: ChangePlan): Promise<SubscriptionChanged> {
    return answering(async () => {
      const { id } = await this.liveSubscription();
      await billingNow(`Change the plan to ${planId}`).changePlan({ customerId: this.customer.id, subscriptionId: id, planId, priceId, prorationAtMs });
      return this.shown();
    });
  }

  cancel(): Promise<SubscriptionChanged> {
    return answering(async () => {
      const { id, cancelAtPeriodEnd } = await this.liveSubscription();
      if (!cancelAtPeriodEnd) await billingNow('Cancel at the end of the period').cancelAtPeriodEnd({ customerId: this.customer.id, subscriptionId: id });
      return this.shown();
    });
  }

  resume(): Promise<SubscriptionChanged> {
    return answering(async () => {
      const { id, cancelAtPeriodEnd } = await this.liveSubscription();
      if (!cancelAtPeriodEnd) throw refusal('NOT_CANCELING', 'The subscription is not about to end.');
      await billingNow('Take the cancellation back').undoCancelAtPeriodEnd({ customerId: this.customer.id, subscriptionId: id });
      return this.shown();
    });
  }

  payNow(): Promise<Paid> {
    return answering(async () => {
      const paid = await billingNow('Pay the oldest open invoice').payOldestOpenInvoice({ customerId: this.customer.id, requestId: uuid4() });
      await this.evaluate();
      return paid;
    });
  }

  private async liveSubscription(): Promise<SubscriptionFacts> {
    const { subscription } = await billingNow('Read what Stripe says').fetchBillingFacts({ customerId: this.customer.id });
    if (!subscription || !LIVE.has(subscription.status)) throw refusal('NO_SUBSCRIPTION', 'There is no running subscription.');
    return subscription;
  }

  private async shown(): Promise<SubscriptionChanged> {
    await this.evaluate();
    const { stage, overlays, nextStep } = this.customer.lifecycle;
    return { stage, overlays: [...overlays], nextStep };
  }
}

const refusal = (type: UpdateError, message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, type);

/** An update fails with the reason itself, not with Temporal's wrapping; a time-out of Stripe says that nothing was changed for sure. */
async function answering<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ApplicationFailure || !(error instanceof TemporalFailure)) throw error;
    const type = failureType(error);
    throw type === null
      ? refusal('STRIPE_UNAVAILABLE', 'The payment service does not answer at the moment. Please try again shortly.')
      : ApplicationFailure.nonRetryable(causeOf(error), type);
  }
}
