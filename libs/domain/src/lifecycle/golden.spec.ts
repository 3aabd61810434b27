import { describe, expect, it } from 'vitest';
import { DAY_MS, STANDARD_POLICY, type LifecyclePolicy } from './lifecycle.policy.js';
import { SMART_RETRIES_POLICY } from './lifecycle.smart-retries.js';
import { ANCHOR_MS, begin, sayDays, takeStep } from './scenarios/play.js';
import type { Scenario } from './scenarios/scenario.types.js';
import { SCENARIOS } from './scenarios/scenarios.js';

const LAST_DAY = 57;

/** A whole case, day by day: stage, what the customer has, what happened, what comes next and when. */
function calendarOf(scenario: Scenario, policy: LifecyclePolicy): string {
  const story = begin(scenario, policy);
  const rows: string[] = [];
  let seen = story.diary.length;
  const steps = [...scenario.steps];
  for (let day = Math.min(0, Math.ceil(steps[0]?.day ?? 0)); day <= LAST_DAY; day++) {
    for (let step = steps[0]; step !== undefined && step.day <= day; step = steps[0]) {
      story.sleepUntil(ANCHOR_MS + step.day * DAY_MS);
      takeStep(story, step);
      steps.shift();
    }
    story.sleepUntil(ANCHOR_MS + day * DAY_MS);
    const happened = sayDays(story.diary.slice(seen)).map((line) => line.replace(/^day -?\d+ /, '')).join(' · ');
    seen = story.diary.length;
    const { stage, serviceLevel, nextStep, overlays } = story.state;
    const limits = story.instances[0]?.status === 'running' ? story.instances[0].planId : story.instances[0]?.status ?? 'nothing';
    const next = nextStep === null || nextStep.atMs === null ? nextStep?.code ?? '' : `${nextStep.code ?? ''} ${new Date(nextStep.atMs).toISOString().slice(0, 16).replace('T', ' ')}`;
    rows.push([`day ${day}`.padEnd(7), new Date(story.nowMs).toISOString().slice(0, 10), [stage, ...overlays].join('+').padEnd(22), serviceLevel.padEnd(10), limits.padEnd(9), next.padEnd(34), happened].join('  ').trimEnd());
  }
  const head = ['day    ', 'date      ', 'stage'.padEnd(22), 'service   ', 'container', 'next'.padEnd(34), 'what happened'].join('  ');
  return [`${scenario.title}`, `policy ${policy.version} · plan ${scenario.planId} · first failure 2027-03-01 10:05 UTC`, '', head, ...rows, ''].join('\n');
}

const GOLDEN = { 4: 'never-paid', '4b': 'downgrade-to-free', 7: 'hard-decline', 22: 'extended-grace', 23: 'paused', '21b': 'bank-debit' } as const;

describe.each([STANDARD_POLICY, SMART_RETRIES_POLICY])('a case day by day, policy $id', (policy) => {
  it.each(Object.entries(GOLDEN))('scenario %s: %s', async (no, name) => {
    const scenario = SCENARIOS.find((each) => each.no === no)!;
    await expect(calendarOf(scenario, policy)).toMatchFileSnapshot(`golden/${name}.${policy.id}.txt`);
  });
});
