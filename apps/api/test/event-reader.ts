import { linesOf } from '../src/http/lines.js';

export interface ReadEvent { id: string | null; event: string; data: unknown }
export interface EventReader { status: number; next(): Promise<ReadEvent>; close(): void }

const PATIENCE_MS = 45_000;

/** Reads server-sent events one by one; resolves once the server has greeted. */
export async function openStream(url: string, headers: Record<string, string>, init: RequestInit = {}): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(url, { ...init, headers: { accept: 'text/event-stream', ...headers }, signal: abort.signal });
  const events = eventsOf(response.body!);
  const late = async (): Promise<never> => {
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
    throw new Error('No event came.');
  };
  return {
    status: response.status,
    next: async () => {
      const result = await Promise.race([events.next(), late()]);
      if (result.done) throw new Error('The stream has ended.');
      return result.value;
    },
    // Not waited for: reading on from a body that has ended and was aborted may never settle.
    close: () => { abort.abort(); events.next().catch(() => undefined); },
  };
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ReadEvent> {
  let event: ReadEvent = { id: null, event: 'message', data: undefined };
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (event.data !== undefined) yield event;
      event = { id: null, event: 'message', data: undefined };
    } else if (line.startsWith('id: ')) event.id = line.slice(4);
    else if (line.startsWith('event: ')) event.event = line.slice(7);
    else if (line.startsWith('data: ')) event.data = JSON.parse(line.slice(6));
  }
}
