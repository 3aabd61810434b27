import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ThrottlerStorageService } from '@nestjs/throttler';
import type { Response } from 'express';
import type { Environment } from '#config/environment.js';
import { Problem } from '../http/problem.js';
import { ENVIRONMENT } from '../tokens.js';

const WINDOW_SECONDS = 60;

/**
 * Counts requests in this process's memory (@nestjs/throttler's own store). Several API processes behind one address each count for
 * themselves: they need a store in Postgres first.
 */
@Injectable()
export class RateLimits implements OnApplicationShutdown {
  private readonly store = new ThrottlerStorageService();

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  /** Counts one request of a signed-in user, or else of an address; writes the limit's headers. 429 when it is used up. */
  async admit(who: { userId: string } | { address: string }, response: Response): Promise<void> {
    const [key, limit] = 'userId' in who ? [`user:${who.userId}`, this.environment.RATE_LIMIT_PER_USER] : [`ip:${who.address}`, this.environment.RATE_LIMIT_PER_IP];
    await this.spend(key, limit, WINDOW_SECONDS, response);
  }

  /** Counts one use of `key`; more than `limit` in the window of `windowSeconds` is a 429 with Retry-After. */
  async spend(key: string, limit: number, windowSeconds: number, response?: Response): Promise<void> {
    const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = await this.store.increment(key, windowSeconds * 1_000, limit, windowSeconds * 1_000, 'api');
    const resetSeconds = Math.max(1, Math.ceil(isBlocked ? timeToBlockExpire : timeToExpire));
    const remaining = isBlocked ? 0 : Math.max(0, limit - totalHits);
    if (response !== undefined && !response.headersSent) {
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
    if (isBlocked) throw new Problem(429, 'TOO_MANY_REQUESTS', `Too many requests. Try again in ${resetSeconds} seconds.`, undefined, resetSeconds);
  }

  onApplicationShutdown(): void {
    this.store.onApplicationShutdown();
  }
}
