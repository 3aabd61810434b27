import type { Doc } from './doc.js';

/** An answer in Stripe's error shape. `commits`: what was done before it stays done (a declined charge is still a fact). */
export class StripeFault extends Error {
  readonly status: number;
  readonly body: Doc;
  readonly commits: boolean;
  /** False for refusals made before the endpoint began to run: those are not saved under an idempotency key. */
  readonly saved: boolean;
  readonly headers: Record<string, string>;

  constructor(status: number, body: Doc, options: { commits?: boolean; saved?: boolean; headers?: Record<string, string> } = {}) {
    super(String(body['message'] ?? status));
    this.status = status;
    this.body = body;
    this.commits = options.commits ?? false;
    this.saved = options.saved ?? true;
    this.headers = options.headers ?? {};
  }
}

const docUrl = (code: string): Doc => ({ doc_url: `https://docs.stripe.com/error-codes#${code.replaceAll('_', '-')}` });

/** A refused parameter: 400 `invalid_request_error`. */
export function invalid(message: string, param?: string, code?: string, options: { status?: number; saved?: boolean } = {}): StripeFault {
  return new StripeFault(
    options.status ?? 400,
    { ...(code ? { code, ...docUrl(code) } : {}), message, ...(param ? { param } : {}), type: 'invalid_request_error' },
    { saved: options.saved ?? true },
  );
}

/** `resource_missing`: 404 for an id in the path, 400 for an id in a parameter. */
export function noSuch(label: string, id: string, param = 'id', status = param === 'id' || param === 'intent' ? 404 : 400): StripeFault {
  return invalid(`No such ${label}: '${id}'`, param, 'resource_missing', { status });
}

/** A refused charge: 402 `card_error`. Its attempt is kept. */
export function cardError(fields: Doc): StripeFault {
  return new StripeFault(402, { ...docUrl(String(fields['code'])), ...fields, type: 'card_error' }, { commits: true });
}
