// Everything that is checked without running the product. Each check is one line; the last line counts them.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const node = (...args) => ({ file: process.execPath, args });
const TSC = 'node_modules/typescript7/bin/tsc';

/** Runs a program without a shell; rejects with what it said when it fails. */
function run({ file, args }) {
  return new Promise((resolve, reject) => {
    execFile(file, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${stdout}${stderr}`.trim().split('\n').slice(-60).join('\n') || error.message));
    });
  });
}

/** npm must find packages wherever it is told to look, not where somebody once found them. */
function lockfileWithoutAddresses() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const named = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path);
  if (named.length > 0) throw new Error(`package-lock.json names addresses for ${named.length} packages, the first is ${named[0]}. Mend: npm install with omit-lockfile-registry-resolved=true (.npmrc)`);
}

/** A second protobufjs below @temporalio makes historyToJSON throw `type must be a Type`: nobody would see it before a replay. */
function oneProtobufjs() {
  const found = [];
  const walk = (folder) => {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      if (entry.name === 'node_modules' && existsSync(join(path, 'protobufjs'))) found.push(join(path, 'protobufjs'));
      else if (entry.name === 'node_modules' || path.split('/').length < 4) walk(path);
    }
  };
  walk('node_modules/@temporalio');
  if (found.length > 0) throw new Error(`More than one protobufjs: ${found.join(', ')}. The root package.json must hoist the one that Temporal wants.`);
}

/** Whether the committed API document is the one that the code makes. */
function openApiIsFresh() {
  return run(node('node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'apps/api/src/openapi'));
}

/** Whether the dashboard's client is the one that the API document makes. */
async function clientIsFresh() {
  const made = mkdtempSync(join(tmpdir(), 'clawkeep-client-'));
  try {
    await run(node('node_modules/@hey-api/openapi-ts/bin/run.js', '-f', 'apps/web/openapi-ts.config.ts', '-o', made));
    const committed = 'apps/web/src/api/generated';
    const list = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1)).sort();
    const [wanted, present] = [list(made), list(committed)];
    const stale = [...new Set([...wanted, ...present])].filter((name) => !wanted.includes(name) || !present.includes(name) || readFileSync(join(made, name), 'utf8') !== readFileSync(join(committed, name), 'utf8'));
    if (stale.length > 0) throw new Error(`${committed} is stale: ${stale.slice(0, 5).join(', ')}. Mend: npx openapi-ts -f apps/web/openapi-ts.config.ts`);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

const checks = [
  ['types: server', () => run(node(TSC, '-p', 'tsconfig.json', '--noEmit'))],
  ['types: dashboard', existsSync('apps/web/tsconfig.json') && (() => run(node(TSC, '-p', 'apps/web/tsconfig.json', '--noEmit')))],
  ['eslint', ['eslint.config.mjs', 'eslint.config.js', 'eslint.config.ts'].some(existsSync) && (() => run(node('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0')))],
  ['arrows between rooms', existsSync('.dependency-cruiser.mjs') && (() => run(node('node_modules/dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.mjs', 'apps', 'libs', 'sandbox', 'stack')))],
  ['size of the dashboard', existsSync('apps/web/test/size-gate.mjs') && (() => run(node('apps/web/test/size-gate.mjs')))],
  ['API document is fresh', existsSync('apps/api/openapi.json') && openApiIsFresh],
  ['API client is fresh', existsSync('apps/web/openapi-ts.config.ts') && clientIsFresh],
  ['lockfile without addresses', lockfileWithoutAddresses],
  ['one protobufjs for Temporal', oneProtobufjs],
];

const count = { passed: 0, failed: 0, skipped: 0 };
const LANES = 2;
// The longest first, so that the lanes end together.
const line = checks.toSorted(([one], [other]) => Number(other === 'eslint') - Number(one === 'eslint'));

async function judge([name, check]) {
  if (check === false) {
    count.skipped += 1;
    console.log(`SKIPPED  ${name}: what it reads is not there`);
    return;
  }
  const begin = Date.now();
  try {
    await check();
    count.passed += 1;
    console.log(`ok       ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  } catch (error) {
    count.failed += 1;
    console.log(`FAILED   ${name}\n${error.message.split('\n').map((text) => `  ${text}`).join('\n')}`);
  }
}
await Promise.all(Array.from({ length: LANES }, async () => { for (let one = line.shift(); one !== undefined; one = line.shift()) await judge(one); }));
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed === 0 ? 0 : 1);
