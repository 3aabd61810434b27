import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** OpenClaw 2026.9 sets a provider aside this long after a "no money" answer, restarts and key changes notwithstanding. */
const LOCKOUT_MS = 600_000;

/** Providers set aside after 402 (or 429 with insufficient_quota), kept on the state volume as OpenClaw keeps them in its database. */
export class ProviderLockouts {
  private readonly file: string;
  private until: Record<string, number>;

  constructor(
    stateDir: string,
    private readonly now: () => number = Date.now,
  ) {
    this.file = join(stateDir, 'provider-lockouts.json');
    this.until = this.read();
  }

  isLocked(providerId: string): boolean {
    return (this.until[providerId] ?? 0) > this.now();
  }

  lock(providerId: string): void {
    this.until = { ...this.until, [providerId]: this.now() + LOCKOUT_MS };
    const next = `${this.file}.next`;
    writeFileSync(next, JSON.stringify(this.until), { mode: 0o600 });
    renameSync(next, this.file);
  }

  private read(): Record<string, number> {
    try {
      return JSON.parse(readFileSync(this.file, 'utf8')) as Record<string, number>;
    } catch {
      return {};
    }
  }
}
