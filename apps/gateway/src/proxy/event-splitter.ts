/** https://html.spec.whatwg.org/multipage/server-sent-events.html: an empty line ends an event; lines end in LF, CRLF or CR. */
const SEPARATOR = /\r\n\r\n|\n\n|\r\r/g;
const LONGEST_SEPARATOR = 4;
/** An event this long is no token of an answer; it is passed on unread so that memory stays bounded. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

/** Cuts a byte stream into whole server-sent events, each with the empty line that ends it. Joined again they are the stream, to the letter. */
export class EventSplitter {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** Takes the next bytes; answers the events that are whole now. */
  push(bytes: Uint8Array): string[] {
    const searchFrom = Math.max(0, this.#rest.length - LONGEST_SEPARATOR + 1);
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const frames: string[] = [];
    let frameStart = 0;
    SEPARATOR.lastIndex = searchFrom;
    for (let match = SEPARATOR.exec(this.#rest); match !== null; match = SEPARATOR.exec(this.#rest)) {
      frames.push(this.#rest.slice(frameStart, SEPARATOR.lastIndex));
      frameStart = SEPARATOR.lastIndex;
    }
    this.#rest = this.#rest.slice(frameStart);
    if (this.#rest.length > MAX_EVENT_CHARS) frames.push(this.#take());
    return frames;
  }

  /** What came after the last whole event; a well-formed stream leaves nothing. */
  end(): string {
    this.#rest += this.#decoder.decode();
    return this.#take();
  }

  #take(): string {
    const rest = this.#rest;
    this.#rest = '';
    return rest;
  }
}

/** The data of one event, parsed; undefined for a comment, `[DONE]`, or what is not JSON. */
export function eventData(frame: string): unknown {
  const data = frame
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
    .join('\n');
  if (data === '' || data === '[DONE]') return undefined;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return undefined;
  }
}
