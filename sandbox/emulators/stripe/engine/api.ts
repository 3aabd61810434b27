import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { endpointParams } from '../schema/params.generated.js';
import type { Doc } from './doc.js';
import { invalid, StripeFault } from './errors.js';
import type { FaultPlan } from './faults.js';
import { parseForm, type Raw } from './form.js';
import { fingerprint, recall, save } from './idempotency.js';
import { randomText } from './ids.js';
import { readParams } from './params.js';
import { answer, type Call, type Endpoint } from './route.js';
import { TypeTable } from './schema.js';
import { apiVersion, type World } from './world.js';
import { refuseWhileAdvancing } from '../resources/test-clocks.js';

const acceptedVersions = new Set([apiVersion, '2026-09-30.endive']);
const table = new TypeTable(`${endpointParams}\nGET /v1/account {expand?:[s]}`);

/** What the API needs of the server around it. */
export interface ApiHost {
  world: World;
  faults: FaultPlan;
  /** Runs and commits; on a throw that does not commit, everything is undone. */
  transact: (run: () => void) => void;
}

interface Matched {
  endpoint: Endpoint;
  ids: string[];
}

/** The `/v1` API: authentication, form parameters, idempotency, faults, errors, all in Stripe's words. */
export class Api {
  private readonly running = new Set<string>();

  constructor(
    private readonly host: ApiHost,
    private readonly endpoints: Endpoint[],
  ) {
    for (const endpoint of endpoints) if (!table.get(`${endpoint.method} ${endpoint.path}`)) throw new Error(`no parameter table for ${endpoint.method} ${endpoint.path}`);
  }

  /** Answers one request. `body` is its text. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL, body: string): Promise<void> {
    const requestId = `req_${randomText(14)}`;
    const method = request.method ?? 'GET';
    const key = method === 'POST' ? header(request, 'idempotency-key') : undefined;
    const send = (status: number, doc: Doc, headers: Record<string, string> = {}): void => {
      const text = JSON.stringify(doc, null, 2);
      response.writeHead(status, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
        'Request-Id': requestId,
        'Stripe-Version': header(request, 'stripe-version') ?? apiVersion,
        'Cache-Control': 'no-cache, no-store',
        ...(key ? { 'Idempotency-Key': key } : {}),
        ...headers,
      });
      response.end(text);
    };
    const refuse = (fault: StripeFault, headers: Record<string, string> = {}): void => send(fault.status, errorBody(fault, requestId), { ...fault.headers, ...headers });
    try {
      await this.serve({ request, response, url, body, requestId, method, key, send, refuse });
    } catch (error) {
      if (error instanceof StripeFault) refuse(error);
      else {
        process.stderr.write(`stripe emulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        refuse(new StripeFault(500, { message: 'An unknown error occurred', type: 'api_error' }));
      }
    }
  }

  private async serve(io: {
    request: IncomingMessage;
    response: ServerResponse;
    url: URL;
    body: string;
    requestId: string;
    method: string;
    key: string | undefined;
    send: (status: number, doc: Doc, headers?: Record<string, string>) => void;
    refuse: (fault: StripeFault, headers?: Record<string, string>) => void;
  }): Promise<void> {
    const { request, response, url, body, requestId, method, key, send, refuse } = io;
    const { world, faults } = this.host;
    this.authenticate(request);
    this.checkVersion(request);
    const matched = this.match(method, url.pathname);
    if (key !== undefined && (key.length > 255 || key === '')) throw invalid('Idempotency keys must be between 1 and 255 characters long.', undefined, undefined, { saved: false });
    const before = faults.take(['unauthorized', 'rate-limit-429', 'conflict-409'], method, url.pathname);
    if (before?.kind === 'unauthorized') throw new StripeFault(401, { code: 'api_key_expired', doc_url: 'https://docs.stripe.com/error-codes#api-key-expired', message: 'Expired API Key provided: sk_test_****************', type: 'invalid_request_error' }, { saved: false });
    if (before?.kind === 'rate-limit-429') {
      throw new StripeFault(429, { code: 'rate_limit', doc_url: 'https://docs.stripe.com/error-codes#rate-limit', message: 'Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.', type: 'invalid_request_error' }, { saved: false, headers: { 'Stripe-Rate-Limited-Reason': 'global-rate' } });
    }
    if (before?.kind === 'conflict-409') throw lockTimeout();
    const mark = fingerprint(method, url.pathname, body);
    if (key !== undefined) {
      if (this.running.has(key)) throw inUse(key);
      const saved = recall(world, key, mark, url.pathname);
      if (saved) {
        send(saved.status, saved.body, { 'Idempotent-Replayed': 'true', 'Original-Request': saved.requestId });
        return;
      }
      this.running.add(key);
    }
    try {
      const slow = faults.take(['slow'], method, url.pathname);
      if (slow) await wait(slow.amount ?? 1000);
      const raw = this.readRaw(request, url, method, body);
      const type = table.get(`${matched.endpoint.method} ${matched.endpoint.path}`);
      if (!type) throw new Error('endpoint without parameters');
      const params = readParams(type, raw);
      const expand = (params['expand'] as string[] | undefined) ?? [];
      const failing = faults.take(['error-500-before', 'error-500-after', 'lost-answer'], method, url.pathname);
      const serverError = new StripeFault(500, { message: 'An error occurred with our connection to our payment network. Please try again.', type: 'api_error' });
      let fault: StripeFault | undefined;
      let result: Doc | undefined;
      const call: Call = { world, params, ids: matched.ids, expand };
      world.origin = { requestId, idempotencyKey: key ?? null };
      try {
        this.host.transact(() => {
          try {
            if (method !== 'GET') this.refuseWhileAdvancing(matched, params);
            if (failing?.kind === 'error-500-before') throw serverError;
            result = answer(call, matched.endpoint.run(call));
            if (result['object'] === 'list' && faults.take(['empty-list'], method, url.pathname)) result = { ...result, data: [], has_more: false };
          } catch (error) {
            if (!(error instanceof StripeFault) || !error.commits) throw error;
            fault = error;
          }
          if (failing?.kind === 'error-500-after') fault = serverError;
          if (key !== undefined) save(world, key, mark, url.pathname, { status: fault?.status ?? 200, body: fault ? errorBody(fault, requestId) : (result ?? {}), requestId });
        });
      } catch (error) {
        if (!(error instanceof StripeFault)) throw error;
        fault = error;
        if (key !== undefined && error.saved) {
          this.host.transact(() => void save(world, key, mark, url.pathname, { status: error.status, body: errorBody(error, requestId), requestId }));
        }
      } finally {
        world.origin = { requestId: null, idempotencyKey: null };
      }
      if (failing?.kind === 'lost-answer') {
        response.destroy();
        return;
      }
      if (fault) refuse(fault);
      else send(200, result ?? {});
    } finally {
      if (key !== undefined) this.running.delete(key);
    }
  }

  /** While a test clock is on its way, what hangs on it cannot be changed. */
  private refuseWhileAdvancing(matched: Matched, params: Doc): void {
    const { world } = this.host;
    for (const id of [...matched.ids, params['customer'], params['subscription']]) {
      const clock = typeof id === 'string' ? (world.store.get(id)?.clock ?? null) : null;
      refuseWhileAdvancing(world, clock);
    }
  }

