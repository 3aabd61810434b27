import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { loadBusinessRules, type BusinessRules } from '#config/rules.js';
import { createDataSource } from '#database/data-source.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { createTestDatabase } from '#testing/postgres.js';
import type { History } from './acts.js';
import { InProcessRig, type Shared } from './in-process-rig.js';
import { bookContradictions } from './looks.js';
import { Player, type Played } from './player.js';

/** Customers at once: enough to wait for Postgres while another computes. */
const AT_ONCE = 6;

export interface World extends Shared { close(): Promise<void> }

/** One database and one host for any number of lives. */
export async function startWorld(postgresUrl: string): Promise<World> {
  const database = await createTestDatabase(postgresUrl);
  const dataSource: DataSource = await createDataSource(database.url, AT_ONCE + 4).initialize();
  await dataSource.query(
    `INSERT INTO host (id, docker_url, gateway_url, engine, image, capacity_slots, first_port, last_port) VALUES ('host-1', 'unix:///nowhere', 'http://127.0.0.1:9', 'emulator', 'memory', 30000, 12000, 42000)`);
  const rules = loadBusinessRules({ plansFile: 'test/money/plans.yaml', policyFile: 'config/policies/standard.yaml' });
  return {
    dataSource, vault: new SecretVault(dataSource, [{ id: 'k1', key: randomBytes(32) }]), rules, laterRules: hasty(rules),
    async close() { await dataSource.destroy(); await database.drop(); },
  };
}

/** A policy that is shorter in everything: whoever it were wrongly used on would be hurt early. */
function hasty(rules: BusinessRules): BusinessRules {
  const { policy } = rules;
  const { stages } = policy;
  const at = <Stage extends keyof typeof stages>(stage: Stage, fromDay: number) => ({ ...stages[stage], fromDay });
  return {
    ...rules, version: 'hasty',
    policy: {
      ...policy, version: 'hasty-1', payAgainOnDays: [1, 2, 3],
      stages: {
        retrying: at('retrying', 0), grace: at('grace', 3), downgraded: at('downgraded', 8),
        suspended: { ...at('suspended', 13), notices: [{ when: 'entry', announces: 'ended' }, { when: 'day', day: 17, announces: 'ended' }] },
        ended: at('ended', 20), torn_down: at('torn_down', 50),
      },
    },
  };
}

export interface Life extends Played { readonly seed: number; readonly activities: number }

/** One whole life, its books looked at in the end. */
export async function live(world: World, history: History): Promise<Life> {
  const rig = await InProcessRig.start(world, history.planId, history.seed);
  try {
    const played = await Player.play(rig, history);
    const books = played.broken.length > 0 ? [] : await bookContradictions(rig);
    return { ...played, broken: [...played.broken, ...books], seed: history.seed, activities: rig.runtime.activitiesDone };
  } finally {
    await rig.close();
  }
}

/** Plays them all, some at once; answers in the order of the histories. */
export async function liveAll(world: World, histories: readonly History[]): Promise<Life[]> {
  const lives: Life[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, histories.length) }, async () => {
    for (let index = next++; index < histories.length; index = next++) lives[index] = await live(world, histories[index]!);
  }));
  return lives;
}
