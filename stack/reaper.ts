import { stopLeftovers } from './leftovers.js';

/**
 * Process entry: waits beside the supervisor on a pipe. When the pipe closes without the word `done`, the supervisor was killed,
 * and this stops what it left. Works wherever pipes do; if both are killed, the next start does the same.
 */
const stateDir = process.argv[2] ?? '';
let said = '';
// Ctrl-C reaches the whole terminal group; the supervisor decides when all is over.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => { said += chunk; });
process.stdin.on('error', () => undefined);
process.stdin.once('close', () => {
  if (said.includes('done')) process.exit(0);
  stopLeftovers(stateDir).then(() => process.exit(0), () => process.exit(1));
});
