import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import type { AgentLog } from './agent-log.js';
import { AgentConfigError, parseAgentConfig, type AgentConfig } from './agent-config.js';

const POLL_MS = 750;
const SETTLE_MS = 60;

export interface ConfigWatch {
  close(): void;
}

/**
 * Follows openclaw.json by watching its directory (a rename replaces the file's inode), with a slow poll for file systems
 * without notifications. A text that does not parse is skipped with a warning and the last good configuration stays.
 */
export function watchConfig(input: {
  path: string;
  text: string;
  environment: Record<string, string | undefined>;
  log: AgentLog;
  apply: (config: AgentConfig) => void;
}): ConfigWatch {
  let seen = input.text;
  let settle: NodeJS.Timeout | undefined;

  const check = (): void => {
    let text: string;
    try {
      text = readFileSync(input.path, 'utf8');
    } catch {
      return; // between the removal and the arrival of the new file, or gone: the last good one is kept
    }
    if (text === seen) return;
    seen = text;
    try {
      input.apply(parseAgentConfig(text, input.environment));
      input.log('config_reloaded');
    } catch (error) {
      if (!(error instanceof AgentConfigError)) throw error;
      input.log('config_reload_skipped', { reason: error.message });
    }
  };

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(input.path), { persistent: false }, () => {
      clearTimeout(settle);
      settle = setTimeout(check, SETTLE_MS);
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = undefined; // the poll alone keeps the promise of two seconds
  }
  const poll = setInterval(check, POLL_MS);
  poll.unref();
  return {
    close() {
      clearTimeout(settle);
      clearInterval(poll);
      watcher?.close();
    },
  };
}
