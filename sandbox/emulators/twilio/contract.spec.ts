import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import twilio from 'twilio';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTwilioEmulator, TEST_FROM, type TwilioEmulator } from './emulator.js';

/** The emulator as Twilio's own package sees it. */
const ACCOUNT = `AC${'1'.repeat(32)}`;
const TOKEN = 'f'.repeat(32);
const ANN = '+4915112345678';

class Redirected extends twilio.RequestClient {
  constructor(private readonly base: () => string) { super({ timeout: 3_000 }); }
  override request: InstanceType<typeof twilio.RequestClient>['request'] = (request) => super.request({ ...request, uri: request.uri.replace(/^https:\/\/[a-z.]+\.twilio\.com(:443)?/, this.base()) });
}

let stateDir: string;
let emulator: TwilioEmulator;
let hook: Server;
let told: { form: Record<string, string>; genuine: boolean; token: string }[];
let answers: number[];
let heard: () => void;

const start = (): Promise<TwilioEmulator> => startTwilioEmulator({ accountSid: ACCOUNT, authToken: TOKEN, stateDir, stepMs: 5 });
const clientOf = (authToken = TOKEN) => twilio(ACCOUNT, authToken, { httpClient: new Redirected(() => emulator.url) });
const hookUrl = (): string => `http://127.0.0.1:${(hook.address() as AddressInfo).port}/status?delivery=7`;
const fault = (plan: object) => fetch(`${emulator.url}/_emulator/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(plan) });
const state = async () => (await (await fetch(`${emulator.url}/_emulator/state`)).json()) as { pending: number; messages: number };
const sms = (more: object = {}) => clientOf().messages.create({ to: ANN, from: TEST_FROM, body: 'Hello', ...more });

async function toldCount(count: number): Promise<void> {
  while (told.length < count) await new Promise<void>((resolve) => { heard = resolve; });
}

beforeEach(async () => {
  [told, answers, heard] = [[], [], () => undefined];
  stateDir = mkdtempSync(join(tmpdir(), 'twilio-emulator-'));
  hook = createServer((request: IncomingMessage, response) => {
    void text(request).then((raw) => {
      const form = Object.fromEntries(new URLSearchParams(raw));
      const status = answers.shift() ?? 204;
      if (status < 300) told.push({ form, genuine: twilio.validateRequest(TOKEN, String(request.headers['x-twilio-signature']), `http://${request.headers.host}${request.url}`, form), token: String(request.headers['i-twilio-idempotency-token']) });
      response.writeHead(status).end();
      heard();
    });
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  emulator = await start();
});
afterEach(async () => {
  await emulator.stop();
  hook.closeAllConnections();
  hook.close();
  rmSync(stateDir, { recursive: true, force: true });
});

describe('Messages', () => {
  it('are made, fetched, and go queued → sent → delivered, each step told by a signed callback', async () => {
    const made = await sms({ statusCallback: hookUrl() });
    expect(made).toMatchObject({ status: 'queued', to: ANN, from: TEST_FROM, body: 'Hello', direction: 'outbound-api', errorCode: null, accountSid: ACCOUNT, numSegments: '1', dateSent: null });
    expect(made.sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(made.dateCreated).toBeInstanceOf(Date);
    await toldCount(2);
    expect(told.map(({ form }) => form['MessageStatus'])).toEqual(['sent', 'delivered']);
    expect(told.every(({ form, genuine }) => genuine && form['MessageSid'] === made.sid && form['AccountSid'] === ACCOUNT)).toBe(true);
    const later = await clientOf().messages(made.sid).fetch();
    expect(later.status).toBe('delivered');
    expect(later.dateSent).toBeInstanceOf(Date);
  });

  it('are listed newest first by number, in pages that the package follows', async () => {
    for (let index = 0; index < 7; index += 1) await sms({ body: `No ${index}` });
    await sms({ to: '+4915100000000' });
    const found = await clientOf().messages.list({ to: ANN, pageSize: 3 });
    expect(found.map(({ body }) => body)).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `No ${index}`));
    expect(await clientOf().messages.list({ to: ANN, limit: 2 })).toHaveLength(2);
    expect(await clientOf().messages.list({ to: ANN, dateSentAfter: new Date('2999-01-01') })).toEqual([]);
  });

  it.each<[string, object, number, number]>([
    ['an invalid number', { to: '12' }, 400, 21211],
    ['Twilio\'s own invalid number', { to: '+15005550001' }, 400, 21211],
    ['a number that opted out', { to: '+15005550004' }, 400, 21610],
    ['a landline', { to: '+15005550009' }, 400, 21614],
    ['no text', { body: '' }, 400, 21602],
    ['too long a text', { body: 'x'.repeat(1_601) }, 400, 21617],
    ['a sender that is not ours', { from: '+15005550000' }, 400, 21606],
    ['a sender of another channel', { to: `whatsapp:${ANN}` }, 400, 21910],
    ['variables without a template', { contentVariables: '{}' }, 400, 21654],
    ['an unknown template', { contentSid: `HX${'0'.repeat(32)}` }, 400, 21655],
  ])('are refused for %s with Twilio\'s code', async (_why, changes, status, code) => {
    await expect(sms(changes)).rejects.toMatchObject({ status, code, moreInfo: `https://www.twilio.com/docs/errors/${code}` });
    expect(await state()).toMatchObject({ messages: 0 });
  });

  it('are refused without the right token, and unknown ones are 404', async () => {
    await expect(clientOf('0'.repeat(32)).messages.list()).rejects.toMatchObject({ status: 401, code: 20003 });
    await expect(clientOf().messages(`SM${'0'.repeat(32)}`).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it('stop at STOP and go on at START, for that sender only', async () => {
    const says = (text: string) => fetch(`${emulator.url}/_emulator/inbound`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: ANN, text }) });
    await says('stop ');
    await expect(sms()).rejects.toMatchObject({ code: 21610 });
    await emulator.stop();
    emulator = await start();
    await expect(sms()).rejects.toMatchObject({ code: 21610 });
    await says('START');
    expect((await sms()).status).toBe('queued');
  });
});

