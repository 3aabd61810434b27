// Builds everything that is older than its sources: `npm run build`.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './bootstrap/build-steps.mjs';
import { checkNode, ensureInstalled } from './bootstrap/install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
checkNode();
try {
  await ensureInstalled(root);
  await ensureBuilt(root);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
