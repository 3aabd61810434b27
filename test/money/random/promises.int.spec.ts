import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { historyOf } from './acts.js';
import { liveAll, startWorld, type Life, type World } from './world.js';
import type { BusinessRules } from '#config/rules.js';

vi.mock('@temporalio/workflow', async (original) => ({ ...await original<object>(), ...(await import('#testing/in-process/workflow-module.js')).WORKFLOW_MODULE }));
vi.mock('#workflows/clock.js', async () => (await import('#testing/in-process/workflow-module.js')).CLOCK_MODULE);

let world: World;
beforeAll(async () => { world = await startWorld(inject('postgresUrl')); });
afterAll(() => world.close());

const someLives = (changed: Partial<World>): Promise<Life[]> => liveAll({ ...world, ...changed }, Array.from({ length: 12 }, (_, index) => historyOf(9_000 + index, 30)));
const withPolicy = (change: (policy: BusinessRules['policy']) => Partial<BusinessRules['policy']>): Partial<World> =>
  ({ rules: { ...world.rules, policy: { ...world.rules.policy, ...change(world.rules.policy) } } });
const said = (lives: readonly Life[]): string => lives.flatMap(({ broken }) => broken).join('\n');

/** A rule that nothing can break proves nothing: the product is spoiled, and it must be seen. */
describe('a product that breaks its word is found out', () => {
  it('by stages that come before their day', async () => {
    expect(said(await someLives(withPolicy(({ stages }) => ({ stages: { ...stages, downgraded: { ...stages.downgraded, fromDay: 7 } } }))))).toMatch(/downgraded came .* h early/);
  });

  it('by notices that are too young', async () => {
    expect(said(await someLives(withPolicy(({ noticeAgeHours }) => ({ noticeAgeHours: { ...noticeAgeHours, harmful: 0, ended: 0, tornDown: 0 } }))))).toMatch(/came .* h after its notice/);
  });
});
