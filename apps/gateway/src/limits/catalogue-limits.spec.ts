import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '#config/plans.js';
import { catalogueLimits } from './catalogue-limits.js';

const limits = catalogueLimits(loadCatalogue('config/plans/default.yaml'));

describe('catalogueLimits', () => {
  it('knows the limits of the default catalogue', () => {
    expect(limits.limitsOf('free', 'full')).toMatchObject({ messagesPerMonth: 100, messagesPerDay: null });
  });

  it('applies the lower plan to a downgraded customer, and to no other', () => {
    expect(limits.limitsOf('pro', 'downgraded')).toEqual(limits.limitsOf('free', 'full'));
    expect(limits.limitsOf('pro', 'full')).not.toEqual(limits.limitsOf('free', 'full'));
    expect(limits.limitsOf('free', 'downgraded')).toEqual(limits.limitsOf('free', 'full'));
  });

  it('knows nothing of a plan that is not there', () => {
    expect(limits.limitsOf('gold', 'full')).toBeUndefined();
  });
});
