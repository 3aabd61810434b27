import { constants, cpus } from 'node:os';
import { getArchive, pathStat, putArchive } from './archive.js';
import { createContainer } from './container-create.js';
import { streamLogs } from './container-logs.js';
import { inspectView, listContainers, statsView } from './container-views.js';
import { EngineError } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import { processStat } from './process-table.js';
import type { Foreign } from './records.js';
import { filtersOf, flag, json, noContent, readJson, seconds, type Call, type Reply, type Route } from './replies.js';

const STATS_INTERVAL_MS = 1000;
const PATH_STAT_HEADER = 'x-docker-container-path-stat';
/** Fields that POST /containers/:id/update may change. */
const UPDATABLE = ['Memory', 'MemorySwap', 'MemoryReservation', 'NanoCpus', 'CpuShares', 'CpuPeriod', 'CpuQuota', 'CpusetCpus', 'CpusetMems', 'PidsLimit', 'RestartPolicy', 'BlkioWeight'];

export function containerRoutes(engine: Engine): Route[] {
  const { lifecycle } = engine;
  const of = (call: Call) => engine.findContainer(call.parts[0] ?? '');
  return [
    { method: 'POST', pattern: /^\/containers\/create$/, handle: async ({ request, query }) => json(createContainer(engine, query.get('name') ?? undefined, await readJson(request)), 201) },
    { method: 'GET', pattern: /^\/containers\/json$/, handle: ({ query }) => json(listContainers(engine, flag(query, 'all'), filtersOf(query), seconds(query, 'limit'))) },
    { method: 'GET', pattern: /^\/containers\/([^/]+)\/json$/, handle: (call) => json(inspectView(engine, of(call))) },
    {
      method: 'POST',
      pattern: /^\/containers\/([^/]+)\/start$/,
      handle: async (call) => {
        await lifecycle.start(of(call));
        return noContent();
      },
    },
    {
      method: 'POST',
      pattern: /^\/containers\/([^/]+)\/stop$/,
      handle: async (call) => {
        await lifecycle.stop(of(call), seconds(call.query, 't'));
        return noContent();
      },
    },
    {
      method: 'POST',
      pattern: /^\/containers\/([^/]+)\/restart$/,
      handle: async (call) => {
        await lifecycle.restart(of(call), seconds(call.query, 't'));
        return noContent();
      },
    },
    {
      method: 'POST',
      pattern: /^\/containers\/([^/]+)\/kill$/,
      handle: async (call) => {
        await lifecycle.kill(of(call), signalName(call.query.get('signal')));
        return noContent();
      },
    },
    {
      method: 'POST',
      pattern: /^\/containers\/([^/]+)\/wait$/,
      handle: (call) => {
        const record = of(call);
        const ended = lifecycle.wait(record, call.query.get('condition') ?? 'not-running');
        // The head goes out at once, as Docker's does: a client knows by it that the wait is in place.
        return {
          stream: (response) => {
            response.writeHead(200, { 'content-type': 'application/json' });
            response.flushHeaders();
            void ended.then((code) => response.end(JSON.stringify({ StatusCode: code })));
          },
        };
      },
    },
    { method: 'POST', pattern: /^\/containers\/([^/]+)\/rename$/, handle: (call) => rename(engine, call) },
    { method: 'POST', pattern: /^\/containers\/([^/]+)\/update$/, handle: (call) => update(engine, call) },
    {
      method: 'DELETE',
      pattern: /^\/containers\/([^/]+)$/,
      handle: async (call) => {
        await lifecycle.remove(of(call), { force: flag(call.query, 'force'), volumes: flag(call.query, 'v') });
        return noContent();
      },
    },
    { method: 'GET', pattern: /^\/containers\/([^/]+)\/logs$/, handle: (call) => logs(engine, call) },
    { method: 'GET', pattern: /^\/containers\/([^/]+)\/stats$/, handle: (call) => stats(engine, call) },
    { method: 'GET', pattern: /^\/containers\/([^/]+)\/top$/, handle: (call) => top(engine, call) },
    { method: 'HEAD', pattern: /^\/containers\/([^/]+)\/archive$/, handle: (call) => ({ status: 200, headers: { [PATH_STAT_HEADER]: pathStat(engine, of(call), pathOf(call)) } }) },
    {
      method: 'GET',
      pattern: /^\/containers\/([^/]+)\/archive$/,
      handle: (call) => {
        const record = of(call);
        const stat = pathStat(engine, record, pathOf(call).replace(/\/\.$/, '') || '/');
        const archive = getArchive(engine, record, pathOf(call));
        return {
          stream: (response) => {
            response.writeHead(200, { 'content-type': 'application/x-tar', [PATH_STAT_HEADER]: stat });
            archive.once('error', () => response.destroy());
            archive.pipe(response as never);
          },
        };
      },
    },
    {
      method: 'PUT',
      pattern: /^\/containers\/([^/]+)\/archive$/,
      handle: async (call) => {
        await putArchive(engine, of(call), pathOf(call), call.request);
        return { status: 200 };
      },
    },
  ];
}

