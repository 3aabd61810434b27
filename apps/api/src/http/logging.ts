import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import type { Environment } from '#config/environment.js';
import { requestIdOf } from './request-id.js';

/** Where a header or field may carry a secret, whoever logs it. */
const REDACTED = [
  'req.headers.authorization', 'req.headers.cookie', 'req.headers["stripe-signature"]', 'req.headers["x-clawkeep-internal"]', 'res.headers["set-cookie"]',
  '*.password', '*.newPassword', '*.token', '*.key', '*.secret', '*.authorization', '*.cookie',
];
const QUIET = /^\/api\/v1\/(health|ready)$|^\/(?!api\/)/;

/** Stored with their time before the answer: `stripe_event` is their log, and a line each would be a fifth of what they cost (bench webhooks). */
const ON_RECORD = /^\/api\/v1\/webhooks\//;

/** The path without its query, and without the one-time token that better-auth has in a path. */
export const loggedPath = (url: string | undefined): string => (url ?? '/').split('?', 1)[0]!.replace(/^(\/api\/auth\/reset-password\/).+/, '$1…').slice(0, 300);

/** pino by nestjs-pino: one line a request with its id, no query, no header, no body. */
export function loggingOptions({ LOG_LEVEL, RELEASE_ID }: Pick<Environment, 'LOG_LEVEL' | 'RELEASE_ID'>): Params {
  return {
    pinoHttp: {
      level: LOG_LEVEL,
      base: { service: 'api', release: RELEASE_ID },
      genReqId: requestIdOf,
      redact: { paths: REDACTED, censor: '…' },
      autoLogging: { ignore: (request: IncomingMessage) => QUIET.test(loggedPath(request.url)) },
      quietReqLogger: true,
      customLogLevel: (request: IncomingMessage, response: ServerResponse, error?: Error) => {
        if (response.statusCode >= 500 || error) return 'error';
        return response.statusCode < 300 && ON_RECORD.test((request as { originalUrl?: string }).originalUrl ?? request.url ?? '') ? 'silent' : 'info';
      },
      serializers: {
        req: (request: { id: string; method: string; url: string; remoteAddress?: string }) => ({ id: request.id, method: request.method, path: loggedPath(request.url) }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
    },
  };
}
