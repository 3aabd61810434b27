import { randomUUID } from 'node:crypto';
import { pino, type Logger } from 'pino';
import type Stripe from 'stripe';
import type { DataSource } from 'typeorm';
import { createDataSource } from '#database/data-source.js';
import type { Catalogue, Plan } from '#domain/plan/plan.types.js';
import { startStripeEmulator, type StripeEmulator } from '#sandbox/emulators/stripe/emulator.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import type { BillingPort } from '#workflows/ports/billing.port.js';
import { createBillingActivities, type BillingDeps } from '../billing.activities.js';
import { syncCatalogue } from '../catalogue.js';
import { createStripeClient } from '../client.js';

export const CARDS = { good: '4242424242424242', attachesThenFails: '4000000000000341' } as const;

const plan = (id: string, amountCents: number, trialHours = 0): Plan => ({
  id, name: id.toUpperCase(), description: '', sold: true, trialHours, downgradeTo: null, onCancel: 'end', afterCancelDays: 7,
  prices: [{ id: `${id}_month`, amountCents, currency: 'usd', interval: 'month', intervalCount: 1 }],
  limits: { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: null, agents: 1, subAgents: 1 },
  size: { memoryMiB: 1, cpus: 1, pidsLimit: 1 }, sandboxSize: { memoryMiB: 1, cpus: 1, pidsLimit: 1 },
});
export const CATALOGUE: Catalogue = { id: 't', plans: [plan('lite', 900), plan('pro', 2900), plan('team', 7900), plan('tried', 2900, 48)] };

/** Billing activities on a true Postgres and the Stripe emulator, in which every customer hangs on a clock of its own, unless `autoTestClock` is false. */
export class BillingUnderTest {
  readonly warnings: string[] = [];
  private constructor(
    readonly emulator: StripeEmulator, readonly stripe: Stripe, readonly source: DataSource, readonly billing: BillingPort, readonly deps: BillingDeps,
    private readonly database: TestDatabase,
  ) {}

  static async start({ retryOwner = 'workflow', autoTestClock = true }: { retryOwner?: 'workflow' | 'stripe'; autoTestClock?: boolean } = {}): Promise<BillingUnderTest> {
    const database = await createTestDatabase();
    const source = await createDataSource(database.url, 5).initialize();
    const secretKey = 'sk_test_activities';
    const emulator = await startStripeEmulator({ port: 0, stateDir: null, autoTestClock, secretKey });
    // Without the SDK's own retries every planned fault reaches our code.
    const stripe = createStripeClient({ secretKey, apiUrl: emulator.baseUrl, maxNetworkRetries: 0 });
    await syncCatalogue(stripe, CATALOGUE);
    const warnings: string[] = [];
    const logger: Logger = pino({ level: 'warn' }, { write: (line: string) => { warnings.push(line); } });
    const deps: BillingDeps = { stripe, dataSource: source, catalogue: CATALOGUE, publicUrl: 'http://dash.test', logger, retryOwner };
    const under = new BillingUnderTest(emulator, stripe, source, createBillingActivities(deps), deps, database);
    Object.assign(under, { warnings });
    return under;
  }

  async stop(): Promise<void> {
    await this.emulator.close();
    await this.source.destroy();
    await this.database.drop();
  }

  /** A customer of ours with an owner; Stripe does not know it yet. */
  async customer(): Promise<CustomerUnderTest> {
    const [customerId, userId] = [randomUUID(), randomUUID()];
    await this.source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Ann')`, [customerId]);
    await this.source.query(`INSERT INTO "user" (id, name, email, "emailVerified", "updatedAt") VALUES ($1, 'Ann', $2, true, now())`, [userId, `${userId}@mail.test`]);
    await this.source.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, userId]);
    return new CustomerUnderTest(this, customerId);
  }

  async control(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.emulator.baseUrl}/_emulator${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const answer = await response.json() as Record<string, unknown>;
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  }

  fault(kind: string, method: string, path: string, count = 1): Promise<unknown> { return this.control('POST', '/faults', { kind, method, path, count }); }
  clearFaults(): Promise<unknown> { return this.control('DELETE', '/faults'); }
  /** Stripe forgets idempotency keys after 24 hours: makes them older. */
  ageKeys(hours: number): Promise<unknown> { return this.control('POST', '/idempotency/age', { hours }); }
}

/** One customer, played by hand. */
export class CustomerUnderTest {
  readonly instanceId = randomUUID();
  constructor(private readonly under: BillingUnderTest, readonly customerId: string) {}

  facts(): ReturnType<BillingPort['fetchBillingFacts']> { return this.under.billing.fetchBillingFacts({ customerId: this.customerId }); }

  /** Subscribes by Checkout; answers the subscription's id. */
  async subscribe(planId: 'lite' | 'pro' | 'team' | 'tried' = 'pro', card: string = CARDS.good): Promise<string> {
    const { checkoutSessionId } = await this.under.billing.openCheckoutSession({
      customerId: this.customerId, planId, priceId: `${planId}_month`, instanceId: this.instanceId, requestId: randomUUID(),
    });
    await this.under.control('POST', `/checkout/${checkoutSessionId}/pay`, { card });
    return (await this.facts()).subscription?.id ?? '';
  }

  /** A renewal fails: answers the open invoice's id. */
  async failRenewal(): Promise<string> {
    await this.setCard(CARDS.attachesThenFails);
    await this.advanceDays(32);
    const [open] = (await this.facts()).openInvoices;
    if (open === undefined) throw new Error('the renewal did not fail');
    return open.id;
  }

  async stripeId(): Promise<string> { return (await this.facts()).stripeCustomerId ?? ''; }
  async setCard(card: string): Promise<void> { await this.under.control('POST', `/customers/${await this.stripeId()}/card`, { card }); }

  /** To so many days after now, by the customer's own clock. */
  async advanceDays(days: number): Promise<void> {
    const customer = await this.under.stripe.customers.retrieve(await this.stripeId());
    const clock = customer.deleted === true ? '' : String(customer.test_clock);
    const { frozen_time: now } = await this.under.stripe.testHelpers.testClocks.retrieve(clock);
    await this.under.control('POST', `/clocks/${clock}/advance`, { to: now + Math.round(days * 86_400) });
  }

  /** What the customer's cards were charged and not given back, by Stripe's own charges. */
  async charges(): Promise<Stripe.Charge[]> {
    return this.under.stripe.charges.list({ customer: await this.stripeId(), limit: 100 }).autoPagingToArray({ limit: 1000 });
  }
  async paidCharges(): Promise<number[]> { return (await this.charges()).filter(({ paid }) => paid).map(({ amount }) => amount); }
}
