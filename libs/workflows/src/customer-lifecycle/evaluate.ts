import { log } from '@temporalio/workflow';
import { decideLifecycle } from '#domain/lifecycle/lifecycle.decide.js';
import { evolveLifecycle, evolveNoticeSent, isSettled } from '#domain/lifecycle/lifecycle.evolve.js';
import type { BillingFacts, LifecycleEffect } from '#domain/lifecycle/lifecycle.types.js';
import { billing, notify, projections } from '../activities.js';
import { workflowNowMs } from '../clock.js';
import { causeOf } from '../saga/saga.js';
import type { Customer } from './customer.js';
import type { InstanceKeeper } from './instance-keeper.js';

/** A late evaluation moves one stage at a time; more moves than stages in one go would be a fault of the policy. */
const MOST_MOVES_AT_ONCE = 10;
const TRY_AGAIN_MS = 5 * 60_000;

/** Read the facts, let the policy decide, put the move on record, bring its effects about; again until nothing moves. */
export async function evaluate(customer: Customer, instances: InstanceKeeper): Promise<BillingFacts> {
  const { catalogue, policy } = await customer.loadRules();
  for (let move = 0; ; move++) {
    const facts = {
      billing: await billing('Read what Stripe says').fetchBillingFacts({ customerId: customer.id }),
      instances: await projections('Read the instances').loadInstances({ customerId: customer.id }),
    };
    const decision = decideLifecycle(facts, customer.lifecycle, catalogue, policy, workflowNowMs());
    const settled = isSettled(customer.lifecycle, decision);
    if (!settled) {
      await projections(`${customer.lifecycle.stage} → ${decision.stage}: ${decision.reason}`.slice(0, 200)).recordDecision({
        customerId: customer.id, key: customer.nextMoveKey(), from: customer.lifecycle, decision, actor: 'policy', needsAttention: customer.needsAttention,
      });
    }
    customer.lifecycle = evolveLifecycle(customer.lifecycle, decision, facts.billing.customerNowMs);
    customer.policyWakeAtMs = decision.wakeAtMs;
    customer.owed.push(...decision.effects.filter((effect) => !customer.owed.some((owed) => same(owed, effect))));
    customer.show();
    await payWhatIsOwed(customer, instances, facts.billing.customerNowMs);
    if (settled || move === MOST_MOVES_AT_ONCE) return facts.billing;
  }
}

/** Brings owed effects about in order. One that does not succeed stays owed, is shown to support, and is tried again. */
export async function payWhatIsOwed(customer: Customer, instances: InstanceKeeper, customerNowMs = workflowNowMs()): Promise<void> {
  customer.retryAtMs = null;
  const failed: LifecycleEffect[] = [];
  for (let effect = customer.owed[0]; effect; effect = customer.owed[0]) {
    try {
      await bringAbout(effect, customer, instances, customerNowMs);
    } catch (error) {
      log.error('An effect of the policy did not succeed', { effect: effect.kind, cause: causeOf(error) });
      customer.needsAttention = `${effect.kind}: ${causeOf(error)}`;
      failed.push(effect);
    }
    customer.owed.shift();
  }
  customer.owed = failed;
  if (failed.length > 0) customer.retryAtMs = workflowNowMs() + TRY_AGAIN_MS;
  customer.show();
}

async function bringAbout(effect: LifecycleEffect, customer: Customer, instances: InstanceKeeper, customerNowMs: number): Promise<void> {
  switch (effect.kind) {
    case 'provision': return instances.provision(effect.instanceId);
    case 'stop_instances': return instances.stopAll(effect.reason);
    case 'export_instances': return instances.exportAll();
    case 'teardown_instances': return instances.teardownAll(effect.reason);
    case 'flag_for_review': customer.needsAttention = effect.why; return;
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

const same = (a: LifecycleEffect, b: LifecycleEffect): boolean => JSON.stringify(a) === JSON.stringify(b);
