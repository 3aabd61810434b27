import { cpus, hostname, release, totalmem } from 'node:os';
import { buildImage, createImage, imageOf, imageView, listImages, loadImages, registerImage, removeImage } from './images.js';
import { connectNetwork, createNetwork, disconnectNetwork, findNetwork, listNetworks, networkView, removeNetwork } from './networks.js';
import type { Engine } from './engine.js';
import type { EngineEvent } from './event-bus.js';
import { filtersOf, flag, json, jsonLines, noContent, readJson, seconds, type Call, type Reply, type Route } from './replies.js';
import { ensureVolume, findVolume, listVolumes, pruneVolumes, removeVolume, volumeView } from './volumes.js';

export const API_VERSION = '1.43';
export const MIN_API_VERSION = '1.24';
/** What a client shows; nobody should take this for the real engine. */
export const PLATFORM_NAME = "Clawkeep's Docker Engine emulator";
const VERSION = '24.0.0-clawkeep-emulator';

export function engineRoutes(engine: Engine): Route[] {
  const part = (call: Call): string => call.parts[0] ?? '';
  return [
    { method: 'GET', pattern: /^\/_ping$/, handle: () => ({ status: 200, text: 'OK' }) },
    { method: 'HEAD', pattern: /^\/_ping$/, handle: () => ({ status: 200 }) },
    { method: 'GET', pattern: /^\/version$/, handle: () => json(versionView()) },
    { method: 'GET', pattern: /^\/info$/, handle: () => json(infoView(engine)) },
    { method: 'GET', pattern: /^\/events$/, handle: (call) => events(engine, call) },

    { method: 'GET', pattern: /^\/images\/json$/, handle: ({ query }) => json(listImages(engine, filtersOf(query))) },
    { method: 'POST', pattern: /^\/images\/create$/, handle: async ({ query, request }) => jsonLines(await createImage(engine, query, request)) },
    { method: 'POST', pattern: /^\/images\/load$/, handle: async ({ request }) => jsonLines(await loadImages(engine, request)) },
    { method: 'POST', pattern: /^\/build$/, handle: async ({ query, request }) => jsonLines(await buildImage(engine, query, request)) },
    { method: 'GET', pattern: /^\/images\/(.+)\/json$/, handle: (call) => json(imageView(imageOf(engine, part(call)))) },
    {
      method: 'POST',
      pattern: /^\/images\/(.+)\/tag$/,
      handle: (call) => {
        const image = imageOf(engine, part(call));
        registerImage(engine, `${call.query.get('repo') ?? ''}:${call.query.get('tag') ?? 'latest'}`, image.config, image.size);
        return { status: 201 };
      },
    },
    { method: 'DELETE', pattern: /^\/images\/(.+)$/, handle: (call) => json(removeImage(engine, part(call), flag(call.query, 'force'))) },

    { method: 'GET', pattern: /^\/networks$/, handle: ({ query }) => json(listNetworks(engine, filtersOf(query))) },
    { method: 'POST', pattern: /^\/networks\/create$/, handle: async ({ request }) => json(createNetwork(engine, await readJson(request)), 201) },
    { method: 'GET', pattern: /^\/networks\/([^/]+)$/, handle: (call) => json(networkView(engine, findNetwork(engine, part(call)))) },
    {
      method: 'DELETE',
      pattern: /^\/networks\/([^/]+)$/,
      handle: (call) => {
        removeNetwork(engine, part(call));
        return noContent();
      },
    },
    {
      method: 'POST',
      pattern: /^\/networks\/([^/]+)\/(connect|disconnect)$/,
      handle: async (call) => {
        const { Container: wanted } = await readJson(call.request);
        const container = engine.findContainer(String(wanted ?? ''));
        (call.parts[1] === 'connect' ? connectNetwork : disconnectNetwork)(engine, part(call), container);
        return { status: 200 };
      },
    },

    { method: 'GET', pattern: /^\/volumes$/, handle: ({ query }) => json(listVolumes(engine, filtersOf(query))) },
    {
      method: 'POST',
      pattern: /^\/volumes\/create$/,
      handle: async ({ request }) => {
        const body = await readJson(request);
        return json(volumeView(engine, ensureVolume(engine, typeof body.Name === 'string' && body.Name !== '' ? body.Name : undefined, body)), 201);
      },
    },
    { method: 'POST', pattern: /^\/volumes\/prune$/, handle: ({ query }) => json(pruneVolumes(engine, filtersOf(query))) },
    { method: 'GET', pattern: /^\/volumes\/([^/]+)$/, handle: (call) => json(volumeView(engine, findVolume(engine, part(call)))) },
    {
      method: 'DELETE',
      pattern: /^\/volumes\/([^/]+)$/,
      handle: (call) => {
        removeVolume(engine, part(call), flag(call.query, 'force'));
        return noContent();
      },
    },
  ];
}

function events(engine: Engine, call: Call): Reply {
  const filters = filtersOf(call.query);
  const since = seconds(call.query, 'since');
  const until = seconds(call.query, 'until');
  return {
    stream: (response) => {
      const tell = (event: EngineEvent): void => void response.write(`${JSON.stringify(event)}\n`);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      for (const event of engine.events.since(since, filters)) if (until === undefined || event.timeNano / 1e9 <= until) tell(event);
      const leftMs = until === undefined ? undefined : until * 1000 - Date.now();
      if (leftMs !== undefined && leftMs <= 0) {
        response.end();
        return;
      }
      const stopListening = engine.events.listen(filters, tell);
      const timer = leftMs === undefined ? undefined : setTimeout(() => response.end(), leftMs);
      response.once('close', () => {
        clearTimeout(timer);
        stopListening();
      });
    },
  };
}

function versionView(): object {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  return {
    Platform: { Name: PLATFORM_NAME },
    Components: [{ Name: 'Engine', Version: VERSION, Details: { ApiVersion: API_VERSION, MinAPIVersion: MIN_API_VERSION, Arch: arch, Os: 'linux' } }],
    Version: VERSION,
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: arch,
    KernelVersion: release(),
  };
}

function infoView(engine: Engine): object {
  const containers = engine.store.containers.all();
  const running = containers.filter((container) => container.status === 'running').length;
  return {
    ID: 'CLAWKEEP-EMULATOR',
    Containers: containers.length,
    ContainersRunning: running,
    ContainersPaused: 0,
    ContainersStopped: containers.length - running,
    Images: engine.store.images.all().length,
    Driver: 'clawkeep-emulator',
    Plugins: { Volume: ['local'], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file'] },
    MemoryLimit: false,
    SwapLimit: false,
    PidsLimit: false,
    NEventsListener: 0,
    KernelVersion: release(),
    OperatingSystem: PLATFORM_NAME,
    OSType: 'linux',
    Architecture: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    NCPU: cpus().length,
    MemTotal: totalmem(),
    DockerRootDir: engine.store.stateDir,
    Name: hostname(),
    ServerVersion: VERSION,
    Runtimes: { runc: { path: '' } },
    DefaultRuntime: 'runc',
    LiveRestoreEnabled: true,
    // Processes here are not confined: nobody should read more out of this list than there is.
    SecurityOptions: [],
    SystemTime: new Date().toISOString(),
    Warnings: ['WARNING: emulated engine: containers are plain processes without isolation'],
  };
}
