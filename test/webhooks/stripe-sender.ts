import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Post } from './deliveries.js';

const TIMEOUT_MS = 30_000;
const AGAIN_AFTER_MS = 200;
const PATIENCE_MS = 120_000;

/** Posts as Stripe does: over many kept connections, again where the connection is lost or the answer is a 5xx. */
export class StripeSender {
  readonly #agent: Agent;
  readonly #target: URL;
  /** Attempts that came to nothing, by why. */
  readonly troubles = new Map<string, number>();

  constructor(apiUrl: string, connections: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#target = new URL(`${apiUrl}/api/v1/webhooks/stripe`);
  }

  /** Sends until an answer below 500 comes, and answers its status. Rejects after two minutes. */
  async deliver(make: () => Post): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const outcome = await this.#attempt(make());
      if (typeof outcome === 'number' && outcome < 500) return outcome;
      this.troubles.set(String(outcome), (this.troubles.get(String(outcome)) ?? 0) + 1);
      if (performance.now() > deadline) throw new Error(`A webhook was not taken in ${PATIENCE_MS / 1_000} s; the last answer: ${outcome}`);
      await delay(AGAIN_AFTER_MS);
    }
  }

  close(): void { this.#agent.destroy(); }

  #attempt({ body, signature }: Post): Promise<number | string> {
    const bytes = Buffer.from(body);
    return new Promise((resolve) => {
      const outgoing = request({
        agent: this.#agent, host: this.#target.hostname, port: this.#target.port, path: this.#target.pathname, method: 'POST', timeout: TIMEOUT_MS,
        headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length, ...(signature === undefined ? {} : { 'stripe-signature': signature }) },
      }, (incoming) => {
        incoming.resume();
        // Cut off before its end it is no answer.
        incoming.once('end', () => resolve(incoming.complete ? (incoming.statusCode ?? 0) : 'cut off'));
        incoming.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
      outgoing.once('timeout', () => outgoing.destroy(new Error('timeout')));
      outgoing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      outgoing.end(bytes);
    });
  }
}
