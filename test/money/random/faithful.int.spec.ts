import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startHarness, type Harness } from '#testing/harness/harness.js';
import { historyOf } from './acts.js';
import { InProcessRig } from './in-process-rig.js';
import { Player } from './player.js';
import { TemporalRig } from './temporal-rig.js';
import { startWorld, type World } from './world.js';

vi.mock('@temporalio/workflow', async (original) => ({ ...await original<object>(), ...(await import('#testing/in-process/workflow-module.js')).WORKFLOW_MODULE }));
vi.mock('#workflows/clock.js', async () => (await import('#testing/in-process/workflow-module.js')).CLOCK_MODULE);

/** Lives that go far: to the teardown unpaid and by a wish, back from grace, downgraded and ended. */
const SEEDS = [704, 706, 711, 713, 724, 731, 734, 740, 748, 758];
const STEPS = 16;

let harness: Harness;
let world: World;
beforeAll(async () => {
  [harness, world] = await Promise.all([
    startHarness({
      postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '', environment: { PLANS_FILE: '../test/money/plans.yaml', POLICY_FILE: 'policies/standard.yaml' },
    }),
    startWorld(inject('postgresUrl')),
  ]);
}, 180_000);
afterAll(async () => { await Promise.all([harness.stop(), world.close()]); });

/** The stand-in of Temporal is believed because the real server makes the same of the same lives: the same moves at the same times, notices and money. */
describe.skipIf(inject('temporalAddress') === null)('a life in this process is the life on a Temporal server', () => {
  it.concurrent.each(SEEDS)('seed %i', async (seed) => {
    const history = historyOf(seed, STEPS, true);
    const rig = await InProcessRig.start(world, history.planId, seed);
    const here = await Player.play(rig, history).finally(() => rig.close());
    expect(here.broken).toEqual([]);
    const { diary, notices, ledger } = await Player.play(await TemporalRig.start(harness, history.planId), history);
    expect({ diary, notices, ledger }).toEqual({ diary: here.diary, notices: here.notices, ledger: here.ledger });
  }, 600_000);
});
