import { TestWorkflowEnvironment } from '@temporalio/testing';

/**
 * Process entry `<dev-server|time-skipping> <folder>`: lets the SDK download its server into the folder. The SDK has no call for the
 * download alone, so the server is started once and torn down.
 */
const [kind, downloadDir] = process.argv.slice(2);
if (downloadDir === undefined || (kind !== 'dev-server' && kind !== 'time-skipping')) throw new Error('usage: temporal-download <dev-server|time-skipping> <folder>');
const server = { executable: { type: 'cached-download' as const, downloadDir, ttl: '3650 days' as const } };
try {
  const environment = kind === 'dev-server' ? await TestWorkflowEnvironment.createLocal({ server }) : await TestWorkflowEnvironment.createTimeSkipping({ server });
  await environment.teardown();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
process.exit(0);
