import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery } from './webhook-events.js';

export interface LoadFigures {
  sent: number;
  acknowledged: number;
  /** From the moment at which a request was due, so that a slow server does not hide by slowing the sender down; milliseconds, of acknowledged ones. */
  latenciesMs: number[];
  /** From the first request due to the last answer. */
  tookMs: number;
  /** Status or error of those that were not acknowledged, with their number. */
  refused: Record<string, number>;
}

const TIMEOUT_MS = 30_000;

/** Open loop: sends at the given rate whatever the server does. */
export async function atRate(url: string, deliveries: readonly Delivery[], perSecond: number, connections: number): Promise<LoadFigures> {
  const client = new LoadClient(url, connections);
  const begin = performance.now();
  const open: Promise<void>[] = [];
  for (let next = 0; next < deliveries.length;) {
    const due = Math.min(deliveries.length, Math.floor(((performance.now() - begin) * perSecond) / 1_000) + 1);
    for (; next < due; next += 1) open.push(client.send(deliveries[next]!, begin + (next * 1_000) / perSecond));
    await delay(1);
  }
  await Promise.all(open);
  return client.end(deliveries.length, performance.now() - begin);
}

/** Closed loop: each connection sends its next when the last was answered. */
export async function asFastAsPossible(url: string, deliveries: readonly Delivery[], connections: number): Promise<LoadFigures> {
  const client = new LoadClient(url, connections);
  const begin = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: connections }, async () => {
    for (let delivery = deliveries[next++]; delivery !== undefined; delivery = deliveries[next++]) await client.send(delivery, performance.now());
  }));
  return client.end(deliveries.length, performance.now() - begin);
}

/** Plain node:http with kept connections: the cheapest sender that Node has, for it takes CPU from what is measured. */
class LoadClient {
  private readonly agent: Agent;
  private readonly target: URL;
  private readonly latenciesMs: number[] = [];
  private readonly refused: Record<string, number> = {};

  constructor(url: string, connections: number) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
    this.target = new URL(url);
  }

  send({ body, signature }: Delivery, dueAtMs: number): Promise<void> {
    const bytes = Buffer.from(body);
    return new Promise((resolve) => {
      const settle = (problem: string | null): void => {
        if (problem === null) this.latenciesMs.push(performance.now() - dueAtMs);
        else this.refused[problem] = (this.refused[problem] ?? 0) + 1;
        resolve();
      };
      const outgoing = request({
        agent: this.agent, host: this.target.hostname, port: this.target.port, path: this.target.pathname, method: 'POST', timeout: TIMEOUT_MS,
        headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length, 'stripe-signature': signature },
      }, (incoming) => {
        incoming.resume();
        incoming.once('end', () => settle(incoming.statusCode !== undefined && incoming.statusCode < 300 ? null : String(incoming.statusCode)));
        incoming.once('error', (error) => settle(error.message));
      });
      outgoing.once('timeout', () => outgoing.destroy(new Error('timeout')));
      outgoing.once('error', (error) => settle(error.message));
      outgoing.end(bytes);
    });
  }

  end(sent: number, tookMs: number): LoadFigures {
    this.agent.destroy();
    return { sent, acknowledged: this.latenciesMs.length, latenciesMs: this.latenciesMs, tookMs, refused: this.refused };
  }
}
