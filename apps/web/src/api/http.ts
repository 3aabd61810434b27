import { NETWORK, ProblemError, problemFrom } from './errors.js';
import { client } from './generated/client.gen.js';
import { signedOut } from './session.js';

const isRead = (method: string) => method === 'GET' || method === 'HEAD';

async function once(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ProblemError(0, NETWORK, '');
  }
  if (response.ok) return response;
  throw problemFrom(response.status, await response.json().catch(() => null), response.headers);
}

/**
 * One request to the API. Every write carries an idempotency key, the same for each try of one intent. A write that
 * meets 401 asks the person to sign in again and then goes on under the same key; a read hands the 401 to its route.
 * @throws ProblemError
 */
export async function apiFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  if (isRead(request.method)) return once(request);
  if (!request.headers.has('idempotency-key')) request.headers.set('idempotency-key', crypto.randomUUID());
  const again = request.clone();
  try {
    return await once(request);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 401 || !(await signedOut())) throw error;
    return once(again);
  }
}

client.setConfig({ baseUrl: '', fetch: apiFetch as typeof fetch, credentials: 'same-origin', throwOnError: true });

/** The body of a generated call's answer. */
export async function body<T>(answer: Promise<{ readonly data: T }>): Promise<T> {
  return (await answer).data;
}

/** Options of every generated call: a refusal is thrown, never handed back as a value to be forgotten. */
export const throwing = { throwOnError: true } as const;
