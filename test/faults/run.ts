/**
 * Runs the fault matrix, or a part of it, outside Vitest: `node dist/test/faults/run.js [--only <regular expression>] [--write-manifest] [--patience <ms>] [--each]`.
 * With `--servers <json>` it uses running servers and answers JSON lines, as the planted bugs want it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allCells, cellName } from '#testing/fault-kit/cells.js';
import { FaultPlan } from '#testing/fault-kit/fault-plan.js';
import { KIT_PLANS_FILE } from '#testing/fault-kit/lives.js';
import { discoverSteps, readManifest } from '#testing/fault-kit/manifest.js';
import { matrixTable, runMatrix } from '#testing/fault-kit/matrix.js';
import { startHarness } from '#testing/harness/harness.js';
import { startServers } from '#testing/harness/servers.js';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, 'write-manifest': { type: 'boolean', default: false }, servers: { type: 'string' }, each: { type: 'boolean', default: false }, patience: { type: 'string', default: '150000' } } });
const given = values.servers === undefined ? null : JSON.parse(values.servers) as { postgresUrl: string; temporalAddress: string };
const own = given === null ? await startServers() : null;
const plan = new FaultPlan();
const manifestFile = join(process.cwd(), 'test/faults/manifest.json');
const harness = await startHarness({ ...(given ?? own!), environment: { PLANS_FILE: KIT_PLANS_FILE }, activityInterceptors: [plan.interceptor] });
const leave = (): void => { void harness.stop().then(() => own?.stop()).finally(() => process.exit(130)); };
process.once('SIGINT', leave).once('SIGTERM', leave);
try {
  if (values['write-manifest']) writeFileSync(manifestFile, `${JSON.stringify(await discoverSteps(harness, plan), null, 1).replaceAll(/\{\s+"activityType": ("\w+"),\s+"occurrence": (\d+)\s+\}/g, '{ "activityType": $1, "occurrence": $2 }')}\n`);
  const wanted = new RegExp(values.only);
  const cells = allCells(readManifest(manifestFile)).filter((cell) => wanted.test(cellName(cell)));
  const began = performance.now();
  let done = 0;
  const results = await runMatrix(harness, plan, cells, {
    patienceMs: Number(values.patience), each: values.each,
    onResult: (result) => {
      done += 1;
      if (given === null && done % 25 === 0) process.stdout.write(`${done} of ${cells.length} after ${Math.round((performance.now() - began) / 1000)} s\n`);
      if (given !== null) process.stdout.write(`${JSON.stringify(result)}\n`);
      else if (result.outcome === 'violation') process.stdout.write(`✗ ${result.cell} (${result.seconds} s): ${result.violations.join(' | ')}\n`);
    },
  });
  if (given === null) process.stdout.write(`${matrixTable(results)}\n${results.length} cells, ${results.filter(({ outcome }) => outcome === 'violation').length} violations, ${Math.round((performance.now() - began) / 1000)} s\n`);
} finally {
  await harness.stop();
  await own?.stop();
}
process.exit(0);
