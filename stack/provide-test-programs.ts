import { cacheFolder } from './cache-folder.js';
import { provideTemporalCli } from './temporal-cli.js';
import { provideTestServer } from './temporal-test-server.js';

/**
 * Process entry of `npm test`: finds or gets Temporal's two servers and prints one JSON line
 * `{temporal, testServer, missing[]}` as the last one; everything before is progress for a person.
 */
const progress = { say: (line: string): void => { process.stdout.write(`${line}\n`); } };
const missing: string[] = [];
let temporal: string | null = null;
let testServer: string | null = null;
try {
  temporal = (await provideTemporalCli(cacheFolder(), progress)).path;
} catch (error) {
  missing.push(error instanceof Error ? error.message : String(error));
}
const found = await provideTestServer(cacheFolder(), progress);
if ('path' in found) testServer = found.path;
else missing.push(`No time-skipping test server is to be had. Passed over:\n${found.passedOver.map((line) => `  - ${line}`).join('\n')}`);
process.stdout.write(`${JSON.stringify({ temporal, testServer, missing })}\n`);
