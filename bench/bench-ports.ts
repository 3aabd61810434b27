import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { PORTS, type PortName, type Ports } from '../stack/ports.js';

/** Below the range that systems give to outgoing connections (Linux: from 32768): under load those would take a port that is looked up now and opened later. */
const [FIRST, LAST] = [11_000, 20_900];

/** A free port for every process of a stack. */
export async function benchPorts(): Promise<Ports> {
  const ports = {} as Ports;
  let port = randomInt(FIRST, LAST - 1_000);
  for (const name of Object.keys(PORTS) as PortName[]) {
    while (!(await isFree(port))) port += 1;
    if (port > LAST) throw new Error('There are not enough free ports for a stack.');
    ports[name] = port;
    port += 1;
  }
  return ports;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
