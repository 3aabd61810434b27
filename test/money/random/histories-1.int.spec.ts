import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { COUNT, LENGTH, historiesOf } from './histories.js';
import { startWorld, type World } from './world.js';
import { tellLives } from './tell-lives.js';

vi.mock('@temporalio/workflow', async (original) => ({ ...await original<object>(), ...(await import('#testing/in-process/workflow-module.js')).WORKFLOW_MODULE }));
vi.mock('#workflows/clock.js', async () => (await import('#testing/in-process/workflow-module.js')).CLOCK_MODULE);

const PATIENCE_MS = 300_000 + COUNT * LENGTH * 200;

let world: World;
beforeAll(async () => { world = await startWorld(inject('postgresUrl')); });
afterAll(() => world.close());

it(`keeps every rule in half of ${COUNT} random lives of ${LENGTH} steps`, async () => {
  const { broken, moves } = await tellLives(world, historiesOf(0));
  expect(broken).toEqual([]);
  // A run that came nowhere near a rule would prove nothing of it.
  if (COUNT >= 100) expect([...moves].sort()).toEqual(expect.arrayContaining(EVERYWHERE));
}, PATIENCE_MS);

const EVERYWHERE = [
  'prospect → active', 'active → retrying', 'retrying → grace', 'grace → downgraded', 'downgraded → suspended', 'suspended → ended', 'ended → torn_down',
  'retrying → active', 'grace → active', 'downgraded → active', 'suspended → active', 'ended → active', 'active → ended',
];
