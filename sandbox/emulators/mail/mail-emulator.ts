import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { extractLinks } from './links.js';
import { MailStore, type MailFilter, type StoredMail } from './mail-store.js';

/** RFC 5321 says 64 KiB at least; real relays stop at 10–35 MB. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

export interface MailEmulatorOptions {
  /** Port of the outbox's HTTP face; 0 (the default) picks a free one. */
  port?: number;
  /** Port of the SMTP server; 0 (the default) picks a free one. */
  smtpPort?: number;
  host?: string;
  /** Folder for the JSONL file; without it nothing is kept over a restart. */
  stateDir?: string;
}

export interface MailEmulator {
  /** Base address of the HTTP face, no trailing slash. */
  url: string;
  /** Address for a mail client: `smtp://127.0.0.1:4417`. */
  smtpUrl: string;
  port: number;
  smtpPort: number;
  stop(): Promise<void>;
}

/** Parses one SMTP message into one stored mail per envelope recipient (a Bcc has its own mailbox, too). */
async function parseMessage(raw: Buffer, from: string, recipients: readonly string[]): Promise<StoredMail[]> {
  const parsed = await PostalMime.parse(raw);
  const text = parsed.text ?? '';
  const html = parsed.html ?? '';
  const message = { messageId: parsed.messageId ?? null, from, subject: parsed.subject ?? '', text, html, links: extractLinks(text, html), at: new Date().toISOString() };
  return recipients.map((to) => ({ id: `mail_${randomUUID()}`, to, ...message }));
}

function createSmtpServer(store: MailStore): SMTPServer {
  return new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    size: MAX_MESSAGE_BYTES,
    closeTimeout: 500,
    onAuth(auth, _session, callback) {
      callback(null, { user: auth.username ?? 'anonymous' });
    },
    onData(stream, session, callback) {
      const { mailFrom, rcptTo } = session.envelope;
      buffer(stream)
        .then(async (raw) => {
          // smtp-server leaves it to the handler to refuse a message that grew past the announced SIZE.
          if (stream.sizeExceeded) throw Object.assign(new Error('Message exceeds fixed maximum message size'), { responseCode: 552 });
          store.add(await parseMessage(raw, mailFrom === false ? '' : mailFrom.address, rcptTo.map((recipient) => recipient.address)));
          callback(null);
        })
        .catch((error: unknown) => {
          callback(error instanceof Error ? error : new Error('message could not be stored'));
        });
    },
  });
}

function readFilter(request: Request): MailFilter | string {
  const { to, since } = request.query;
  const filter: MailFilter = {};
  if (typeof to === 'string') filter.to = to;
  if (typeof since === 'string') {
    filter.sinceMs = Date.parse(since);
    if (Number.isNaN(filter.sinceMs)) return 'since must be an ISO 8601 time, such as 2026-11-02T09:00:00Z';
  }
  return filter;
}

function createHttpApp(store: MailStore): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => void response.json({ ok: true }));
  app.get('/mails', (request, response) => {
    const filter = readFilter(request);
    if (typeof filter === 'string') response.status(400).json({ code: 'BAD_QUERY', detail: filter });
    else response.json(store.list(filter));
  });
  app.get('/mails/:id', (request, response) => {
    const mail = store.find(request.params.id);
    if (mail === undefined) response.status(404).json({ code: 'NOT_FOUND', detail: 'There is no mail with this id.' });
    else response.json(mail);
  });
  app.delete('/mails', (_request, response) => void response.json({ deleted: store.clear() }));
  app.use((_request, response) => void response.status(404).json({ code: 'NOT_FOUND', detail: 'The mail emulator has /mails, /mails/:id and /healthz.' }));
  app.use((error: Error, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else response.status(500).json({ code: 'INTERNAL', detail: error.message });
  });
  return app;
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Starts an SMTP server that delivers nothing onward and an HTTP face that shows what was sent.
 *
 * `GET /mails?to=&since=` (newest first), `GET /mails/:id`, `DELETE /mails`, `GET /healthz`. Rejects when a port is taken.
 */
export async function startMailEmulator(options: MailEmulatorOptions = {}): Promise<MailEmulator> {
  const host = options.host ?? '127.0.0.1';
  const store = new MailStore(options.stateDir);
  const smtp = createSmtpServer(store);
  const smtpPort = await listen(smtp.server as Server, options.smtpPort ?? 0, host);
  // A client that hangs up in mid-conversation is its own affair; without a listener it would end the process.
  smtp.on('error', () => undefined);
  const http = createServer(createHttpApp(store));
  const closeSmtp = (): Promise<void> => new Promise((resolve) => smtp.close(resolve));
  let port: number;
  try {
    port = await listen(http, options.port ?? 0, host);
  } catch (error) {
    await closeSmtp();
    throw error;
  }
  return {
    url: `http://${host}:${port}`,
    smtpUrl: `smtp://${host}:${smtpPort}`,
    port,
    smtpPort,
    async stop() {
      http.closeAllConnections();
      await Promise.all([closeSmtp(), new Promise((resolve) => http.close(resolve))]);
    },
  };
}
