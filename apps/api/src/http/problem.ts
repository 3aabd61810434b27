import { HttpException } from '@nestjs/common';

/** Field → sentence that names the mend. */
export type Fields = Readonly<Record<string, string>>;

/** What every error answer of the API looks like. */
export interface ProblemBody {
  code: string;
  detail: string;
  fields?: Fields;
  requestId?: string;
}

/** An error that is told to the caller: HTTP status, machine code, a sentence for a person, and the fields to mend. */
export class Problem extends HttpException {
  constructor(
    status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields?: Fields,
    /** Sent as Retry-After. */
    readonly retryAfterSeconds?: number,
  ) {
    super({ code, detail }, status);
  }
}

export const notFound = (what: string): Problem => new Problem(404, 'NOT_FOUND', `There is no such ${what}.`);
export const invalid = (fields: Fields, detail = 'Some fields need a change.'): Problem => new Problem(400, 'VALIDATION_FAILED', detail, fields);
export const conflict = (code: string, detail: string, fields?: Fields): Problem => new Problem(409, code, detail, fields);
export const unavailable = (code: string, detail: string, retryAfterSeconds = 5): Problem => new Problem(503, code, detail, undefined, retryAfterSeconds);
