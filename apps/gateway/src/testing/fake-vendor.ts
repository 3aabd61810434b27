import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** How the fake vendor answers; `hold` is separate because it lets the test decide when. */
export type VendorMood = 'ok' | '400' | '401' | '402' | 'quota' | '429' | '500' | 'hang' | 'cut' | 'flood' | 'redirect';

export interface VendorCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
  aborted: boolean;
}

const REFUSALS: Partial<Record<VendorMood, readonly [status: number, body: unknown, headers?: Record<string, string>]>> = {
  '401': [401, { error: { code: 'invalid_api_key', message: 'Incorrect API key provided' } }],
  '402': [402, { error: { message: 'Payment required' } }],
  quota: [429, { error: { code: 'insufficient_quota', message: 'You exceeded your current quota, please check your plan and billing details.' } }],
  '429': [429, { error: { code: 'rate_limit_exceeded', message: 'slow down' } }, { 'retry-after': '20' }],
  '500': [500, { error: { message: 'oops' } }],
  redirect: [302, {}, { location: 'http://127.0.0.1:9/steal' }],
};

const FLOOD_PIECE = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(64 * 1024) } }] })}\n\n`;
/** So long without being able to write is a caller that does not read. */
const STALL_MS = 300;

/** Stands in for all three vendors where a test must steer the answer piece by piece; the sandbox's emulator plays the vendors in full. */
export class FakeVendor {
  readonly calls: VendorCall[] = [];
  floodedBytes = 0;
  stalled = false;
  #server: Server;
  #mood: VendorMood = 'ok';
  #held: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #port = 0;

  constructor() {
    this.#server = this.#newServer();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  answerWith(mood: VendorMood): void {
    this.#mood = mood;
  }

  /** Streams stop after their first piece until {@link letGo}. */
  hold(): void {
    this.#held = new Promise((resolve) => (this.#release = resolve));
  }

  letGo(): void {
    this.#release();
  }

  reset(): void {
    this.letGo();
    this.#held = Promise.resolve();
    this.#mood = 'ok';
    this.calls.length = 0;
    this.floodedBytes = 0;
    this.stalled = false;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.letGo();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Runs `work` while nobody listens on the vendor's port. */
  async pausePort(work: () => Promise<void>): Promise<void> {
    await this.stop();
    try {
      await work();
    } finally {
      this.#server = this.#newServer();
      await this.listen();
    }
  }

  #newServer(): Server {
    return createServer((request, response) => void this.#answer(request, response));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const body: unknown = request.method === 'POST' ? await json(request) : undefined;
    const call: VendorCall = { path, headers: request.headers, body, aborted: false };
    this.calls.push(call);
    response.once('close', () => (call.aborted = !response.writableFinished));
    const refusal = REFUSALS[this.#mood];
    if (refusal !== undefined) {
      response.writeHead(refusal[0], { 'content-type': 'application/json', ...refusal[2] }).end(JSON.stringify(refusal[1]));
    } else if (this.#mood === '400') {
      const key = (request.headers.authorization ?? '').replace('Bearer ', '');
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `bad field, you used ${key}` } }));
    } else if (this.#mood === 'flood') this.#flood(response);
    else if (this.#mood !== 'hang') await this.#speak(path, body, response);
  }

  async #speak(path: string, body: unknown, response: ServerResponse): Promise<void> {
    if ((body as { stream?: unknown } | undefined)?.stream === true) return this.#stream(body, response);
    response.setHeader('content-type', 'application/json');
    if (body === undefined) response.end(JSON.stringify({ object: 'list', data: [] }));
    else if (path.startsWith('/openai')) response.end(JSON.stringify({ choices: [{ message: { content: 'Hello there' } }], usage: { prompt_tokens: 11, completion_tokens: 7 } }));
    else if (path.startsWith('/anthropic')) response.end(JSON.stringify({ content: [], usage: { input_tokens: 11, output_tokens: 7 } }));
    else response.end(JSON.stringify({ candidates: [], usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7 } }));
  }

  async #stream(body: unknown, response: ServerResponse): Promise<void> {
    const send = (event: unknown): boolean => response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    send({ choices: [{ delta: { content: 'Hello' } }] });
    await this.#held;
    if (this.#mood === 'cut') {
      response.destroy();
      return;
    }
    send({ choices: [{ delta: { content: ' there' } }] });
    if ((body as { stream_options?: { include_usage?: unknown } }).stream_options?.include_usage === true) {
      send({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 7 } });
    }
    response.end('data: [DONE]\n\n');
  }

  #flood(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let stall: NodeJS.Timeout | undefined;
    const pour = (): void => {
      clearTimeout(stall);
      while (response.write(FLOOD_PIECE)) this.floodedBytes += FLOOD_PIECE.length;
      this.floodedBytes += FLOOD_PIECE.length;
      stall = setTimeout(() => (this.stalled = true), STALL_MS);
    };
    response.on('drain', pour);
    response.once('close', () => clearTimeout(stall));
    pour();
  }
}

/** Starts a fake vendor on a free port. */
export async function startFakeVendor(): Promise<FakeVendor> {
  const vendor = new FakeVendor();
  await vendor.listen();
  return vendor;
}
