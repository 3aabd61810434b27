import type Stripe from 'stripe';
import {
  cancelSubscriptionUpdate, changePlanUpdate, extendGraceUpdate, openCheckoutUpdate, pauseDunningUpdate, payNowUpdate, resumeSubscriptionUpdate, setStageUpdate, waiveInvoiceUpdate,
} from '#workflows/contracts/customer-lifecycle.js';
import type { Act, History, Step } from './acts.js';
import type { Rig } from './rig.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
const US_ACCOUNT = 'us_bank_account';
const BY_SUPPORT = { actor: 'support:anna', reason: 'Asked for on the telephone.' } as const;
const BY_OWNER = { actor: 'user:owner' } as const;

export interface Played {
  /** Moves in customer time, counted from the beginning: `12.0 retrying → grace`. */
  readonly diary: readonly string[];
  readonly notices: readonly string[];
  readonly ledger: readonly string[];
  readonly broken: readonly string[];
  /** Index of the step at which the first rule was broken. */
  readonly brokenAt: number | null;
  readonly steps: number;
}

/** Plays one history on a rig: what a customer, a bank, support and a bad network do, one after the other. */
export class Player {
  private clockId = '';
  private customer = '';
  private nowMs = 0;
  private startMs = 0;
  private dispute: string | null = null;

  private constructor(private readonly rig: Rig, private readonly history: History) {}

  static async play(rig: Rig, history: History): Promise<Played> {
    const player = new Player(rig, history);
    await player.begin();
    let brokenAt: number | null = null;
    for (const [index, step] of history.steps.entries()) {
      await player.step(step);
      if (brokenAt === null && (rig.inProcess?.broken.length ?? 0) > 0) { brokenAt = index; break; }
    }
    const late = await player.end();
    return { ...await player.record(), broken: [...rig.inProcess?.broken ?? [], ...late], brokenAt, steps: history.steps.length };
  }

  /** A life begins on its day of the year: signs up, pays, and gets its assistant. */
  private async begin(): Promise<void> {
    const { rig, history } = this;
    await this.checkout(history.planId);
    const [row] = await rig.dataSource.query('SELECT stripe_customer_id, test_clock_id FROM customer WHERE id = $1', [rig.person.customerId]) as { stripe_customer_id: string; test_clock_id: string | null }[];
    this.customer = row!.stripe_customer_id;
    this.clockId = (await rig.stripe.customers.retrieve(this.customer) as Stripe.Customer).test_clock as string;
    this.nowMs = (await rig.stripe.testHelpers.testClocks.retrieve(this.clockId)).frozen_time * 1000;
    const nextYear = Date.UTC(new Date(this.nowMs).getUTCFullYear() + 1, 0, 1, 10);
    await this.advance(nextYear + history.startDay * DAY_MS);
    this.startMs = this.nowMs;
    await this.subscribe(history.planId);
    await rig.deliver('in order');
  }

  private async step({ act, fault, delivery }: Step): Promise<void> {
    const { inProcess } = this.rig;
    // What the product does at the customer's word meets the fault too; what the customer does at Stripe does not.
    const byUpdate = ['pays now', 'plan', 'cancel', 'resume', 'support', 'set stage'].includes(act.do);
    if (fault !== null && byUpdate) await inProcess?.fault(fault);
    await this.act(act).catch((error: unknown) => { if (!isRefusal(error)) throw error; });
    if (fault !== null && byUpdate) await inProcess?.clearFaults();
    await this.rig.deliver(delivery, fault);
    if (inProcess !== null && fault === null && act.do !== 'worker down' && (delivery === 'in order' || delivery === 'one by one')) await inProcess.look();
  }

  /** Everything is told and tried again in the end; then nothing may be left to do, and looking twice changes nothing. */
  private async end(): Promise<readonly string[]> {
    const { inProcess } = this.rig;
    if (inProcess === null) return [];
    await inProcess.redeliver();
    for (let round = 0; round < 2; round++) {
      inProcess.moveClock(11 * MINUTE_MS);
      await this.rig.ring();
      await this.rig.settle();
    }
    const before = JSON.stringify(await this.record());
    await this.rig.ring();
    await this.rig.settle();
    const after = JSON.stringify(await this.record());
    return [...await inProcess.look(), ...(before === after ? [] : [`a second look changed something: ${before} became ${after}`])];
  }

