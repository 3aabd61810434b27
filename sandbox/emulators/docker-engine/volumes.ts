import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import { hasLabel } from './event-bus.js';
import { newId } from './ids.js';
import type { Foreign, VolumeRecord } from './records.js';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Finds or makes a volume: in Docker, too, creating one twice gives the first. */
export function ensureVolume(engine: Engine, name: string | undefined, body: Foreign): VolumeRecord {
  const { store } = engine;
  const wanted = name ?? newId();
  if (!NAME.test(wanted)) {
    throw new EngineError(400, `create ${wanted}: "${wanted}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`);
  }
  const present = store.volumes.get(wanted);
  if (present) return present;
  const record: VolumeRecord = {
    name: wanted,
    createdAt: new Date().toISOString(),
    labels: (body.Labels ?? {}) as Record<string, string>,
    options: (body.DriverOpts ?? null) as Record<string, string> | null,
    anonymous: name === undefined,
  };
  mkdirSync(store.volumeFolder(wanted), { recursive: true });
  store.volumes.save(wanted, record);
  engine.events.emit('volume', 'create', wanted, { driver: 'local' });
  return record;
}

export function volumeView(engine: Engine, record: VolumeRecord): Foreign {
  return { CreatedAt: record.createdAt, Driver: 'local', Labels: record.labels, Mountpoint: engine.store.volumeFolder(record.name), Name: record.name, Options: record.options, Scope: 'local' };
}

export function findVolume(engine: Engine, name: string): VolumeRecord {
  const record = engine.store.volumes.get(name);
  if (!record) throw new EngineError(404, `get ${name}: no such volume`);
  return record;
}

const usersOf = (engine: Engine, name: string): string[] =>
  engine.store.containers
    .all()
    .filter((container) => container.mounts.some((mount) => mount.type === 'volume' && mount.name === name))
    .map((container) => container.id);

/** @throws EngineError 404, 409 while any container has it */
export function removeVolume(engine: Engine, name: string, force: boolean): void {
  if (!engine.store.volumes.get(name) && force) return;
  findVolume(engine, name);
  const users = usersOf(engine, name);
  if (users.length > 0) throw new EngineError(409, `remove ${name}: volume is in use - [${users.join(', ')}]`);
  engine.store.volumes.delete(name);
  rmSync(dirname(engine.store.volumeFolder(name)), { recursive: true, force: true });
  engine.events.emit('volume', 'destroy', name, { driver: 'local' });
}

export function listVolumes(engine: Engine, filters: Record<string, string[]>): Foreign {
  const found = engine.store.volumes.all().filter(
    (volume) =>
      (filters.label ?? []).every((label) => hasLabel(volume.labels, label)) &&
      (filters.name === undefined || filters.name.some((name) => volume.name.includes(name))) &&
      (filters.dangling === undefined || filters.dangling.some((flag) => /^(1|true)$/i.test(flag) === (usersOf(engine, volume.name).length === 0))),
  );
  return { Volumes: found.length === 0 ? null : found.map((volume) => volumeView(engine, volume)), Warnings: null };
}

/** Removes every volume that no container has (Engine 20.10 prunes named ones too). */
export function pruneVolumes(engine: Engine, filters: Record<string, string[]>): Foreign {
  const unused = engine.store.volumes.all().filter((volume) => (filters.label ?? []).every((label) => hasLabel(volume.labels, label)) && usersOf(engine, volume.name).length === 0);
  for (const volume of unused) removeVolume(engine, volume.name, false);
  return { VolumesDeleted: unused.map((volume) => volume.name), SpaceReclaimed: 0 };
}
