import type { UpdateDefinition } from '@temporalio/common';
import type Stripe from 'stripe';
import type { DataSource } from 'typeorm';
import { createStripeClient } from '#activities/stripe/client.js';
import type { InstanceWish } from '#domain/instance/instance.types.js';
import type { Harness } from '#testing/harness/harness.js';
import type { Person } from '#testing/harness/people.js';
import { waitFor } from '#testing/harness/wait-for.js';
import { statusQuery, type CustomerStatusView } from '#workflows/contracts/customer-lifecycle.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import type { Rig } from './rig.js';

class EmulatorRefused extends Error { override name = 'EmulatorRefused'; }

/** The whole product on a Temporal server: its workers, the emulated engine and mail server, webhooks over HTTP. */
export class TemporalRig implements Rig {
  readonly inProcess = null;
  readonly stripe: Stripe;

  private constructor(private readonly harness: Harness, readonly person: Person) {
    const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_URL: apiUrl } = harness.environment;
    this.stripe = createStripeClient({ secretKey, apiUrl, maxNetworkRetries: 0 });
  }

  /** A person signs up; nothing is bought yet. */
  static async start(harness: Harness, planId: string): Promise<TemporalRig> {
    const rig = new TemporalRig(harness, await harness.newPerson({ planId, status: 'awaiting_payment' }));
    await rig.ring();
    return rig;
  }

  get dataSource(): DataSource { return this.harness.dataSource; }

  async control<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.harness.emulators.stripe.baseUrl}/_emulator${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const said = await response.json() as T;
    if (!response.ok) throw new EmulatorRefused(`${path}: ${JSON.stringify(said)}`);
    return said;
  }

  update<Answer, Question>(definition: UpdateDefinition<Answer, [Question]>, question: Question): Promise<Answer> {
    return this.handle.executeUpdate(definition, { args: [question] });
  }

  async wish(wish: InstanceWish): Promise<void> {
    await this.harness.wish(this.person, wish);
    await this.settle();
  }

  status(): Promise<CustomerStatusView> { return this.handle.query(statusQuery); }
  ring(): Promise<void> { return this.harness.ring(this.person.customerId); }
  deliver(): Promise<void> { return this.settle(); }

  /** Until Stripe has delivered all it has to tell, and the workflow and its children rest, in two looks one after the other. */
  async settle(): Promise<void> {
    let calm = 0;
    let seen: unknown = null;
    await waitFor(`the life of ${this.person.customerId} at rest`, async () => {
      const pending = await this.control<{ undeliveredWebhooks: number; advancingClocks: number }>('GET', '/pending');
      const status = await this.status();
      seen = { pending, status };
      calm = pending.undeliveredWebhooks === 0 && pending.advancingClocks === 0 && status.resting ? calm + 1 : 0;
      return calm >= 2 ? true : undefined;
    }, { timeoutMs: 180_000, everyMs: 50, last: () => seen });
  }

  private get handle() { return this.harness.client.workflow.getHandle(customerWorkflowId(this.person.customerId)); }
}
