import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Response } from 'express';

/** Writes server-sent events with back-pressure, and stops as soon as the reader has left. */
export class EventStream {
  readonly #response: Response;
  readonly #signal: AbortSignal;
  readonly #pieceDelayMs: number;

  constructor(response: Response, signal: AbortSignal, pieceDelayMs: number) {
    this.#response = response;
    this.#signal = signal;
    this.#pieceDelayMs = pieceDelayMs;
    response.status(200).setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.setHeader('Cache-Control', 'no-cache');
    response.flushHeaders();
  }

  /** Sends one event; `name` is the SSE event field, which OpenAI's chat and Google leave out. */
  async send(data: unknown, name?: string): Promise<void> {
    this.#signal.throwIfAborted();
    const payload = typeof data === 'string' ? data : JSON.stringify(data);
    const frame = `${name === undefined ? '' : `event: ${name}\n`}data: ${payload}\n\n`;
    if (!this.#response.write(frame)) await once(this.#response, 'drain', { signal: this.#signal });
  }

  /** Waits the time a model takes between two tokens. */
  async pause(): Promise<void> {
    if (this.#pieceDelayMs > 0) await delay(this.#pieceDelayMs, undefined, { signal: this.#signal });
  }

  end(): void {
    this.#response.end();
  }
}
