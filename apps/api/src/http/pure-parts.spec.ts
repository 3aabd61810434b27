import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskKey } from '../provider-keys/key-test.js';
import { refuseForeignPages } from '../policy/access.guard.js';
import { trustedOrigins } from '../account/auth-options.js';
import { databaseTrouble } from './database-trouble.js';
import { pageOf, placeOf } from './list.dto.js';
import { loggedPath } from './logging.js';
import { checkText } from './unicode.js';

describe('cursors', () => {
  it('lead on from the last row, and whatever else is given is a 400', () => {
    const rows = [{ id: 'b', at: '2026-11-21 09:00:00.123456+00' }, { id: 'a', at: '2026-11-20 09:00:00+00' }];
    const page = pageOf(rows, 1, (row) => row, ({ id }) => id);
    expect([page.data, placeOf(page.nextCursor!)]).toEqual([['b'], { id: 'b', at: '2026-11-21 09:00:00.123456+00' }]);
    expect(pageOf(rows, 2, (row) => row, ({ id }) => id).nextCursor).toBeNull();
    fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => { expect(() => placeOf(text)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' })); }));
  });
});

describe('logged paths', () => {
  it('have no query and no token', () => {
    expect(loggedPath('/api/auth/verify-email?token=secret')).toBe('/api/auth/verify-email');
    expect(loggedPath('/api/auth/reset-password/secret?callbackURL=x')).toBe('/api/auth/reset-password/…');
  });
});

describe('masked keys', () => {
  it('show a third at most, whatever the length', () => {
    fc.assert(fc.property(fc.stringMatching(/^[\x21-\x7e]{8,400}$/), (key) => {
      const shown = maskKey(key).replace('…', '');
      expect(shown.length).toBeLessThanOrEqual(Math.min(11, key.length / 3));
    }));
  });
});

describe('odd text', () => {
  it('is found wherever it stands', () => {
    for (const odd of ['\u0000', '\ud800', 'a\udc00b']) for (const value of [odd, [odd], { a: { b: odd } }, { [`x${odd}`]: 1 }]) expect(() => checkText(value, 'field')).toThrow();
    for (const fine of ['', 'Zoë', '👩‍👩‍👧', 'שלום', '\n\t', { a: [1, null, true, 'x'] }]) expect(() => checkText(fine)).not.toThrow();
  });
});

describe('pages of other sites', () => {
  const origins = trustedOrigins({ PUBLIC_URL: 'http://127.0.0.1:4400', TRUSTED_ORIGINS: ['https://app.example'], CLAWKEEP_SANDBOX: true, AUTH_SECRET: '' });

  it('are refused by Origin, else by Fetch Metadata; programs send neither', () => {
    expect(origins).toEqual(['http://127.0.0.1:4400', 'http://localhost:4400', 'https://app.example']);
    expect(trustedOrigins({ PUBLIC_URL: 'https://claw.example/x', TRUSTED_ORIGINS: [], CLAWKEEP_SANDBOX: false, AUTH_SECRET: '' })).toEqual(['https://claw.example']);
    for (const headers of [{}, { origin: 'http://localhost:4400' }, { 'sec-fetch-site': 'same-origin' }]) expect(() => refuseForeignPages({ headers }, origins)).not.toThrow();
    for (const headers of [{ origin: 'null' }, { origin: 'http://127.0.0.1:4400.evil.example' }, { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      expect(() => refuseForeignPages({ headers }, origins)).toThrow(expect.objectContaining({ code: 'FOREIGN_ORIGIN' }));
    }
  });
});

describe('errors of the driver', () => {
  it('are told apart: away, not storable, something else', () => {
    const error = (fields: object, message = 'x') => Object.assign(new Error(message), fields);
    for (const away of [error({ code: 'ECONNREFUSED' }), error({ code: '57P01' }), error({ driverError: error({ code: '08006' }) }), error({}, 'Connection terminated unexpectedly'), new AggregateError([error({ code: 'ECONNREFUSED' })])]) expect(databaseTrouble(away)).toBe('away');
    expect(databaseTrouble(error({ driverError: error({ code: '22021' }) }))).toBe('unstorable');
    for (const other of [error({ code: '23505' }), error({}), 'text', null]) expect(databaseTrouble(other)).toBeNull();
  });
});
