import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Doc, same } from '../engine/doc.js';
import type { Driver } from '../engine/driver.js';
import { StripeFault } from '../engine/errors.js';
import { type FaultPlan, faultKinds, type FaultKind } from '../engine/faults.js';
import { age } from '../engine/idempotency.js';
import type { Row } from '../engine/store.js';
import type { WebhookSender } from '../engine/webhooks.js';
import { shown, type World } from '../engine/world.js';
import { paySession } from '../pages/checkout.js';
import { accountSettings, changeAccountSettings } from '../billing/account-settings.js';
import { ledger } from '../payments/ledger.js';
import { moveDispute, openDispute } from '../resources/disputes.js';
import { completeRefund, failRefund } from '../resources/money.js';
import { settle } from '../payments/settle.js';
import { advanceClock, furthest } from '../resources/test-clocks.js';
import { orderDecline, setCard } from './cards.js';
import { Refusal, requireText } from './refusal.js';

/** What the control API acts on. */
export interface ControlHost {
  world: World;
  faults: FaultPlan;
  sender: WebhookSender;
  driver: Driver;
  transact: (run: () => void) => void;
}

/** `/_emulator/…`: what a person, a bank or a broken network does. JSON, loopback only, no key. */
export class Control {
  constructor(private readonly host: ControlHost) {}

  async handle(request: IncomingMessage, response: ServerResponse, url: URL, text: string): Promise<void> {
    const send = (status: number, doc: Doc): void => void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(doc));
    const remote = request.socket.remoteAddress ?? '';
    if (!['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(remote)) {
      send(403, { code: 'LOOPBACK_ONLY', detail: 'The control API answers this machine only.' });
      return;
    }
    try {
      const body = parse(text);
      send(200, await this.route(`${request.method ?? 'GET'} ${url.pathname.slice('/_emulator'.length)}`, url, body));
    } catch (error) {
      if (error instanceof Refusal) send(error.status, { code: error.code, detail: error.message });
      else if (error instanceof StripeFault) send(error.status, { code: String(error.body['code'] ?? error.body['type']), detail: error.message });
      else throw error;
    }
  }

  private async route(what: string, url: URL, body: Doc): Promise<Doc> {
    const { world, faults, sender, driver } = this.host;
    const match = (pattern: RegExp): string | undefined => pattern.exec(what)?.[1];
    let id: string | undefined;
    if ((id = match(/^POST \/checkout\/([^/]+)\/pay$/))) return this.pay(id, body);
    if ((id = match(/^POST \/customers\/([^/]+)\/card$/))) return this.change(setCard, world.needCustomer(id, 'id'), body);
    if ((id = match(/^POST \/customers\/([^/]+)\/decline$/))) return this.change(orderDecline, world.needCustomer(id, 'id'), body);
    if ((id = match(/^POST \/clocks\/([^/]+)\/advance$/))) return this.advance(id, body);
    if ((id = match(/^POST \/disputes\/([^/]+)\/(?:close|status)$/))) return this.change(setDisputeStatus, world.need('dispute', id), body);
    if ((id = match(/^POST \/refunds\/([^/]+)\/fail$/))) return this.change(settleRefund, world.need('refund', id), { ...body, outcome: 'failed' });
    if ((id = match(/^POST \/refunds\/([^/]+)\/settle$/))) return this.change(settleRefund, world.need('refund', id), body);
    if ((id = match(/^POST \/payment_intents\/([^/]+)\/settle$/))) return this.change(settlePayment, world.need('payment_intent', id), body);
    if ((id = match(/^POST \/subscriptions\/([^/]+)\/status$/))) {
      const status = body['status'] === null ? null : requireText(body, 'status');
      return this.change(layOver, world.need('subscription', id), { fields: status === null ? null : { status } });
    }
    if ((id = match(/^POST \/objects\/([^/]+)\/overlay$/))) {
      const row = world.store.get(id);
      if (!row) throw new Refusal(404, 'NO_SUCH_OBJECT', `No object ${id}.`);
      return this.change(layOver, row, body);
    }
    switch (what) {
      case 'GET /pending':
        return { undeliveredWebhooks: sender.undelivered(), advancingClocks: driver.advancing() };
      case 'GET /account':
        return { ...accountSettings(world) };
      case 'POST /account':
        this.host.transact(() => void changeAccountSettings(world, body));
        return { ...accountSettings(world) };
      case 'GET /faults':
        return { faults: faults.list() };
      case 'POST /faults':
        return this.addFault(body);
      case 'DELETE /faults':
        faults.clear();
        return { faults: [] };
      case 'GET /ledger':
        return ledger(world, url.searchParams.get('customer') ?? undefined);
      case 'GET /state':
        return this.state();
      case 'POST /idempotency/age': {
        let aged = 0;
        const hours = Number(body['hours'] ?? 25);
        this.host.transact(() => void (aged = age(world, hours)));
        return { aged };
      }
      case 'POST /disputes': {
        const charge = world.need('charge', requireText(body, 'charge'), 'charge', 'charge');
        let dispute: Doc = {};
        this.host.transact(() => {
          dispute = openDispute(world, charge, { reason: body['reason'] as string | undefined, status: body['status'] as string | undefined, amount: body['amount'] as number | undefined } as Parameters<typeof openDispute>[2]).doc;
        });
        return { dispute };
      }
      case 'POST /webhooks/redeliver': {
        let count = 0;
        this.host.transact(() => {
          for (const row of world.store.all('delivery')) {
            if (row.doc['state'] === 'pending' && (row.doc['nextAtMs'] as number) <= Date.now()) continue;
            world.store.edit(row);
            Object.assign(row.doc, { state: 'pending', nextAtMs: Date.now() });
            count += 1;
          }
        });
        sender.kick();
        return { redelivering: count };
      }
      case 'POST /reset':
        this.host.transact(() => {
          for (const kind of world.store.kinds()) {
            if (kind === 'webhook_endpoint' && body['keepWebhookEndpoints'] === true) continue;
            for (const row of world.store.all(kind)) world.store.remove(row.id);
          }
        });
        faults.clear();
        return { reset: true };
      default:
        throw new Refusal(404, 'NO_SUCH_ROUTE', `No control route ${what}.`);
    }
  }

