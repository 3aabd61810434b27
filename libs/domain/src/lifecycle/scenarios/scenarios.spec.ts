import { describe, expect, it } from 'vitest';
import { STANDARD_POLICY } from '../lifecycle.policy.js';
import { SMART_RETRIES_POLICY } from '../lifecycle.smart-retries.js';
import { play } from './play.js';
import { SCENARIOS } from './scenarios.js';
import { SMART_RETRIES_DIARIES } from './smart-retries.diaries.js';
import { STANDARD_DIARIES } from './standard.diaries.js';

describe.each([['standard', STANDARD_POLICY, STANDARD_DIARIES], ['smart-retries', SMART_RETRIES_POLICY, SMART_RETRIES_DIARIES]] as const)('by the policy %s', (_id, policy, diaries) => {
  it.each(SCENARIOS.map((scenario) => [scenario.no, scenario.title, scenario] as const))('%s: %s', (no, _title, scenario) => {
    const { diary, story } = play(scenario, policy);
    expect(diary).toEqual(diaries[no]);
    const paid = story.charges.filter((charge) => charge.paid).map(({ invoiceId }) => invoiceId);
    expect(new Set(paid).size, 'no invoice is paid twice').toBe(paid.length);
  });

  it('has a diary for each scenario, and no other', () => {
    expect(Object.keys(diaries).sort()).toEqual(SCENARIOS.map(({ no }) => no).sort());
  });
});
