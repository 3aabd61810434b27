import type { UpdateDefinition } from '@temporalio/common';
import type Stripe from 'stripe';
import { createStripeClient } from '#activities/stripe/client.js';
import type { Scenario, ScenarioStep } from '#domain/lifecycle/scenarios/scenario.types.js';
import type { SupportAct } from '#domain/lifecycle/lifecycle.types.js';
import type { Harness } from '#testing/harness/harness.js';
import { MoneyLife } from '#testing/harness/money-life.js';
import { waitFor } from '#testing/harness/wait-for.js';
import {
  cancelSubscriptionUpdate, changePlanUpdate, extendGraceUpdate, pauseDunningUpdate, resumeSubscriptionUpdate, setStageUpdate, waiveInvoiceUpdate,
} from '#workflows/contracts/customer-lifecycle.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { Observer, visible } from './observer.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Just before a day on which something is due: nothing may have come early. */
const BEFORE_MS = 60_000;
/** On which both policies end an unpaid subscription. */
const ENDED_DAY = 26;
/** A US account whose debits are on their way until the bank is told to answer. */
const DEBIT_THAT_WAITS = '000000000009';

/** Plays one scenario on the real workflow, Postgres and the Stripe emulator, instant by instant, and answers the diary that was seen. */
export class ScenarioPlayer {
  private readonly invoices = new Map<string, string>();
  private readonly disputes = new Map<string, string>();
  private anchorMs = 0;

  private constructor(private readonly scenario: Scenario, private readonly life: MoneyLife, private readonly stripe: Stripe, private readonly observer: Observer) {}

