/**
 * A stand-in for the API that serves the built dashboard with the Content-Security-Policy of production, and answers in
 * fixed scenes, for states that the real stack reaches only by time or by fault. Test only; never shipped.
 * The scene is chosen by the cookie `scene` (see scenes.mjs). Run: node apps/web/test/mock/server.mjs [port]
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sceneOf } from './scenes.mjs';

/** CLAWKEEP_WEB_DIST: another build than the one in place, for looking at one while the other is being made. */
const dist = process.env.CLAWKEEP_WEB_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain' };
const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_mock' });
  response.end(body === undefined ? '' : JSON.stringify(body));
};
const stream = (response) => response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
const frame = (response, event, data, id) => response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

function file(request, response, path) {
  const found = [path, `${path}.html`, join(path, 'index.html')].map((name) => normalize(join(dist, name))).find((name) => name.startsWith(dist) && existsSync(name) && statSync(name).isFile());
  const name = found ?? join(dist, 'app.html');
  response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'content-security-policy': CSP, 'x-content-type-options': 'nosniff' });
  createReadStream(name).pipe(response);
}

async function api(request, response, path, scene, bodyText) {
  if (path === '/api/v1/events') {
    stream(response);
    response.write(': open\n\n');
    return;
  }
  if (/\/logs$/.test(path)) {
    stream(response);
    for (const line of scene.logs ?? []) frame(response, 'line', line);
    return;
  }
  if (/\/chat$/.test(path)) {
    if (scene.chat === 'fails') return json(response, 502, { code: 'ASSISTANT_FAILED', detail: 'The provider refused the request: the key has no credit left.' });
    stream(response);
    for (const piece of scene.answer.match(/.{1,12}/gs)) frame(response, 'delta', { text: piece });
    frame(response, 'done', { conversationId: 'c1', usage: null });
    return response.end();
  }
  const [status, answer] = scene.answer_to(request.method, path, bodyText === '' ? undefined : JSON.parse(bodyText));
  json(response, status, answer);
}

/** Starts the stand-in on loopback: on `port`, or a free one. Returns its address and how to stop it. */
export async function startMock(port = 0) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://mock');
    const name = /(?:^|;\s*)scene=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'running';
    if (!pathname.startsWith('/api/')) return file(request, response, decodeURIComponent(pathname));
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => void api(request, response, pathname, sceneOf(name), Buffer.concat(parts).toString()));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startMock(Number(process.argv[2] ?? 0));
  console.log(`mock on ${url}`);
}
