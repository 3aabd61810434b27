import { describe, expect, it } from 'vitest';
import { PROVISION_POLICY, TEARDOWN_POLICY } from './provisioning.policy.js';
import { PROVISION_STEPS, TEARDOWN_STEPS } from './provisioning.types.js';
import { RETRY_PROFILES, type RetryProfile } from './retry-profiles.js';
import { stepsTable } from './steps-table.js';

describe('provisioning as data', () => {
  it('has a row for each step, in the order of the steps', () => {
    expect(Object.keys(PROVISION_POLICY)).toEqual([...PROVISION_STEPS]);
    expect(Object.keys(TEARDOWN_POLICY)).toEqual([...TEARDOWN_STEPS]);
  });
  it('takes back whatever a step leaves behind, more patiently than it was made', () => {
    for (const [step, { undo, undoProfile, profile }] of Object.entries(PROVISION_POLICY)) {
      expect(undo === null, step).toBe(undoProfile === null);
      if (undoProfile === null) continue;
      const patience = (name: keyof typeof RETRY_PROFILES): number => RETRY_PROFILES[name].scheduleToCloseTimeoutMs ?? Number.POSITIVE_INFINITY;
      expect(patience(undoProfile), step).toBeGreaterThanOrEqual(patience(profile));
    }
  });
  it.each(Object.entries<RetryProfile>(RETRY_PROFILES))('profile %s: every attempt ends, and a dead worker is noticed', (_name, profile) => {
    expect(profile.startToCloseTimeoutMs).toBeGreaterThan(0);
    if (profile.scheduleToCloseTimeoutMs !== null) expect(profile.scheduleToCloseTimeoutMs).toBeGreaterThan(profile.startToCloseTimeoutMs);
    if (profile.startToCloseTimeoutMs > 60_000) expect(profile.heartbeatTimeoutMs, 'a long attempt heartbeats').not.toBeNull();
    expect(profile.maximumIntervalMs).toBeGreaterThanOrEqual(profile.initialIntervalMs);
  });
  it('no text breaks the table of steps', () => {
    const table = stepsTable('t', [{ name: 'reserve_slot', state: 'failed', error: 'a | b\nc' }], null);
    expect(table).toContain('| ✗ | reserve slot | failed | a \\| b c |');
  });
});
