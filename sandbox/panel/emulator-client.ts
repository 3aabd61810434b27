import { Refusal } from './refusal.js';

const PATIENCE_MS = 30_000;

/** One emulator's HTTP face. Its own refusals are passed on with their words; a system that is real here has no such face. */
export class EmulatorClient {
  constructor(readonly name: string, private readonly baseUrl: string | undefined, private readonly headers: Readonly<Record<string, string>> = {}) {}

  get isThere(): boolean { return this.baseUrl !== undefined; }

  get<T>(path: string): Promise<T> { return this.call<T>('GET', path); }

  /** POST with a JSON body. */
  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call<T>('POST', path, { body: JSON.stringify(body), type: 'application/json' });
  }

  /** POST as Stripe takes it. */
  postForm<T>(path: string, form: Record<string, string>): Promise<T> {
    return this.call<T>('POST', path, { body: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' });
  }

  delete<T>(path: string): Promise<T> { return this.call<T>('DELETE', path); }

  private async call<T>(method: string, path: string, body?: { body: string; type: string }): Promise<T> {
    if (this.baseUrl === undefined) throw new Refusal(409, 'NOT_EMULATED', `A real ${this.name} is in use here, which this page can't drive.`);
    let response: Response;
    try {
      response = await fetch(`${this.baseUrl}${path}`, {
        method, headers: { ...this.headers, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': body.type }) },
        ...(body === undefined ? {} : { body: body.body }), signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch (error) {
      throw new Refusal(503, 'EMULATOR_DOWN', `The ${this.name} emulator does not answer: ${error instanceof Error ? error.message : String(error)}`);
    }
    const text = await response.text();
    const answer = parse(text);
    if (response.ok) return answer as T;
    const told = answer as { detail?: string; message?: string; error?: { message?: string } | string } | undefined;
    const detail = told?.detail ?? told?.message ?? (typeof told?.error === 'string' ? told.error : told?.error?.message) ?? (text.slice(0, 200) || `The ${this.name} emulator answered ${response.status}.`);
    throw new Refusal(response.status >= 500 ? 502 : response.status, 'REFUSED_BY_EMULATOR', detail);
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}
