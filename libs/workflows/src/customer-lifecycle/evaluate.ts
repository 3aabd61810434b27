import { isCancellation, log } from '@temporalio/workflow';
import { decideLifecycle } from '#domain/lifecycle/lifecycle.decide.js';
import { evolveLifecycle, evolveNoticeSent, evolvePaymentTried, isSettled } from '#domain/lifecycle/lifecycle.evolve.js';
import type { BillingFacts, LifecycleEffect, PaymentTrigger } from '#domain/lifecycle/lifecycle.types.js';
import { billing, billingLook, notify, projections } from '../activities.js';
import { workflowNowMs } from '../clock.js';
import { causeOf, failureType, unlessRefused } from '../saga/saga.js';
import type { Customer } from './customer.js';
import type { InstanceKeeper } from './instance-keeper.js';
import { noticeFacts, noticesOwed } from './notice-facts.js';

/** A late evaluation moves one stage at a time and effects change the facts; more rounds than this would be a fault of the policy. */
const MOST_ROUNDS = 20;

/** Within one evaluation Stripe is asked again after this, after its bell, and after every effect but these. */
const FACTS_ARE_FRESH_MS = 10_000;
const LEAVES_STRIPE_ALONE = new Set<LifecycleEffect['kind']>(['provision', 'notify', 'flag_for_review']);

const TRIGGER_WORDS: Readonly<Record<PaymentTrigger, string>> = { schedule: 'another attempt', card_changed: 'the card was changed', customer: 'asked for by the customer', support: 'asked for by support' };

/**
 * Read the facts, let the policy decide, put the move on record, bring its effects about; again until nothing moves.
 * Facts that cannot be read change nothing: it is shown to support, and we look again soon.
 */
export async function evaluate(customer: Customer, instances: InstanceKeeper): Promise<void> {
  customer.retryAtMs = null;
  try {
    await settle(customer, instances);
  } catch (error) {
    if (isCancellation(error)) throw error;
    customer.stumble(`The facts could not be judged: ${causeOf(error)}`);
    customer.show();
  }
  await unlessRefused('needs attention', () => customer.tellAttention());
}

async function settle(customer: Customer, instances: InstanceKeeper): Promise<void> {
  const { catalogue, policy } = await customer.loadRules();
  const done = new Set<string>();
  let stripe: { says: BillingFacts; readAtMs: number } | null = null;
  let duplicatesResolved = false;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (stripe === null || customer.doorbell.rung || workflowNowMs() - stripe.readAtMs > FACTS_ARE_FRESH_MS) {
      customer.doorbell.hear();
      const readAtMs = workflowNowMs();
      stripe = { says: await billingLook('Read what Stripe says').fetchBillingFacts({ customerId: customer.id }), readAtMs };
    }
    const facts = {
      billing: stripe.says,
      instances: await projections('Read the instances').loadInstances({ customerId: customer.id }),
    };
    const decision = decideLifecycle(facts, customer.lifecycle, catalogue, policy, workflowNowMs());
    if (facts.billing.liveSubscriptionCount > 1 && !duplicatesResolved) {
      // Two tabs, both paid: one stays, the other is paid back; only what cannot be resolved is a matter for a person.
      duplicatesResolved = true;
      await billing('Two live subscriptions: keep the first, pay the other back').resolveDuplicateSubscriptions({ customerId: customer.id });
      stripe = null;
      continue;
    }
    const { customerNowMs } = facts.billing;
    customer.sawClock(facts.billing);
    const evolved = evolveLifecycle(customer.lifecycle, decision, customerNowMs);
    const moves = !isSettled(customer.lifecycle, decision);
    if (moves) {
      await projections(`${customer.lifecycle.stage} → ${decision.stage}: ${decision.reason}`.slice(0, 200)).recordDecision({
        customerId: customer.id, key: customer.nextMoveKey(), from: customer.lifecycle, decision, actor: 'policy', needsAttention: customer.attention.text,
        customerNowMs, notices: noticesOwed(customer.id, decision, noticeFacts(evolved, catalogue)),
      });
    }
    customer.lifecycle = evolved;
    customer.policyWakeAtMs = decision.wakeAtMs;
    if (decision.reviewReason === null) customer.attention.takeBack('review');
    customer.show();
    const open = decision.effects.filter((effect) => !done.has(JSON.stringify(effect)));
    for (const effect of open) {
      done.add(JSON.stringify(effect));
      await attempt(effect, customer, instances, customerNowMs);
      if (!LEAVES_STRIPE_ALONE.has(effect.kind)) stripe = null;
    }
    const furtherStageIsDue = decision.wakeAtMs !== null && decision.wakeAtMs <= workflowNowMs();
    if (open.length === 0 && !(moves && furtherStageIsDue)) {
      if (customer.retryAtMs === null) customer.recovered();
      customer.show();
      return;
    }
  }
  log.error('The policy did not come to rest', { stage: customer.lifecycle.stage });
  customer.lookAgainSoon();
}

