// `npm start`: runs before anything is installed, so it is plain JavaScript on Node alone.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './bootstrap/build-steps.mjs';
import { checkNode, ensureInstalled } from './bootstrap/install.mjs';
import { refuseSecondStack } from './bootstrap/running.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
checkNode();
process.chdir(root);
const OPTIONS = ['--fresh', '--no-seed', '--help'];
const unknown = process.argv.slice(2).find((wish) => !OPTIONS.includes(wish));
if (unknown !== undefined || process.argv.includes('--help')) {
  process.stdout.write(`${unknown === undefined ? '' : `${unknown} is no option.\n`}npm start [-- options]
  --fresh     forget everything kept in the state folder and begin anew
  --no-seed   no demo subscribers and sign-ins
  --help      this
CLAWKEEP_STATE_DIR names another state folder than .clawkeep; every port has its variable, and
CLAWKEEP_PORTS=free takes whatever is free.
`);
  process.exit(unknown === undefined ? 0 : 2);
}
// A reader that leaves (`npm start | head`) must not take the stack down in mid-sentence.
for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => { if (error.code !== 'EPIPE') throw error; });
try {
  refuseSecondStack(root);
  await ensureInstalled(root);
  await ensureBuilt(root);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
await import(pathToFileURL(join(root, 'dist', 'stack', 'main.js')).href);
