import { createHash } from 'node:crypto';
import type { LifecyclePolicy } from '#domain/lifecycle/lifecycle.policy.js';
import type { Catalogue } from '#domain/plan/plan.types.js';
import type { RulesPort } from '#workflows/ports/rules.port.js';

/** Plans and policy of this release, as workflows see them. The version is the hash of both, so that nothing is forgotten. */
export function createRulesActivities({ catalogue, policy }: { catalogue: Catalogue; policy: LifecyclePolicy }): RulesPort {
  const version = createHash('sha256').update(JSON.stringify([catalogue, policy])).digest('hex').slice(0, 16);
  return {
    async loadRules({ knownVersion }) {
      return knownVersion === version ? null : { version, catalogue, policy };
    },
  };
}
