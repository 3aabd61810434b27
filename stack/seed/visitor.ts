import { setTimeout as delay } from 'node:timers/promises';

/** An answer that the seed did not want. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, what: string) {
    super(`${what}: ${status} ${code} ${detail}`);
  }
}

const TRIES = 5;

/** A person with a browser: cookies, the page's origin, and patience where told to slow down. */
export class Visitor {
  readonly #cookies = new Map<string, string>();

  constructor(private readonly baseUrl: string, private readonly signal: AbortSignal | undefined) {}

  get<T>(path: string): Promise<T> { return this.#call<T>('GET', path); }
  post<T>(path: string, body: unknown = {}): Promise<T> { return this.#call<T>('POST', path, body); }

  /** Follows a link of a mail as far as our own pages lead; its cookies are kept. */
  async follow(link: string): Promise<void> {
    let address: string | null = link;
    for (let hop = 0; address !== null && hop < 5; hop += 1) {
      const url = new URL(address, this.baseUrl);
      if (url.host !== new URL(this.baseUrl).host) return;
      const response: Response = await fetch(url, { redirect: 'manual', headers: this.#headers(), ...this.#signal() });
      this.#keep(response);
      await response.arrayBuffer();
      if (response.status >= 400) throw new Refused(response.status, 'LINK', '', `the link to ${url.pathname}`);
      address = response.headers.get('location');
    }
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(`${this.baseUrl}${path}`, {
        method, headers: { ...this.#headers(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...this.#signal(),
      });
      this.#keep(response);
      const text = await response.text();
      if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
      const retryAfterSeconds = Number(response.headers.get('retry-after') ?? 1);
      if ((response.status === 429 || response.status === 503) && attempt < TRIES) {
        await delay(Math.min(retryAfterSeconds, 60) * 1_000, undefined, this.#signal());
        continue;
      }
      const { code = '', detail = '' } = parse(text);
      throw new Refused(response.status, code, detail, `${method} ${path}`);
    }
  }

  #headers(): Record<string, string> {
    return { origin: new URL(this.baseUrl).origin, accept: 'application/json', ...(this.#cookies.size === 0 ? {} : { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }) };
  }

  #signal(): { signal?: AbortSignal } { return this.signal === undefined ? {} : { signal: this.signal }; }

  #keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const pair = line.split(';')[0] ?? '';
      const at = pair.indexOf('=');
      if (at > 0) this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1));
    }
  }
}

function parse(text: string): { code?: string; detail?: string } {
  try {
    return JSON.parse(text) as { code?: string; detail?: string };
  } catch {
    return {};
  }
}
