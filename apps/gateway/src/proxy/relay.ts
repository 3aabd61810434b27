import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { UsageTally } from '../vendors/vendor.types.js';
import { eventData, EventSplitter } from './event-splitter.js';
import type { Watchdog } from './watchdog.js';

/** Larger answers pass all the same; only their usage is then estimated. */
const MAX_PARSED_BYTES = 8 * 1024 * 1024;

/** Headers of a vendor's answer that its SDK reads. Length and encoding are left out: the body is decoded on the way. */
const PASSED_HEADERS = /^(content-type|cache-control|request-id|x-request-id|openai-(model|processing-ms|version)|x-ratelimit-.*|anthropic-ratelimit-.*)$/;

export function passHeaders(from: Headers, to: ServerResponse): void {
  from.forEach((value, name) => {
    if (PASSED_HEADERS.test(name)) to.setHeader(name, value);
  });
}

export function isEventStream(headers: Headers): boolean {
  return (headers.get('content-type') ?? '').toLowerCase().startsWith('text/event-stream');
}

interface RelayOptions {
  body: ReadableStream<Uint8Array>;
  response: ServerResponse;
  tally: UsageTally;
  watchdog: Watchdog;
  /** Silence allowed between two pieces, ms. */
  idleTimeoutMs: number;
}

async function writeTo({ response, watchdog }: RelayOptions, piece: string | Uint8Array): Promise<void> {
  // A caller that reads slowly slows the vendor down; nothing piles up here. Waiting for the caller is no silence of the vendor.
  if (response.write(piece)) return;
  watchdog.stop();
  await once(response, 'drain', { signal: watchdog.signal });
}

/** Passes a vendor's event stream on, event by event, and lets the tally read it. Rejects when either side breaks off. */
export async function relayEvents(options: RelayOptions): Promise<void> {
  const { body, tally, watchdog, idleTimeoutMs } = options;
  const splitter = new EventSplitter();
  for await (const bytes of body) {
    const frames = splitter.push(bytes).filter((frame) => tally.onEvent(eventData(frame)));
    if (frames.length > 0) await writeTo(options, frames.join(''));
    watchdog.expectWithin(idleTimeoutMs);
  }
  const rest = splitter.end();
  if (rest !== '' && tally.onEvent(eventData(rest))) await writeTo(options, rest);
}

/** Passes any other body on as it comes, and lets the tally read the whole. Rejects when either side breaks off. */
export async function relayWhole(options: RelayOptions): Promise<void> {
  const { body, tally, watchdog, idleTimeoutMs } = options;
  const copy: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of body) {
    size += bytes.length;
    if (size <= MAX_PARSED_BYTES) copy.push(bytes);
    await writeTo(options, bytes);
    watchdog.expectWithin(idleTimeoutMs);
  }
  if (size > MAX_PARSED_BYTES) return;
  try {
    tally.onWhole(JSON.parse(Buffer.concat(copy).toString('utf8')));
  } catch {
    // No JSON: the usage stays unknown and is estimated.
  }
}
