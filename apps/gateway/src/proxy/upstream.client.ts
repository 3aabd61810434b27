import type { IncomingHttpHeaders } from 'node:http';
import type { Operation, VendorDialect } from '../vendors/vendor.types.js';
import type { VendorBaseUrls } from '../vendors/vendors.js';

/** Enough of an error's body to see what it is about. */
const MAX_ERROR_BYTES = 64 * 1024;

export interface UpstreamRequest {
  dialect: VendorDialect;
  operation: Operation;
  key: string;
  callerHeaders: IncomingHttpHeaders;
  body: Buffer | undefined;
  signal: AbortSignal;
}

/** Calls the vendors. The caller's own headers stay here, save the few that the vendor needs. */
export class UpstreamClient {
  readonly #baseUrls: VendorBaseUrls;

  constructor(baseUrls: VendorBaseUrls) {
    this.#baseUrls = baseUrls;
  }

  /** Sends the request; resolves with the head of the answer, whatever its status. Rejects when none comes. */
  open({ dialect, operation, key, callerHeaders, body, signal }: UpstreamRequest): Promise<Response> {
    const base = this.#baseUrls[dialect.name].replace(/\/+$/, '');
    const query = operation.upstreamQuery === undefined ? '' : `?${operation.upstreamQuery}`;
    const headers = new Headers({ 'user-agent': 'clawkeep-gateway', 'accept-encoding': 'identity', ...dialect.defaultHeaders });
    for (const name of dialect.forwardedHeaders) {
      const value = callerHeaders[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    if (body !== undefined) headers.set('content-type', 'application/json');
    for (const [name, value] of Object.entries(dialect.authHeaders(key))) headers.set(name, value);
    // A redirect is not followed: the key goes to the configured address and to no other.
    return fetch(`${base}${operation.upstreamPath}${query}`, { method: operation.method, headers, redirect: 'manual', signal, ...(body === undefined ? {} : { body }) });
  }
}

/** Reads the beginning of an error's body and drops the rest. */
export async function readErrorBody(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of response.body) {
    chunks.push(bytes);
    size += bytes.length;
    if (size >= MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, MAX_ERROR_BYTES);
}
