import { createConnection } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { createDataConverter } from './data-converter.js';
import type { CodecKey } from './payload-codec.js';

export interface TemporalSettings { address: string; namespace: string; codecKeys: readonly CodecKey[] }
export interface TemporalClient { client: Client; connection: Connection; close(): Promise<void> }

/**
 * A client with the house's data converter. Looks at the TCP port first: a too early gRPC connect costs a full second of back-off.
 * Rejects when nothing answers within `waitMs`.
 */
export async function connectTemporal(settings: TemporalSettings, waitMs = 15_000): Promise<TemporalClient> {
  await waitForPort(settings.address, waitMs);
  const connection = await Connection.connect({ address: settings.address });
  const client = new Client({ connection, namespace: settings.namespace, dataConverter: createDataConverter(settings.codecKeys) });
  return { client, connection, close: () => connection.close() };
}

/** Resolves when `host:port` accepts a TCP connection; rejects after `waitMs`. */
export async function waitForPort(address: string, waitMs: number): Promise<void> {
  const [host = '127.0.0.1', port = '7233'] = [address.slice(0, address.lastIndexOf(':')), address.slice(address.lastIndexOf(':') + 1)];
  const deadline = Date.now() + waitMs;
  while (!(await answers(host, Number(port)))) {
    if (Date.now() > deadline) throw new Error(`Nothing answers at ${address} (waited ${waitMs} ms)`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 1_000 });
    const settle = (value: boolean) => { socket.destroy(); resolve(value); };
    socket.once('connect', () => settle(true)).once('error', () => settle(false)).once('timeout', () => settle(false));
  });
