import { STANDARD_POLICY, type LifecyclePolicy } from './lifecycle.policy.js';

const { stages } = STANDARD_POLICY;

/** Stripe's Smart Retries own the first fortnight (lifecycle.md); `config/policies/smart-retries.yaml` is the same table, and a spec holds them together. */
export const SMART_RETRIES_POLICY: LifecyclePolicy = {
  ...STANDARD_POLICY,
  id: 'smart-retries',
  version: 'smart-retries-1',
  retryOwner: 'stripe',
  payAgainOnDays: [],
  stages: {
    ...stages,
    grace: {
      fromDay: 14, serviceLevel: 'full',
      notices: [
        { when: 'entry', announces: 'downgraded' },
        { when: 'before', daysBefore: 2, announces: 'downgraded' },
        { when: 'before', daysBefore: 1, announces: 'downgraded' },
      ],
    },
    downgraded: { ...stages.downgraded, fromDay: 17 },
    suspended: { ...stages.suspended, fromDay: 21 },
  },
};
