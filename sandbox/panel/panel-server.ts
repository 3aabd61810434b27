import { createServer } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { backOf, controlRoutes } from './control-routes.js';
import { PANEL_CSS, PANEL_JS } from './page-assets.js';
import { readPageFacts } from './page-facts.js';
import { renderLive, renderPage } from './page.js';
import { Refusal } from './refusal.js';
import { World, type PanelSettings } from './world.js';

export interface Panel { url: string; port: number; stop(): Promise<void> }

const POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/**
 * Starts the sandbox panel: the control API of api.md and one page that uses it. `port` 0 picks a free one.
 * Rejects when the port is taken.
 */
export async function startPanel(settings: PanelSettings, port = 0, host = '127.0.0.1'): Promise<Panel> {
  const world = new World(settings);
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set({ 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' });
    next();
  });
  app.use(refuseForeignPages);
  app.use(express.json({ limit: '100kb' }), express.urlencoded({ extended: false, limit: '100kb' }));
  app.use(splitFault);
  app.get('/healthz', (_request, response) => void response.json({ ok: true }));
  app.get('/panel.css', (_request, response) => void response.type('css').send(PANEL_CSS));
  app.get('/panel.js', (_request, response) => void response.type('js').send(PANEL_JS));
  app.get('/', (request, response, next) => {
    const said = request.query['said'];
    readPageFacts(world).then((facts) => response.type('html').send(renderPage(facts, typeof said === 'string' ? said.slice(0, 300) : null)), next);
  });
  app.get('/live', (_request, response, next) => { readPageFacts(world).then((facts) => response.type('html').send(renderLive(facts).text), next); });
  app.use(controlRoutes(world));
  app.use((_request, response) => void response.status(404).json({ code: 'NOT_FOUND', detail: 'The sandbox panel has no such route.' }));
  app.use(onError);

  const server = createServer(app);
  await new Promise<void>((resolve, reject) => { server.once('error', reject); server.listen(port, host, resolve); });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host}:${bound}`, port: bound,
    stop: async () => {
      server.closeAllConnections();
      await Promise.all([world.close(), new Promise((resolve) => server.close(resolve))]);
    },
  };
}

/** The panel has no sign-in: a page from elsewhere must not drive it through a visitor's browser, by a form or by a rebound name. */
function refuseForeignPages(request: Request, _response: Response, next: NextFunction): void {
  const host = request.headers.host ?? '';
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replaceAll(/[[\]]/g, '') : '';
  if (isIP(name) === 0 && name !== 'localhost' && !name.endsWith('.localhost') && name.includes('.')) next(new Refusal(403, 'FOREIGN_HOST', 'The sandbox panel answers to localhost and to addresses only.'));
  else if (request.headers.origin !== undefined && request.headers.origin !== `http://${host}`) next(new Refusal(403, 'FOREIGN_ORIGIN', 'The sandbox panel takes no requests from other pages.'));
  else next();
}

/** The page's one fault field names system and kind together. */
function splitFault(request: Request, _response: Response, next: NextFunction): void {
  const body = request.body as Record<string, unknown> | undefined;
  if (request.path === '/faults' && typeof body?.['fault'] === 'string') {
    const [system, kind] = body['fault'].split(':');
    request.body = { system, kind, count: body['count'] };
  }
  next();
}

function onError(error: Error & { status?: number; type?: string }, request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) { next(error); return; }
  const refusal = error instanceof Refusal ? error : typeof error.status === 'number' && error.status < 500 ? new Refusal(error.status, 'BAD_BODY', `The body can't be read: ${error.message}`) : new Refusal(500, 'INTERNAL', error.message);
  if (request.method === 'POST' && request.is('urlencoded') !== false && request.accepts(['json', 'html']) === 'html') response.redirect(303, `${backOf(request)}?said=${encodeURIComponent(refusal.message)}`);
  else response.status(refusal.status).json({ code: refusal.code, detail: refusal.message, ...refusal.more });
}