  private async record(): Promise<Pick<Played, 'diary' | 'notices' | 'ledger'>> {
    const { dataSource, person: { customerId } } = this.rig;
    const [moves, notices, ledger] = await Promise.all([
      dataSource.query('SELECT from_stage AS "from", to_stage AS "to", customer_time AS at FROM lifecycle_ledger WHERE customer_id = $1 AND from_stage <> to_stage ORDER BY seq', [customerId]) as Promise<{ from: string; to: string; at: Date }[]>,
      dataSource.query(`SELECT kind FROM notice WHERE customer_id = $1 AND state = 'sent' ORDER BY kind`, [customerId]) as Promise<{ kind: string }[]>,
      dataSource.query('SELECT kind, amount_minor AS amount FROM billing_ledger WHERE customer_id = $1 ORDER BY kind, amount_minor', [customerId]) as Promise<{ kind: string; amount: string }[]>,
    ]);
    return {
      diary: moves.map(({ from, to, at }) => `${((at.getTime() - this.startMs) / DAY_MS).toFixed(2)} ${from} → ${to}`),
      notices: notices.map(({ kind }) => kind), ledger: ledger.map(({ kind, amount }) => `${kind} ${amount}`),
    };
  }

  private async act(act: Act): Promise<void> {
    const { rig, customer } = this;
    switch (act.do) {
      case 'time': return this.advance(this.nowMs + act.hours * HOUR_MS);
      case 'due': {
        const atMs = (await rig.status()).nextStep?.atMs ?? null;
        return atMs === null ? this.advance(this.nowMs + DAY_MS) : this.advance(atMs + act.minutesOff * MINUTE_MS);
      }
      case 'worker down': return this.workerDown(act.days);
      case 'card': await rig.control('POST', `/customers/${customer}/card`, { card: act.card, slot: act.slot }); return;
      case 'bank debit': await rig.control('POST', `/customers/${customer}/card`, { account: US_ACCOUNT }).catch(() => rig.control('POST', `/customers/${customer}/card`, { account: act.fails ? '000111111113' : '000123456789' })); return;
      case 'debit settles': {
        const onItsWay = (await rig.stripe.paymentIntents.list({ customer, limit: 20 })).data.find(({ status }) => status === 'processing');
        if (onItsWay !== undefined) await rig.control('POST', `/payment_intents/${onItsWay.id}/settle`, { outcome: act.outcome });
        return;
      }
      case 'decline': await rig.control('POST', `/customers/${customer}/decline`, { code: act.code }); return;
      case 'pays at Stripe': {
        const invoice = await this.openInvoice();
        if (invoice === null) return;
        await rig.stripe.invoices.pay(invoice.id, { payment_method: await this.goodCard() });
        return;
      }
      case 'pays now': await rig.update(payNowUpdate, BY_OWNER); return;
      case 'pays a part': {
        const invoice = await this.openInvoice();
        if (invoice === null || invoice.amount_remaining < 200) return;
        const part = await rig.stripe.paymentIntents.create({
          customer, currency: 'usd', amount: Math.max(50, Math.floor(invoice.amount_remaining * act.share)), payment_method: await this.goodCard(), confirm: true, off_session: true,
        });
        await rig.stripe.invoices.attachPayment(invoice.id, { payment_intent: part.id });
        return;
      }
      case 'dispute': return this.moveDispute(act.status);
      case 'refund': {
        const charge = (await rig.stripe.charges.list({ customer, limit: 20 })).data.find((one) => one.paid && !one.refunded && !one.disputed);
        if (charge === undefined) return;
        const refund = await rig.stripe.refunds.create({ charge: charge.id, amount: Math.max(1, Math.floor((charge.amount - charge.amount_refunded) * act.share)) });
        if (act.fails) await rig.control('POST', `/refunds/${refund.id}/fail`, {});
        return;
      }
      case 'plan': await rig.update(changePlanUpdate, { planId: act.planId, priceId: `${act.planId}_month`, prorationAtMs: act.atOnce ? this.nowMs : null, ...BY_OWNER }); return;
      case 'cancel': await rig.update(cancelSubscriptionUpdate, BY_OWNER); return;
      case 'resume': await rig.update(resumeSubscriptionUpdate, BY_OWNER); return;
      case 'subscribe': return this.subscribe(act.planId);
      case 'support': return this.support(act.verb, act.days);
      case 'set stage': await rig.update(setStageUpdate, { stage: act.stage, ...BY_SUPPORT }); return;
      case 'wish': return rig.wish(act.wish);
      case 'continue as new': return rig.inProcess?.continueAsNew();
      case 'policy changes': rig.inProcess?.changePolicy(); return;
      case 'clock jumps': {
        rig.inProcess?.moveClock(act.hours * HOUR_MS);
        await rig.ring();
        await rig.settle();
        rig.inProcess?.moveClock(-act.hours * HOUR_MS);
        return rig.ring();
      }
      case 'minutes pass': rig.inProcess?.moveClock(act.minutes * MINUTE_MS); return rig.settle();
      case 'keys age': await rig.control('POST', '/idempotency/age', { hours: 25 }); return;
      case 'ring twice': await rig.ring(); await rig.settle(); return rig.ring();
    }
  }

