import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { agentImageConfig, agentImageReference } from '#sandbox/emulators/openclaw/image.js';
import { containerRoutes } from './container-routes.js';
import { controlRoutes } from './control-routes.js';
import { EngineError } from './docker-error-reply.js';
import { Engine } from './engine.js';
import { API_VERSION, engineRoutes, MIN_API_VERSION } from './engine-routes.js';
import { Faults, type Fault } from './faults.js';
import { registerImage } from './images.js';
import type { Reply, Route } from './replies.js';

export interface DockerEmulatorOptions {
  /** TCP port on loopback; 0 for any. */
  port: number;
  socketPath?: string;
  /** Everything it remembers lies here: records, volumes, logs. */
  stateDir: string;
  agentBundlePath: string;
}

export interface DockerEmulator {
  port: number;
  socketPath: string | undefined;
  /** Reference of the light agent's image, present from the start. */
  imageReference: string;
  /** Stops answering and stops every container; the next start with the same folder brings them back. */
  close(): Promise<void>;
}

/** Starts the emulator: the Docker Engine API on a unix socket and on TCP, each container a process of the light agent. */
export async function startDockerEmulator(options: DockerEmulatorOptions): Promise<DockerEmulator> {
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  const engine = new Engine(options.stateDir, options.agentBundlePath);
  const imageReference = agentImageReference({ agentBundlePath: options.agentBundlePath });
  registerImage(engine, imageReference, agentImageConfig());
  await engine.lifecycle.recover();

  const faults = new Faults();
  const routes = [...engineRoutes(engine), ...containerRoutes(engine), ...controlRoutes(engine, faults)];
  const serve = (request: IncomingMessage, response: ServerResponse): void => void answer(routes, faults, request, response);
  const tcp = createServer(serve);
  await listen(tcp, { port: options.port, host: '127.0.0.1' });
  const servers = [tcp];
  if (options.socketPath !== undefined) {
    mkdirSync(dirname(options.socketPath), { recursive: true });
    // Left by an emulator that was killed; the TCP port above is what keeps two from running at once.
    rmSync(options.socketPath, { force: true });
    const unix = createServer(serve);
    await listen(unix, { path: options.socketPath });
    servers.push(unix);
  }
  return {
    port: (tcp.address() as AddressInfo).port,
    socketPath: options.socketPath,
    imageReference,
    async close() {
      await engine.lifecycle.close();
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

function listen(server: Server, where: { port: number; host: string } | { path: string }): Promise<void> {
  // Waits and event streams last as long as their clients like.
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => resolve());
  });
}

const olderThan = (a: string, b: string): boolean => {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA < majorB || (majorA === majorB && minorA < minorB);
};

function assertVersion(version: string): void {
  if (olderThan(API_VERSION, version)) throw new EngineError(400, `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`);
  if (olderThan(version, MIN_API_VERSION)) throw new EngineError(400, `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`);
}

async function answer(routes: Route[], faults: Faults, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://docker');
  const [, version, path = '/'] = /^(?:\/v(\d+\.\d+))?(\/.*)$/.exec(url.pathname) ?? [];
  const method = request.method ?? 'GET';
  const fault = path.startsWith('/_emulator/') ? undefined : faults.take(method, path);
  response.setHeader('server', 'Docker/clawkeep-emulator (linux)');
  response.setHeader('api-version', API_VERSION);
  response.setHeader('ostype', 'linux');
  try {
    if (await spoilBefore(fault, request, response)) return;
    if (version !== undefined) assertVersion(version);
    const reply = await route(routes, method, path, request, url.searchParams);
    if (!spoilAfter(fault, response)) write(response, reply);
  } catch (error) {
    if (spoilAfter(fault, response)) return;
    const known = error instanceof EngineError;
    write(response, { status: known ? error.status : 500, json: known && error.status === 304 ? undefined : { message: (error as Error).message } });
  } finally {
    request.resume();
  }
}

async function route(routes: Route[], method: string, path: string, request: IncomingMessage, query: URLSearchParams): Promise<Reply> {
  for (const candidate of routes) {
    const match = candidate.method === method ? candidate.pattern.exec(path) : null;
    if (match) return candidate.handle({ request, query, parts: match.slice(1).map(decodeURIComponent) });
  }
  throw new EngineError(404, 'page not found');
}

/** Faults that come before the effect. True when the request is done with. */
async function spoilBefore(fault: Fault | undefined, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  switch (fault?.kind) {
    case 'down':
      request.socket.destroy();
      return true;
    case 'error-500-before':
      write(response, { status: 500, json: { message: 'emulated failure before the effect' } });
      return true;
    case 'slow':
      await delay(fault.delayMs);
      return false;
    default:
      return false;
  }
}

/** Faults that come after the effect. True when the answer is already spoiled. */
function spoilAfter(fault: Fault | undefined, response: ServerResponse): boolean {
  if (fault?.kind === 'lost-answer') {
    response.socket?.destroy();
    return true;
  }
  if (fault?.kind !== 'error-500-after') return false;
  write(response, { status: 500, json: { message: 'emulated failure after the effect' } });
  return true;
}

function write(response: ServerResponse, reply: Reply): void {
  if (response.destroyed || response.headersSent) return;
  if ('stream' in reply) {
    reply.stream(response);
    return;
  }
  const body = reply.json === undefined ? reply.text : `${JSON.stringify(reply.json)}\n`;
  response.writeHead(reply.status, {
    ...(reply.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...reply.headers,
  });
  response.end(body);
}
