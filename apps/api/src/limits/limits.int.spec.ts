import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, PASSWORD, type SignedIn } from '../../test/api-under-test.js';
import { Database } from '../database/database.js';
import { RateLimits } from './rate-limits.js';

let api: ApiUnderTest;
let ann: SignedIn;
let site: string;
beforeAll(async () => {
  site = await mkdtemp(join(tmpdir(), 'clawkeep-site-'));
  await mkdir(join(site, 'assets'));
  await Promise.all([
    writeFile(join(site, 'index.html'), 'the landing'), writeFile(join(site, 'app.html'), 'the dashboard'), writeFile(join(site, 'pricing.html'), 'the prices'),
    writeFile(join(site, 'assets', 'app-Ab12.js'), 'code'), writeFile(join(site, '.secret'), 'hidden'),
  ]);
  api = await ApiUnderTest.start({ WEB_DIST_DIR: site, RATE_LIMIT_PER_IP: '30', RATE_LIMIT_PER_USER: '40' });
  ann = await api.signUp('ann@example.com');
});
afterAll(async () => {
  await api.stop();
  await rm(site, { recursive: true });
});

describe('limits', () => {
  it('counts a signed-in user by itself, says how much is left, and then 429 with Retry-After', async () => {
    const first = await api.call('GET', '/api/v1/users/me', { cookie: ann.cookie });
    expect([first.headers.get('ratelimit-limit'), first.headers.get('x-ratelimit-limit'), first.headers.get('ratelimit-policy')]).toEqual(['40', '40', '40;w=60']);
    expect(first.headers.get('ratelimit-remaining')).toBe(first.headers.get('x-ratelimit-remaining'));
    expect(Number(first.headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
    const answers = await Promise.all(Array.from({ length: 45 }, () => api.call('GET', '/api/v1/users/me', { cookie: ann.cookie })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ body: { code: 'TOO_MANY_REQUESTS' } });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('counts everybody else by address; probes, webhooks and pages are never refused', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => api.call('GET', '/api/v1/plans')));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    expect((await api.call('GET', '/api/v1/health')).status).toBe(200);
    expect((await api.call('POST', '/api/v1/webhooks/stripe', { raw: '{}' })).status).toBe(400);
    expect((await api.call('GET', '/')).status).toBe(200);
  });

  it('counts what is guessed over all processes together, each window anew', async () => {
    const [one, other] = [api.app.get(RateLimits), new RateLimits(api.environment, api.app.get(Database))];
    try {
      await one.spend('guess', 3, 60);
      await other.spend('guess', 3, 60);
      await one.spend('guess', 3, 60);
      await expect(other.spend('guess', 3, 60)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterSeconds: expect.any(Number) });
      await expect(one.spend('guess', 3, 60)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
      await one.spend('another guess', 3, 60);
      await api.rows(`UPDATE rate_limit SET resets_at = now() - interval '1 second'`);
      await other.spend('guess', 3, 60);
      const counted = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).spend('at once', 5, 60)));
      expect(counted.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    } finally {
      other.onApplicationShutdown();
    }
  });

  it('slows down who guesses a password, with the same answer for an account that is not there', async () => {
    const other = await ApiUnderTest.start({ RATE_LIMIT_PER_IP: '50' });
    try {
      const guess = (email: string) => other.call('POST', '/api/auth/sign-in/email', { body: { email, password: `${PASSWORD}!` } });
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 12; attempt += 1) statuses.push((await guess('nobody@example.com')).status);
      expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
      expect((await guess('somebody.else@example.com')).status).toBe(401);
      // The address is not kept in the clear.
      const keys = await other.rows<{ key: string }>('SELECT key FROM rate_limit');
      expect(keys.length).toBeGreaterThan(0);
      expect(JSON.stringify(keys)).not.toContain('example.com');
    } finally {
      await other.stop();
    }
  });
});

describe('the dashboard on the same origin', () => {
  it.each([
    ['/', 'the landing', 'no-cache'], ['/pricing', 'the prices', 'no-cache'], ['/app/instances/1', 'the dashboard', 'no-cache'], ['/sign-in', 'the dashboard', 'no-cache'],
    ['/assets/app-Ab12.js', 'code', 'public, max-age=31536000, immutable'],
  ])('%s is %s (%s)', async (path, text, cache) => {
    const answer = await api.call('GET', path);
    expect([answer.status, answer.text, answer.headers.get('cache-control')]).toEqual([200, text, cache]);
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it.each(['/assets/old-Zz99.js', '/favicon.ico', '/.secret', '/..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd.txt'])('%s is not there', async (path) => {
    const answer = await api.call('GET', path);
    expect([answer.status === 404 || answer.status === 403 || answer.text === 'the dashboard', answer.text.includes('root:'), answer.text.includes('hidden')]).toEqual([true, false, false]);
  });
});