  static async play(harness: Harness, scenario: Scenario, expected: readonly string[]): Promise<{ seen: string[]; expected: string[]; early: string[]; paidTwice: string[] }> {
    const life = await MoneyLife.begin(harness, { planId: scenario.planId, priceId: `${scenario.planId}_month` });
    const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_URL: apiUrl } = harness.environment;
    const stripe = createStripeClient({ secretKey, apiUrl, maxNetworkRetries: 0 });
    return new ScenarioPlayer(scenario, life, stripe, new Observer(life, stripe)).run(expected.map(visible));
  }

  private async run(due: readonly { day: number; parts: string[] }[]): Promise<{ seen: string[]; expected: string[]; early: string[]; paidTwice: string[] }> {
    const [subscription] = (await this.stripe.subscriptions.list({ customer: await this.life.stripeCustomerId() })).data;
    // The renewal's invoice is a draft for an hour, then it is collected.
    // A debit that is begun on day -6 fails on day 0: then it is the renewal that lies before the anchor.
    const renewalDay = this.scenario.steps.find((step) => step.do === 'renewal is processing')?.day ?? 0;
    this.anchorMs = (subscription?.items.data[0]?.current_period_end ?? 0) * 1_000 + HOUR_MS - renewalDay * DAY_MS;
    await this.observer.look();
    const said = new Map<number, string[]>();
    const early: string[] = [];
    const note = async (day: number): Promise<void> => { said.set(day, [...(said.get(day) ?? []), ...await this.observer.look()]); };
    const steps = [...this.scenario.steps];
    for (const day of this.instants(due)) {
      const here = steps.filter((step) => step.day === day);
      const atMs = this.anchorMs + Math.round(day * DAY_MS);
      if (due.some((line) => line.day === day && line.parts.some((part) => part.includes('→'))) && (await this.life.nowMs()) < atMs - BEFORE_MS) {
        await this.life.jump(atMs - BEFORE_MS);
        early.push(...(await this.observer.look()).map((part) => `day ${day}: ${part}`));
      }
      for (const step of here) await this.prepare(step);
      await this.life.jump(atMs);
      await note(day);
      for (const step of here) {
        await this.take(step);
        await this.life.settle();
        await note(seenAgain(step) ?? day);
      }
    }
    const list = (lines: Iterable<[number, string[]]>): string[] => [...lines].filter(([, parts]) => parts.length > 0).sort(([a], [b]) => a - b).map(([day, parts]) => `day ${Math.round(day * 100) / 100}: ${parts.sort().join(' · ')}`);
    return { seen: list(said), expected: list(due.map(({ day, parts }) => [day, parts])), early, paidTwice: await this.paidTwice() };
  }

  private instants(due: readonly { day: number }[]): number[] {
    const downs = this.scenario.steps.flatMap((step) => { const until = seenAgain(step); return until === null ? [] : [[step.day, until] as const]; });
    const all = [...due.map(({ day }) => day), ...this.scenario.steps.map(({ day }) => day), this.scenario.untilDay];
    return [...new Set(all)].filter((day) => !downs.some(([from, to]) => day > from && day < to)).sort((a, b) => a - b);
  }

  /** No invoice may be collected twice, whoever asked. */
  private async paidTwice(): Promise<string[]> {
    const payments = (await this.stripe.invoicePayments.list({ limit: 100, status: 'paid' })).data;
    const whole = (invoice: Stripe.Invoice): boolean => invoice.amount_paid > invoice.amount_due;
    const mine = (await this.stripe.invoices.list({ customer: await this.life.stripeCustomerId(), limit: 100 })).data;
    return mine.filter((invoice) => whole(invoice) || payments.filter((one) => one.invoice === invoice.id && one.amount_paid === invoice.amount_due).length > 1).map(({ id }) => id);
  }

  /** What must stand before the clock reaches the step. */
  private async prepare(step: ScenarioStep): Promise<void> {
    if (step.do === 'renewal fails') {
      await this.control('decline', { code: step.code ?? 'insufficient_funds' });
      if (step.seenOnDay !== undefined) await this.life.control('/faults', { kind: 'webhook-drop', count: 100_000 });
    }
    if (step.do === 'renewal is processing') await this.control('card', { account: DEBIT_THAT_WAITS });
  }

  private async take(step: ScenarioStep): Promise<void> {
    const customer = await this.life.stripeCustomerId();
    switch (step.do) {
      case 'renewal fails':
        this.invoices.set(step.invoice, await this.newestOpen());
        if (step.seenOnDay !== undefined) await this.backOnDay(step.seenOnDay);
        return;
      case 'another invoice fails': {
        const subscription = await this.subscriptionId();
        await this.stripe.invoiceItems.create({ customer, subscription, amount: step.amountCents, currency: 'usd' });
        const invoice = await this.stripe.invoices.create({ customer, subscription, collection_method: 'charge_automatically', auto_advance: true });
        await this.stripe.invoices.finalizeInvoice(invoice.id);
        await this.stripe.invoices.pay(invoice.id).catch(() => undefined);
        this.invoices.set(step.invoice, invoice.id);
        return;
      }
      case 'invoice is paid': {
        const processing = (await this.stripe.paymentIntents.list({ customer, limit: 20 })).data.find(({ status }) => status === 'processing');
        if (processing !== undefined) { await this.life.control(`/payment_intents/${processing.id}/settle`, { outcome: 'succeeded' }); return; }
        await this.stripe.invoices.pay(this.invoice(step.invoice), { payment_method: await this.goodCard(customer) });
        // The next renewal is no part of the scenario.
        await this.control('decline', { code: null });
        return;
      }
      case 'invoice is partly paid': {
        const invoice = await this.stripe.invoices.retrieve(this.invoice(step.invoice));
        const part = await this.stripe.paymentIntents.create({
          customer, currency: 'usd', amount: invoice.amount_remaining - step.remainingCents, payment_method: await this.goodCard(customer), confirm: true, off_session: true,
        });
        await this.stripe.invoices.attachPayment(invoice.id, { payment_intent: part.id });
        return;
      }
      case 'bank debit fails': {
        const processing = (await this.stripe.paymentIntents.list({ customer, limit: 20 })).data.find(({ status }) => status === 'processing');
        await this.life.control(`/payment_intents/${processing?.id ?? ''}/settle`, { outcome: 'failed' });
        return;
      }
      case 'support waives': await this.update(waiveInvoiceUpdate, { invoiceId: this.invoice(step.invoice), actor: 'support:anna', reason: 'A mistake of ours.' }); await this.control('decline', { code: null }); return;
      case 'card is changed': {
        const slot = step.slot === 'wrong' ? 'customer' : 'both';
        await this.control('card', step.answer === 'processing' ? { account: DEBIT_THAT_WAITS, slot } : { card: '4242424242424242', slot, ...(step.answer === null ? {} : { decline: step.answer }) });
        return;
      }
      case 'dispute': return this.dispute(step.id, step.status, customer);
      case 'cancels at period end': await this.update(cancelSubscriptionUpdate, { actor: 'user:u' }); return;
      case 'undoes the cancellation': await this.update(resumeSubscriptionUpdate, { actor: 'user:u' }); return;
      case 'Stripe says': return this.overlay(step);
      case 'upgrade fails':
        await this.control('decline', { code: 'insufficient_funds' });
        await this.update(changePlanUpdate, { planId: 'max', priceId: 'max_month', prorationAtMs: await this.life.nowMs(), actor: 'user:u' }).catch(() => undefined);
        await this.control('decline', { code: null });
        return;
      case 'plan change is booked': await this.update(changePlanUpdate, { planId: step.planId, priceId: `${step.planId}_month`, prorationAtMs: null, actor: 'user:u' }); return;
      case 'is paid while it is ended': return this.payWhileEnding(step, customer);
      case 'Stripe shows nothing': await this.life.control('/faults', { kind: 'empty-list', count: 100_000 }); return;
      case 'Stripe shows all again': await this.clearFaults(); return;
      case 'worker is down': await this.life.control('/faults', { kind: 'webhook-drop', count: 100_000 }); return this.backOnDay(step.untilDay);
      case 'support': await this.support(step.act); return;
      // Stripe's own doing at that instant: the emulator does it by itself.
      case 'renewal is paid': case 'renewal is processing': case 'plan is changed': return;
      default: throw new Error(`The player has no part for "${step.do}"`);
    }
  }

  /** Time goes by unseen, then everything is looked at again. */
  private async backOnDay(day: number): Promise<void> {
    await this.life.jump(this.anchorMs + day * DAY_MS);
    await this.clearFaults();
  }

  private async clearFaults(): Promise<void> {
    await fetch(`${this.life.harness.emulators.stripe.baseUrl}/_emulator/faults`, { method: 'DELETE' });
    await this.life.harness.ring(this.life.customerId);
    await this.life.settle();
  }

  private async dispute(id: string, status: string, customer: string): Promise<void> {
    const known = this.disputes.get(id);
    if (known !== undefined) { await this.life.control(`/disputes/${known}/status`, { status }); return; }
    const charge = (await this.stripe.charges.list({ customer, limit: 1 })).data[0];
    const { dispute } = await this.life.control('/disputes', { charge: charge?.id, status }) as { dispute: { id: string } };
    this.disputes.set(id, dispute.id);
  }

  private async overlay(step: Extract<ScenarioStep, { do: 'Stripe says' }>): Promise<void> {
    // What the emulator itself says by then.
    if (step.status === 'active' && this.scenario.trial === true) return;
    const nowSeconds = Math.floor((await this.life.nowMs()) / 1_000);
    const fields = step.status === 'active' ? null : {
      status: step.status,
      ...(step.pauseReason === undefined ? {} : { status_details: { paused: { subscription: { type: step.pauseReason } } } }),
      ...(step.status === 'canceled' ? { ended_at: nowSeconds, canceled_at: nowSeconds, cancellation_details: { comment: null, feedback: null, reason: step.endReason ?? null } } : {}),
    };
    await this.life.control(`/objects/${await this.subscriptionId()}/overlay`, { fields });
    await this.life.harness.ring(this.life.customerId);
  }

  /** The customer pays in the very moment between our look and our request to void. */
  private async payWhileEnding(step: Extract<ScenarioStep, { do: 'is paid while it is ended' }>, customer: string): Promise<void> {
    const card = await this.goodCard(customer);
    await this.life.control('/faults', { kind: 'slow', count: 1, method: 'POST', path: '/void', amount: 2_000 });
    const endsMs = this.anchorMs + ENDED_DAY * DAY_MS;
    const ended = this.life.harness.advanceClock(this.life.customerId, endsMs);
    await waitFor('our request to void on its way', async () => ((await this.life.read<{ faults: unknown[] }>('/faults')).faults.length === 0 ? true : undefined), { everyMs: 20 });
    await this.stripe.invoices.pay(this.invoice(step.invoice), { payment_method: card });
    await ended;
    await this.control('decline', { code: null });
  }

  private async support(act: SupportAct): Promise<void> {
    const { verb, actor, reason } = act;
    const answer = verb === 'extend_grace' ? this.update(extendGraceUpdate, { days: act.days, actor, reason })
      : verb === 'pause_dunning' ? this.update(pauseDunningUpdate, { days: act.days, actor, reason }) : this.update(setStageUpdate, { stage: act.stage, actor, reason });
    // A refusal is a scenario too; the diary then has nothing to see.
    await answer.catch((error: unknown) => { if (!/PAUSE_USED|failed/i.test(String(error))) throw error; });
  }

  private update<Answer, Question>(definition: UpdateDefinition<Answer, [Question]>, question: Question): Promise<Answer> {
    return this.life.harness.client.workflow.getHandle(customerWorkflowId(this.life.customerId)).executeUpdate(definition, { args: [question] });
  }

  private control(what: 'card' | 'decline', body: object): Promise<unknown> {
    return this.life.stripeCustomerId().then((id) => this.life.control(`/customers/${id}/${what}`, body));
  }

  private invoice(name: string): string {
    const id = this.invoices.get(name);
    if (id === undefined) throw new Error(`No invoice is called ${name} yet`);
    return id;
  }

  private async newestOpen(): Promise<string> {
    return (await this.stripe.invoices.list({ customer: await this.life.stripeCustomerId(), status: 'open', limit: 1 })).data[0]?.id ?? '';
  }

  private async subscriptionId(): Promise<string> {
    return (await this.stripe.subscriptions.list({ customer: await this.life.stripeCustomerId(), status: 'all', limit: 1 })).data[0]?.id ?? '';
  }

  /** A card that works, not made a default. */
  private async goodCard(customer: string): Promise<string> {
    const method = await this.stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    await this.stripe.paymentMethods.attach(method.id, { customer });
    return method.id;
  }
}

/** The day on which a step that nobody saw is seen, or null. */
function seenAgain(step: ScenarioStep): number | null {
  switch (step.do) {
    case 'worker is down': return step.untilDay;
    case 'renewal fails': return step.seenOnDay ?? null;
    case 'is paid while it is ended': return ENDED_DAY;
    default: return null;
  }
}
