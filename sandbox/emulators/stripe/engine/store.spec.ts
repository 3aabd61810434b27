import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Row, Store } from './store.js';

const charge = (id: string, customer: string | null): Row => ({ kind: 'charge', id, clock: null, doc: { customer, payment_intent: `pi_${id}` }, hidden: {} });
const owners = ['cus_a', 'cus_b', null];

/** Puts, moves, removals, commits and rollbacks in any order: the index and a walk through everything agree at every step. */
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('put' as const), id: fc.integer({ min: 0, max: 5 }), owner: fc.constantFrom(...owners) }),
    fc.record({ do: fc.constant('move' as const), id: fc.integer({ min: 0, max: 5 }), owner: fc.constantFrom(...owners) }),
    fc.record({ do: fc.constant('remove' as const), id: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ do: fc.constant('commit' as const) }),
    fc.record({ do: fc.constant('rollback' as const) }),
  ),
  { maxLength: 40 },
);

describe('the store’s index', () => {
  it('finds what a walk finds, also in the middle of a transaction and after it is undone', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const store = new Store();
        for (const step of list) {
          if (step.do === 'commit') store.commit();
          else if (step.do === 'rollback') store.rollback();
          else if (step.do === 'put') store.put(charge(`ch_${step.id}`, step.owner));
          else if (step.do === 'remove') store.remove(`ch_${step.id}`);
          else {
            const row = store.get(`ch_${step.id}`);
            if (row) store.edit(row).doc['customer'] = step.owner;
          }
          for (const owner of ['cus_a', 'cus_b']) {
            const walked = store.all('charge').filter((row) => row.doc['customer'] === owner);
            expect(new Set(store.by('charge', 'customer', owner))).toEqual(new Set(walked));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reads what was applied from disk, and refuses fields that are not indexed', () => {
    const store = new Store();
    store.apply({ put: [charge('ch_1', 'cus_a'), charge('ch_2', 'cus_b')], del: [] });
    store.apply({ put: [charge('ch_1', 'cus_b')], del: ['ch_2'] });
    expect([store.by('charge', 'customer', 'cus_a'), store.by('charge', 'customer', 'cus_b').map((row) => row.id)]).toEqual([[], ['ch_1']]);
    expect(() => store.by('charge', 'amount', '1')).toThrow('not indexed');
  });
});
