import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractLinks } from './links.js';
import { startMailEmulator, type MailEmulator } from './mail-emulator.js';
import type { StoredMail } from './mail-store.js';

let stateDir: string;
let emulator: MailEmulator;

async function send(to: string | string[], subject: string, html: string): Promise<void> {
  const transport = createTransport(emulator.smtpUrl);
  await transport.sendMail({ from: 'Clawkeep <no-reply@clawkeep.example>', to, subject, html, text: html.replace(/<[^>]+>/g, ' ') });
  transport.close();
}

async function mails(query = ''): Promise<StoredMail[]> {
  return (await (await fetch(`${emulator.url}/mails${query}`)).json()) as StoredMail[];
}

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'mail-emulator-'));
  emulator = await startMailEmulator({ stateDir });
});

afterEach(async () => {
  await emulator.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

describe('mail emulator', () => {
  it('shows a mail with its links, decoded, newest first', async () => {
    await send('ann@example.com', 'Verify', '<p>Привет — <a href="https://clawkeep.example/verify?token=a&amp;next=%2F">verify</a></p>');
    await send('ann@example.com', 'Welcome 🦞', '<p>hello</p>');
    const [welcome, verify] = await mails('?to=ANN@example.com');
    expect(welcome).toMatchObject({ subject: 'Welcome 🦞', to: 'ann@example.com', from: 'no-reply@clawkeep.example' });
    expect(verify?.links).toEqual(['https://clawkeep.example/verify?token=a&next=%2F']);
    expect(verify?.html).toContain('Привет');
    expect(await (await fetch(`${emulator.url}/mails/${verify?.id}`)).json()).toEqual(verify);
  });

  it('puts one mail into each recipient\'s box and filters by time', async () => {
    await send(['ann@example.com', 'bob@example.com'], 'Both', '<p>x</p>');
    const [bobs] = await mails('?to=bob@example.com');
    expect(await mails()).toHaveLength(2);
    expect(await mails(`?since=${bobs?.at}`)).toHaveLength(2);
    expect(await mails('?since=2999-01-01T00:00:00Z')).toEqual([]);
    expect((await fetch(`${emulator.url}/mails?since=soon`)).status).toBe(400);
  });

  it('keeps accepted mails over a restart and drops a half-written line', async () => {
    await send('ann@example.com', 'Kept', '<p>x</p>');
    await emulator.stop();
    appendFileSync(join(stateDir, 'mails.jsonl'), '{"id":"torn');
    emulator = await startMailEmulator({ stateDir });
    expect((await mails()).map((mail) => mail.subject)).toEqual(['Kept']);
    await send('ann@example.com', 'After', '<p>x</p>');
    expect(readFileSync(join(stateDir, 'mails.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
  });

  it('empties the boxes, and answers 404 for what is not there', async () => {
    await send('ann@example.com', 'Gone', '<p>x</p>');
    expect(await (await fetch(`${emulator.url}/mails`, { method: 'DELETE' })).json()).toEqual({ deleted: 1 });
    expect(await mails()).toEqual([]);
    expect((await fetch(`${emulator.url}/mails/mail_none`)).status).toBe(404);
    expect(await (await fetch(`${emulator.url}/healthz`)).json()).toEqual({ ok: true });
  });

  it('accepts a sign-in with any password, as a relay in a sandbox should', async () => {
    const transport = createTransport({ host: '127.0.0.1', port: emulator.smtpPort, auth: { user: 'any', pass: 'thing' } });
    await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 'Auth', text: 'x' });
    transport.close();
    expect(await mails('?to=b@example.com')).toHaveLength(1);
  });
});

describe('extractLinks', () => {
  it('joins the links of both parts without repeats and without sentence ends', () => {
    expect(extractLinks('See https://a.example/x. And (https://b.example/y).', '<a href=\'https://a.example/x\'>x</a><a href="mailto:a@b.c">m</a>')).toEqual([
      'https://a.example/x',
      'https://b.example/y',
    ]);
  });
});
