import type { Response } from 'express';

export const HEARTBEAT_MS = 15_000;
/** A reader who lets so much pile up is cut off: it comes back and resumes. */
const MOST_BUFFERED_BYTES = 1024 * 1024;

export interface SseEvent { id?: string; event: string; data: unknown }

/** One open stream of server-sent events (WHATWG HTML 9.2) with a heartbeat comment. `closed` aborts when either side ends it. */
export class SseStream {
  private readonly heartbeat: NodeJS.Timeout;
  private readonly ended = new AbortController();

  constructor(private readonly response: Response) {
    response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no', Connection: 'keep-alive' });
    response.flushHeaders();
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS);
    response.once('close', () => this.end());
  }

  get closed(): AbortSignal { return this.ended.signal; }

  send({ id, event, data }: SseEvent): void {
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** A comment at once, so that the other side knows that it is heard. */
  greet(): void { this.write(': connected\n\n'); }

  end(): void {
    if (this.ended.signal.aborted) return;
    clearInterval(this.heartbeat);
    this.ended.abort();
    if (!this.response.writableEnded) this.response.end();
  }

  private write(text: string): void {
    if (this.ended.signal.aborted || this.response.destroyed) return;
    this.response.write(text);
    if (this.response.writableLength > MOST_BUFFERED_BYTES) { this.response.destroy(); this.end(); }
  }
}
