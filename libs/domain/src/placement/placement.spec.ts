import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseHost, choosePort } from './placement.decide.js';
import type { HostFacts } from './placement.types.js';

const host = (id: string, over: Partial<HostFacts> = {}): HostFacts => ({ id, capacitySlots: 10, usedSlots: 5, draining: false, healthy: true, ...over });

describe('choosing a host', () => {
  it('takes the one with the largest free share', () => expect(chooseHost([host('a', { capacitySlots: 100, usedSlots: 90 }), host('b'), host('c', { usedSlots: 8 })])).toBe('b'));
  it('breaks a tie by id, in whatever order they come', () => expect(chooseHost([host('b'), host('a')])).toBe('a'));
  it('passes over the full, the draining, the sick and those already tried', () => {
    expect(chooseHost([host('a', { usedSlots: 10 }), host('b', { draining: true }), host('c', { healthy: false }), host('d')], ['d'])).toBeNull();
  });
  it('a host of no slots is no host', () => expect(chooseHost([host('a', { capacitySlots: 0, usedSlots: 0 })])).toBeNull());
});

describe('choosing a port', () => {
  it('takes the lowest free one', () => expect(choosePort({ firstPort: 21000, lastPort: 21002 }, new Set([21000]))).toBe(21001));
  it('goes on after the last one given, and round the end', () => {
    expect(choosePort({ firstPort: 21000, lastPort: 21002 }, new Set(), 21000)).toBe(21001);
    expect(choosePort({ firstPort: 21000, lastPort: 21002 }, new Set(), 21002)).toBe(21000);
    expect(choosePort({ firstPort: 21000, lastPort: 21002 }, new Set([21002]), 21001)).toBe(21000);
  });
  it('is always inside the range and free, or null when all are taken', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 100, max: 150 })), fc.integer({ min: 0, max: 200 }), (length, taken, after) => {
      const range = { firstPort: 100, lastPort: 99 + length };
      const port = choosePort(range, new Set(taken), after);
      const free = Array.from({ length }, (_, index) => 100 + index).filter((each) => !taken.includes(each));
      return port === null ? free.length === 0 : free.includes(port);
    }));
  });
});
