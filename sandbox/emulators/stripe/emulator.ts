import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Control } from './control/control.js';
import { Api } from './engine/api.js';
import { Driver } from './engine/driver.js';
import { StripeFault } from './engine/errors.js';
import { FaultPlan } from './engine/faults.js';
import { prune } from './engine/idempotency.js';
import { Journal } from './engine/journal.js';
import { WebhookSender } from './engine/webhooks.js';
import { type Settings, World } from './engine/world.js';
import { Pages } from './pages/pages.js';
import { allEndpoints } from './resources/all.js';

/** The key the emulator takes when none is set. Worthless anywhere else. */
export const defaultSecretKey = 'sk_test_clawkeep_sandbox_emulator';
/** Waits between attempts to deliver a webhook, in seconds. */
export const defaultWebhookDelays = [1, 5, 30, 120, 600, 1800];
const mostBodyBytes = 1024 * 1024;

/** What `startStripeEmulator` takes. */
export interface StripeEmulatorOptions {
  /** 0 takes any free port. */
  port: number;
  /** Where state is kept over a restart; null keeps it in memory. */
  stateDir: string | null;
  /** Every customer made without a test clock gets one of its own, frozen at now. */
  autoTestClock: boolean;
  secretKey?: string;
  retries?: Settings['retries'];
  retryEnd?: Settings['retryEnd'];
  webhookDelaysSeconds?: number[];
  /** The address in links to its pages; default `http://127.0.0.1:<port>`. */
  publicUrl?: string;
}

/** A running emulator. */
export interface StripeEmulator {
  port: number;
  baseUrl: string;
  close: () => Promise<void>;
}

/** Starts an emulator of Stripe on 127.0.0.1. Throws when the port is taken. */
export async function startStripeEmulator(options: StripeEmulatorOptions): Promise<StripeEmulator> {
  const emulator = new Emulator(options);
  await emulator.listen(options.port);
  return emulator;
}

class Emulator implements StripeEmulator {
  port = 0;
  baseUrl = '';
  private readonly world: World;
  private readonly journal: Journal | undefined;
  private readonly faults = new FaultPlan();
  private readonly sender: WebhookSender;
  private readonly driver: Driver;
  private readonly api: Api;
  private readonly control: Control;
  private readonly pages: Pages;
  private readonly server: Server;

  constructor(private readonly options: StripeEmulatorOptions) {
    this.world = new World({
      secretKey: options.secretKey ?? defaultSecretKey,
      autoTestClock: options.autoTestClock,
      retries: options.retries ?? 'off',
      retryEnd: options.retryEnd ?? 'leave',
      webhookDelaysSeconds: options.webhookDelaysSeconds ?? defaultWebhookDelays,
    });
    if (options.stateDir !== null) {
      this.journal = new Journal(options.stateDir, this.world.store);
      this.journal.open();
    }
    const transact = (run: () => void): void => this.transact(run);
    this.sender = new WebhookSender(this.world, this.faults, transact);
    this.driver = new Driver(this.world, transact);
    this.api = new Api({ world: this.world, faults: this.faults, transact }, allEndpoints);
    this.control = new Control({ world: this.world, faults: this.faults, sender: this.sender, driver: this.driver, transact });
    this.pages = new Pages({ world: this.world, transact });
    this.server = createServer((request, response) => void this.handle(request, response));
    this.server.keepAliveTimeout = 65_000;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => resolve());
    });
    this.port = (this.server.address() as AddressInfo).port;
    this.baseUrl = this.options.publicUrl ?? `http://127.0.0.1:${this.port}`;
    this.world.baseUrl = this.baseUrl;
    this.transact(() => forgetOld(this.world));
    this.sender.kick();
    this.driver.start();
  }

  async close(): Promise<void> {
    this.driver.close();
    this.sender.close();
    // Requests at work finish; a pay page that somebody left open does not hold up the end.
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const impatient = setTimeout(() => this.server.closeAllConnections(), 2000);
    await closed;
    clearTimeout(impatient);
    this.journal?.close();
  }

  /** One request, one step of time, one delivery: all of it and its journal line, or nothing. */
  private transact(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.world.store.rollback();
      throw error;
    }
    const change = this.world.store.commit();
    if (!change) return;
    this.journal?.append(change);
    this.sender.kick();
    this.driver.kick();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://emulator');
      if (url.pathname === '/healthz') {
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
        return;
      }
      const body = await readBody(request);
      if (body === undefined) response.writeHead(413, { 'Content-Type': 'application/json', Connection: 'close' }).end('{"error":{"message":"Request too large","type":"invalid_request_error"}}');
      else if (url.pathname.startsWith('/_emulator/')) await this.control.handle(request, response, url, body);
      else if (this.pages.serves(url.pathname)) this.pages.handle(request, response, url, body);
      else await this.api.handle(request, response, url, body);
    } catch (error) {
      if (response.headersSent || response.destroyed) return;
      const message = error instanceof StripeFault ? error.message : 'An unknown error occurred';
      if (!(error instanceof StripeFault)) process.stderr.write(`stripe emulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      response.writeHead(500, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: { message, type: 'api_error' } }));
    }
  }
}

/** Stripe keeps idempotency keys for a day and events for thirty. */
function forgetOld(world: World): void {
  prune(world);
  const oldest = world.wall() - 30 * 86_400;
  for (const row of world.store.all('event')) if ((row.doc['created'] as number) < oldest) world.store.remove(row.id);
}

function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= mostBodyBytes) parts.push(part);
    });
    request.on('end', () => resolve(size > mostBodyBytes ? undefined : Buffer.concat(parts).toString('utf8')));
    request.on('error', reject);
  });
}
