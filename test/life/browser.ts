import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** An answer that the caller did not want, in the API's own words. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly fields: Readonly<Record<string, string>>, what: string) {
    super(`${what}: ${status} ${code} ${detail}${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`);
    this.name = 'Refused';
  }
}

export interface BrowserOptions {
  /** How long a request is sent again where nobody answers or the answer is a 5xx; 0 = never. */
  readonly patienceMs?: number;
}

const REQUEST_TIMEOUT_MS = 90_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1_000;
const TOO_MANY = 429;

/**
 * A person's browser at one origin: cookies, the Origin header, and an Idempotency-Key on each write that stays the same however often
 * the request is sent again. `sent` names every request as soon as it is on its way.
 */
export class Browser {
  readonly sent = new Set<string>();
  readonly #cookies = new Map<string, string>();

  constructor(readonly baseUrl: string, private readonly options: BrowserOptions = {}) {}

  /** Values of the cookies that it holds now: secrets. */
  get cookies(): string[] { return [...this.#cookies.values()]; }

  async get<T>(path: string): Promise<T> { return parse<T>(await this.#patient('GET', path)); }
  async post<T>(path: string, body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<T> { return parse<T>(await this.#patient('POST', path, body, headers)); }
  async delete<T>(path: string): Promise<T> { return parse<T>(await this.#patient('DELETE', path)); }
  async download(path: string): Promise<Response> { return this.#patient('GET', path); }

  /** Follows a link of a mail as far as our own pages lead; its cookies are kept. */
  async follow(link: string): Promise<void> {
    let address: string | null = link;
    for (let hop = 0; address !== null && hop < 5; hop += 1) {
      const url: URL = new URL(address, this.baseUrl);
      if (url.host !== new URL(this.baseUrl).host) return;
      const response = await this.#patient('GET', `${url.pathname}${url.search}`);
      await response.arrayBuffer();
      address = response.headers.get('location');
    }
  }

  async #patient(method: string, path: string, body?: object, more: Readonly<Record<string, string>> = {}): Promise<Response> {
    const deadline = performance.now() + (this.options.patienceMs ?? 0);
    const headers = { ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }), ...more };
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
      const outcome = await this.#once(method, path, body, headers).catch((error: unknown) => error as Error);
      if (outcome instanceof Response && outcome.status < 400) return outcome;
      const refusal = outcome instanceof Response ? await refusalOf(outcome, `${method} ${path}`) : outcome;
      if (performance.now() > deadline || !isPassing(refusal)) throw refusal;
      await delay(waitMs);
    }
  }

  async #once(method: string, path: string, body: object | undefined, headers: Readonly<Record<string, string>>): Promise<Response> {
    this.sent.add(`${method} ${path.split('?')[0] ?? path}`);
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${this.baseUrl}${path}`, {
      method, redirect: 'manual', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      headers: {
        origin: new URL(this.baseUrl).origin, accept: 'application/json', ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.#keep(response);
    // A connection may still break in the middle of a body: then it is no answer.
    const held = await response.arrayBuffer();
    return new Response(response.status === 204 || response.status === 304 ? null : held, { status: response.status, headers: response.headers });
  }

  #keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const pair = line.split(';')[0] ?? '';
      const at = pair.indexOf('=');
      if (at <= 0) continue;
      if (/;\s*max-age=0/i.test(line)) this.#cookies.delete(pair.slice(0, at).trim());
      else this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1));
    }
  }
}

/** What goes by itself: nobody there, a 5xx, too many requests, or the same write still under way. */
function isPassing(refusal: Error): boolean {
  if (!(refusal instanceof Refused)) return refusal instanceof TypeError;
  return refusal.status >= 500 || refusal.status === TOO_MANY || refusal.code === 'IDEMPOTENCY_KEY_IN_USE';
}

async function refusalOf(response: Response, what: string): Promise<Refused> {
  const text = await response.text();
  try {
    const { code = '', detail = '', fields = {} } = JSON.parse(text) as { code?: string; detail?: string; fields?: Record<string, string> };
    return new Refused(response.status, code, detail, fields, what);
  } catch {
    return new Refused(response.status, 'NO_JSON', text.slice(0, 200), {}, what);
  }
}

async function parse<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
