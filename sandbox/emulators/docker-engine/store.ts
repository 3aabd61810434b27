import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerRecord, ImageRecord, NetworkRecord, VolumeRecord } from './records.js';

/** Records of one kind: a JSON file each, replaced by a rename, so that a kill at any moment leaves the old or the new one. */
export class Shelf<T> {
  private readonly items = new Map<string, T>();

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.json')) this.items.set(decodeURIComponent(name.slice(0, -'.json'.length)), JSON.parse(readFileSync(join(folder, name), 'utf8')) as T);
    }
  }

  get(key: string): T | undefined {
    return this.items.get(key);
  }

  all(): T[] {
    return [...this.items.values()];
  }

  save(key: string, item: T): void {
    this.items.set(key, item);
    const file = this.fileOf(key);
    writeFileSync(`${file}.next`, JSON.stringify(item), { mode: 0o600 });
    renameSync(`${file}.next`, file);
  }

  delete(key: string): void {
    this.items.delete(key);
    rmSync(this.fileOf(key), { force: true });
  }

  private fileOf(key: string): string {
    return join(this.folder, `${encodeURIComponent(key)}.json`);
  }
}

/** Everything the emulator remembers, and the folders that stand for volumes and container file systems. */
export class Store {
  readonly containers: Shelf<ContainerRecord>;
  readonly networks: Shelf<NetworkRecord>;
  readonly volumes: Shelf<VolumeRecord>;
  readonly images: Shelf<ImageRecord>;

  constructor(readonly stateDir: string) {
    const shelf = <T>(name: string): Shelf<T> => new Shelf<T>(join(stateDir, 'records', name));
    this.containers = shelf('containers');
    this.networks = shelf('networks');
    this.volumes = shelf('volumes');
    this.images = shelf('images');
  }

  volumeFolder(name: string): string {
    return join(this.stateDir, 'volumes', encodeURIComponent(name), '_data');
  }

  containerFolder(id: string): string {
    return join(this.stateDir, 'containers', id);
  }

  /** The container's own file system, apart from its mounts. */
  rootFolder(id: string): string {
    return join(this.containerFolder(id), 'rootfs');
  }

  logFile(id: string): string {
    return join(this.containerFolder(id), 'output.log');
  }
}
