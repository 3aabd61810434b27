export interface EngineEvent {
  Type: 'container' | 'network' | 'volume' | 'image';
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: 'local';
  time: number;
  timeNano: number;
  status?: string;
  id?: string;
  from?: string;
}

export type EventFilters = Record<string, string[]>;

/** Docker keeps the last 256 events in memory and loses them with the daemon; so does this. */
const KEPT = 256;

export class EventBus {
  private readonly kept: EngineEvent[] = [];
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private lastNano = 0n;

  emit(type: EngineEvent['Type'], action: string, id: string, attributes: Record<string, string>): void {
    const nano = this.nextNano();
    // Numbers of this size lose their last digits in JSON, in Docker's Go no less than here in JavaScript readers.
    const event: EngineEvent = { Type: type, Action: action, Actor: { ID: id, Attributes: attributes }, scope: 'local', time: Number(nano / 1_000_000_000n), timeNano: Number(nano) };
    if (type === 'container' || type === 'image') Object.assign(event, { status: action, id });
    if (type === 'container') event.from = attributes.image;
    this.kept.push(event);
    if (this.kept.length > KEPT) this.kept.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** Events kept since the instant given (seconds), oldest first. */
  since(seconds: number | undefined, filters: EventFilters): EngineEvent[] {
    return seconds === undefined ? [] : this.kept.filter((event) => event.timeNano / 1e9 >= seconds && matches(event, filters));
  }

  listen(filters: EventFilters, listener: (event: EngineEvent) => void): () => void {
    const filtered = (event: EngineEvent): void => {
      if (matches(event, filters)) listener(event);
    };
    this.listeners.add(filtered);
    return () => this.listeners.delete(filtered);
  }

  private nextNano(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.lastNano = now > this.lastNano ? now : this.lastNano + 1000n;
    return this.lastNano;
  }
}

function matches(event: EngineEvent, filters: EventFilters): boolean {
  const { Attributes: attributes, ID: id } = event.Actor;
  const named = (values: string[], type: string, attribute: string): boolean =>
    values.some((value) => (event.Type === type ? id === value || attributes.name === value || id.startsWith(value) : attributes[attribute] === value));
  return Object.entries(filters).every(([key, values]) => {
    if (values.length === 0) return true;
    switch (key) {
      case 'type':
        return values.includes(event.Type);
      case 'event':
        return values.includes(event.Action);
      case 'label':
        return values.every((label) => hasLabel(attributes, label));
      case 'container':
      case 'network':
      case 'volume':
        return named(values, key, key);
      case 'image':
        return values.some((value) => attributes.image === value || attributes.name === value || id === value);
      default:
        return true;
    }
  });
}

/** `name` or `name=value`, as in Docker's label filters. */
export function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  return at < 0 ? wanted in labels : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}
