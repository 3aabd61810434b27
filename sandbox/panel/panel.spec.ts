import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTarget } from './clock.js';
import { html } from './html.js';
import { startPanel, type Panel } from './panel-server.js';

/** An emulator that writes down what it was asked and answers as told. */
interface Stub { url: string; calls: { method: string; path: string; body: string }[]; answer: { status: number; body: unknown }; server: Server }

async function startStub(): Promise<Stub> {
  const stub: Omit<Stub, 'url' | 'server'> = { calls: [], answer: { status: 200, body: {} } };
  const server = createServer((incoming: IncomingMessage, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
      stub.calls.push({ method: incoming.method ?? '', path: incoming.url ?? '', body });
      response.writeHead(stub.answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(stub.answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(stub, { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

let stub: Stub;
let panel: Panel;
const nowhere = { databaseUrl: 'postgres://127.0.0.1:1/none', temporal: { address: '127.0.0.1:1', namespace: 'default', codecKeys: [] }, publicUrl: 'http://127.0.0.1:4400', temporalUiUrl: 'http://127.0.0.1:8233' };

beforeEach(async () => {
  stub = await startStub();
  panel = await startPanel({ ...nowhere, stripeUrl: stub.url, dockerUrl: stub.url, mailUrl: stub.url, twilioUrl: stub.url });
});
afterEach(async () => {
  await panel.stop();
  stub.server.close();
});

const post = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${panel.url}${path}`, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
const INSTANCE = '0b7f6f8e-6a0e-4b7e-9d0e-111111111111';

describe('the control API', () => {
  it('passes a payment on to the Stripe emulator, with the good card unless told otherwise', async () => {
    stub.answer.body = { status: 'complete' };
    expect(await (await post('/checkout/cs_test_1/pay')).json()).toEqual({ status: 'complete' });
    await post('/checkout/cs_test_1/pay', { card: '4000 0000 0000 0341', authenticate: false });
    expect(stub.calls.map(({ path, body }) => [path, JSON.parse(body) as unknown])).toEqual([
      ['/_emulator/checkout/cs_test_1/pay', { card: '4242424242424242' }],
      ['/_emulator/checkout/cs_test_1/pay', { card: '4000000000000341', authenticate: false }],
    ]);
  });

  it('finds the container of an instance by its name', async () => {
    await post(`/containers/${INSTANCE}/exit`, { code: 78 });
    expect(stub.calls).toEqual([{ method: 'POST', path: `/_emulator/containers/ck-${INSTANCE}/exit`, body: '{"code":78}' }]);
  });

  it('shows what a phone got, and lets its holder write', async () => {
    stub.answer.body = [{ text: 'Hello', status: 'delivered' }];
    expect(await (await fetch(`${panel.url}/messages?to=%2B4915112345678`)).json()).toEqual(stub.answer.body);
    await post('/messages/sms', { from: '+4915112345678', text: 'STOP' });
    expect(stub.calls).toEqual([
      { method: 'GET', path: '/_emulator/messages?to=%2B4915112345678', body: '' },
      { method: 'POST', path: '/_emulator/inbound', body: '{"from":"+4915112345678","text":"STOP","channel":"sms"}' },
    ]);
  });

  it('routes a fault to its system and keeps further fields', async () => {
    await post('/faults', { system: 'stripe', kind: 'lost-answer', count: 2, path: '/v1/refunds' });
    expect(JSON.parse(stub.calls[0]?.body ?? '')).toEqual({ kind: 'lost-answer', count: 2, path: '/v1/refunds' });
  });

  it.each([
    ['/checkout/cs_test_1/pay', { card: 'abc' }, 400, 'card'],
    ['/faults', { system: 'fax', kind: 'x' }, 400, 'system'],
    ['/faults', { system: 'stripe' }, 400, 'kind'],
    ['/faults', { system: 'stripe', kind: 'x', count: 0 }, 400, 'count'],
    [`/containers/${INSTANCE}/explode`, {}, 400, 'fault'],
    ['/quiet', { timeoutSeconds: 'long' }, 400, 'timeoutSeconds'],
  ])('%s %o names the bad field', async (path, body, status, field) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(Object.keys(((await response.json()) as { fields: object }).fields)).toEqual([field]);
  });

  it('answers 404 for what is not there, and 400 for a broken body', async () => {
    expect((await post('/containers/../../etc/exit')).status).toBe(404);
    expect((await post('/checkout/pi_1/pay')).status).toBe(404);
    expect((await post('/nothing')).status).toBe(404);
    expect((await post('/quiet', '{"a":')).status).toBe(400);
  });

  it('says that a real system is in use, and passes an emulator\'s refusal on', async () => {
    expect(await (await post('/faults', { system: 'openai', kind: '429' })).json()).toMatchObject({ code: 'NOT_EMULATED' });
    stub.answer = { status: 404, body: { code: 'NO_SUCH_SESSION', detail: 'No checkout session cs_test_9.' } };
    const refused = await post('/checkout/cs_test_9/pay');
    expect([refused.status, ((await refused.json()) as { detail: string }).detail]).toEqual([404, 'No checkout session cs_test_9.']);
  });

  it('never calls quiet what it cannot ask', async () => {
    const response = await post('/quiet', { timeoutSeconds: 0 });
    expect(response.status).toBe(504);
    expect(((await response.json()) as { inFlight: string[] }).inFlight.join()).toMatch(/PostgreSQL does not answer.*Temporal does not answer/);
  });
});

describe('the page', () => {
  it('escapes what came from outside, and makes links of web addresses only', async () => {
    stub.answer.body = [{ id: 'mail_1', to: '<img src=x>', subject: '<script>', text: 'a & b', links: ['javascript:alert(1)', 'https://example.test/?a=1&b=2'], at: '2026-01-01T10:00:00.000Z' }];
    const text = await (await fetch(panel.url)).text();
    expect(text).toContain('&lt;script&gt;');
    expect(text).not.toContain('<img src=x>');
    expect(text).toContain('href="https://example.test/?a=1&amp;b=2"');
    expect(text).not.toContain('href="javascript:');
  }, 15_000);

  it('works without script: a form is sent back to the page with what happened', async () => {
    const response = await fetch(`${panel.url}/faults`, { method: 'POST', redirect: 'manual', headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', origin: panel.url }, body: 'fault=stripe%3Aslow&count=3' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/?said=Done.']);
    expect(JSON.parse(stub.calls[0]?.body ?? '')).toEqual({ kind: 'slow', count: 3 });
  });

  it('is not driven by pages of other sites, nor by a rebound name', async () => {
    expect((await post('/faults', { system: 'stripe', kind: 'slow' }, { origin: 'https://evil.example' })).status).toBe(403);
    const status = await new Promise((resolve) => request(`${panel.url}/`, { headers: { host: 'evil.example' } }, (response) => { response.resume(); resolve(response.statusCode); }).end());
    expect(status).toBe(403);
    expect(stub.calls).toEqual([]);
  });
});

describe('readTarget', () => {
  const now = Date.parse('2027-01-01T00:00:00Z') / 1000;
  it('reads a time or a number of days', () => {
    expect(readTarget({ advanceDays: 1.5 }, now)).toBe(now + 129_600);
    expect(readTarget({ advanceDays: '2' }, now)).toBe(now + 172_800);
    expect(readTarget({ advanceTo: '2027-01-03T00:00:00Z' }, now)).toBe(now + 172_800);
  });
  it.each([[{}], [{ advanceDays: 1, advanceTo: '2027-01-03T00:00:00Z' }], [{ advanceDays: -1 }], [{ advanceDays: '' }], [{ advanceTo: 'soon' }], [{ advanceTo: '2026-01-01T00:00:00Z' }]])('refuses %o', (body) => {
    expect(() => readTarget(body, now)).toThrow(/advance/);
  });
});

it('html escapes everything but markup', () => {
  expect(html`<p title="${'"><script>'}">${html`<b>${'&'}</b>`}${null}${[html`1`, html`2`]}</p>`.text).toBe('<p title="&quot;&gt;&lt;script&gt;"><b>&amp;</b>12</p>');
});