describe('WhatsApp', () => {
  it('takes a template with its places filled', async () => {
    const template = await clientOf().content.v1.contents.create({ friendly_name: 'greeting', language: 'en', variables: { 1: 'you' }, types: { 'twilio/text': { body: 'Hello {{1}}, it is {{2}}.' } } } as never);
    expect(template.sid).toMatch(/^HX[0-9a-f]{32}$/);
    const fetched = await clientOf().content.v1.contents(template.sid).fetch();
    expect(fetched).toMatchObject({ friendlyName: 'greeting', language: 'en', types: { 'twilio/text': { body: 'Hello {{1}}, it is {{2}}.' } } });
    const made = await clientOf().messages.create({ to: `whatsapp:${ANN}`, from: `whatsapp:${TEST_FROM}`, contentSid: template.sid, contentVariables: '{"2":"late"}', statusCallback: hookUrl() });
    expect(made.body).toBe('Hello you, it is late.');
    await toldCount(2);
    expect(told[1]).toMatchObject({ genuine: true, form: { MessageStatus: 'delivered', ChannelPrefix: 'whatsapp' } });
    await expect(clientOf().messages.create({ to: `whatsapp:${ANN}`, from: `whatsapp:${TEST_FROM}`, contentSid: template.sid, contentVariables: '{"2":""}' })).rejects.toMatchObject({ code: 21656 });
  });

  it('takes free text outside the window of a day and fails it with 63016, and delivers it inside', async () => {
    const free = () => clientOf().messages.create({ to: `whatsapp:${ANN}`, from: `whatsapp:${TEST_FROM}`, body: 'Hi', statusCallback: hookUrl() });
    await free();
    await toldCount(1);
    expect(told[0]?.form).toMatchObject({ MessageStatus: 'failed', ErrorCode: '63016' });
    await fetch(`${emulator.url}/_emulator/inbound`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: ANN, text: 'Hello?', channel: 'whatsapp' }) });
    await free();
    await toldCount(3);
    expect(told[2]?.form['MessageStatus']).toBe('delivered');
  });

  it('lists templates in pages', async () => {
    for (const name of ['a', 'b', 'c']) await clientOf().content.v1.contents.create({ friendly_name: name, language: 'en', types: { 'twilio/text': { body: 'x' } } } as never);
    expect((await clientOf().content.v1.contents.list({ pageSize: 2 })).map(({ friendlyName }) => friendlyName)).toEqual(['a', 'b', 'c']);
  });
});

describe('faults', () => {
  it('refuse, break after the fact, and lose the answer', async () => {
    await fault({ kind: 'rate-limit-429' });
    await expect(sms()).rejects.toMatchObject({ status: 429, code: 20429 });
    await fault({ kind: 'error-500-before' });
    await expect(sms()).rejects.toMatchObject({ status: 500 });
    expect(await state()).toMatchObject({ messages: 0 });
    await fault({ kind: 'error-500-after' });
    await expect(sms()).rejects.toMatchObject({ status: 500 });
    await fault({ kind: 'lost-answer' });
    await expect(sms()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await state()).toMatchObject({ messages: 2 });
  });

  it('leave a message undelivered, with the code in its callback', async () => {
    await fault({ kind: 'undelivered', amount: 30005 });
    const made = await sms({ statusCallback: hookUrl() });
    await toldCount(2);
    expect(told[1]?.form).toMatchObject({ MessageStatus: 'undelivered', ErrorCode: '30005' });
    expect(await clientOf().messages(made.sid).fetch()).toMatchObject({ status: 'undelivered', errorCode: 30005 });
  });
});

describe('callbacks', () => {
  it('are tried again as the URL asks, and not again where it says nothing', async () => {
    answers = [500, 503];
    await sms({ statusCallback: `${hookUrl()}#rc=3&rp=all` });
    await toldCount(2);
    expect(told.map(({ form, genuine }) => [form['MessageStatus'], genuine])).toEqual([['sent', true], ['delivered', true]]);
    answers = [500];
    await sms({ statusCallback: hookUrl() });
    await toldCount(3);
    expect(told[2]?.form['MessageStatus']).toBe('delivered');
  });

  it('and messages go on where they were after a restart', async () => {
    await emulator.stop();
    emulator = await startTwilioEmulator({ accountSid: ACCOUNT, authToken: TOKEN, stateDir, stepMs: 60_000 });
    const { sid } = await sms({ statusCallback: hookUrl() });
    await emulator.stop();
    emulator = await start();
    await toldCount(2);
    expect(told.map(({ form }) => [form['MessageSid'], form['MessageStatus']])).toEqual([[sid, 'sent'], [sid, 'delivered']]);
  });
});
