import { createServer, connect, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const PROBE_INTERVAL_MS = 20;

/** Finds a TCP port on 127.0.0.1 that nobody listens on. Another process may still take it before you do. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Waits until something listens on the port. Rejects after `timeoutMs`, or as soon as `signal` aborts. */
export async function waitForPort(port: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isOpen(port))) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`Nothing listens on port ${port} after ${timeoutMs} ms`);
    await delay(PROBE_INTERVAL_MS);
  }
}
