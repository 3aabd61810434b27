import { startTestPostgres } from '../postgres.js';
import { findTemporalBinary, startTestTemporal } from '../temporal-server.js';

/** A PostgreSQL and a Temporal server for a program that Vitest does not run; `temporalSettings` are dynamic configuration. @throws where there is no Temporal command line. */
export async function startServers(temporalSettings: readonly string[] = []): Promise<{ postgresUrl: string; temporalAddress: string; stop(): Promise<void> }> {
  const binary = findTemporalBinary(process.env);
  if (binary === undefined) throw new Error('No Temporal command line was found: set TEMPORAL_BIN');
  const postgres = await startTestPostgres();
  try {
    const temporal = await startTestTemporal(binary, temporalSettings);
    return { postgresUrl: postgres.serverUrl, temporalAddress: temporal.address, stop: async () => { await Promise.all([postgres.stop(), temporal.stop()]); } };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
