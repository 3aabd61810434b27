import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what was once fetched or built for this user is kept, by the custom of the system. `CLAWKEEP_CACHE_DIR` names another place. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  if (environment['CLAWKEEP_CACHE_DIR']) return environment['CLAWKEEP_CACHE_DIR'];
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'clawkeep');
  return join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'clawkeep');
}
