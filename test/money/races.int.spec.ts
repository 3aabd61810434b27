import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createStripeClient } from '#activities/stripe/client.js';
import { startHarness, type Harness } from '#testing/harness/harness.js';
import { MoneyLife } from '#testing/harness/money-life.js';
import { waitFor } from '#testing/harness/wait-for.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Max leads to Solo, so it is downgraded, suspended and ended, each on its day. */
const MAX = { planId: 'max', priceId: 'max_month' } as const;
const BOUNDARIES = [['grace', 5], ['downgraded', 12], ['suspended', 19], ['ended', 26]] as const;

interface Asked { readonly customerId?: string; readonly unlessPaid?: boolean }
/** What happens round one activity of one customer; the first call of it only. */
type Moment = (run: () => Promise<unknown>) => Promise<unknown>;
const moments = new Map<string, Moment>();
const calls = new Map<string, number>();

const interceptor: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    execute(input, next) {
      const asked = (input.args[0] ?? {}) as Asked;
      const key = `${asked.customerId ?? ''} ${info.activityType}`;
      calls.set(key, (calls.get(key) ?? 0) + 1);
      const moment = moments.get(key);
      moments.delete(key);
      return moment === undefined ? next(input) : moment(() => next(input));
    },
  },
});

let harness: Harness;
let stripe: Stripe;
beforeAll(async () => {
  harness = await startHarness({
    postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '', activityInterceptors: [interceptor],
    environment: { PLANS_FILE: '../test/money/plans.yaml', POLICY_FILE: 'policies/standard.yaml' },
  });
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_URL: apiUrl } = harness.environment;
  stripe = createStripeClient({ secretKey, apiUrl, maxNetworkRetries: 0 });
}, 120_000);
afterAll(() => harness.stop());

interface Charge { readonly status: string; readonly invoice: string | null }

/** A customer of Max whose renewal failed, and whose bank goes on refusing. */
class Debtor {
  private constructor(readonly life: MoneyLife, readonly customer: string, readonly invoiceId: string, readonly anchorMs: number) {}

  static async make(): Promise<Debtor> {
    const life = await MoneyLife.begin(harness, MAX);
    const customer = await life.stripeCustomerId();
    const [subscription] = (await stripe.subscriptions.list({ customer })).data;
    await life.control(`/customers/${customer}/decline`, { code: 'insufficient_funds' });
    // A renewal's invoice is a draft for an hour, then it is collected.
    const anchorMs = (subscription?.items.data[0]?.current_period_end ?? 0) * 1000 + 60 * MINUTE_MS;
    await life.jump(anchorMs);
    return new Debtor(life, customer, (await stripe.invoices.list({ customer, status: 'open', limit: 1 })).data[0]!.id, anchorMs);
  }

  /** Through all stages before this day, to an instant beside it. */
  async to(day: number, besideMs: number): Promise<void> {
    for (const [, earlier] of BOUNDARIES) if (earlier < day) await this.life.jump(this.anchorMs + earlier * DAY_MS);
    await this.life.jump(this.anchorMs + day * DAY_MS + besideMs);
  }

  /** At Stripe, past us, with a card that works. */
  async pay(): Promise<void> {
    const method = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    await stripe.paymentMethods.attach(method.id, { customer: this.customer });
    await stripe.invoices.pay(this.invoiceId, { payment_method: method.id });
  }

  async charges(status: string): Promise<number> {
    const { charges } = await this.life.read<{ charges: Charge[] }>(`/ledger?customer=${this.customer}`);
    return charges.filter((charge) => charge.status === status && charge.invoice === this.invoiceId).length;
  }

  moment(activity: string, moment: Moment): void { moments.set(`${this.life.customerId} ${activity}`, moment); }
  calls(activity: string): number { return calls.get(`${this.life.customerId} ${activity}`) ?? 0; }

  /** What the dashboard was told of the assistant: its status after each change of status, reason or limits. */
  async changes(): Promise<string[]> {
    const { rows } = await harness.pool.query<{ status: string }>(`SELECT data->>'status' AS status FROM event WHERE type = 'instance.status' AND entity_id = $1 ORDER BY version`, [this.life.person.instanceId]);
    return rows.map(({ status }) => status);
  }

  invoice(): Promise<Stripe.Invoice> { return stripe.invoices.retrieve(this.invoiceId); }

  /** Served whole, and the money was taken once. */
  async isWhole(): Promise<void> {
    const invoice = await this.invoice();
    expect([invoice.status, invoice.amount_paid, await this.charges('succeeded')]).toEqual(['paid', invoice.amount_due, 1]);
    expect(await this.life.status()).toMatchObject({ stage: 'active', serviceLevel: 'full', planId: 'max', needsAttention: null });
    const truth = await harness.truth(this.life.person);
    expect([truth.status, truth.runningContainers]).toEqual(['running', 1]);
  }

  async everWas(stage: string): Promise<boolean> { return (await this.life.diary()).some((line) => line.endsWith(`→ ${stage}`)); }
}

