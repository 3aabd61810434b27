import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { Faults } from './faults.js';
import type { Callback, Message, Records, Status } from './records.js';

const ANSWER_MS = 15_000;
const RETRY_DELAYS_MS = [200, 500, 1_000, 2_000, 4_000];

export interface CarrierSettings {
  authToken: string;
  /** Between two statuses of a message. */
  stepMs: number;
}

/** Twilio's own default where the URL says nothing: once more, and only if there was no connection (webhooks connection overrides). */
const DEFAULT_OVERRIDE = { retries: 1, policy: ['ct'] };

/**
 * What happens to a message after it was taken: queued → sent → delivered (or its fate), each step told to its status callback, signed.
 * Both are on disk, so a restart goes on where it was.
 */
export class Carrier {
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Callbacks of one message go one after another. */
  private readonly busy = new Set<string>();
  private closed = false;

  constructor(private readonly records: Records, private readonly faults: Faults, private readonly settings: CarrierSettings) {}

  /** Takes up what a killed process left. */
  resume(): void {
    for (const message of this.records.messages.values()) this.carry(message);
    this.deliverDue();
  }

  /** Messages on their way and callbacks not yet told. */
  pending(): number {
    return [...this.records.messages.values()].filter(({ status }) => status === 'queued' || status === 'sent').length + this.records.callbacks.size;
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** Sees to the next status of the message. */
  carry(message: Message): void {
    if (message.status !== 'queued' && message.status !== 'sent') return;
    this.later(this.settings.stepMs, () => {
      const next = this.step(message, nextStatus(message));
      this.carry(next);
    });
  }

  private step(message: Message, status: Status): Message {
    const nowMs = Date.now();
    const ended = status === 'undelivered' || status === 'failed';
    const next: Message = { ...message, status, updatedAtMs: nowMs, sentAtMs: message.sentAtMs ?? (status === 'failed' ? null : nowMs), errorCode: ended ? (message.fate?.code ?? null) : null };
    const callback = this.callbackOf(next);
    this.records.write({ kind: 'message', id: next.sid, value: next }, ...(callback === null ? [] : [{ kind: 'callback', id: callback.id, value: callback } as const]));
    this.deliverDue();
    return next;
  }

  private callbackOf(message: Message): Callback | null {
    if (message.statusCallback === null) return null;
    const delay = this.faults.take(['callback-delay'], 'POST', message.status);
    const whatsapp = message.to.startsWith('whatsapp:');
    return {
      id: `${String(Date.now()).padStart(15, '0')}-${randomBytes(6).toString('hex')}`, url: message.statusCallback, subject: message.sid, attempts: 0, dueAtMs: Date.now() + (delay?.amount ?? 0),
      form: {
        AccountSid: message.accountSid, ApiVersion: '2010-04-01', From: message.from, To: message.to, MessageSid: message.sid, MessageStatus: message.status, SmsSid: message.sid, SmsStatus: message.status,
        ...(message.errorCode === null ? {} : { ErrorCode: String(message.errorCode) }),
        ...(whatsapp ? { ChannelPrefix: 'whatsapp', ChannelInstallSid: `XE${message.accountSid.slice(2)}` } : {}),
      },
    };
  }

  private deliverDue(): void {
    if (this.closed) return;
    const held = new Set(this.busy);
    for (const callback of this.records.callbacks.values()) {
      if (held.has(callback.subject)) continue;
      held.add(callback.subject);
      const waitMs = callback.dueAtMs - Date.now();
      if (waitMs > 0) { this.later(waitMs, () => this.deliverDue()); continue; }
      this.busy.add(callback.subject);
      void this.deliver(callback).finally(() => { this.busy.delete(callback.subject); this.deliverDue(); });
    }
  }

  private async deliver(callback: Callback): Promise<void> {
    const { id, form } = callback;
    const done = (): void => this.records.write({ kind: 'callback', id, value: null });
    const status = form['MessageStatus'] ?? '';
    if (this.faults.take(['callback-drop'], 'POST', status) !== undefined) return done();
    const [url, override] = splitOverride(callback.url);
    let outcome = await this.post(url, form);
    if (this.faults.take(['callback-duplicate'], 'POST', status) !== undefined) outcome = await this.post(url, form);
    if (this.closed) return;
    const again = outcome !== 'ok' && callback.attempts < override.retries && (override.policy.includes('all') || override.policy.includes(outcome));
    if (!again) return done();
    const waitMs = RETRY_DELAYS_MS[Math.min(callback.attempts, RETRY_DELAYS_MS.length - 1)] ?? 1_000;
    this.records.write({ kind: 'callback', id, value: { ...callback, attempts: callback.attempts + 1, dueAtMs: Date.now() + waitMs } });
  }

  /** `ct`: no connection; `rt`: no answer in time; else the class of the answer. */
  private async post(url: string, form: Readonly<Record<string, string>>): Promise<'ok' | 'ct' | 'rt' | '4xx' | '5xx'> {
    try {
      const response = await fetch(url, {
        method: 'POST', body: new URLSearchParams(form).toString(), redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS),
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'user-agent': 'TwilioProxy/1.1', 'x-twilio-signature': signatureOf(this.settings.authToken, url, form), 'i-twilio-idempotency-token': randomUUID() },
      });
      await response.arrayBuffer();
      return response.ok ? 'ok' : response.status >= 500 ? '5xx' : '4xx';
    } catch (error) {
      return error instanceof Error && error.name === 'TimeoutError' ? 'rt' : 'ct';
    }
  }

  private later(waitMs: number, then: () => void): void {
    if (this.closed) return;
    const timer = setTimeout(() => { this.timers.delete(timer); if (!this.closed) then(); }, waitMs);
    this.timers.add(timer);
  }
}

const nextStatus = ({ status, fate }: Message): Status => (fate?.status === 'failed' ? 'failed' : status === 'queued' ? 'sent' : (fate?.status ?? 'delivered'));

/** HMAC-SHA1 over the URL and the parameters by name (twilio.com/docs/usage/webhooks/webhooks-security). */
function signatureOf(authToken: string, url: string, form: Readonly<Record<string, string>>): string {
  const text = Object.keys(form).sort().reduce((so, name) => so + name + (form[name] ?? ''), url);
  return createHmac('sha1', authToken).update(text, 'utf8').digest('base64');
}

/** Takes the connection override (`#rc=5&rp=all`) off the URL; it is never sent or signed. */
function splitOverride(given: string): [url: string, override: { retries: number; policy: string[] }] {
  const at = given.indexOf('#');
  if (at < 0) return [given, DEFAULT_OVERRIDE];
  const told = new URLSearchParams(given.slice(at + 1));
  return [given.slice(0, at), { retries: Math.min(5, Number(told.get('rc') ?? DEFAULT_OVERRIDE.retries) || 0), policy: told.get('rp')?.split(',') ?? DEFAULT_OVERRIDE.policy }];
}
