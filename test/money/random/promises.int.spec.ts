import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { BusinessRules } from '#config/rules.js';
import { STANDARD_POLICY } from '#domain/lifecycle/lifecycle.policy.js';
import { initialState } from '#domain/lifecycle/lifecycle.evolve.js';
import type { Decision, DunningCase, LifecycleState, Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { Act, History, Step } from './acts.js';
import { Promises } from './promises.js';
import { live, startWorld, type World } from './world.js';

vi.mock('@temporalio/workflow', async (original) => ({ ...await original<object>(), ...(await import('#testing/in-process/workflow-module.js')).WORKFLOW_MODULE }));
vi.mock('#workflows/clock.js', async () => (await import('#testing/in-process/workflow-module.js')).CLOCK_MODULE);

const PATIENCE_MS = 180_000;
const then = (act: Act): Step => ({ act, fault: null, delivery: 'in order' });
const unpaid = (...acts: Act[]): History => ({ seed: 1, planId: 'max', startDay: 10, steps: [{ do: 'decline', code: 'generic_decline' } as const, { do: 'time', hours: 24 * 32 } as const, ...acts].map(then) });
/** The card fails, and every day is looked at. */
const DAY_BY_DAY = unpaid(...Array.from({ length: 14 }, (): Act => ({ do: 'time', hours: 24 })));
/** The card fails, and nobody looks for a month and a half: every stage is overdue, and waits for its notices only. */
const SLEPT = unpaid({ do: 'worker down', days: 45 }, { do: 'time', hours: 2 }, { do: 'time', hours: 2 });

let world: World;
beforeAll(async () => { world = await startWorld(inject('postgresUrl')); });
afterAll(() => world.close());

const withPolicy = (change: (policy: BusinessRules['policy']) => Partial<BusinessRules['policy']>): Partial<World> =>
  ({ rules: { ...world.rules, policy: { ...world.rules.policy, ...change(world.rules.policy) } } });
const said = async (history: History, changed: Partial<World>): Promise<string> => (await live({ ...world, ...changed }, history)).broken.join('\n');

/** A rule that nothing can break proves nothing: the product is spoiled, and it must be seen. */
describe('a product that breaks its word is found out', () => {
  it('by stages that come before their day', async () => {
    expect(await said(DAY_BY_DAY, {})).toBe('');
    expect(await said(DAY_BY_DAY, withPolicy(({ stages }) => ({ stages: { ...stages, downgraded: { ...stages.downgraded, fromDay: 7 } } })))).toMatch(/downgraded came .* h early/);
  }, PATIENCE_MS);

  it('by notices that are too young', async () => {
    expect(await said(SLEPT, {})).toBe('');
    expect(await said(SLEPT, withPolicy(({ noticeAgeHours }) => ({ noticeAgeHours: { ...noticeAgeHours, harmful: 1, ended: 1, tornDown: 1 } })))).toMatch(/came .* h after its notice/);
  }, PATIENCE_MS);

  const dunning = (change: Partial<DunningCase> = {}): DunningCase => ({
    id: 'sub_1:1', openedAtMs: 0, policy: STANDARD_POLICY, anchorMs: 0, invoiceIds: [], amountRemainingCents: 1, currency: 'usd', shifts: [], attempts: {}, hardDecline: null,
    paymentMethodId: null, paidInvoicesBefore: 0, moved: { anchor: 0, back: 0 }, processingSinceMs: null, ...change,
  });
  const move = (promises: Promises, from: Stage, to: Stage, of: DunningCase, atMs = 0): void => {
    promises.moves({ ...initialState(), stage: from } as LifecycleState, { stage: to, dunning: of, unpaidEnd: null } as Decision, atMs);
  };
  const brokenBy = (act: (promises: Promises) => void): readonly string[] => { const promises = new Promises(); act(promises); return promises.broken; };

  it('by a stage that is skipped, and by one that nobody was told of', () => {
    expect(brokenBy((promises) => { move(promises, 'prospect', 'active', dunning()); move(promises, 'active', 'grace', dunning()); })).toEqual(['skipped a stage: active → grace']);
    expect(brokenBy((promises) => { promises.moves({ ...initialState(), stage: 'prospect' }, { stage: 'grace', dunning: null, unpaidEnd: null } as unknown as Decision, 0); move(promises, 'grace', 'downgraded', dunning(), 13 * 86_400_000); }))
      .toEqual(['skipped a stage: prospect → grace', 'downgraded came unannounced']);
  });

  it('by a grace that becomes shorter, and by a case that changes its policy', () => {
    const shift = (ms: number): DunningCase['shifts'] => [{ kind: 'extend_grace', ms, fromStage: 'downgraded', atMs: 0, actor: 'support:a', reason: 'why' }];
    const twice = (first: DunningCase, second: DunningCase) => brokenBy((promises) => { promises.support({ ...initialState(), dunning: first }); promises.support({ ...initialState(), dunning: second }); });
    expect(twice(dunning({ shifts: shift(7_200_000) }), dunning({ shifts: shift(3_600_000) }))).toEqual(['grace became 1 h shorter']);
    expect(twice(dunning({ anchorMs: 3_600_000 }), dunning())).toEqual(['grace became 1 h shorter']);
    expect(twice(dunning(), dunning({ policy: { ...STANDARD_POLICY, version: 'hasty-1' } }))).toEqual(['case sub_1:1 went from standard-1 to hasty-1', 'grace became 96 h shorter']);
  });

  it('by a notice that is sent twice', () => {
    expect(brokenBy((promises) => { for (let times = 0; times < 2; times++) promises.mail('<m>', 'grace_began', 0); })).toEqual(['the notice grace_began was sent 2 times']);
  });
});
