import { randomUUID } from 'node:crypto';
import type { Client as Postgres } from 'pg';

/** Attaches well, declines at the charge (docs.stripe.com/testing). */
const [GOOD_CARD, CARD_THAT_DECLINES] = ['4242424242424242', '4000000000000341'];
/** The emulator answers one after the other; more at once only wait there. */
const AT_ONCE = 8;
const DAY_SECONDS = 86_400;
/** More does Stripe not let onto one test clock. */
const ON_ONE_CLOCK = 3;
const POLL_MS = 100;

export interface DueCustomer { id: string; stripeCustomerId: string }

/** One call of Stripe's API or of the emulator's control API; throws what it says. */
export type StripeCall = <T>(method: 'GET' | 'POST', path: string, fields?: Record<string, string>) => Promise<T>;

export const stripeCalls = (baseUrl: string, secretKey: string): StripeCall => async <T>(method: 'GET' | 'POST', path: string, fields?: Record<string, string>): Promise<T> => {
  const ofControl = path.startsWith('/_emulator/');
  const response = await fetch(`${baseUrl}${path}`, {
    method, headers: ofControl ? {} : { authorization: `Bearer ${secretKey}` },
    ...(fields === undefined ? {} : { body: ofControl ? fields['json'] ?? '{}' : new URLSearchParams(fields) }),
  });
  if (!response.ok) throw new Error(`Stripe refused ${path}: ${await response.text()}`);
  return await response.json() as T;
};

/**
 * A book of customers whose renewals fail in the same second, three on a test clock, all clocks at the same time. Each has a paid month behind it, one assistant on record, and no container:
 * what the change of the plan does at Docker is measured elsewhere.
 */
export class DueBook {
  private readonly customers: DueCustomer[] = [];
  private readonly clocks: string[] = [];

  private constructor(private readonly stripe: StripeCall, private readonly database: Postgres, private readonly beginSeconds: number, readonly firstFailureSeconds: number) {}

  /** @param anchorSeconds when the renewals fail for the first time, epoch seconds in the past */
  static of(stripe: StripeCall, database: Postgres, anchorSeconds: number): DueBook {
    // The renewal's invoice is a draft for an hour, then it is tried.
    const begin = new Date((anchorSeconds - 3_600) * 1_000);
    begin.setUTCMonth(begin.getUTCMonth() - 1);
    return new DueBook(stripe, database, begin.getTime() / 1_000, anchorSeconds);
  }

  get all(): readonly DueCustomer[] { return this.customers; }

  /** Subscribes them all in the clocks' one second; the card is one that will not pay again. */
  async subscribe(count: number): Promise<void> {
    const [price] = (await this.stripe<{ data: { id: string }[] }>('GET', '/v1/prices?lookup_keys[]=pro_month')).data;
    if (price === undefined) throw new Error('Stripe has no price pro_month.');
    const ids = Array.from({ length: count }, () => randomUUID());
    await this.rowsFor(ids);
    await atOnce(Array.from({ length: Math.ceil(count / ON_ONE_CLOCK) }, (_, index) => index), async () => {
      this.clocks.push((await this.stripe<{ id: string }>('POST', '/v1/test_helpers/test_clocks', { frozen_time: String(this.beginSeconds) })).id);
    });
    await atOnce(ids.map((id, index) => ({ id, clock: this.clocks[Math.floor(index / ON_ONE_CLOCK)]! })), async ({ id, clock }) => {
      const { id: stripeCustomerId } = await this.stripe<{ id: string }>('POST', '/v1/customers', { test_clock: clock, email: `due-${id}@bench.test`, 'metadata[customerId]': id });
      await this.card(stripeCustomerId, GOOD_CARD);
      await this.stripe('POST', '/v1/subscriptions', { customer: stripeCustomerId, 'items[0][price]': price.id, 'metadata[customerId]': id, 'metadata[instanceId]': id, 'metadata[planId]': 'pro' });
      await this.card(stripeCustomerId, CARD_THAT_DECLINES);
      this.customers.push({ id, stripeCustomerId });
    });
    await this.database.query(
      'UPDATE customer SET stripe_customer_id = new.stripe FROM unnest($1::uuid[], $2::text[]) AS new (id, stripe) WHERE customer.id = new.id',
      [this.customers.map(({ id }) => id), this.customers.map(({ stripeCustomerId }) => stripeCustomerId)]);
  }

  /** Moves all clocks to so many days after the first failure. */
  async toDay(days: number): Promise<void> {
    await atOnce(this.clocks, async (clock) => {
      await this.stripe('POST', `/v1/test_helpers/test_clocks/${clock}/advance`, { frozen_time: String(this.firstFailureSeconds + Math.round(days * DAY_SECONDS)) });
      while ((await this.stripe<{ status: string }>('GET', `/v1/test_helpers/test_clocks/${clock}`)).status !== 'ready') await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    });
  }

  /** From now on Stripe shows these customers without their clock: they live by the real one, with the past that they have. */
  async leaveTheClock(): Promise<void> {
    await atOnce(this.customers, ({ stripeCustomerId }) => this.stripe('POST', `/_emulator/objects/${stripeCustomerId}/overlay`, { json: JSON.stringify({ fields: { test_clock: null } }) }));
  }

  private card(stripeCustomerId: string, card: string): Promise<unknown> {
    return this.stripe('POST', `/_emulator/customers/${stripeCustomerId}/card`, { json: JSON.stringify({ card }) });
  }

  /** Rows as sign-up and a finished provisioning leave them, as far as an evaluation and a mail read them. An instance has its customer's id. */
  private async rowsFor(ids: readonly string[]): Promise<void> {
    await this.database.query(`INSERT INTO customer (id, name) SELECT id, 'Bench' FROM unnest($1::uuid[]) AS new (id)`, [ids]);
    await this.database.query(`INSERT INTO "user" ("id", "name", "email", "emailVerified") SELECT id::text, 'Bench', 'due-' || id || '@bench.test', true FROM unnest($1::uuid[]) AS new (id)`, [ids]);
    await this.database.query(`INSERT INTO member (customer_id, user_id, role) SELECT id, id::text, 'owner' FROM unnest($1::uuid[]) AS new (id)`, [ids]);
    await this.database.query(
      `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state)
       SELECT id, id, 'Bench', 'bench-' || id, 'pro', 'openai', 'gpt-bench', 'running', 'running' FROM unnest($1::uuid[]) AS new (id)`, [ids]);
  }
}

async function atOnce<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  const waiting = [...all];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await act(one);
  }));
}
