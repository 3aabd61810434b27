import { SEARCH_ATTRIBUTES } from '#workflows/contracts/search-attributes.js';

/**
 * Without them the queue readers poll 20 times a second and every activity of a burst waits 50 ms twice.
 */
export const FAST_FLAGS = ['history.transferProcessorMaxPollRPS', 'history.timerProcessorMaxPollRPS', 'history.visibilityProcessorMaxPollRPS']
  .flatMap((name) => ['--dynamic-config-value', `${name}=2000`]);

/** Arguments of Temporal's dev server with a database file that survives; the Web UI asks the codec endpoint to show payloads. */
export function temporalArguments(port: number, ui: { uiPort: number; codecEndpoint: string }, databaseFile: string): string[] {
  return [
    'server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port),
    '--ui-port', String(ui.uiPort), '--ui-codec-endpoint', ui.codecEndpoint,
    '--log-level', 'error', '--db-filename', databaseFile,
    // A plain file is 2.4 to 6 times slower.
    '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=1',
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...FAST_FLAGS,
  ];
}
