import { createHash, timingSafeEqual } from 'node:crypto';
import type { RateLimit } from './agent-config.js';

export type GuardVerdict = { kind: 'allowed' } | { kind: 'refused' } | { kind: 'locked'; retryAfterSeconds: number };

interface Attempts {
  count: number;
  windowStartedAt: number;
  lockedUntil: number;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** OpenClaw's bearer check: too many bad tokens from one address lock that address out, the right token included. */
export class TokenGuard {
  private readonly attempts = new Map<string, Attempts>();

  constructor(private readonly now: () => number = Date.now) {}

  check(input: { address: string; presented: string | undefined; expected: string | undefined; limit: RateLimit }): GuardVerdict {
    const { address, presented, expected, limit } = input;
    const now = this.now();
    const seen = this.attempts.get(address);
    if (seen && seen.lockedUntil > now) return { kind: 'locked', retryAfterSeconds: Math.ceil((seen.lockedUntil - now) / 1000) };
    if (expected === undefined) return { kind: 'allowed' };
    if (presented !== undefined && timingSafeEqual(digest(presented), digest(expected))) {
      this.attempts.delete(address);
      return { kind: 'allowed' };
    }
    if (presented !== undefined && !(limit.exemptLoopback && LOOPBACK.test(address))) this.countBad(address, limit, now);
    return { kind: 'refused' };
  }

  private countBad(address: string, limit: RateLimit, now: number): void {
    const seen = this.attempts.get(address);
    const current = seen && now - seen.windowStartedAt <= limit.windowMs ? seen : { count: 0, windowStartedAt: now, lockedUntil: 0 };
    current.count += 1;
    if (current.count >= limit.maxAttempts) {
      current.lockedUntil = now + limit.lockoutMs;
      current.count = 0;
      current.windowStartedAt = now;
    }
    this.attempts.set(address, current);
  }
}
