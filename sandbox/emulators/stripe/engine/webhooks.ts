import { createHmac } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { FaultPlan } from './faults.js';
import type { Row } from './store.js';
import type { World } from './world.js';

const answerTimeoutMs = 20_000;
const atOnce = 16;

/**
 * Delivers queued events, signed, with retries. First attempts of one subject (customer) go one after another, so order is kept
 * unless a fault says otherwise; a failed one does not hold up what follows, as with Stripe.
 */
export class WebhookSender {
  private readonly inFlight = new Set<string>();
  private readonly busySubjects = new Set<string>();
  private readonly http = new HttpAgent({ keepAlive: true });
  private readonly https = new HttpsAgent({ keepAlive: true });
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private queued = false;

  constructor(
    private readonly world: World,
    private readonly faults: FaultPlan,
    private readonly transact: (run: () => void) => void,
  ) {}

  /** Deliveries not yet made and not given up. */
  undelivered(): number {
    return this.world.store.by('delivery', 'state', 'pending').length;
  }

  kick(): void {
    if (this.queued || this.closed) return;
    this.queued = true;
    setImmediate(() => {
      this.queued = false;
      this.pump();
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.http.destroy();
    this.https.destroy();
  }

  private pump(): void {
    if (this.closed) return;
    const now = Date.now();
    let wake = Infinity;
    const held = new Set(this.busySubjects);
    for (const row of this.world.store.by('delivery', 'state', 'pending')) {
      if (this.inFlight.has(row.id)) continue;
      const subject = `${String(row.doc['endpoint'])} ${String(row.doc['subject'])}`;
      const first = row.doc['attempts'] === 0 && row.doc['loose'] !== true;
      if ((row.doc['nextAtMs'] as number) > now) {
        wake = Math.min(wake, row.doc['nextAtMs'] as number);
        continue;
      }
      if (first && held.has(subject)) continue;
      if (this.inFlight.size >= atOnce) break;
      if (first) held.add(subject);
      if (this.postpone(row)) {
        if (first) held.delete(subject);
        wake = Math.min(wake, row.doc['nextAtMs'] as number);
        continue;
      }
      this.inFlight.add(row.id);
      if (first) this.busySubjects.add(subject);
      void this.deliver(row).finally(() => {
        this.inFlight.delete(row.id);
        this.busySubjects.delete(subject);
        this.kick();
      });
    }
    clearTimeout(this.timer);
    if (wake < Infinity) {
      this.timer = setTimeout(() => this.kick(), Math.max(1, wake - now));
      this.timer.unref();
    }
  }

  /** Faults that put a delivery off; true when it is put off. */
  private postpone(row: Row): boolean {
    if (row.doc['attempts'] !== 0 || row.doc['loose'] === true) return false;
    const type = String(this.world.get('event', row.doc['event'] as string)?.doc['type']);
    const fault = this.faults.take(['webhook-delay', 'webhook-shuffle'], 'POST', type);
    if (!fault) return false;
    const most = fault.amount ?? (fault.kind === 'webhook-delay' ? 5000 : 1500);
    this.transact(() => {
      this.world.store.edit(row);
      row.doc['loose'] = true;
      row.doc['nextAtMs'] = Date.now() + (fault.kind === 'webhook-delay' ? most : Math.floor(Math.random() * most));
    });
    return true;
  }

  private async deliver(row: Row): Promise<void> {
    const event = this.world.get('event', row.doc['event'] as string);
    const endpoint = this.world.get('webhook_endpoint', row.doc['endpoint'] as string);
    if (!event || endpoint?.doc['status'] !== 'enabled') {
      this.settle(row, true);
      return;
    }
    const type = String(event.doc['type']);
    if (this.faults.take(['webhook-drop'], 'POST', type)) {
      this.transact(() => {
        this.world.store.edit(row).doc['state'] = 'lost';
      });
      return;
    }
    const future = this.faults.take(['webhook-future-timestamp'], 'POST', type);
    const at = this.world.wall() + (future ? (future.amount ?? 3600) : 0);
    const old = this.faults.take(['webhook-api-version'], 'POST', type) ? { api_version: '2025-03-31.basil' } : {};
    const live = this.faults.take(['webhook-livemode'], 'POST', type) ? { livemode: true } : {};
    const body = JSON.stringify({ ...event.doc, ...old, ...live, pending_webhooks: this.world.store.owedOf(event.id) }, null, 2);
    const signature = createHmac('sha256', String(endpoint.hidden['secret'])).update(`${at}.${body}`).digest('hex');
    const send = (): Promise<boolean> => this.post(String(endpoint.doc['url']), body, `t=${at},v1=${signature}`);
    let ok = await send();
    if (this.faults.take(['webhook-duplicate'], 'POST', type)) ok = (await send()) && ok;
    if (!this.closed) this.settle(row, ok);
  }

  private settle(row: Row, ok: boolean): void {
    this.transact(() => {
      this.world.store.edit(row);
      row.doc['attempts'] = (row.doc['attempts'] as number) + 1;
      if (ok) {
        this.world.store.remove(row.id);
        return;
      }
      const delay = this.world.settings.webhookDelaysSeconds[(row.doc['attempts'] as number) - 1];
      if (delay === undefined) row.doc['state'] = 'failed';
      else row.doc['nextAtMs'] = Date.now() + delay * 1000;
    });
  }

  private post(url: string, body: string, signature: string): Promise<boolean> {
    return new Promise((resolve) => {
      const secure = url.startsWith('https:');
      const request = (secure ? httpsRequest : httpRequest)(
        url,
        {
          method: 'POST',
          agent: secure ? this.https : this.http,
          timeout: answerTimeoutMs,
          headers: { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body), 'Stripe-Signature': signature, 'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)', Accept: '*/*; q=0.5, application/xml' },
        },
        (answer) => {
          answer.resume();
          answer.on('end', () => resolve((answer.statusCode ?? 500) >= 200 && (answer.statusCode ?? 500) < 300));
          answer.on('error', () => resolve(false));
        },
      );
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('error', () => resolve(false));
      request.end(body);
    });
  }
}
