import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sickFile } from './agent-process.js';
import { inspectView } from './container-views.js';
import { EngineError } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import type { Faults } from './faults.js';
import { listNetworks, removeNetwork } from './networks.js';
import { isAlive } from './process-table.js';
import type { ContainerRecord } from './records.js';
import { json, readJson, type Route } from './replies.js';
import { listVolumes, removeVolume } from './volumes.js';

const CONTAINER_FAULTS = ['exit', 'hang', 'unhealthy', 'oom', 'heal'];

/** The tester's own API under /_emulator; no fault touches it. */
export function controlRoutes(engine: Engine, faults: Faults): Route[] {
  return [
    {
      method: 'POST',
      pattern: /^\/_emulator\/containers\/([^/]+)\/([^/]+)$/,
      handle: async ({ parts, request }) => {
        const record = engine.findContainer(parts[0] ?? '');
        await applyContainerFault(engine, record, parts[1] ?? '', await readJson(request));
        return json(containerState(engine, record));
      },
    },
    {
      method: 'POST',
      pattern: /^\/_emulator\/faults$/,
      handle: async ({ request }) => {
        try {
          return json(faults.add(await readJson(request)), 201);
        } catch (error) {
          if (error instanceof TypeError) throw new EngineError(400, error.message);
          throw error;
        }
      },
    },
    {
      method: 'DELETE',
      pattern: /^\/_emulator\/faults$/,
      handle: () => {
        faults.clear();
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      pattern: /^\/_emulator\/state$/,
      handle: () =>
        json({
          containers: engine.store.containers.all().map((record) => containerState(engine, record)),
          networks: listNetworks(engine, {}).map(({ Name, Id, Labels }) => ({ name: Name, id: Id, labels: Labels })),
          volumes: (listVolumes(engine, {}).Volumes as { Name: string; Labels: unknown }[] | null)?.map(({ Name, Labels }) => ({ name: Name, labels: Labels })) ?? [],
          images: engine.store.images.all().map(({ id, tags }) => ({ id, tags })),
          faults: faults.list(),
        }),
    },
    {
      method: 'POST',
      pattern: /^\/_emulator\/reset$/,
      handle: async () => {
        faults.clear();
        await reset(engine);
        return { status: 204 };
      },
    },
  ];
}

/**
 * `exit` {code, times}: dies with the code (1), and the next times-1 starts die too. `hang`: frozen until healed or killed.
 * `unhealthy`: answers 503 until healed. `oom`: killed as by the kernel. `heal`: takes all of these back.
 */
async function applyContainerFault(engine: Engine, record: ContainerRecord, fault: string, body: Record<string, unknown>): Promise<void> {
  const { lifecycle, store } = engine;
  switch (fault) {
    case 'exit': {
      const code = typeof body.code === 'number' ? body.code : 1;
      const times = typeof body.times === 'number' && body.times > 1 ? Math.floor(body.times) - 1 : 0;
      record.failingStarts = { code, times };
      store.containers.save(record.id, record);
      return lifecycle.crash(record, code, false);
    }
    case 'hang':
      return lifecycle.freeze(record, true);
    case 'unhealthy':
      mkdirSync(dirname(sickFile(store, record.id)), { recursive: true });
      return writeFileSync(sickFile(store, record.id), '');
    case 'oom':
      return lifecycle.crash(record, 137, true);
    case 'heal':
      rmSync(sickFile(store, record.id), { force: true });
      record.failingStarts = { code: 0, times: 0 };
      store.containers.save(record.id, record);
      if (record.status === 'running') lifecycle.freeze(record, false);
      return;
    default:
      throw new EngineError(404, `fault must be one of ${CONTAINER_FAULTS.join(', ')}`);
  }
}

function containerState(engine: Engine, record: ContainerRecord): object {
  const { State } = inspectView(engine, record);
  return {
    id: record.id,
    name: record.name,
    labels: record.config.Labels,
    state: State,
    restartCount: record.restartCount,
    port: record.boundPort,
    processAlive: isAlive(record.pid, record.pidStart),
    sick: engine.lifecycle.isSick(record),
  };
}

async function reset(engine: Engine): Promise<void> {
  const { store } = engine;
  await Promise.all(store.containers.all().map((record) => engine.lifecycle.remove(record, { force: true, volumes: true })));
  for (const network of store.networks.all()) if (!['bridge', 'host', 'none'].includes(network.name)) removeNetwork(engine, network.id);
  for (const volume of store.volumes.all()) removeVolume(engine, volume.name, true);
}
