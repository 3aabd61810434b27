import { describe, expect, it } from 'vitest';
import { TokenGuard } from './token-guard.js';

const limit = { maxAttempts: 10, windowMs: 60_000, lockoutMs: 300_000, exemptLoopback: false };

describe('TokenGuard', () => {
  it('locks an address out after ten bad tokens, the right one included, and lets it in again after the lockout', () => {
    let now = 1_000_000;
    const guard = new TokenGuard(() => now);
    const check = (presented: string, address = '10.0.0.1'): unknown => guard.check({ address, presented, expected: 'right', limit });
    for (let attempt = 0; attempt < 10; attempt += 1) expect(check('wrong')).toEqual({ kind: 'refused' });
    expect(check('right')).toEqual({ kind: 'locked', retryAfterSeconds: 300 });
    expect(check('right', '10.0.0.2')).toEqual({ kind: 'allowed' });
    now += 300_001;
    expect(check('right')).toEqual({ kind: 'allowed' });
  });

  it('forgets bad tokens after a good one and after the window', () => {
    let now = 0;
    const guard = new TokenGuard(() => now);
    const check = (presented: string): string => guard.check({ address: 'a', presented, expected: 'right', limit }).kind;
    for (let attempt = 0; attempt < 9; attempt += 1) check('wrong');
    check('right');
    for (let attempt = 0; attempt < 9; attempt += 1) check('wrong');
    now += 60_001;
    expect(check('wrong')).toBe('refused');
    expect(check('right')).toBe('allowed');
  });
});
