import { startMock } from './server.mjs';

/** Serves the built dashboard with the stand-in for the API on a free port, for as long as the tests run. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const mock = await startMock();
  process.env['CLAWKEEP_MOCK_URL'] = mock.url;
  return mock.stop;
}
