import type { Rules, RulesPort } from '#workflows/ports/rules.port.js';

/** Plans and policy of this release, as workflows see them. */
export function createRulesActivities(rules: Rules): RulesPort {
  return {
    async loadRules({ knownVersion }) {
      return knownVersion === rules.version ? null : rules;
    },
  };
}
