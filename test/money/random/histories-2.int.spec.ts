import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { COUNT, LENGTH, historiesOf, onceFailed } from './histories.js';
import { startWorld, type World } from './world.js';
import { tellLives } from './tell-lives.js';

vi.mock('@temporalio/workflow', async (original) => ({ ...await original<object>(), ...(await import('#testing/in-process/workflow-module.js')).WORKFLOW_MODULE }));
vi.mock('#workflows/clock.js', async () => (await import('#testing/in-process/workflow-module.js')).CLOCK_MODULE);

const PATIENCE_MS = 300_000 + COUNT * LENGTH * 200;

let world: World;
beforeAll(async () => { world = await startWorld(inject('postgresUrl')); });
afterAll(() => world.close());

it(`keeps every rule in the other half of ${COUNT} random lives of ${LENGTH} steps, and in those that once broke one`, async () => {
  expect((await tellLives(world, [...onceFailed(), ...historiesOf(1)])).broken).toEqual([]);
}, PATIENCE_MS);
