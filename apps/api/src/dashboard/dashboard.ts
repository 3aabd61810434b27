import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Problem } from '../http/problem.js';
import { sendProblem } from '../http/problem.filter.js';

const YEAR_MS = 31_536_000_000;
const HASHED = '/assets/';
/** The dashboard's own page; without it the build has but one page, index.html. */
const PAGES = ['app.html', 'index.html'];

/**
 * The built dashboard on the API's own origin: public pages are files (`/pricing` is pricing.html or pricing/index.html), everything else is a place
 * inside the dashboard and gets its page. Hashed assets never change; pages are asked for anew each time.
 */
export function dashboard(folder: string): Router {
  const root = resolve(folder);
  const router = Router();
  router.use((request: Request, response: Response, next: NextFunction) => {
    if (request.path === '/api' || request.path.startsWith('/api/')) return next('router');
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    sendProblem(new Problem(405, 'METHOD_NOT_ALLOWED', 'Pages are only read.'), request as { id?: unknown }, response);
  });
  router.use(HASHED, express.static(join(root, HASHED), { immutable: true, maxAge: YEAR_MS, index: false, redirect: false, fallthrough: true }));
  router.use(express.static(root, {
    extensions: ['html'], index: ['index.html'], redirect: false, dotfiles: 'ignore',
    setHeaders: (response, path) => { response.setHeader('Cache-Control', path.endsWith('.html') ? 'no-cache' : 'public, max-age=3600'); },
  }));
  router.use((request: Request, response: Response) => {
    const missing = (): void => sendProblem(new Problem(404, 'NOT_FOUND', 'There is nothing at this address.'), request as { id?: unknown }, response);
    // A file that is not there is no place inside the dashboard.
    if (request.path.startsWith(HASHED) || /\.[a-z0-9]{1,8}$/i.test(request.path)) return missing();
    const folderPage = join(request.path, 'index.html').replace(/^\/+/, '');
    const page = [...(folderPage.split('/').includes('..') ? [] : [folderPage]), ...PAGES].find((name) => existsSync(join(root, name)));
    if (page === undefined) return missing();
    response.sendFile(page, { root, headers: { 'Cache-Control': 'no-cache' }, dotfiles: 'deny' }, (error?: Error) => { if (error && !response.headersSent) missing(); });
  });
  return router;
}
