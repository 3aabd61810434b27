import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { Problem } from './problem.js';
import { problemOf, sendProblem } from './problem.filter.js';

const LIMIT = '1mb';
const WEBHOOKS = '/api/v1/webhooks/';

/**
 * Reads bodies: JSON of at most 1 MB; for webhooks the raw bytes instead, because their signature is over them.
 * A broken, too large or foreign body gets its 4xx here, in our shape.
 */
export function bodyReader(): RequestHandler {
  const json = express.json({ limit: LIMIT, strict: true });
  const raw = express.raw({ limit: LIMIT, type: () => true, inflate: false });
  return (request: Request, response: Response, next: NextFunction) => {
    const refuse = (problem: Problem): void => sendProblem(problem, request as { id?: unknown }, response);
    const done = (error?: unknown): void => (error === undefined || error === null ? next() : refuse(problemOf(error) ?? new Problem(400, 'BAD_REQUEST', 'The body cannot be read.')));
    if (request.path.startsWith(WEBHOOKS)) {
      raw(request, response, (error?: unknown) => {
        if (Buffer.isBuffer(request.body)) (request as { rawBody?: Buffer }).rawBody = request.body;
        done(error);
      });
      return;
    }
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody && request.path.startsWith('/api/') && !request.is('application/json')) {
      refuse(new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json in UTF-8.'));
      return;
    }
    json(request, response, done);
  };
}
