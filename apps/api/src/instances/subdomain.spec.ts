import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DESIRED_STATES, INSTANCE_STATUSES } from '#domain/instance/instance.types.js';
import { judgeWish, type OwnerWish } from './instance-wishes.js';
import { subdomainFault, subdomainFrom } from './subdomain.js';

describe('subdomains', () => {
  it('are DNS labels that nobody takes for ours', () => {
    for (const good of ['abc', 'my-claw', 'a2c', 'x'.repeat(32)]) expect([good, subdomainFault(good)]).toEqual([good, null]);
    for (const bad of ['', 'ab', '1abc', '-abc', 'abc-', 'a--b', 'xn--80ak6aa92e', 'a.b', 'a_b', 'ABC', 'мой', 'x'.repeat(33), 'admin', 'api', 'stripe']) expect([bad, subdomainFault(bad)]).toEqual([bad, expect.any(String)]);
  });

  it('made from any name are well formed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.stringMatching(/^[0-9a-f]{8}$/), (name, tail) => { expect(subdomainFault(subdomainFrom(name, tail))).toBeNull(); }));
  });
});

describe('judgeWish', () => {
  it('knows every wish in every status, and always lets an instance be removed', () => {
    for (const status of INSTANCE_STATUSES) {
      for (const desired of DESIRED_STATES) {
        for (const wish of ['start', 'stop', 'restart', 'reprovision', 'remove'] as OwnerWish[]) expect(judgeWish(wish, status, desired)).toBeDefined();
        expect(['do', 'already']).toContain(judgeWish('remove', status, desired));
      }
    }
  });
});