describe.skipIf(inject('temporalAddress') === null)('a payment at a boundary', () => {
  describe.each(BOUNDARIES)('of %s (day %i)', (stage, day) => {
    it.concurrent('a minute before: it never comes', async () => {
      const debtor = await Debtor.make();
      await debtor.to(day, -MINUTE_MS);
      await debtor.pay();
      await debtor.life.jump(debtor.anchorMs + day * DAY_MS);
      await debtor.isWhole();
      expect(await debtor.everWas(stage)).toBe(false);
    }, 240_000);

    it.concurrent('in the moment when it is looked at: paid and whole, or not paid at all', async () => {
      const debtor = await Debtor.make();
      await debtor.to(day, -MINUTE_MS);
      // Stripe takes no payment while its clock moves; the instant it stands, the money and our look race.
      await harness.advanceClock(debtor.life.customerId, debtor.anchorMs + day * DAY_MS);
      const refused = await debtor.pay().then(() => false, () => true);
      await debtor.life.settle();
      if (!refused) return debtor.isWhole();
      // We were first, which only the end makes unpayable: then nothing was taken.
      expect([stage, (await debtor.invoice()).status, await debtor.charges('succeeded')]).toEqual(['ended', 'void', 0]);
    }, 240_000);

    it.concurrent('a minute after: one step back', async () => {
      const debtor = await Debtor.make();
      await debtor.to(day, MINUTE_MS);
      expect(await debtor.life.stage()).toBe(stage);
      if (stage === 'ended') {
        // What was given up cannot be paid; a new checkout brings everything back round the data that was kept.
        await expect(debtor.pay()).rejects.toThrow();
        const { checkoutSessionId } = await harness.openCheckout(debtor.life.person, MAX);
        await harness.pay(checkoutSessionId);
        await debtor.life.settle();
        expect([await debtor.life.stage(), await debtor.charges('succeeded'), (await harness.truth(debtor.life.person)).runningContainers]).toEqual(['active', 0, 1]);
        return;
      }
      await debtor.pay();
      await debtor.life.settle();
      await debtor.isWhole();
    }, 240_000);
  });
});

describe.skipIf(inject('temporalAddress') === null)('a payment within the call that does harm', () => {
  it.each([['stopContainer', 'suspended', 19], ['writeConfiguration', 'downgraded', 12], ['voidAndCancel', 'ended', 26]] as const)(
    '%s: paid before its own look, nothing is done', async (activity, stage, day) => {
      const debtor = await Debtor.make();
      await debtor.to(day, -MINUTE_MS);
      const [before, changes] = [debtor.calls(activity), await debtor.changes()];
      debtor.moment(activity, async (run) => { await debtor.pay(); return run(); });
      await debtor.life.jump(debtor.anchorMs + day * DAY_MS);
      expect(debtor.calls(activity)).toBeGreaterThan(before);
      await debtor.isWhole();
      // Suspended: not stopped, and has its own limits again. Ended: suspended long since, and comes back.
      const news = (await debtor.changes()).slice(changes.length);
      if (stage !== 'ended') expect(news).toEqual(stage === 'suspended' ? ['running'] : []);
    }, 180_000);

  it.each([['stopContainer', 19], ['writeConfiguration', 12]] as const)('%s: paid between its look and the harm, it is put right at once', async (activity, day) => {
    const debtor = await Debtor.make();
    await debtor.to(day, -MINUTE_MS);
    const changes = await debtor.changes();
    debtor.moment(activity, async (run) => {
      // The look has read the invoices, and waits for the charges; the money comes in this moment, and the look does not see it.
      await debtor.life.control('/faults', { kind: 'slow', count: 1, method: 'GET', path: '/v1/charges', amount: 2_000 });
      const done = run();
      await waitFor('the look under way', async () => ((await debtor.life.read<{ faults: unknown[] }>('/faults')).faults.length === 0 ? true : undefined), { everyMs: 10 });
      await debtor.pay();
      return done;
    });
    await debtor.life.jump(debtor.anchorMs + day * DAY_MS);
    // It was done, or the race was none; and undone.
    const news = (await debtor.changes()).slice(changes.length);
    expect([news.includes('suspended'), news.length >= 2]).toEqual([activity === 'stopContainer', true]);
    await debtor.isWhole();
  }, 180_000);
});

describe.skipIf(inject('temporalAddress') === null)('a payment that we asked for, whose answer was lost, tried again after 25 hours', () => {
  const lost = (debtor: Debtor): void => {
    debtor.moment('payInvoice', async (run) => {
      await run();
      // Stripe forgets its keys after 24 hours: from here on it would take the same request as a new one.
      await debtor.life.control('/idempotency/age', { hours: 25 });
      throw ApplicationFailure.retryable('The worker died with the answer', 'PLANTED');
    });
  };

  it('charged: not charged again', async () => {
    const debtor = await Debtor.make();
    await debtor.life.control(`/customers/${debtor.customer}/decline`, { code: null });
    lost(debtor);
    await debtor.life.jump(debtor.anchorMs + DAY_MS);
    expect(debtor.calls('payInvoice')).toBe(2);
    await debtor.isWhole();
  }, 180_000);

  it('declined: not tried again under the same key', async () => {
    const debtor = await Debtor.make();
    const before = await debtor.charges('failed');
    lost(debtor);
    await debtor.life.jump(debtor.anchorMs + DAY_MS);
    expect([debtor.calls('payInvoice'), await debtor.charges('failed') - before, await debtor.charges('succeeded'), await debtor.life.stage()]).toEqual([2, 1, 0, 'retrying']);
  }, 180_000);
});
