import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { Engine } from './engine.js';
import type { ContainerRecord } from './records.js';

const FOLLOW_POLL_MS = 100;
const STDOUT = 1;

export interface LogQuery {
  follow: boolean;
  stdout: boolean;
  /** Lines from the end; undefined for all. */
  tail: number | undefined;
  timestamps: boolean;
  sinceSeconds: number;
  untilSeconds: number;
}

/** A frame of Docker's multiplexed stream: type, three zero bytes, big-endian length, payload. */
function frame(payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = STDOUT;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** The agent writes JSON lines with their own time; other lines (a crash of Node) have none. */
function timeOf(line: string): string | undefined {
  return /^\{"at":"([^"]+)"/.exec(line)?.[1];
}

function selects(query: LogQuery, line: string): boolean {
  const at = timeOf(line);
  if (at === undefined) return true;
  const seconds = Date.parse(at) / 1000;
  return seconds >= query.sinceSeconds && (query.untilSeconds === 0 || seconds <= query.untilSeconds);
}

/** The child's two streams share one file, since each line must outlive the emulator; all is told as standard output. */
export function streamLogs(engine: Engine, record: ContainerRecord, query: LogQuery, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/vnd.docker.raw-stream' });
  const file = engine.store.logFile(record.id);
  const text = query.stdout && existsSync(file) ? readFileSync(file, 'utf8') : '';
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = complete.split('\n').slice(0, -1).filter((line) => selects(query, line));
  const write = (line: string): boolean => response.write(frame(Buffer.from(`${query.timestamps ? `${timeOf(line) ?? new Date().toISOString()} ` : ''}${line}\n`)));
  for (const line of query.tail === undefined ? lines : lines.slice(Math.max(0, lines.length - query.tail))) write(line);
  if (!query.follow) {
    response.end();
    return;
  }
  response.flushHeaders();
  follow(engine, record, file, Buffer.byteLength(complete), write, response);
}

function follow(engine: Engine, record: ContainerRecord, file: string, from: number, write: (line: string) => boolean, response: ServerResponse): void {
  let position = from;
  let rest = '';
  const decoder = new TextDecoder();
  const timer = setInterval(() => {
    const stopped = engine.store.containers.get(record.id) === undefined || (record.status !== 'running' && record.status !== 'restarting');
    const added = readFrom(file, position);
    if (added.truncated) position = 0;
    position += added.bytes.length;
    const lines = (rest + decoder.decode(added.bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) write(line);
    if (stopped && added.bytes.length === 0) {
      clearInterval(timer);
      response.end();
    }
  }, FOLLOW_POLL_MS);
  response.once('close', () => clearInterval(timer));
}

function readFrom(file: string, position: number): { bytes: Buffer; truncated: boolean } {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return { bytes: Buffer.alloc(0), truncated: false };
  }
  try {
    const { size } = fstatSync(handle);
    if (size < position) return { bytes: Buffer.alloc(0), truncated: true };
    const bytes = Buffer.alloc(size - position);
    readSync(handle, bytes, 0, bytes.length, position);
    return { bytes, truncated: false };
  } finally {
    closeSync(handle);
  }
}
