import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { anthropicRoutes } from './anthropic.js';
import { EmulatorControl, FAULT_KINDS, type Fault, type FaultKind } from './control.js';
import type { EmulatorTiming } from './exchange.js';
import { googleRoutes } from './google.js';
import { openaiRoutes } from './openai.js';
import type { VendorName } from './vendor.js';

const BODY_LIMIT = '20mb';
const DEFAULT_SLOW_MS = 3_000;
const DEFAULT_PIECE_DELAY_MS = 15;
const VENDORS: readonly VendorName[] = ['openai', 'anthropic', 'google'];

export interface LlmEmulatorOptions extends Partial<EmulatorTiming> {
  /** 0 (the default) picks a free port. */
  port?: number;
  host?: string;
}

export interface LlmEmulator {
  /** Base address, no trailing slash; the vendors lie under `/openai`, `/anthropic`, `/google`. */
  url: string;
  port: number;
  /** The same faults and records as the HTTP control. */
  control: EmulatorControl;
  stop(): Promise<void>;
}

function readFault(body: unknown): Fault | string {
  const { kind, count = 1, provider } = (body ?? {}) as { kind?: unknown; count?: unknown; provider?: unknown };
  if (!FAULT_KINDS.includes(String(kind) as FaultKind)) return `kind must be one of ${FAULT_KINDS.join(', ')}`;
  if (!Number.isInteger(count) || (count as number) < 1) return 'count must be a whole number from 1';
  if (provider !== undefined && !VENDORS.includes(provider as VendorName)) return `provider must be one of ${VENDORS.join(', ')}`;
  return { kind: String(kind) as FaultKind, count: count as number, ...(provider === undefined ? {} : { provider: provider as VendorName }) };
}

function controlRoutes(control: EmulatorControl): Router {
  const router = express.Router();
  router.get('/requests', (_request, response) => void response.json(control.report()));
  router.delete('/requests', (_request, response) => {
    control.clearRequests();
    response.json(control.report());
  });
  router.get('/faults', (_request, response) => void response.json({ faults: control.faults }));
  router.post('/faults', (request, response) => {
    const fault = readFault(request.body);
    if (typeof fault === 'string') {
      response.status(400).json({ code: 'BAD_FAULT', detail: fault });
      return;
    }
    control.plan(fault);
    response.status(201).json({ faults: control.faults });
  });
  router.delete('/faults', (_request, response) => {
    control.clearFaults();
    response.json({ faults: control.faults });
  });
  return router;
}

/** A body that is no JSON, or too large: each vendor says it in its own shape, but all say 400 or 413 and a sentence. */
function onError(error: Error & { status?: number }, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = error.status ?? 500;
  response.status(status).json({ error: { message: error.message, type: status < 500 ? 'invalid_request_error' : 'server_error', param: null, code: null } });
}

function createApp(control: EmulatorControl, timing: EmulatorTiming): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: BODY_LIMIT }));
  app.get('/healthz', (_request, response) => void response.json({ ok: true }));
  app.use('/_emulator', controlRoutes(control));
  app.use('/openai', openaiRoutes({ control, timing }));
  app.use('/anthropic', anthropicRoutes({ control, timing }));
  app.use('/google', googleRoutes({ control, timing }));
  app.use(onError);
  return app;
}

/**
 * Starts a stand-in for OpenAI, Anthropic and Google that speaks their wire formats. What a key's text contains decides the account:
 * `good` answers, `slow` waits 3 s before the first token, `exhausted` has no credit left, all else is refused.
 *
 * Control: `POST /_emulator/faults {kind, count, provider?}`, `GET /_emulator/requests`. Rejects when the port is taken.
 */
export async function startLlmEmulator(options: LlmEmulatorOptions = {}): Promise<LlmEmulator> {
  const host = options.host ?? '127.0.0.1';
  const control = new EmulatorControl();
  const timing = { slowMs: options.slowMs ?? DEFAULT_SLOW_MS, pieceDelayMs: options.pieceDelayMs ?? DEFAULT_PIECE_DELAY_MS };
  const server = createServer(createApp(control, timing));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    control,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