  /** One action on one object, as one transaction. */
  private change(act: (world: World, row: Row, body: Doc) => Doc, row: Row, body: Doc): Doc {
    let answer: Doc = {};
    this.host.transact(() => void (answer = act(this.host.world, row, body)));
    return answer;
  }

  private pay(id: string, body: Doc): Doc {
    const { world } = this.host;
    const session = world.get('checkout.session', id);
    if (!session) throw new Refusal(404, 'NO_SUCH_SESSION', `No checkout session ${id}.`);
    if (body['account'] === undefined && session.doc['payment_method_collection'] !== 'if_required') requireText(body, 'card');
    let answer: Doc = {};
    this.host.transact(() => {
      const result = paySession(world, session, {
        card: body['card'] as string | undefined,
        account: body['account'] as string | undefined,
        email: body['email'] as string | undefined,
        name: body['name'] as string | undefined,
        promotionCode: body['promotionCode'] as string | undefined,
        // A person with this card would pass the bank's page, unless the caller says otherwise.
        authenticated: body['authenticate'] !== false,
      });
      answer =
        result.status === 'complete'
          ? { status: 'complete', subscription: result.subscription, customer: session.doc['customer'] as string | null, successUrl: String(session.doc['success_url']).replaceAll('{CHECKOUT_SESSION_ID}', session.id) }
          : result.status === 'declined'
            ? { status: 'declined', error: { code: result.error['code'] as string, declineCode: (result.error['decline_code'] as string | undefined) ?? null, message: result.error['message'] as string } }
            : { status: 'requires_action' };
    });
    return answer;
  }

  /** Advances a clock to `to` (seconds or ISO 8601) in as many steps as Stripe's limit asks for, and waits until it is ready. */
  private async advance(id: string, body: Doc): Promise<Doc> {
    const { world } = this.host;
    const clock = world.need('test_helpers.test_clock', id, 'test clock');
    const to = typeof body['to'] === 'string' ? Math.floor(Date.parse(body['to']) / 1000) : Number(body['to']);
    if (!Number.isSafeInteger(to)) throw new Refusal(400, 'BAD_TIME', '`to` must be Unix seconds or an ISO 8601 time.');
    let steps = 0;
    await this.untilReady(id);
    if (to <= (clock.doc['frozen_time'] as number)) throw new Refusal(409, 'CLOCK_CANNOT_GO_BACK', 'A test clock only goes forward.');
    while ((clock.doc['frozen_time'] as number) < to) {
      this.host.transact(() => advanceClock(world, clock, Math.min(to, furthest(world, clock))));
      steps += 1;
      await this.untilReady(id);
    }
    return { clock: id, frozenTime: clock.doc['frozen_time'] as number, steps };
  }

