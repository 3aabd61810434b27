import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as customerUpdates from '#workflows/contracts/customer-lifecycle.js';
import * as instanceUpdates from '#workflows/contracts/instance-workflows.js';
import { goldenHistories, prefixesOf, replay } from './replay.js';

const BUNDLE = readFileSync('dist/workflow-bundle.js', 'utf8');
const histories = goldenHistories('histories');

/** What has run must go on under this release's code: whole histories, and what a worker knew at each of its tasks. */
describe('replay gate', () => {
  it('has a history of every workflow that the worker knows', () => {
    const source = readFileSync('libs/workflows/src/workflows.ts', 'utf8');
    const known = [...source.matchAll(/^export \{ (\w+) \}/gm)].map(([, name]) => name);
    expect(known.length).toBeGreaterThanOrEqual(3);
    expect(new Set(histories.map(({ workflowType }) => workflowType))).toEqual(new Set(known));
  });

  it('has a history of each update, to a customer and to an instance', () => {
    const named = histories.flatMap(({ events }) => events).map(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => accepted?.acceptedRequest.input.name);
    const updates = Object.entries({ ...customerUpdates, ...instanceUpdates }).flatMap(([name, one]) => (name.endsWith('Update') ? [(one as { name: string }).name] : []));
    expect(updates.length).toBeGreaterThanOrEqual(14);
    expect(updates.filter((name) => !named.includes(name))).toEqual([]);
  });

  it.each(histories.map((history) => [history.name, history] as const))('%s replays, and its beginnings', async (_name, history) => {
    const prefixes = prefixesOf(history);
    expect(prefixes.length).toBeGreaterThan(3);
    expect(await replay(BUNDLE, prefixes)).toEqual({});
  }, 60_000);

  it.each([
    ['another timer in each step', 'await step.run(context);', (sleep: string) => `await ${sleep}(1); await step.run(context);`, /^(provision|teardown)-/],
    ['a step that does not tell that it begins', "await tell(report, [...done, { name: step.name, state: 'running', error: null }]);", () => '', /^(provision|teardown)-/],
    ['facts that are read only after a pause', 'const { catalogue, policy } = await customer.loadRules();', (sleep: string) => `await ${sleep}(1); const { catalogue, policy } = await customer.loadRules();`, /^customer-(free|refunded)/],
    ['a payment that is asked for only after a pause', "case 'pay_invoice': {", (sleep: string) => `case 'pay_invoice': { await ${sleep}(1);`, /^customer-never-pays/],
  ] as const)('refuses a changed workflow: %s', async (_what, find, change, names) => {
    const sleep = `(0,${/\(0,(_temporalio_workflow__WEBPACK_IMPORTED_MODULE_\d+__)\.sleep\)/.exec(BUNDLE)?.[1] ?? ''}.sleep)`;
    expect(BUNDLE).toContain(find);
    const changed = BUNDLE.replaceAll(find, change(sleep));
    const refused = await replay(changed, histories.filter(({ name }) => names.test(name)).map((history) => prefixesOf(history).at(-1)!));
    expect(Object.values(refused).length).toBeGreaterThan(0);
    expect(new Set(Object.values(refused))).toEqual(new Set(['DeterminismViolationError']));
  }, 60_000);
});
