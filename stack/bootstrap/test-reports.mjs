import { readFileSync } from 'node:fs';

/**
 * What one runner found: counts, and every test that failed or was skipped by its full name.
 * @typedef {{ runner: string, passed: number, failed: string[], skipped: string[] }} Outcome
 */

const parse = (file) => JSON.parse(readFileSync(file, 'utf8'));
const short = (path, root) => path.replace(`${root}/`, '');

/**
 * Reads Vitest's JSON report. A run that ended badly without a failed test (a file that does not load, a set-up that breaks, an
 * unhandled rejection) counts as one failure: it must never read as green.
 * @returns {Outcome}
 */
export function readVitest(runner, file, exitCode, root) {
  const outcome = { runner, passed: 0, failed: [], skipped: [] };
  let report;
  try {
    report = parse(file);
  } catch {
    outcome.failed.push(`${runner}: ended with code ${exitCode} and no report`);
    return outcome;
  }
  for (const suite of report.testResults) {
    const where = short(suite.name, root);
    for (const test of suite.assertionResults) {
      const name = `${where} > ${[...test.ancestorTitles, test.title].join(' > ')}`;
      if (test.status === 'passed') outcome.passed += 1;
      else if (test.status === 'failed') outcome.failed.push(name);
      else outcome.skipped.push(name);
    }
    if (suite.status === 'failed' && !suite.assertionResults.some(({ status }) => status === 'failed')) outcome.failed.push(`${where}: ${(suite.message ?? 'does not load').split('\n')[0]}`);
  }
  if (exitCode !== 0 && outcome.failed.length === 0) outcome.failed.push(`${runner}: ended with code ${exitCode} although no test failed (see above)`);
  return outcome;
}

/**
 * Reads Playwright's JSON report.
 * @returns {Outcome}
 */
export function readPlaywright(runner, file, exitCode) {
  const outcome = { runner, passed: 0, failed: [], skipped: [] };
  let report;
  try {
    report = parse(file);
  } catch {
    outcome.failed.push(`${runner}: ended with code ${exitCode} and no report`);
    return outcome;
  }
  const walk = (suite, path) => {
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        const name = [...path, spec.title, test.projectName].filter(Boolean).join(' > ');
        if (test.status === 'expected' || test.status === 'flaky') outcome.passed += 1;
        else if (test.status === 'skipped') outcome.skipped.push(name);
        else outcome.failed.push(name);
      }
    }
    for (const child of suite.suites ?? []) walk(child, [...path, child.title]);
  };
  for (const suite of report.suites ?? []) walk(suite, [suite.title]);
  if (exitCode !== 0 && outcome.failed.length === 0) outcome.failed.push(`${runner}: ended with code ${exitCode}: ${report.errors?.[0]?.message?.split('\n')[0] ?? 'although no test failed'}`);
  return outcome;
}

/** Prints what was skipped and what failed by name, then one closing line, alone on its line. Returns the exit code. */
export function close(outcomes, print = (line) => process.stdout.write(`${line}\n`)) {
  const all = (key) => outcomes.flatMap((outcome) => outcome[key].map((name) => `${outcome.runner}: ${name}`));
  const [failed, skipped] = [all('failed'), all('skipped')];
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  if (skipped.length > 0) print(`\nSKIPPED, ${skipped.length}:\n${skipped.map((name) => `  - ${name}`).join('\n')}`);
  if (failed.length > 0) print(`\nFAILED, ${failed.length}:\n${failed.map((name) => `  - ${name}`).join('\n')}`);
  print('');
  print(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return failed.length === 0 && passed > 0 ? 0 : 1;
}
