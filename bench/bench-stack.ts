import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type Stack } from '../stack/start-stack.js';

/** A whole stack for a bench: free ports, emulators only, nobody in it, no rate limits. It and its folder are gone when `work` ends, also by Ctrl-C. */
export async function withStack<T>(environment: Readonly<Record<string, string>>, work: (stack: Stack) => Promise<T>): Promise<T> {
  const stateDir = mkdtempSync(join(tmpdir(), 'clawkeep-bench-'));
  const giveUp = new AbortController();
  const interrupted = (): void => giveUp.abort();
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  let stack: Stack | undefined;
  try {
    stack = await startStack({ stateDir, ports: 'free', quiet: true, docker: 'emulator', signal: giveUp.signal, environment: { ...unlimited(), ...environment } });
    const over = new Promise<never>((_, reject) => { giveUp.signal.addEventListener('abort', () => reject(new Error('The bench was interrupted.')), { once: true }); });
    return await Promise.race([work(stack), over]);
  } finally {
    await stack?.stop();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** All callers have one address here. Ports of containers lie apart from those of other stacks on this machine. */
function unlimited(): Record<string, string> {
  const first = 22_000 + randomInt(0, 50) * 200;
  return { RATE_LIMIT_PER_IP: '1000000', RATE_LIMIT_PER_USER: '1000000', CLAWKEEP_HOST_PORTS: `${first}-${first + 199}` };
}

/** One line of progress on stderr: stdout is for figures. */
export const say = (line: string): void => { process.stderr.write(`${process.uptime().toFixed(1).padStart(7)}s  ${line}\n`); };
