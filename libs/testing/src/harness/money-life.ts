import { statusQuery, type CustomerStatusView } from '#workflows/contracts/customer-lifecycle.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { Harness } from './harness.js';
import type { Person } from './people.js';
import { waitFor } from './wait-for.js';

export const PRO = { planId: 'pro', priceId: 'pro_month' } as const;
export const TEAM = { planId: 'team', priceId: 'team_month' } as const;

/** Test cards by what they do after they are attached (docs.stripe.com/testing). */
export const CARDS = {
  works: '4242424242424242', declines: '4000000000000341', insufficientFunds: '4000000000009995', lost: '4000000000009987', stolen: '4000000000009979',
} as const;
export type CardName = keyof typeof CARDS;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

interface Move { readonly from: string; readonly to: string; readonly at: string }

/**
 * One customer's life with money, played on its Stripe test clock through the real workflow: pay, change the card, let time go by, and look at what
 * the product did. After each act it waits until Stripe has told everything and the workflow rests.
 */
export class MoneyLife {
  private constructor(readonly harness: Harness, readonly person: Person) {}

  /** Signs up and pays; with `PRO` a trial of 48 hours begins, `TEAM` is charged at once. Ends when the assistant runs. */
  static async begin(harness: Harness, offer: { readonly planId: string; readonly priceId: string } = TEAM): Promise<MoneyLife> {
    const life = new MoneyLife(harness, await harness.newPaidCustomer(offer));
    await life.settle();
    return life;
  }

  /** The same for a customer who is there already and rests. */
  static of(harness: Harness, person: Person): MoneyLife { return new MoneyLife(harness, person); }

  get customerId(): string { return this.person.customerId; }

  /** Moves the customer's clock to an instant (ISO 8601 or epoch milliseconds), day by day as a person's year goes by, and waits for what follows. */
  async until(instant: string | number, stepMs = DAY_MS): Promise<this> {
    const targetMs = typeof instant === 'number' ? instant : Date.parse(instant);
    for (let nowMs = await this.nowMs(); nowMs < targetMs;) {
      nowMs = Math.min(targetMs, nowMs + stepMs);
      await this.harness.advanceClock(this.customerId, nowMs);
      await this.settle();
    }
    return this;
  }

  days(days: number): Promise<this> { return this.nowMs().then((nowMs) => this.until(nowMs + days * DAY_MS)); }

  /** One jump, as after a worker that was down: nothing is looked at in between. */
  jump(instant: string | number): Promise<this> { return this.until(instant, Number.POSITIVE_INFINITY); }

  /** From one announced step to the next, or a day where none is announced, until the stage is reached. @throws where `withinDays` were not enough */
  async untilStage(stage: Stage, withinDays = 90): Promise<this> {
    for (const lastMs = await this.nowMs() + withinDays * DAY_MS; (await this.stage()) !== stage;) {
      const nowMs = await this.nowMs();
      if (nowMs > lastMs) throw new Error(`After ${withinDays} days the customer is ${await this.stage()}, not ${stage}`);
      const nextMs = (await this.status()).nextStep?.atMs ?? 0;
      await this.jump(nextMs > nowMs ? nextMs + MINUTE_MS : nowMs + DAY_MS);
    }
    return this;
  }

  /** When the invoice of the next period is collected: it is a draft for an hour. */
  async renewalAtMs(): Promise<number> {
    const subscription = await this.newest<{ items: { data: { current_period_end: number }[] } }>('subscriptions');
    return (subscription.items.data[0]?.current_period_end ?? 0) * 1_000 + HOUR_MS;
  }

  openInvoiceId(): Promise<string> { return this.newest<{ id: string }>('invoices', '&status=open').then(({ id }) => id); }

  /** The card declines from now on, and the renewal comes: a case is open. */
  async failRenewal(): Promise<this> {
    await this.card('declines');
    return this.jump(await this.renewalAtMs() + MINUTE_MS);
  }

