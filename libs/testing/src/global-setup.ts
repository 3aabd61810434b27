import type { TestProject } from 'vitest/node';
import { startTestPostgres } from './postgres.js';
import { findTemporalBinary, startTestTemporal } from './temporal-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the test PostgreSQL without a database; `createTestDatabase()` uses it. */
    postgresUrl: string;
    /** `host:port` of the shared Temporal server, or null where there is none: `describe.skipIf(inject('temporalAddress') === null)`. */
    temporalAddress: string | null;
  }
}

const NO_TEMPORAL = [
  '',
  '!! No Temporal command line was found: every test that needs a Temporal server is SKIPPED.',
  '!! Set TEMPORAL_BIN, put `temporal` on the PATH, or run: go install github.com/temporalio/cli/cmd/temporal@v1.5.1',
  '',
].join('\n');

/** Vitest's set-up of the integration project: one PostgreSQL and one Temporal server for all files, gone when the run is over. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const binary = findTemporalBinary(process.env);
  if (binary === undefined) console.warn(NO_TEMPORAL);
  const [postgres, temporal] = await Promise.allSettled([startTestPostgres(), binary === undefined ? undefined : startTestTemporal(binary)]);
  const tearDown = async (): Promise<void> => {
    await Promise.all([postgres.status === 'fulfilled' ? postgres.value.stop() : undefined, temporal.status === 'fulfilled' ? temporal.value?.stop() : undefined]);
  };
  for (const outcome of [postgres, temporal]) {
    if (outcome.status === 'fulfilled') continue;
    await tearDown();
    throw outcome.reason;
  }
  if (postgres.status === 'fulfilled') project.provide('postgresUrl', postgres.value.serverUrl);
  project.provide('temporalAddress', temporal.status === 'fulfilled' ? (temporal.value?.address ?? null) : null);
  return tearDown;
}
