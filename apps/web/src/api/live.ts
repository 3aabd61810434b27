import type { QueryClient } from '@tanstack/react-query';
import { readFrames, type SseFrame } from './sse.js';

/** What the server tells on /api/v1/events: something about `entityId` changed and is now at `version`. */
export interface LiveEvent {
  readonly type: string;
  readonly entityId: string;
  readonly version: number;
}

/** Which cached answers an event makes stale; an unknown type touches nothing. */
const STALE: Readonly<Record<string, (entityId: string) => readonly (readonly string[])[]>> = {
  'instance.status': (id) => [['instances'], ['instance', id], ['me']],
  'instance.step': (id) => [['instance', id], ['instances']],
  'customer.stage': () => [['me'], ['subscription'], ['invoices'], ['instances'], ['exports']],
  invoice: () => [['invoices'], ['subscription']],
  usage: () => [['usage']],
};

/** Remembers the newest version of each thing, so that a late or doubled event does nothing. */
export class LiveReducer {
  readonly #versions = new Map<string, number>();
  constructor(private readonly queries: Pick<QueryClient, 'invalidateQueries'>) {}

  /** Takes one frame in; returns whether it was news. `resync` means that our last id left the server's buffer. */
  apply(frame: SseFrame): boolean {
    if (frame.event === 'comment') return false;
    if (frame.event === 'resync') {
      this.#versions.clear();
      void this.queries.invalidateQueries();
      return true;
    }
    const event = parseEvent(frame);
    if (event === null) return false;
    const key = `${event.type}/${event.entityId}`;
    if ((this.#versions.get(key) ?? -1) >= event.version) return false;
    this.#versions.set(key, event.version);
    for (const queryKey of STALE[event.type]?.(event.entityId) ?? []) void this.queries.invalidateQueries({ queryKey });
    return true;
  }
}

function parseEvent(frame: SseFrame): LiveEvent | null {
  try {
    const data = JSON.parse(frame.data) as Partial<LiveEvent>;
    if (typeof data.entityId !== 'string') return null;
    return { type: data.type ?? frame.event, entityId: data.entityId, version: Number(data.version ?? 0) };
  } catch {
    return null;
  }
}

export type LinkState = { readonly state: 'connecting' | 'live' | 'cut' | 'signed_out'; readonly lastAtMs: number };

/** No frame and no heartbeat for this long means that the line is dead (the server beats every 15 s). */
const SILENCE_MS = 45_000;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/** The one event stream of this tab: reconnects with back-off and jitter, resumes by Last-Event-ID. */
export class LiveLink {
  #listeners = new Set<() => void>();
  #link: LinkState = { state: 'connecting', lastAtMs: Date.now() };
  #lastId: string | null = null;
  #abort: AbortController | null = null;
  #wake: (() => void) | null = null;
  #stopped = false;
  /** The loop that may act; an older one that wakes late sees that it is not meant. */
  #current: symbol | null = null;

  constructor(private readonly queries: QueryClient) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly snapshot = (): LinkState => this.#link;

  /** Runs until the returned function is called. */
  start(): () => void {
    this.#stopped = false;
    const hurry = () => { if (document.visibilityState === 'visible') this.#wake?.(); };
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    void this.#run();
    return () => {
      this.#stopped = true;
      window.removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      this.#abort?.abort();
      this.#wake?.();
    };
  }

  #set(state: LinkState['state'], heard = false): void {
    this.#link = { state, lastAtMs: heard ? Date.now() : this.#link.lastAtMs };
    for (const listener of this.#listeners) listener();
  }

  async #run(): Promise<void> {
    const reducer = new LiveReducer(this.queries);
    let failures = 0;
    const run = (this.#current = Symbol('run'));
    while (!this.#stopped && this.#current === run) {
      const heard = await this.#listen(reducer);
      if (this.#stopped || this.#current !== run || this.#link.state === 'signed_out') return;
      failures = heard ? 0 : failures + 1;
      this.#set('cut');
      const delay = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS) * (0.75 + Math.random() / 2);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delay);
        this.#wake = () => { clearTimeout(timer); resolve(); };
      });
    }
  }

  /** One connection, from request to its end. Returns whether anything was heard on it. */
  async #listen(reducer: LiveReducer): Promise<boolean> {
    const abort = (this.#abort = new AbortController());
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    let heard = false;
    try {
      const response = await fetch('/api/v1/events', {
        credentials: 'same-origin',
        headers: { accept: 'text/event-stream', ...(this.#lastId === null ? {} : { 'last-event-id': this.#lastId }) },
        signal: abort.signal,
      });
      if (response.status === 401) {
        this.#set('signed_out');
        void this.queries.invalidateQueries({ queryKey: ['me'] });
        return false;
      }
      if (!response.ok || response.body === null) return false;
      // What happened while nobody listened is read again once, unless the server can replay it.
      if (this.#link.state === 'cut' && this.#lastId === null) void this.queries.invalidateQueries();
      this.#set('live', true);
      for await (const frame of readFrames(response.body)) {
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
        heard = true;
        if (frame.id !== null) this.#lastId = frame.id;
        reducer.apply(frame);
        this.#set('live', true);
      }
    } catch {
      // Cut, aborted or refused: all the same to the caller, who tries again.
    } finally {
      clearTimeout(silence);
    }
    return heard;
  }
}
