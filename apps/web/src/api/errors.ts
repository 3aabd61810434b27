/** What went wrong with a request, made in one place from whatever came back. `code` is the API's machine code. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: Readonly<Record<string, string>> = {},
    readonly requestId: string | null = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }
}

/** No answer at all: the network is down or the server does not listen. Nobody knows whether a write took effect. */
export const NETWORK = 'NETWORK';

interface ErrorBody {
  code?: unknown;
  detail?: unknown;
  message?: unknown;
  fields?: unknown;
}

/** Turns an error answer of our API (`code`, `detail`, `fields`) or of better-auth (`code`, `message`) into a ProblemError. */
export function problemFrom(status: number, body: unknown, headers?: Headers): ProblemError {
  const { code, detail, message, fields } = (typeof body === 'object' && body !== null ? body : {}) as ErrorBody;
  const text = [detail, message].find((value) => typeof value === 'string' && value !== '');
  const retryAfter = Number(headers?.get('retry-after') ?? Number.NaN);
  return new ProblemError(
    status,
    typeof code === 'string' ? code : `HTTP_${status}`,
    (text as string | undefined) ?? '',
    typeof fields === 'object' && fields !== null ? (fields as Record<string, string>) : {},
    headers?.get('x-request-id') ?? null,
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError(0, NETWORK, error instanceof Error ? error.message : '');
}

export const isProblem = (error: unknown, ...codes: string[]): error is ProblemError =>
  error instanceof ProblemError && codes.includes(error.code);

/** Queries are tried again only where that can help: no answer or a server error, never a refusal. */
export function retryQuery(failureCount: number, error: unknown): boolean {
  const { status } = asProblem(error);
  return failureCount < 2 && (status === 0 || status >= 500);
}
