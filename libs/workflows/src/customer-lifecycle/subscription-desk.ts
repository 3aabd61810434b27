import { ApplicationFailure, uuid4 } from '@temporalio/workflow';
import { evolvePaymentTried } from '#domain/lifecycle/lifecycle.evolve.js';
import type { SubscriptionFacts } from '#domain/lifecycle/lifecycle.types.js';
import { billingNow } from '../activities.js';
import type {
  ByActor, ChangePlan, ChangePreview, CheckoutOpened, OpenCheckout, OpenPortal, Paid, PortalOpened, PreviewChange, SubscriptionChanged, UpdateError,
} from '../contracts/customer-lifecycle.js';
import { SUPPORT } from './support-desk.js';
import { answering } from './answering.js';
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

  openPortal({ flow }: OpenPortal): Promise<PortalOpened> {
    return answering(() => billingNow("Open Stripe's portal").openPortalSession({ customerId: this.customer.id, ...(flow === undefined ? {} : { flow }) }));
  }

  previewChange({ priceId }: PreviewChange): Promise<ChangePreview> {
    return answering(async () => {
      const { id } = await this.liveSubscription();
      return billingNow('Preview the change of plan').previewPlanChange({ customerId: this.customer.id, subscriptionId: id, priceId });
    });
  }

  /** At once with proration, or booked for the end of the period; a booked change gives way to either, and to choosing the present plan again. */
  changePlan({ planId, priceId, prorationAtMs }: ChangePlan): Promise<SubscriptionChanged> {
    return answering(async () => {
      const { id, priceId: present, scheduledChange } = await this.liveSubscription();
      const target = { customerId: this.customer.id, subscriptionId: id };
      const staysAsItIs = priceId === present && (scheduledChange ?? null) !== null;
      if (staysAsItIs) await billingNow('Let the booked change of plan go').dropScheduledPlanChange(target);
      else if (prorationAtMs === null) await billingNow(`Book ${planId} for the end of the period`).schedulePlanChange({ ...target, planId, priceId });
      else await billingNow(`Change the plan to ${planId}`).changePlan({ ...target, planId, priceId, prorationAtMs });
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

  payNow({ actor }: ByActor): Promise<Paid> {
    return answering(async () => {
      const requestId = uuid4();
      const paid = await billingNow('Pay the oldest open invoice').payOldestOpenInvoice({ customerId: this.customer.id, requestId });
      this.customer.lifecycle = evolvePaymentTried(this.customer.lifecycle, `asked:${requestId}`, {
        atMs: this.customer.customerNowMs(), invoiceId: paid.invoiceId, trigger: actor.startsWith(SUPPORT) ? 'support' : 'customer', outcome: 'paid', paymentMethodId: null,
      });
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
