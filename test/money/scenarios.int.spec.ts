import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SCENARIOS } from '#domain/lifecycle/scenarios/scenarios.js';
import { STANDARD_DIARIES } from '#domain/lifecycle/scenarios/standard.diaries.js';
import { startHarness, type Harness } from '#testing/harness/harness.js';
import { ScenarioPlayer } from './scenario-player.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '', environment: { PLANS_FILE: '../test/money/plans.yaml', POLICY_FILE: 'policies/standard.yaml' },
  });
}, 120_000);
afterAll(() => harness.stop());

const ONLY = process.env['ONLY']?.split(',');
describe.skipIf(inject('temporalAddress') === null)('the scenarios on the real workflow', () => {
  it.each(SCENARIOS.filter(({ no }) => ONLY === undefined || ONLY.includes(no)).map((scenario) => [scenario.no, scenario.title, scenario] as const))('%s: %s', async (no, _title, scenario) => {
    const { seen, expected, early, paidTwice } = await ScenarioPlayer.play(harness, scenario, STANDARD_DIARIES[no] ?? []);
    expect(early).toEqual([]);
    expect(seen).toEqual(expected);
    expect(paidTwice).toEqual([]);
  }, 120_000);
});
