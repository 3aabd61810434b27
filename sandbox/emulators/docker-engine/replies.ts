import type { IncomingMessage, ServerResponse } from 'node:http';
import { EngineError } from './docker-error-reply.js';

/** What a route answers: a body, or a function that writes a stream of its own. */
export type Reply = { status: number; json?: unknown; text?: string; headers?: Record<string, string> } | { stream: (response: ServerResponse) => void };

export interface Call {
  request: IncomingMessage;
  query: URLSearchParams;
  /** The pattern's parameters, in order. */
  parts: string[];
}

export interface Route {
  method: string;
  pattern: RegExp;
  handle: (call: Call) => Promise<Reply> | Reply;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > BODY_LIMIT_BYTES) throw new EngineError(413, 'request body too large');
    pieces.push(piece as Buffer);
  }
  if (bytes === 0) return {};
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch (error) {
    throw new EngineError(400, `invalid JSON: ${(error as Error).message}`);
  }
}

/** Docker's truth for query parameters. */
export const flag = (query: URLSearchParams, name: string, fallback = false): boolean => {
  const value = query.get(name);
  return value === null || value === '' ? fallback : !['0', 'false', 'no', 'none'].includes(value.toLowerCase());
};

export const seconds = (query: URLSearchParams, name: string): number | undefined => {
  const value = query.get(name);
  return value === null || value === '' ? undefined : Number(value);
};

/** `filters={"label":["a=b"]}`, or the older form with objects of true. @throws EngineError 400 */
export function filtersOf(query: URLSearchParams): Record<string, string[]> {
  const text = query.get('filters');
  if (text === null || text === '') return {};
  try {
    const parsed = JSON.parse(text) as Record<string, string[] | Record<string, boolean> | string>;
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, Array.isArray(value) ? value : typeof value === 'string' ? [value] : Object.keys(value)]));
  } catch {
    throw new EngineError(400, 'invalid filter');
  }
}

export const json = (body: unknown, status = 200): Reply => ({ status, json: body });
export const noContent = (): Reply => ({ status: 204 });

export function jsonLines(lines: object[]): Reply {
  return { status: 200, text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''), headers: { 'content-type': 'application/json' } };
}
