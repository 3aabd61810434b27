import { isCancellation, log } from '@temporalio/workflow';
import { decideLifecycle } from '#domain/lifecycle/lifecycle.decide.js';
import { evolveLifecycle, evolveNoticeSent, isSettled } from '#domain/lifecycle/lifecycle.evolve.js';
import type { BillingFacts, LifecycleEffect } from '#domain/lifecycle/lifecycle.types.js';
import { billingLook, notify, projections } from '../activities.js';
import { workflowNowMs } from '../clock.js';
import { causeOf } from '../saga/saga.js';
import type { Customer } from './customer.js';
import type { InstanceKeeper } from './instance-keeper.js';

/** A late evaluation moves one stage at a time and effects change the facts; more rounds than this would be a fault of the policy. */
const MOST_ROUNDS = 20;

/** Within one evaluation Stripe is asked again after this, after its bell, and after every effect but these. */
const FACTS_ARE_FRESH_MS = 10_000;
const LEAVES_STRIPE_ALONE = new Set<LifecycleEffect['kind']>(['provision', 'notify', 'flag_for_review']);

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
}

async function settle(customer: Customer, instances: InstanceKeeper): Promise<void> {
  const { catalogue, policy } = await customer.loadRules();
  const done = new Set<string>();
  let stripe: { says: BillingFacts; readAtMs: number } | null = null;
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
    const moves = !isSettled(customer.lifecycle, decision);
    if (moves) {
      await projections(`${customer.lifecycle.stage} → ${decision.stage}: ${decision.reason}`.slice(0, 200)).recordDecision({
        customerId: customer.id, key: customer.nextMoveKey(), from: customer.lifecycle, decision, actor: 'policy', needsAttention: customer.attention.text,
      });
    }
    const { customerNowMs } = facts.billing;
    customer.lifecycle = evolveLifecycle(customer.lifecycle, decision, customerNowMs);
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
    customer.stumble(`${effect.kind}: ${causeOf(error)}`);
  }
}

async function bringAbout(effect: LifecycleEffect, customer: Customer, instances: InstanceKeeper, customerNowMs: number): Promise<void> {
  switch (effect.kind) {
    case 'provision': return instances.provision(effect.instanceId);
    case 'stop_instances': return instances.each(effect.instanceIds, (id) => instances.suspend(id, effect.reason));
    case 'apply_plan': return instances.each(effect.instanceIds, (id) => instances.applyPlan(id, effect.planId));
    case 'export_instances': return instances.each(effect.instanceIds, (id) => instances.exportData(id));
    case 'teardown_instances': return instances.each(effect.instanceIds, (id) => instances.teardown(id, effect.reason));
    // What is no hold stays until a person has looked at it.
    case 'flag_for_review': customer.attention.call(customer.lifecycle.reviewReason === null ? 'question' : 'review', effect.why); customer.show(); return;
    case 'notify': {
      const { nextStep, planId } = customer.lifecycle;
      await notify(`Mail: ${effect.notice.replaceAll('_', ' ')}`).sendNotice({
        customerId: customer.id, key: `${customer.id}:${effect.key}`, kind: effect.notice,
        data: { planId, nextWhat: nextStep?.what ?? null, nextAtMs: nextStep?.atMs ?? null },
      });
      customer.lifecycle = evolveNoticeSent(customer.lifecycle, effect.key, customerNowMs);
    }
  }
}
