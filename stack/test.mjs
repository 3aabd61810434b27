// `npm test`: everything, from a clean clone, on the same terms as `npm start`.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './bootstrap/build-steps.mjs';
import { checkNode, ensureInstalled } from './bootstrap/install.mjs';
import { run } from './bootstrap/run.mjs';
import { say } from './bootstrap/say.mjs';
import { close, readPlaywright, readVitest } from './bootstrap/test-reports.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
checkNode();
process.chdir(root);
const reports = mkdtempSync(join(tmpdir(), 'clawkeep-reports-'));

/** Runs a test runner with its output on the screen; resolves with its exit code. */
function runner(file, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function vitest(name, args, env) {
  const file = join(reports, `${name}.json`);
  say(`${name} …`);
  const code = await runner(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], env);
  return readVitest(name, file, code, root);
}

/** Temporal's servers: found, or got, or told why not. */
async function provide() {
  const told = await run(process.execPath, ['dist/stack/provide-test-programs.js'], { onLine: (line) => { if (!line.startsWith('{')) say(line); } });
  const found = JSON.parse(told.split('\n').findLast((line) => line.startsWith('{')));
  for (const reason of found.missing) process.stdout.write(`\n!! ${reason}\n\n`);
  return {
    ...process.env,
    ...(found.temporal === null ? {} : { TEMPORAL_BIN: found.temporal }),
    ...(found.testServer === null ? {} : { TEMPORAL_TEST_SERVER_BIN: found.testServer }),
  };
}

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const places = [
    process.env.CHROMIUM_PATH, ...(process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ];
  return places.find((path) => {
    try {
      accessSync(path ?? '', constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A stack of its own for the journeys, on free ports; several people come from one address at once. */
async function withStack(work) {
  const { startStack } = await import(pathToFileURL(join(root, 'dist/stack/start-stack.js')).href);
  const stateDir = mkdtempSync(join(tmpdir(), 'clawkeep-journeys-'));
  const stack = await startStack({ stateDir, ports: 'free', say, environment: { RATE_LIMIT_PER_IP: '10000', RATE_LIMIT_PER_USER: '10000' } });
  try {
    return await work(stack);
  } finally {
    await stack.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function browser(env) {
  const chromium = findChromium();
  const journeys = ['playwright.config.ts', 'apps/web/playwright.config.ts', 'test/playwright.config.ts'].filter((file) => existsSync(join(root, file)));
  const outcomes = [];
  for (const config of journeys) {
    const name = `browser (${config})`;
    if (chromium === undefined) {
      outcomes.push({ runner: name, passed: 0, failed: [], skipped: ['all of it: no Chromium here; install it, or set CHROMIUM_PATH'] });
      continue;
    }
    const file = join(reports, `${config.replaceAll('/', '-')}.json`);
    say(`${name} …`);
    outcomes.push(await told(name, () => withStack(async (stack) => {
      const code = await runner(process.execPath, ['node_modules/@playwright/test/cli.js', 'test', '--config', config, '--reporter=list,json'], {
        ...env, CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: file, CI: '1', CLAWKEEP_URL: stack.urls.dashboard, CLAWKEEP_SANDBOX_URL: stack.urls.panel,
      });
      return readPlaywright(name, file, code);
    })));
  }
  return outcomes;
}

/** A runner that can't even start is one failure, and the others still count. */
async function told(name, work) {
  try {
    return await work();
  } catch (error) {
    return { runner: name, passed: 0, failed: [error instanceof Error ? error.message : String(error)], skipped: [] };
  }
}

// `npm test -- <arguments of Vitest>` runs a part of the server's tests; without any, everything.
const part = process.argv.slice(2);
let exitCode = 1;
try {
  await ensureInstalled(root);
  await ensureBuilt(root);
  const env = await provide();
  const outcomes = part.length > 0 ? [await told('server', () => vitest('server', part, env))] : [
    await told('server', () => vitest('server', ['--project', 'unit', '--project', 'integration'], env)),
    // A run of its own: each file starts the whole product, beside which no other server is wanted.
    await told('system', () => vitest('system', ['--project', 'system'], env)),
  ];
  for (const config of ['apps/web/vitest.config.ts', 'apps/web/test/vitest.config.ts']) {
    if (part.length === 0 && existsSync(join(root, config))) outcomes.push(await told('dashboard', () => vitest('dashboard', ['--config', config], env)));
  }
  if (part.length === 0) outcomes.push(...(await browser(env)));
  exitCode = close(outcomes);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.stdout.write('\n0 passed, 1 failed, 0 skipped\n');
} finally {
  rmSync(reports, { recursive: true, force: true });
}
process.exit(exitCode);