  async card(card: CardName, slot?: 'subscription' | 'customer' | 'both'): Promise<this> {
    await this.control(`/customers/${await this.stripeCustomerId()}/card`, { card: CARDS[card], ...(slot === undefined ? {} : { slot }) });
    await this.settle();
    return this;
  }

  /** Customer time: the test clock's. */
  async nowMs(): Promise<number> {
    const { rows: [row] } = await this.harness.pool.query<{ test_clock_id: string }>('SELECT test_clock_id FROM customer WHERE id = $1', [this.customerId]);
    const state = await this.read<{ clocks: { id: string; frozenTime: number }[] }>('/state');
    const clock = state.clocks.find(({ id }) => id === row?.test_clock_id);
    if (clock === undefined) throw new Error('The customer hangs on no test clock');
    return clock.frozenTime * 1000;
  }

  async stripeCustomerId(): Promise<string> {
    const { rows: [row] } = await this.harness.pool.query<{ stripe_customer_id: string }>('SELECT stripe_customer_id FROM customer WHERE id = $1', [this.customerId]);
    return row?.stripe_customer_id ?? '';
  }

  status(): Promise<CustomerStatusView> { return this.harness.client.workflow.getHandle(customerWorkflowId(this.customerId)).query(statusQuery); }

  async stage(): Promise<string> {
    const { rows: [row] } = await this.harness.pool.query<{ stage: string }>('SELECT stage FROM customer WHERE id = $1', [this.customerId]);
    return row?.stage ?? '';
  }

  /** `2027-03-06 10:05 retrying → grace`: the ledger's moves, in customer time. */
  async diary(): Promise<string[]> {
    const { rows } = await this.harness.pool.query<Move>(
      `SELECT from_stage AS "from", to_stage AS "to", to_char(customer_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS at FROM lifecycle_ledger
        WHERE customer_id = $1 AND from_stage <> to_stage ORDER BY seq`, [this.customerId]);
    return rows.map(({ from, to, at }) => `${at} ${from} → ${to}`);
  }

  /** Kinds of the notices that were sent, in the order of their sending. */
  async notices(): Promise<string[]> {
    const { rows } = await this.harness.pool.query<{ kind: string }>(`SELECT kind FROM notice WHERE customer_id = $1 AND state = 'sent' ORDER BY sent_at, created_at, key`, [this.customerId]);
    return rows.map(({ kind }) => kind);
  }

  /** Until Stripe has delivered all it has to tell this customer's clock, and the workflow and its children rest, in two looks one after the other. */
  async settle(timeoutMs = 90_000): Promise<void> {
    let calm = 0;
    let seen: unknown = null;
    await waitFor(`the life of ${this.customerId} at rest`, async () => {
      const pending = await this.read<{ undeliveredWebhooks: number; advancingClocks: number }>('/pending');
      const status = await this.status();
      seen = { pending, status };
      calm = pending.undeliveredWebhooks === 0 && pending.advancingClocks === 0 && status.resting ? calm + 1 : 0;
      return calm >= 2 ? true : undefined;
    }, { timeoutMs, everyMs: 25, last: () => seen });
  }

  control(path: string, body: object): Promise<unknown> { return this.emulator('POST', path, body); }
  read<T>(path: string): Promise<T> { return this.emulator('GET', path) as Promise<T>; }

  /** Stripe's own answer, newest first. */
  async newest<T>(what: 'subscriptions' | 'invoices' | 'charges', query = ''): Promise<T> {
    const { stripe: { baseUrl } } = this.harness.emulators;
    const response = await fetch(`${baseUrl}/v1/${what}?limit=1&customer=${await this.stripeCustomerId()}${query}`, { headers: { authorization: `Bearer ${this.harness.environment.STRIPE_SECRET_KEY ?? ''}` } });
    const { data: [first] } = await response.json() as { data: T[] };
    if (first === undefined) throw new Error(`The customer has no ${what}${query}`);
    return first;
  }

  private async emulator(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.harness.emulators.stripe.baseUrl}/_emulator${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const said = await response.json() as unknown;
    if (!response.ok) throw new Error(`The Stripe emulator refused ${path}: ${JSON.stringify(said)}`);
    return said;
  }
}
