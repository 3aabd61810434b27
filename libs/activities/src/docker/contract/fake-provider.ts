import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProviderCall {
  authorization: string | undefined;
  model: string;
  messages: { role: string; content: string }[];
}

export interface FakeProvider {
  port: number;
  calls: ProviderCall[];
  close(): Promise<void>;
}

/** A tiny OpenAI-shaped provider: it streams back how many user messages it was given, and the last of them. */
export async function startFakeProvider(host: string): Promise<FakeProvider> {
  const calls: ProviderCall[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((text) => {
      const { model, messages } = JSON.parse(text) as Pick<ProviderCall, 'model' | 'messages'>;
      calls.push({ authorization: request.headers.authorization, model, messages });
      const asked = messages.filter((message) => message.role === 'user');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of [`heard ${asked.length}: `, asked.at(-1)?.content ?? '']) response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: piece } }] })}\n\n`);
      response.end(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } })}\n\ndata: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}
