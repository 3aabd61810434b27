import { EngineError, noSuchContainer } from './docker-error-reply.js';
import { EventBus } from './event-bus.js';
import { Lifecycle } from './lifecycle.js';
import { ensurePredefinedNetworks } from './networks.js';
import type { ContainerRecord, ImageRecord } from './records.js';
import { Store } from './store.js';

/** The emulated engine: its records, its events and the processes of its containers. */
export class Engine {
  readonly store: Store;
  readonly events = new EventBus();
  readonly lifecycle: Lifecycle;
  readonly startedAt = new Date();

  constructor(stateDir: string, readonly agentBundlePath: string) {
    this.store = new Store(stateDir);
    this.lifecycle = new Lifecycle(this);
    ensurePredefinedNetworks(this);
  }

  /** By id, name or unique beginning of an id, as Docker resolves it. @throws EngineError 404 */
  findContainer(wanted: string): ContainerRecord {
    const name = wanted.replace(/^\//, '');
    const all = this.store.containers.all();
    const exact = this.store.containers.get(name) ?? all.find((item) => item.name === name);
    if (exact) return exact;
    const matching = all.filter((item) => name.length > 0 && item.id.startsWith(name));
    if (matching.length > 1) throw new EngineError(400, `Multiple IDs found with provided prefix: ${wanted}`);
    if (!matching[0]) throw noSuchContainer(wanted);
    return matching[0];
  }

  /** By id (whole, short, with or without `sha256:`) or by tag; a name without a tag means `:latest`. */
  findImage(wanted: string): ImageRecord | undefined {
    const tag = /:[^/]+$/.test(wanted) ? wanted : `${wanted}:latest`;
    const hex = wanted.replace(/^sha256:/, '');
    return this.store.images.all().find((image) => image.tags.includes(tag) || (/^[0-9a-f]{12,64}$/.test(hex) && image.id.startsWith(`sha256:${hex}`)));
  }

  containerEvent(record: ContainerRecord, action: string, more: Record<string, string> = {}): void {
    this.events.emit('container', action, record.id, { ...record.config.Labels, image: record.imageReference, name: record.name, ...more });
  }
}
