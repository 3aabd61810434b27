import { ApplicationFailure } from '@temporalio/workflow';
import { evolveSupport } from '#domain/lifecycle/lifecycle.support.js';
import type { SupportAct } from '#domain/lifecycle/lifecycle.types.js';
import { billingNow, projections } from '../activities.js';
import type { ByActor, BySupport, ExtendGrace, PauseDunning, RetryStep, SetStage, SubscriptionChanged, UpdateError, WaiveInvoice } from '../contracts/customer-lifecycle.js';
import { answering } from './answering.js';
import type { Customer } from './customer.js';
import type { InstanceKeeper } from './instance-keeper.js';

const SHORTEST_REASON = 3;
/** How the actor of an act of support begins; the rest is the id of the user. */
export const SUPPORT = 'support:';

/** What support may do (lifecycle.md rule 9). Each act stands in the ledger with actor and reason before anything follows from it. */
export class SupportDesk {
  constructor(private readonly customer: Customer, private readonly instances: InstanceKeeper, private readonly evaluate: () => Promise<void>) {}

  extendGrace({ days, actor, reason }: ExtendGrace): Promise<SubscriptionChanged> {
    return this.shift({ verb: 'extend_grace', days, actor, reason }, { days });
  }

  pauseDunning({ days, actor, reason }: PauseDunning): Promise<SubscriptionChanged> {
    return this.shift({ verb: 'pause_dunning', days, actor, reason }, { days });
  }

  setStage({ stage, actor, reason }: SetStage): Promise<SubscriptionChanged> {
    return this.shift({ verb: 'set_stage', stage, actor, reason }, { stage });
  }

  /** Puts on record that support asks for a payment in the customer's place; the payment itself is the customer's own act. */
  async notePayNow({ actor, reason }: ByActor): Promise<void> {
    if (actor.startsWith(SUPPORT)) await this.record('pay_now', { actor, reason: reason ?? '' }, {}, this.customer.customerNowMs());
  }

  /** Forgives one invoice at Stripe; whether that ends the case the facts say. */
  waiveInvoice({ invoiceId, actor, reason }: WaiveInvoice): Promise<SubscriptionChanged> {
    return answering(async () => {
      needReason(reason);
      await billingNow(`Waive ${invoiceId}`).waiveInvoice({ customerId: this.customer.id, invoiceId, actor, reason });
      await this.record('waive_invoice', { actor, reason }, { invoiceId }, this.customer.customerNowMs());
      return this.shown();
    });
  }

  /** Tries again what stands in need of attention: a step of an instance, or what this workflow stumbled over. */
  retryStep({ instanceId, actor, reason }: RetryStep): Promise<SubscriptionChanged> {
    return answering(async () => {
      needReason(reason);
      await this.record('retry_step', { actor, reason }, { instanceId }, this.customer.customerNowMs());
      await this.instances.retryStep(instanceId);
      return this.shown();
    });
  }

  private shift(act: SupportAct, details: Record<string, string | number>): Promise<SubscriptionChanged> {
    return answering(async () => {
      const { customerNowMs } = await billingNow('Read what Stripe says').fetchBillingFacts({ customerId: this.customer.id });
      const { catalogue } = await this.customer.loadRules();
      const outcome = evolveSupport(this.customer.lifecycle, act, catalogue, customerNowMs);
      if ('refusal' in outcome) throw refused(outcome.refusal.code, outcome.refusal.detail);
      this.customer.lifecycle = outcome.state;
      await this.record(act.verb, act, details, customerNowMs);
      return this.shown();
    });
  }

  private record(verb: string, { actor, reason }: BySupport, details: Record<string, string | number>, customerNowMs: number): Promise<void> {
    const { id: customerId, lifecycle: after } = this.customer;
    return projections(`Support: ${verb.replaceAll('_', ' ')} (${reason})`.slice(0, 200)).recordSupportAct({ customerId, key: this.customer.nextMoveKey(), verb, actor, reason, details, after, customerNowMs });
  }

  private async shown(): Promise<SubscriptionChanged> {
    await this.evaluate();
    const { stage, overlays, nextStep } = this.customer.lifecycle;
    return { stage, overlays: [...overlays], nextStep };
  }
}

const refused = (type: UpdateError, message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, type);

function needReason(reason: string): void {
  if (reason.trim().length < SHORTEST_REASON) throw refused('REASON_MISSING', 'Say why, in at least three characters.');
}