/** An effect that does not succeed is decided again at the next evaluation: it is shown to support, and we look again soon. */
async function attempt(effect: LifecycleEffect, customer: Customer, instances: InstanceKeeper, customerNowMs: number): Promise<void> {
  try {
    await bringAbout(effect, customer, instances, customerNowMs);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The look within the harmful call found a payment: nothing was done, and the next round reads it too.
    if (failureType(error) === 'PAID_MEANWHILE') return log.info('Paid meanwhile: nothing was taken away', { effect: effect.kind });
    customer.stumble(`${effect.kind}: ${causeOf(error)}`);
  }
}

async function bringAbout(effect: LifecycleEffect, customer: Customer, instances: InstanceKeeper, customerNowMs: number): Promise<void> {
  switch (effect.kind) {
    case 'provision': return instances.provision(effect.instanceId);
    case 'stop_instances': return instances.each(effect.instanceIds, (id) => instances.suspend(id, effect.reason));
    case 'apply_plan': return instances.each(effect.instanceIds, (id) => instances.applyPlan(id, effect.planId, customer.lifecycle.serviceLevel === 'downgraded'));
    case 'pay_invoice': {
      const { invoiceId, key, trigger } = effect;
      const tried = await billing(`Collect ${invoiceId}: ${TRIGGER_WORDS[trigger]}`).payInvoice({ customerId: customer.id, invoiceId, key: `${customer.id}:${key}`, trigger });
      const { outcome, paymentMethodId } = tried;
      if (outcome !== 'not_open') customer.lifecycle = evolvePaymentTried(customer.lifecycle, key, { atMs: customerNowMs, invoiceId, trigger, outcome, paymentMethodId });
      return;
    }
    case 'adopt_payment_method':
      return billing('The new card, for the subscription too').adoptPaymentMethod({ customerId: customer.id, subscriptionId: effect.subscriptionId, paymentMethodId: effect.paymentMethodId });
    case 'void_and_cancel': {
      const { outcome } = await billing('End of an unpaid subscription: void, then cancel').voidAndCancel({ customerId: customer.id, subscriptionId: effect.subscriptionId, invoiceIds: effect.invoiceIds, cause: effect.cause });
      log.info('The end of an unpaid subscription', { outcome });
      return;
    }
    case 'pause_collection': return billing('Disputed: nothing new is charged').pauseCollection({ customerId: customer.id, subscriptionId: effect.subscriptionId });
    case 'resume_collection': return billing('Collect again').resumeCollection({ customerId: customer.id, subscriptionId: effect.subscriptionId });
    case 'export_instances': return instances.each(effect.instanceIds, (id) => instances.exportData(id));
    case 'teardown_instances': return instances.each(effect.instanceIds, (id) => instances.teardown(id, effect.reason));
    // What is no hold stays until a person has looked at it.
    case 'flag_for_review': customer.attention.call(customer.lifecycle.reviewReason === null ? 'question' : 'review', effect.why); customer.show(); return;
    case 'notify': {
      await notify(`Tell: ${effect.notice.replaceAll('_', ' ')}`).sendNotice({
        customerId: customer.id, key: `${customer.id}:${effect.key}`, kind: effect.notice, data: noticeFacts(customer.lifecycle, (await customer.loadRules()).catalogue),
      });
      customer.lifecycle = evolveNoticeSent(customer.lifecycle, effect.key, customerNowMs);
    }
  }
}