  private async advance(toMs: number): Promise<void> {
    const to = Math.floor(toMs / 1000);
    if (to * 1000 <= this.nowMs) return;
    await this.rig.control('POST', `/clocks/${this.clockId}/advance`, { to });
    this.nowMs = to * 1000;
    this.rig.inProcess?.clockStands(this.nowMs);
  }

  /** Days go by with nobody to look; day by day, because Stripe's clock goes on all the same. */
  private async workerDown(days: number): Promise<void> {
    await this.advance(this.nowMs + days * DAY_MS);
    await this.rig.deliver('late');
    await this.rig.inProcess?.redeliver();
  }

  private async checkout(planId: string): Promise<string> {
    const { person: { instanceId } } = this.rig;
    return (await this.rig.update(openCheckoutUpdate, { planId, priceId: `${planId}_month`, instanceId, requestId: `${this.history.seed}-${planId}-${this.nowMs}` })).checkoutSessionId;
  }

  /** Buys a plan for the assistant; one that is gone is wished anew, as the API does. */
  private async subscribe(planId: string): Promise<void> {
    const { dataSource, person: { instanceId, customerId } } = this.rig;
    const [instance] = await dataSource.query('SELECT status FROM instance WHERE id = $1', [instanceId]) as { status: string }[];
    if (instance?.status === 'gone' || instance?.status === 'tearing_down') return;
    const session = await this.checkout(planId);
    await this.rig.control('POST', `/checkout/${session}/pay`, { card: '4242424242424242' });
    await dataSource.query('SELECT 1 FROM customer WHERE id = $1', [customerId]);
  }

  private async support(verb: 'extend' | 'pause' | 'waive', days: number): Promise<void> {
    if (verb === 'extend') await this.rig.update(extendGraceUpdate, { days, ...BY_SUPPORT });
    else if (verb === 'pause') await this.rig.update(pauseDunningUpdate, { days, ...BY_SUPPORT });
    else {
      const invoice = await this.openInvoice();
      if (invoice !== null) await this.rig.update(waiveInvoiceUpdate, { invoiceId: invoice.id, ...BY_SUPPORT });
    }
  }

  private async moveDispute(status: string): Promise<void> {
    if (this.dispute !== null) {
      await this.rig.control('POST', `/disputes/${this.dispute}/status`, { status });
      if (status === 'won' || status === 'lost' || status === 'warning_closed') this.dispute = null;
      return;
    }
    const charge = (await this.rig.stripe.charges.list({ customer: this.customer, limit: 20 })).data.find((one) => one.paid && !one.disputed && !one.refunded);
    if (charge === undefined || !/needs_response$/.test(status)) return;
    this.dispute = (await this.rig.control<{ dispute: { id: string } }>('POST', '/disputes', { charge: charge.id, status })).dispute.id;
  }

  private async openInvoice(): Promise<Stripe.Invoice | null> {
    return (await this.rig.stripe.invoices.list({ customer: this.customer, status: 'open', limit: 1 })).data[0] ?? null;
  }

  /** A card that works, not made a default. */
  private async goodCard(): Promise<string> {
    const method = await this.rig.stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    await this.rig.stripe.paymentMethods.attach(method.id, { customer: this.customer });
    return method.id;
  }
}

/** An act that is refused where the life stands, by us or by Stripe, is part of a random life. */
function isRefusal(error: unknown): boolean {
  const { name, type } = (error ?? {}) as { name?: string; type?: string };
  return name === 'ApplicationFailure' || name === 'WorkflowUpdateFailedError' || name === 'EmulatorRefused' || (type?.startsWith('Stripe') ?? false);
}
