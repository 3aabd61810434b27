import { createServer, type AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface Mail { to: string; subject: string; text: string; links: string[] }

export interface MailSink {
  url: string;
  all: Mail[];
  /** The next mail to this address that nobody has asked for yet; rejects after 45 s. */
  next(to: string): Promise<Mail>;
  stop(): Promise<void>;
}

/** An SMTP server on a random port that keeps every mail. */
export async function startMailSink(): Promise<MailSink> {
  const all: Mail[] = [];
  const unread: Mail[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'], logger: false,
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        void PostalMime.parse(Buffer.concat(pieces)).then((parsed) => {
          const text = parsed.text ?? '';
          const mail = { to: session.envelope.rcptTo[0]?.address ?? '', subject: parsed.subject ?? '', text, links: text.match(/https?:\/\/\S+/g) ?? [] };
          all.push(mail);
          unread.push(mail);
          for (const look of waiting) look();
          done();
        });
      });
    },
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return {
    url: `smtp://127.0.0.1:${port}`, all,
    next: (to) => new Promise<Mail>((resolve, reject) => {
      const timer = setTimeout(() => { waiting.delete(look); reject(new Error(`No mail to ${to} came.`)); }, 45_000);
      const look = (): void => {
        const index = unread.findIndex((mail) => mail.to === to);
        if (index === -1) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(unread.splice(index, 1)[0]!);
      };
      waiting.add(look);
      look();
    }),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const freePort = (): Promise<number> => new Promise((resolve) => {
  const probe = createServer();
  probe.listen(0, '127.0.0.1', () => { const { port } = probe.address() as AddressInfo; probe.close(() => resolve(port)); });
});
