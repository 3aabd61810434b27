import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Throws a sentence when a stack already runs on this state folder, before its files are built anew under it.
 * The supervisor takes the lock for good afterwards; this is the early look.
 * @param {string} root the repository
 */
export function refuseSecondStack(root) {
  const stateDir = resolve(root, process.env.CLAWKEEP_STATE_DIR ?? '.clawkeep');
  let lock;
  try {
    lock = JSON.parse(readFileSync(join(stateDir, 'run', 'stack.json'), 'utf8'));
    process.kill(lock.pid, 0);
  } catch {
    return;
  }
  if (lock.startId !== undefined && lock.startId !== startIdOf(lock.pid)) return;
  throw new Error(`Clawkeep already runs here (process ${lock.pid}, since ${lock.at})${lock.url ? `: ${lock.url}` : ''}.\nStop it with Ctrl-C there, or \`kill ${lock.pid}\`; another one beside it wants its own CLAWKEEP_STATE_DIR and ports.`);
}

/** On Linux a process is told from a later one of the same number by its start time; elsewhere the number must do here. */
function startIdOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