function pathOf(call: Call): string {
  const path = call.query.get('path');
  if (path === null || path === '') throw new EngineError(400, 'bad parameter: path cannot be empty');
  return path;
}

function signalName(value: string | null): NodeJS.Signals {
  if (value === null || value === '') return 'SIGKILL';
  const name = /^\d+$/.test(value) ? Object.entries(constants.signals).find(([, number]) => number === Number(value))?.[0] : value.startsWith('SIG') ? value : `SIG${value}`;
  if (name === undefined || !(name in constants.signals)) throw new EngineError(400, `Invalid signal: ${value}`);
  return name as NodeJS.Signals;
}

function rename(engine: Engine, call: Call): Reply {
  const record = engine.findContainer(call.parts[0] ?? '');
  const name = (call.query.get('name') ?? '').replace(/^\//, '');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw new EngineError(400, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  const holder = engine.store.containers.all().find((item) => item.name === name);
  if (holder) throw new EngineError(409, `Error when allocating new name: Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`);
  const oldName = record.name;
  record.name = name;
  engine.store.containers.save(record.id, record);
  engine.containerEvent(record, 'rename', { oldName: `/${oldName}` });
  return noContent();
}

async function update(engine: Engine, call: Call): Promise<Reply> {
  const record = engine.findContainer(call.parts[0] ?? '');
  const body = await readJson(call.request);
  const changes: Foreign = Object.fromEntries(UPDATABLE.filter((key) => body[key] !== undefined && body[key] !== 0).map((key) => [key, body[key]]));
  const memory = Number(changes.Memory ?? record.hostConfig.Memory);
  const swap = Number(changes.MemorySwap ?? record.hostConfig.MemorySwap);
  if (swap > 0 && memory > swap) {
    throw new EngineError(409, `Cannot update container ${record.id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`);
  }
  record.hostConfig = { ...record.hostConfig, ...changes };
  engine.store.containers.save(record.id, record);
  engine.containerEvent(record, 'update');
  return json({ Warnings: null });
}

function logs(engine: Engine, call: Call): Reply {
  const { query } = call;
  const record = engine.findContainer(call.parts[0] ?? '');
  if (!flag(query, 'stdout') && !flag(query, 'stderr')) throw new EngineError(400, 'Bad parameters: you must choose at least one stream');
  const tail = query.get('tail');
  return {
    stream: (response) =>
      streamLogs(
        engine,
        record,
        {
          follow: flag(query, 'follow'),
          stdout: flag(query, 'stdout'),
          tail: tail === null || tail === '' || tail === 'all' || !/^\d+$/.test(tail) ? undefined : Number(tail),
          timestamps: flag(query, 'timestamps'),
          sinceSeconds: seconds(query, 'since') ?? 0,
          untilSeconds: seconds(query, 'until') ?? 0,
        },
        response,
      ),
  };
}

function stats(engine: Engine, call: Call): Reply {
  const record = engine.findContainer(call.parts[0] ?? '');
  const processors = cpus().length;
  if (!flag(call.query, 'stream', true)) return json(statsView(record, processors));
  return {
    stream: (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const tell = (): void => void response.write(`${JSON.stringify(statsView(record, processors))}\n`);
      tell();
      const timer = setInterval(tell, STATS_INTERVAL_MS);
      response.once('close', () => clearInterval(timer));
    },
  };
}

function top(engine: Engine, call: Call): Reply {
  const record = engine.findContainer(call.parts[0] ?? '');
  if (record.status !== 'running' || !processStat(record.pid)) throw new EngineError(409, `Container ${record.id} is not running`);
  return json({ Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'], Processes: [['1000', String(record.pid), String(process.pid), '0', '', '?', '00:00:00', inspectView(engine, record).Path]] });
}
