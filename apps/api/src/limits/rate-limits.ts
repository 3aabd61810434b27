import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ThrottlerStorageService } from '@nestjs/throttler';
import type { Response } from 'express';
import { createHash } from 'node:crypto';
import type { Environment } from '#config/environment.js';
import { Database } from '../database/database.js';
import { Problem } from '../http/problem.js';
import { ENVIRONMENT } from '../tokens.js';

const WINDOW_SECONDS = 60;

/** A window's count, in one statement; a window that is over begins anew. */
const COUNT = `
  INSERT INTO rate_limit AS counted (key, hits, resets_at) VALUES ($1, 1, now() + make_interval(secs => $2))
  ON CONFLICT (key) DO UPDATE SET hits = CASE WHEN counted.resets_at <= now() THEN 1 ELSE counted.hits + 1 END, resets_at = CASE WHEN counted.resets_at <= now() THEN excluded.resets_at ELSE counted.resets_at END
  RETURNING hits, extract(epoch FROM resets_at - now())::float8 AS seconds`;

/**
 * Requests in general are counted in this process's memory (@nestjs/throttler's own store): that is fairness, and each of several API processes may be as
 * generous. What is guessed, mailed or paid for is counted in Postgres, by all of them together.
 */
@Injectable()
export class RateLimits implements OnApplicationShutdown {
  private readonly store = new ThrottlerStorageService();

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly database: Database,
  ) {}

  /** Counts one request of a signed-in user, or else of an address; writes the limit's headers. 429 when it is used up. */
  async admit(who: { userId: string } | { address: string }, response: Response): Promise<void> {
    const [key, limit] = 'userId' in who ? [`user:${who.userId}`, this.environment.RATE_LIMIT_PER_USER] : [`ip:${who.address}`, this.environment.RATE_LIMIT_PER_IP];
    const windowSeconds = WINDOW_SECONDS;
    const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = await this.store.increment(key, windowSeconds * 1_000, limit, windowSeconds * 1_000, 'api');
    const resetSeconds = Math.max(1, Math.ceil(isBlocked ? timeToBlockExpire : timeToExpire));
    const remaining = isBlocked ? 0 : Math.max(0, limit - totalHits);
    if (!response.headersSent) {
      const figures = { Limit: limit, Remaining: remaining };
      for (const [name, value] of Object.entries(figures)) {
        response.setHeader(`RateLimit-${name}`, String(value));
        response.setHeader(`X-RateLimit-${name}`, String(value));
      }
      response.setHeader('RateLimit-Reset', String(resetSeconds));
      response.setHeader('RateLimit-Policy', `${limit};w=${windowSeconds}`);
      // Epoch seconds here, seconds from now above: as the two families of headers are used elsewhere.
      response.setHeader('X-RateLimit-Reset', String(Math.ceil(Date.now() / 1_000) + resetSeconds));
    }
    if (isBlocked) throw tooMany(resetSeconds);
  }

  /**
   * Counts one use of `key` over all processes; more than `limit` in the window of `windowSeconds` is a 429 with Retry-After. Kept as a digest: keys hold addresses.
   * Rejects where the database does not answer: what is limited here needs it anyway.
   */
  async spend(key: string, limit: number, windowSeconds: number): Promise<void> {
    const row = await this.database.row<{ hits: number; seconds: number }>(COUNT, [createHash('sha256').update(key).digest('base64url'), windowSeconds]);
    if (row !== null && row.hits > limit) throw tooMany(Math.max(1, Math.ceil(row.seconds)));
  }

  onApplicationShutdown(): void {
    this.store.onApplicationShutdown();
  }
}

const tooMany = (resetSeconds: number): Problem => new Problem(429, 'TOO_MANY_REQUESTS', `Too many requests. Try again in ${resetSeconds} seconds.`, undefined, resetSeconds);
