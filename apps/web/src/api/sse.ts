/** One frame of a text/event-stream; a heartbeat comment gives a frame with `event: 'comment'` and no data. */
export interface SseFrame {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Splits a growing text into frames: returns those that are complete, keeps the rest (WHATWG HTML, 9.2.6). */
export class SseParser {
  #rest = '';

  push(text: string): SseFrame[] {
    this.#rest += text;
    // A lone CR at the very end may be the first half of CRLF: it waits for the next piece.
    const cut = this.#rest.endsWith('\r') ? this.#rest.length - 1 : this.#rest.length;
    const blocks = this.#rest.slice(0, cut).replace(/\r\n?/g, '\n').split('\n\n');
    this.#rest = (blocks.pop() ?? '') + this.#rest.slice(cut);
    return blocks.map(frameOf).filter((frame) => frame !== null);
  }
}

function frameOf(block: string): SseFrame | null {
  let id: string | null = null;
  let event = 'message';
  let comment = false;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) { comment = true; continue; }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id') id = value;
  }
  if (data.length === 0) return comment ? { id, event: 'comment', data: '' } : null;
  return { id, event, data: data.join('\n') };
}

/** Reads a response as frames until it ends; the caller aborts by the signal it gave to `fetch`. */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<SseFrame> {
  const parser = new SseParser();
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    // Throws where the stream has already failed; the failure itself has been told by read().
    await reader.cancel().catch(() => undefined);
  }
}
