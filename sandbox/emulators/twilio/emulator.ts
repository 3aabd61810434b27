import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { Carrier } from './carrier.js';
import { contentRoutes, ensureTemplates, type NewTemplate } from './content-routes.js';
import { controlRoutes } from './control-routes.js';
import { Faults } from './faults.js';
import { messageRoutes } from './message-routes.js';
import { Records } from './records.js';
import { REFUSALS, RestError, sendRestError } from './rest-error.js';

export interface TwilioEmulatorOptions {
  accountSid: string;
  authToken: string;
  /** 0 (the default) picks a free one. */
  port?: number;
  host?: string;
  /** Folder of the journal; without it nothing is kept over a restart. */
  stateDir?: string;
  /** Our numbers there, E.164. */
  smsFrom?: string;
  whatsappFrom?: string;
  /** Between two statuses of a message; 50. */
  stepMs?: number;
  /** Content templates that are there from the start. */
  templates?: readonly NewTemplate[];
}

export interface TwilioEmulator {
  /** Base address, no trailing slash: stands for api.twilio.com and content.twilio.com. */
  url: string;
  port: number;
  stop(): Promise<void>;
}

/** The number of Twilio's test credentials that can send. */
export const TEST_FROM = '+15005550006';

/** Starts the part of Twilio's REST API that Clawkeep uses. */
export async function startTwilioEmulator(options: TwilioEmulatorOptions): Promise<TwilioEmulator> {
  const { accountSid, authToken, port = 0, host = '127.0.0.1', smsFrom = TEST_FROM, whatsappFrom = TEST_FROM, stepMs = 50 } = options;
  const records = new Records(options.stateDir);
  const faults = new Faults();
  const carrier = new Carrier(records, faults, { authToken, stepMs });
  ensureTemplates(records, accountSid, options.templates ?? []);
  const account = { sid: accountSid, smsFrom, whatsappFrom };

  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.get('/healthz', (_request, response) => void response.json({ ok: true }));
  app.use('/_emulator', controlRoutes(records, carrier, faults, account));
  app.use(authenticated(accountSid, authToken), faulty(faults), express.urlencoded({ extended: false, limit: '64kb' }), express.json({ limit: '256kb' }));
  app.use(`/2010-04-01/Accounts/${accountSid}`, messageRoutes(records, carrier, faults, account));
  app.use('/v1/Content', contentRoutes(records, accountSid));
  app.use((request) => { throw REFUSALS.notFound(request.path); });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else sendRestError(error instanceof RestError ? error : REFUSALS.broken(), response);
  });

  const server = createServer(app);
  await new Promise<void>((resolve, reject) => { server.once('error', reject); server.listen(port, host, resolve); });
  carrier.resume();
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${actual}`, port: actual,
    async stop() {
      carrier.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function authenticated(accountSid: string, authToken: string): RequestHandler {
  const wanted = Buffer.from(`Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`);
  return (request, response, next) => {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) next();
    else sendRestError(REFUSALS.authenticate(), response);
  };
}

/** Plays planned faults on REST calls: refused, refused after it was done, answered late or never. */
function faulty(faults: Faults): RequestHandler {
  return (request, response, next) => {
    const take = (...kinds: Parameters<Faults['take']>[0]) => faults.take(kinds, request.method, request.path);
    const slow = take('slow');
    const go = (): void => {
      if (take('rate-limit-429') !== undefined) return sendRestError(REFUSALS.tooMany(), response.set('Retry-After', '1'));
      if (take('error-500-before') !== undefined) return sendRestError(REFUSALS.broken(), response);
      const after = take('error-500-after', 'lost-answer');
      if (after !== undefined) {
        // Whatever the route answers: it was done, and the caller does not hear of it.
        response.json = () => {
          if (after.kind === 'lost-answer') request.socket.destroy();
          else response.status(500).type('application/json').send('{"code":20500,"message":"Internal Server Error","more_info":"https://www.twilio.com/docs/errors/20500","status":500}');
          return response;
        };
      }
      next();
    };
    if (slow === undefined) go();
    else setTimeout(go, slow.amount ?? 2_000).unref();
  };
}
