import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Diaries, Scenario } from '#domain/lifecycle/scenarios/scenario.types.js';
import { SCENARIOS } from '#domain/lifecycle/scenarios/scenarios.js';
import { SMART_RETRIES_DIARIES } from '#domain/lifecycle/scenarios/smart-retries.diaries.js';
import { startHarness, type Harness } from '#testing/harness/harness.js';
import { ScenarioPlayer } from './scenario-player.js';

const ROOT = process.cwd();
const PLANS = join(ROOT, 'test/money/plans.yaml');

/** Plays these scenarios by one policy file, on the real workflow, a true Temporal server, Postgres, and the Stripe and Docker emulators. */
export function playScenarios(policyFile: string, diaries: Diaries, numbers: readonly string[]): void {
  const chosen = numbers.map((no) => SCENARIOS.find((scenario) => scenario.no === no)).filter((scenario) => scenario !== undefined);
  it('knows every number', () => { expect(chosen.map(({ no }) => no)).toEqual(numbers); });
  for (const trial of [false, true]) {
    const these = chosen.filter((scenario) => (scenario.trial === true) === trial);
    if (these.length > 0) play(policyFile, diaries, these, trial);
  }
}

function play(policyFile: string, diaries: Diaries, scenarios: readonly Scenario[], trial: boolean): void {
  describe.skipIf(inject('temporalAddress') === null)(trial ? 'that begin with a trial' : 'that begin with a payment', () => {
    let harness: Harness;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ck-plans-'));
      const plans = join(folder, 'plans.yaml');
      const text = readFileSync(PLANS, 'utf8');
      writeFileSync(plans, trial ? text.replaceAll('trialHours: 0\n    prices: [{ id: max', 'trialHours: 48\n    prices: [{ id: max') : text);
      harness = await startHarness({
        postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '', environment: { PLANS_FILE: relative(join(ROOT, 'config'), plans), POLICY_FILE: policyFile },
      });
      // One owner of the retries: where the policy says Stripe, Stripe retries.
      if (diaries === SMART_RETRIES_DIARIES) {
        await fetch(`${harness.emulators.stripe.baseUrl}/_emulator/account`, { method: 'POST', body: JSON.stringify({ retries: 'smart', endAction: 'leave' }) });
      }
    }, 120_000);
    afterAll(async () => {
      await harness.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(scenarios.map((scenario) => [scenario.no, scenario.title, scenario] as const))('%s: %s', async (no, _title, scenario) => {
      const { seen, expected, early, paidTwice } = await ScenarioPlayer.play(harness, scenario, diaries[no] ?? []);
      expect(early, 'nothing comes before its day').toEqual([]);
      expect(seen).toEqual(expected);
      expect(paidTwice).toEqual([]);
    }, 180_000);
  });
}