  private async untilReady(id: string): Promise<void> {
    while (this.host.world.get('test_helpers.test_clock', id)?.doc['status'] === 'advancing') await wait(2);
  }

  private addFault(body: Doc): Doc {
    const kind = requireText(body, 'kind');
    if (!(faultKinds as readonly string[]).includes(kind)) throw new Refusal(400, 'UNKNOWN_FAULT', `kind must be one of ${faultKinds.join(', ')}.`);
    const { method, path, amount } = body as { method?: string; path?: string; amount?: number };
    const fault = { kind: kind as FaultKind, count: Number(body['count'] ?? 1), ...(method ? { method } : {}), ...(path ? { path } : {}), ...(amount === undefined ? {} : { amount }) };
    this.host.faults.add(fault);
    return { faults: this.host.faults.list() };
  }

  private state(): Doc {
    const { world } = this.host;
    const counts = Object.fromEntries(world.store.kinds().map((kind) => [kind, world.store.count(kind)]));
    return {
      counts,
      clocks: world.store.all('test_helpers.test_clock').map((row) => ({ id: row.id, frozenTime: row.doc['frozen_time'] as number, status: row.doc['status'] as string })),
      customers: world.store.all('customer').filter((row) => row.doc['deleted'] !== true).map((row) => ({ id: row.id, email: row.doc['email'] as string | null, clock: row.clock, metadata: row.doc['metadata'] as Doc })),
      subscriptions: world.store.all('subscription').map((row) => ({ id: row.id, customer: row.doc['customer'] as string, status: row.doc['status'] as string, latestInvoice: row.doc['latest_invoice'] as string | null })),
      webhookEndpoints: world.store.all('webhook_endpoint').map((row) => ({ id: row.id, url: row.doc['url'] as string, status: row.doc['status'] as string })),
    };
  }
}

function setDisputeStatus(world: World, dispute: Row, body: Doc): Doc {
  moveDispute(world, dispute, requireText(body, 'status'));
  return { dispute: dispute.doc };
}

/** Shows fields of an object otherwise than they are, until `fields` is null. What the emulator does with the object stays the same. */
function layOver(world: World, row: Row, body: Doc): Doc {
  const fields = body['fields'] as Doc | null | undefined;
  if (fields === undefined || Array.isArray(fields) || (fields !== null && typeof fields !== 'object')) throw new Refusal(400, 'MISSING_FIELD', '`fields` must be an object, or null to show the object as it is.');
  const before = shown(row);
  world.store.edit(row).hidden['overlay'] = fields ?? undefined;
  const after = shown(row);
  const names = Object.keys(after).filter((name) => !same(before[name], after[name]));
  const type = { subscription: 'customer.subscription.updated', invoice: 'invoice.updated', charge: 'charge.updated', dispute: 'charge.dispute.updated', customer: 'customer.updated' }[row.kind];
  if (type && names.length > 0) world.emit(type, row, Object.fromEntries(names.map((name) => [name, before[name] as unknown])));
  return { id: row.id, shown: Object.fromEntries(names.map((name) => [name, after[name] as unknown])) };
}

function outcomeOf(body: Doc): 'succeeded' | 'failed' {
  const outcome = requireText(body, 'outcome');
  if (outcome !== 'succeeded' && outcome !== 'failed') throw new Refusal(400, 'UNKNOWN_OUTCOME', 'outcome must be succeeded or failed.');
  return outcome;
}

function settleRefund(world: World, refund: Row, body: Doc): Doc {
  if (outcomeOf(body) === 'succeeded') completeRefund(world, refund);
  else failRefund(world, refund, (body['reason'] as string | undefined) ?? 'lost_or_stolen_card');
  return { refund: refund.doc };
}

function settlePayment(world: World, intent: Row, body: Doc): Doc {
  settle(world, intent, outcomeOf(body), body['code'] as string | undefined);
  return { paymentIntent: intent.id, status: intent.doc['status'] as string };
}

function parse(text: string): Doc {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'BAD_JSON', 'The body must be JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal(400, 'BAD_JSON', 'The body must be a JSON object.');
  return value as Doc;
}