  private authenticate(request: IncomingMessage): void {
    const authorization = header(request, 'authorization');
    let key: string | undefined;
    if (authorization?.startsWith('Bearer ')) key = authorization.slice('Bearer '.length).trim();
    else if (authorization?.startsWith('Basic ')) key = Buffer.from(authorization.slice('Basic '.length), 'base64').toString('utf8').split(':')[0];
    if (!key) {
      throw new StripeFault(401, { message: "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.", type: 'invalid_request_error' }, { saved: false, headers: { 'WWW-Authenticate': 'Basic realm="Stripe"' } });
    }
    if (key !== this.host.world.settings.secretKey) {
      const shown = key.length > 12 ? `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}` : `${key.slice(0, 3)}***`;
      throw new StripeFault(401, { message: `Invalid API Key provided: ${shown}`, type: 'invalid_request_error' }, { saved: false, headers: { 'WWW-Authenticate': 'Basic realm="Stripe"' } });
    }
  }

  private checkVersion(request: IncomingMessage): void {
    const version = header(request, 'stripe-version');
    if (version === undefined || acceptedVersions.has(version)) return;
    throw invalid(`Invalid Stripe API version: ${version}. This emulator speaks ${apiVersion}.`, undefined, undefined, { saved: false });
  }

  private match(method: string, path: string): Matched {
    const parts = path.split('/');
    let best: Matched | undefined;
    for (const endpoint of this.endpoints) {
      if (endpoint.method !== method) continue;
      const wanted = endpoint.path.split('/');
      if (wanted.length !== parts.length) continue;
      const ids: string[] = [];
      const fits = wanted.every((part, index) => {
        const actual = parts[index] ?? '';
        if (part !== ':id') return part === actual;
        ids.push(safeDecode(actual));
        // Stripe's `…/search` endpoints are not emulated, and no object has that id.
        return actual !== '' && actual !== 'search';
      });
      if (fits && (!best || ids.length < best.ids.length)) best = { endpoint, ids };
    }
    if (best) return best;
    throw invalid(`Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`, undefined, undefined, { status: 404, saved: false });
  }

  private readRaw(request: IncomingMessage, url: URL, method: string, body: string): { [key: string]: Raw } {
    if (method !== 'POST' || body === '') {
      // The SDK sends DELETE parameters in the body as well.
      return parseForm([url.search.slice(1), method === 'GET' ? '' : body].filter((part) => part !== '').join('&'));
    }
    const type = header(request, 'content-type') ?? '';
    if (!type.startsWith('application/x-www-form-urlencoded')) {
      throw invalid(`Invalid request: content type \`${type.split(';')[0] ?? ''}\` is not supported. Stripe's v1 API takes \`application/x-www-form-urlencoded\`.`, undefined, undefined, { saved: false });
    }
    return parseForm(body);
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function errorBody(fault: StripeFault, requestId: string): Doc {
  return { error: { ...fault.body, request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}` } };
}

function inUse(key: string): StripeFault {
  return new StripeFault(
    409,
    { code: 'idempotency_key_in_use', doc_url: 'https://docs.stripe.com/error-codes#idempotency-key-in-use', message: `There is currently another in-progress request using this Idempotency Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`, type: 'idempotency_error' },
    { saved: false, headers: { 'Stripe-Should-Retry': 'true' } },
  );
}

function lockTimeout(): StripeFault {
  return new StripeFault(
    409,
    { code: 'lock_timeout', doc_url: 'https://docs.stripe.com/error-codes#lock-timeout', message: 'This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.', type: 'invalid_request_error' },
    { saved: false, headers: { 'Stripe-Should-Retry': 'true' } },
  );
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
