import type { LifecyclePolicy } from '#domain/lifecycle/lifecycle.policy.js';
import type { Catalogue } from '#domain/plan/plan.types.js';

/** The rules by which a customer is treated, as data; they enter a history as an activity's result, so that replay is exact. */
export interface Rules { version: string; catalogue: Catalogue; policy: LifecyclePolicy }

export interface RulesPort {
  /** null = still the version that the caller knows. */
  loadRules(input: { knownVersion: string | null }): Promise<Rules | null>;
}
