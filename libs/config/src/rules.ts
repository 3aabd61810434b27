import { createHash } from 'node:crypto';
import type { LifecyclePolicy } from '#domain/lifecycle/lifecycle.policy.js';
import type { Catalogue } from '#domain/plan/plan.types.js';
import { readCatalogue, shortestDays } from './plans.js';
import { readPolicy } from './policies.js';
import { ConfigFileError } from './yaml-file.js';

export interface BusinessRules {
  /** Changes whenever a byte of either file does. */
  readonly version: string;
  readonly catalogue: Catalogue;
  readonly policy: LifecyclePolicy;
}

/**
 * The catalogue and the policy together, each checked, and one against the other.
 * @throws ConfigFileError naming file, line, path and mend.
 */
export function loadBusinessRules(files: { plansFile: string; policyFile: string }): BusinessRules {
  const plans = readCatalogue(files.plansFile);
  const policy = readPolicy(files.policyFile);
  const endedOnDay = policy.value.stages.ended.fromDay;
  const problems = plans.value.plans.flatMap((plan, index) => plan.prices.flatMap((price, position) => {
    const days = shortestDays(price);
    return days > endedOnDay ? [] : [
      `${plans.at(['plans', index, 'prices', position, 'interval'])}: price "${price.id}" is billed every ${days} days, but the policy ends an unpaid subscription on day ${endedOnDay} only `
      + `(${policy.at(['stages', 'ended', 'fromDay'])}): choose a longer interval, or a policy that ends sooner`,
    ];
  }));
  if (problems.length > 0) throw new ConfigFileError(problems);
  const version = createHash('sha256').update(plans.text).update('\0').update(policy.text).digest('hex').slice(0, 16);
  return { version, catalogue: plans.value, policy: policy.value };
}
