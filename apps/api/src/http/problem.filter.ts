import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { CalledRequest } from '../policy/caller.js';
import { databaseTrouble } from './database-trouble.js';
import { Problem, unavailable, type ProblemBody } from './problem.js';

const CODES: Readonly<Record<number, [string, string]>> = {
  400: ['BAD_REQUEST', 'The request cannot be read.'],
  401: ['NOT_SIGNED_IN', 'Sign in first.'],
  403: ['FORBIDDEN', 'You are not allowed to do this.'],
  404: ['NOT_FOUND', 'There is nothing at this address.'],
  405: ['METHOD_NOT_ALLOWED', 'This address does not take that method.'],
  413: ['BODY_TOO_LARGE', 'The body is larger than 1 MB.'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json in UTF-8.'],
};

/** Turns whatever was thrown into a Problem; null = our own fault, which is logged and told without its cause. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (error instanceof URIError) return new Problem(400, 'BAD_REQUEST', 'The address has a broken % escape.');
  const bodyProblem = problemOfBodyParser(error);
  if (bodyProblem !== null) return bodyProblem;
  switch (databaseTrouble(error)) {
    case 'away': return unavailable('DATABASE_UNAVAILABLE', 'The database does not answer at the moment. Nothing was changed; try again shortly.');
    case 'unstorable': return new Problem(400, 'VALIDATION_FAILED', 'A value cannot be stored as it is: a character, a date or a number is out of range.');
    case null: break;
  }
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const known = CODES[status];
    if (known !== undefined) return new Problem(status, ...known);
    if (status < 500) return new Problem(status, 'BAD_REQUEST', 'The request cannot be served.');
  }
  return null;
}

/** body-parser's errors (expressjs/body-parser README, "Errors"): `type` says which. */
function problemOfBodyParser(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const { type, status } = error as Error & { type?: unknown; status?: unknown };
  if (typeof type !== 'string') return null;
  if (type === 'entity.too.large') return new Problem(413, ...CODES[413]!);
  if (type === 'entity.parse.failed') return new Problem(400, 'BROKEN_JSON', 'The body is not valid JSON.');
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return new Problem(415, ...CODES[415]!);
  return typeof status === 'number' && status < 500 ? new Problem(400, 'BAD_REQUEST', 'The body cannot be read.') : null;
}

/** Writes the one error shape. A stream that has begun cannot take it any more: it is cut. */
export function sendProblem(problem: Problem, request: { id?: unknown }, response: Response): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body: ProblemBody = {
    code: problem.code, detail: problem.detail,
    ...(problem.fields === undefined ? {} : { fields: problem.fields }),
    ...(typeof request.id === 'string' ? { requestId: request.id } : {}),
  };
  if (problem.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(problem.retryAfterSeconds));
  response.setHeader('Cache-Control', 'no-store');
  response.status(problem.getStatus()).json(body);
}

const OURS = (): Problem => new Problem(500, 'INTERNAL', 'Something went wrong on our side. It is on record; name the request id to support.');

/** Every error answer of the API leaves through here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<CalledRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = problemOf(error);
    if (problem === null) this.logger.error({ err: error, requestId: request.id }, 'request failed');
    else if (problem.getStatus() >= 500) this.logger.warn({ code: problem.code, cause: error instanceof Error ? error.message : undefined, requestId: request.id }, 'request not served');
    sendProblem(problem ?? OURS(), request, response);
  }
}
