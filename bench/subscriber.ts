import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../stack/start-stack.js';
import { Visitor } from '../stack/seed/visitor.js';

interface Mail { links: string[] }
interface LiveEvent { entityId: string; data: { status?: string } }

const WAIT_MS = 600_000;
const POLL_MS = 100;
const PASSWORD = 'bench-password-of-nobody';
/** Says `good` to the emulated provider. */
const KEY = 'sk-demo-good-clawkeep-bench-0001';

export interface Answered {
  /** All by this machine's clock, milliseconds since 1970. */
  paySentAtMs: number; paidAtMs: number; runningSeenAtMs: number; answeredAtMs: number;
}

/** A person with a browser, by the public API alone: signs up, gives a key, picks Pro, pays on the pay page, watches the live events, asks. */
export class Subscriber {
  readonly email: string;
  customerId = '';
  instanceId = '';
  private sessionId = '';
  private readonly visitor: Visitor;
  private readonly panel: Visitor;
  private cookie = '';

  constructor(private readonly stack: Stack, readonly name: string) {
    this.email = `${name}@bench.test`;
    this.visitor = new Visitor(stack.urls.dashboard, undefined);
    this.panel = new Visitor(stack.urls.panel, undefined);
  }

  /** Everything before the money: account, key, instance, open Checkout Session. */
  async comeToTheTill(): Promise<void> {
    await this.visitor.post('/api/auth/sign-up/email', { email: this.email, password: PASSWORD, name: `Bench ${this.name}`, locale: 'en' });
    await this.visitor.follow(await this.verificationLink());
    this.cookie = await this.cookieOf();
    this.customerId = (await this.visitor.get<{ customer: { id: string } }>('/api/v1/users/me')).customer.id;
    await this.visitor.post('/api/v1/provider-keys', { provider: 'openai', key: KEY });
    const instance = await this.visitor.post<{ id: string }>('/api/v1/instances', { name: 'Bench', subdomain: this.name, planId: 'pro', provider: 'openai' });
    this.instanceId = instance.id;
    this.sessionId = (await this.visitor.post<{ checkoutSessionId: string }>('/api/v1/checkout', { planId: 'pro', priceId: 'pro_month', instanceId: instance.id })).checkoutSessionId;
  }

  /** Pays, waits for the live event that says that the assistant runs, and asks it. Rejects when it fails or takes more than ten minutes. */
  async payAndAsk(): Promise<Answered> {
    const leave = new AbortController();
    const timeout = AbortSignal.timeout(WAIT_MS);
    const events = await this.liveEvents(AbortSignal.any([leave.signal, timeout]));
    try {
      const running = this.untilRunning(events);
      const paySentAtMs = Date.now();
      const [runningSeenAtMs, paidAtMs] = await Promise.all([running, this.panel.post(`/checkout/${this.sessionId}/pay`, { card: '4242424242424242' }).then(() => Date.now())]);
      const { answer } = await this.visitor.post<{ answer: string }>(`/api/v1/instances/${this.instanceId}/chat`, { message: 'Hello, are you there?' });
      if (answer === '') throw new Error('The assistant answered nothing.');
      return { paySentAtMs, paidAtMs, runningSeenAtMs, answeredAtMs: Date.now() };
    } finally {
      leave.abort();
    }
  }

  /** Moves the customer's test clock; resolves when the world is quiet again. */
  moveClock(to: { advanceDays: number } | { advanceTo: string }): Promise<unknown> { return this.panel.post(`/customers/${this.customerId}/clock`, to); }

  quiet(timeoutSeconds: number): Promise<unknown> { return this.panel.post('/quiet', { timeoutSeconds }); }

  private async untilRunning(events: AsyncIterable<LiveEvent>): Promise<number> {
    for await (const { entityId, data } of events) {
      if (entityId !== this.instanceId) continue;
      if (data.status === 'running') return Date.now();
      if (data.status === 'failed' || data.status === 'needs_attention') throw new Error(`The assistant of ${this.email} is ${data.status}.`);
    }
    throw new Error(`The live events of ${this.email} ended before its assistant ran.`);
  }

  private async liveEvents(signal: AbortSignal): Promise<AsyncIterable<LiveEvent>> {
    const response = await fetch(`${this.stack.urls.dashboard}/api/v1/events`, { headers: { cookie: this.cookie, accept: 'text/event-stream' }, signal });
    if (!response.ok || response.body === null) throw new Error(`The live events answered ${response.status}.`);
    return instanceStatuses(response.body);
  }

  private async verificationLink(): Promise<string> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const mails = await this.panel.get<Mail[]>(`/mails?to=${encodeURIComponent(this.email)}`);
      const link = mails.flatMap(({ links }) => links).find((address) => address.includes('verify'));
      if (link !== undefined) return link;
      if (Date.now() > deadline) throw new Error(`No verification mail for ${this.email}.`);
      await delay(POLL_MS);
    }
  }

  /** The link has signed the visitor in; a stream needs a cookie in hand. */
  private async cookieOf(): Promise<string> {
    const response = await fetch(`${this.stack.urls.dashboard}/api/auth/sign-in/email`, {
      method: 'POST', headers: { 'content-type': 'application/json', origin: this.stack.urls.dashboard }, body: JSON.stringify({ email: this.email, password: PASSWORD }),
    });
    await response.arrayBuffer();
    return response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '').join('; ');
  }
}

/** The `instance.status` events of an SSE stream (WHATWG HTML 9.2). */
async function* instanceStatuses(body: ReadableStream<Uint8Array>): AsyncIterable<LiveEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (/^event: instance\.status$/m.test(block) && data !== undefined) yield JSON.parse(data) as LiveEvent;
    }
  }
}
