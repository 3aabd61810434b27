import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filesBelow, fingerprint, isStamped, stamp } from './stamp.mjs';
import { run } from './run.mjs';
import { say, step } from './say.mjs';

const SOURCE_ROOMS = ['apps/api', 'apps/worker', 'apps/gateway', 'libs', 'sandbox', 'stack', 'bench', 'test'];
const BUILD_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
const isServerSource = (file) => /\.ts$/.test(file) && !/\.spec\.ts$/.test(file);

/**
 * Builds what is older than its sources: the server's JavaScript, the workflow bundle, the agent's bundle, the dashboard.
 * @param {string} root the repository
 * @returns {Promise<void>} rejects with the compiler's words
 */
export async function ensureBuilt(root) {
  const server = `${fingerprint(root, BUILD_FILES)} ${fingerprint(root, SOURCE_ROOMS, isServerSource)}`;
  await stale(root, 'server', server, 'Compiling the server', () => compile(root));
  // The bundles are made from the compiled tree and from installed packages.
  const compiled = (folder) => `${fingerprint(root, ['package-lock.json', folder], (file) => !file.endsWith('.map'))}`;
  const rest = [];
  if (existsSync(join(root, 'dist/libs/workflows/src/workflows.js'))) {
    const inputs = `${compiled('dist/libs/workflows')} ${compiled('dist/libs/domain')}`;
    rest.push(() => stale(root, 'workflow-bundle', inputs, 'Bundling the workflows', () => ownProcess(root, 'bundle-workflows.mjs'), 'dist/workflow-bundle.js'));
  }
  if (existsSync(join(root, 'dist/sandbox/emulators/openclaw/bundle.js')) && existsSync(join(root, 'dist/sandbox/emulators/openclaw/main.js'))) {
    rest.push(() => stale(root, 'agent-bundle', compiled('dist/sandbox/emulators/openclaw'), 'Bundling the light agent', () => ownProcess(root, 'bundle-agent.mjs'), 'dist/agent/openclaw-agent.mjs'));
  }
  if (existsSync(join(root, 'apps/web/vite.config.ts'))) {
    // Its generated route tree is an output of the same build.
    const web = `${fingerprint(root, BUILD_FILES)} ${fingerprint(root, ['apps/web', 'libs/domain/src'], (file) => !file.endsWith('routeTree.gen.ts') && !/\/test\/|\.(spec|test)\.tsx?$/.test(file))}`;
    rest.push(() => stale(root, 'web', web, 'Building the dashboard', () => buildWeb(root), 'apps/web/dist'));
  }
  for (const next of rest) await next();
}

async function stale(root, name, value, what, work, output) {
  const mark = join(root, 'dist', '.stamps', name);
  if (isStamped(mark, value) && (output === undefined || existsSync(join(root, output)))) return;
  try {
    await step(what, work);
  } catch (error) {
    // While several people write in one checkout, a mistake elsewhere must not keep the rest from running.
    if (process.env.CLAWKEEP_BUILD_ANYWAY !== '1') throw error;
    say(`${what} failed (CLAWKEEP_BUILD_ANYWAY=1 goes on):\n${(error.output ?? String(error)).split('\n').slice(0, 10).join('\n')}`);
    return;
  }
  stamp(mark, value);
}

async function compile(root) {
  try {
    await run(process.execPath, [join(root, 'node_modules/typescript7/bin/tsc'), '-p', 'tsconfig.build.json', '--pretty', 'false'], { cwd: root });
  } finally {
    removeOrphans(root);
  }
}

/** A source that was removed must not live on as JavaScript. */
function removeOrphans(root) {
  for (const room of SOURCE_ROOMS) {
    for (const file of filesBelow(join(root, 'dist', room))) {
      const source = join(root, relative(join(root, 'dist'), file)).replace(/\.js(\.map)?$/, '.ts');
      if (!existsSync(source) || source.endsWith('.spec.ts')) rmSync(file, { force: true });
    }
  }
}

const ownProcess = (root, script) => run(process.execPath, [join(root, 'stack/bootstrap', script), root], { cwd: root });

async function buildWeb(root) {
  await run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'apps/web', '--config', 'apps/web/vite.config.ts', '--logLevel', 'warn'], { cwd: root, env: { ...process.env, NODE_ENV: 'production' } });
}
