import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../stack/root.js';

/** In the order in which they run when none is named. */
const BENCHES = ['decide', 'idle-stack', 'paid-to-answer', 'webhooks', 'temporal-cost', 'dunning-cost', 'due-at-once', 'sleeping-customers'] as const;

const wishes = process.argv.slice(2);
const unknown = wishes.find((wish) => !(BENCHES as readonly string[]).includes(wish));
if (unknown !== undefined) {
  process.stderr.write(`There is no bench "${unknown}". npm run bench [${BENCHES.join('|')}] …\n`);
  process.exit(2);
}
// A process of its own for each: none warms up, or fills the memory, for the next. Ctrl-C reaches the bench by the terminal; here it is only outlived.
process.on('SIGINT', () => undefined);
for (const name of wishes.length > 0 ? wishes : BENCHES) {
  const child = spawn(process.execPath, ['--enable-source-maps', join(ROOT, 'dist/bench', `${name}.js`)], { stdio: 'inherit' });
  const code = await new Promise<number>((resolve) => child.once('exit', (status, signal) => resolve(signal === null ? (status ?? 1) : 1)));
  if (code !== 0) process.exit(code);
}
