import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { pino } from 'pino';
import type Stripe from 'stripe';
import type { DataSource } from 'typeorm';
import { createNotifyActivities } from '#activities/mail/notify.activities.js';
import { createPlacementActivities } from '#activities/placement/placement.activities.js';
import { createProjectionsActivities } from '#activities/projections/projections.activities.js';
import { createRulesActivities } from '#activities/rules/rules.activities.js';
import { createBillingActivities } from '#activities/stripe/billing.activities.js';
import { createStripeClient } from '#activities/stripe/client.js';
import type { BusinessRules } from '#config/rules.js';
import type { SecretVault } from '#database/secrets/secret-vault.js';
import { ringsTheBell } from '#domain/lifecycle/doorbells.js';
import { isPaidUp } from '#domain/lifecycle/paid-up.js';
import type { NoticeKind, Stage } from '#domain/lifecycle/lifecycle.types.js';
import { startStripeEmulator, type StripeEmulator } from '#sandbox/emulators/stripe/emulator.js';
import { writePerson, type Person } from '#testing/harness/people.js';
import { InProcessRuntime } from '#testing/in-process/in-process-runtime.js';
import { createMemoryDocker, type MemoryDocker } from '#testing/in-process/memory-docker.js';
import { CUSTOMER_LIFECYCLE, type CustomerStatusView } from '#workflows/contracts/customer-lifecycle.js';
import { BILLING_QUEUE, NOTIFY_QUEUE } from '#workflows/contracts/queues.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { customerLifecycle, provisionInstance, teardownInstance } from '#workflows/workflows.js';
import { draws, type Delivery, type StepFault } from './acts.js';
import { moneyContradictions, serviceContradictions } from './looks.js';
import { Promises } from './promises.js';
import type { InProcessActs, Rig } from './rig.js';

const SECRET_KEY = 'sk_test_random_histories_of_money';
const SILENT = pino({ level: 'silent' });

export interface Shared {
  readonly dataSource: DataSource;
  readonly vault: SecretVault;
  readonly rules: BusinessRules;
  /** What comes into force in the middle of some lives. */
  readonly laterRules: BusinessRules;
}

const WORSE: ReadonlySet<string> = new Set<Stage>(['retrying', 'grace', 'downgraded', 'suspended']);

class EmulatorRefused extends Error { override name = 'EmulatorRefused'; }

type StripeEvent = Stripe.Event;

/** The product round one customer in this process: workflow code, activities, Postgres and a Stripe of its own; Docker and mail in memory. */
export class InProcessRig implements Rig, InProcessActs {
  readonly inProcess = this;
  readonly dataSource: DataSource;
  readonly stripe: Stripe;
  readonly docker: MemoryDocker;
  readonly runtime: InProcessRuntime;
  readonly promises = new Promises();
  private rules: BusinessRules;
  private customerMs = 0;
  private lastEvent: string | null = null;
  private kept: StripeEvent[] = [];
  /** The product was told of what happened last; else it cannot know better yet. */
  private heard = true;
  private readonly draw: () => number;

  private constructor(shared: Shared, readonly person: Person, private readonly emulator: StripeEmulator, seed: number) {
    this.dataSource = shared.dataSource;
    this.rules = shared.rules;
    this.laterRules = shared.laterRules;
    this.draw = draws(seed ^ 0x5eed);
    this.stripe = this.client();
    const { dataSource } = shared;
    const { catalogue, policy } = shared.rules;
    const publicUrl = 'http://127.0.0.1:4400';
    const billing = createBillingActivities({ stripe: this.client(), dataSource, catalogue, publicUrl, logger: SILENT, retryOwner: policy.retryOwner, now: () => this.runtime.nowMs() });
    const projections = createProjectionsActivities({ dataSource });
    const notify = createNotifyActivities({
      dataSource, from: 'Clawkeep <hello@clawkeep.example>', publicUrl, catalogue, logger: SILENT,
      transport: { sendMail: (mail) => Promise.resolve(this.promises.mail(String(mail.messageId), String((mail.headers as Record<string, string>)['X-Clawkeep-Notice']) as NoticeKind, this.customerMs)) },
    });
    this.docker = createMemoryDocker({
      refuseIfPaid: async (customerId) => { if (isPaidUp(await billing.fetchBillingFacts({ customerId }))) throw ApplicationFailure.nonRetryable('The customer owes nothing.', 'PAID_MEANWHILE'); },
      planOf: async (instanceId) => (await projections.loadInstance({ instanceId }))!.planId,
      onHarm: (_customerId, what) => this.harms(what),
    });
    const local = {
      ...createPlacementActivities({ dataSource, publicUrl }), ...projections,
      loadRules: (input: { knownVersion: string | null }) => createRulesActivities(this.rules).loadRules(input),
      recordDecision: async (input: Parameters<typeof projections.recordDecision>[0]) => {
        await projections.recordDecision(input);
        const { stage } = input.decision;
        this.promises.moves(input.from, input.decision, input.customerNowMs);
        if (stage !== input.from.stage && WORSE.has(stage)) await this.harms(`a move to ${stage}`);
      },
      recordSupportAct: async (input: Parameters<typeof projections.recordSupportAct>[0]) => {
        await projections.recordSupportAct(input);
        this.promises.support(input.after);
      },
    };
    const watched = {
      ...billing,
      voidAndCancel: async (input: Parameters<typeof billing.voidAndCancel>[0]) => {
        if (input.cause === 'unpaid') this.promises.endsUnpaid(this.customerMs);
        return billing.voidAndCancel(input);
      },
    };
    const served = (activities: object): Readonly<Record<string, ((input: never) => Promise<unknown>) | undefined>> => activities as Readonly<Record<string, (input: never) => Promise<unknown>>>;
    this.runtime = new InProcessRuntime({
      workflows: { customerLifecycle, provisionInstance, teardownInstance },
      activities: (queue) => served(queue === null ? local : queue === BILLING_QUEUE ? watched : queue === NOTIFY_QUEUE ? notify : this.docker),
    });
  }

  private readonly laterRules: BusinessRules;

  /** A person signs up; nothing is bought yet. */
  static async start(shared: Shared, planId: string, seed: number): Promise<InProcessRig> {
    const person = await writePerson(shared.dataSource, shared.vault, { planId, status: 'awaiting_payment' });
    const emulator = await startStripeEmulator({ port: 0, stateDir: null, autoTestClock: true, secretKey: SECRET_KEY });
    const rig = new InProcessRig(shared, person, emulator, seed);
    rig.runtime.start(CUSTOMER_LIFECYCLE, customerWorkflowId(person.customerId), [{ customerId: person.customerId }]);
    return rig;
  }

  get broken(): readonly string[] { return [...this.promises.broken, ...this.runtime.pastWaits, ...this.runtime.failures()]; }

  async control<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.emulator.baseUrl}/_emulator${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const said = await response.json() as T;
    if (!response.ok) throw new EmulatorRefused(`${path}: ${JSON.stringify(said)}`);
    return said;
  }

  async update<Answer, Question>({ name }: { name: string }, question: Question): Promise<Answer> {
    const answer = this.customer.update(name, [question]);
    // Whoever waits for the answer hears of it when the loop has come to it.
    const settled = answer.then(() => undefined, () => undefined);
    await Promise.all([this.settle(), settled]);
    return await answer as Answer;
  }

  async wish(wish: string): Promise<void> {
    this.customer.signal('instanceWished', [{ requestId: randomUUID(), instanceId: this.person.instanceId, wish, actor: 'owner' }]);
    await this.settle();
  }

  status(): Promise<CustomerStatusView> { return Promise.resolve(this.customer.query('status') as CustomerStatusView); }

  async ring(): Promise<void> { this.signal({ id: `evt_${randomUUID()}`, type: 'customer.updated' }); }

  async deliver(delivery: Delivery, fault: StepFault | null = null): Promise<void> {
    const events = await this.newEvents();
    if (fault !== null) await this.fault(fault);
    await this.tell(events, delivery);
    if (fault !== null) await this.clearFaults();
  }

  private async tell(events: StripeEvent[], delivery: Delivery): Promise<void> {
    if (events.length > 0) this.heard = false;
    if (delivery === 'late') this.kept.push(...events);
    else if (delivery === 'lost') events.length = 0;
    else if (delivery === 'one by one') for (const event of events) { this.signal(event); await this.settle(); }
    else {
      const order = delivery === 'shuffled' ? events.map((event) => ({ event, at: this.draw() })).sort((a, b) => a.at - b.at).map(({ event }) => event) : events;
      for (const event of delivery === 'doubled' ? [...order, ...order] : order) this.signal(event);
      // What was late comes after what is newer. What was lost never comes: a later event, or the reconciler in the end, shows it.
      if (this.draw() < 0.5) for (const event of this.kept.splice(0)) this.signal(event);
    }
    await this.settle();
  }

  async redeliver(): Promise<void> {
    for (const event of [...this.kept.splice(0), ...await this.newEvents()]) this.signal(event);
    await this.settle();
  }

  settle(): Promise<void> { return this.runtime.settle(); }
  async fault({ kind, count, method }: StepFault): Promise<void> { await this.control('POST', '/faults', { kind, count, ...(method === null ? {} : { method }) }); }
  async clearFaults(): Promise<void> { await this.control('DELETE', '/faults'); }

  async continueAsNew(): Promise<void> {
    this.customer.continueAsNewSuggested = true;
    this.runtime.poke();
    await this.settle();
  }

  changePolicy(): void { this.rules = this.laterRules; this.runtime.moveClock(11 * 60_000); }
  moveClock(ms: number): void { this.runtime.moveClock(ms); }
  clockStands(atMs: number): void { this.customerMs = atMs; }

  async look(): Promise<readonly string[]> {
    if (!this.heard) return [];
    const found = await serviceContradictions(this);
    for (const contradiction of found) this.promises.breaks(contradiction);
    return found;
  }

  async close(): Promise<void> { await this.emulator.close(); }

  private async harms(what: string): Promise<void> {
    for (const contradiction of await moneyContradictions(this, what)) this.promises.breaks(contradiction);
  }

  private get customer() { return this.runtime.get(customerWorkflowId(this.person.customerId)); }

  private client(): Stripe { return createStripeClient({ secretKey: SECRET_KEY, apiUrl: this.emulator.baseUrl, maxNetworkRetries: 0 }); }

  private signal({ id, type }: Pick<StripeEvent, 'id'> & { type: string }): void {
    if (!ringsTheBell(type)) return;
    this.heard = true;
    this.customer.signal('stripeChanged', [{ eventId: id, type, objectId: null }]);
  }

  /** Events since the last look, oldest first. */
  private async newEvents(): Promise<StripeEvent[]> {
    const all: StripeEvent[] = [];
    for (;;) {
      const { data, has_more: more } = await this.stripe.events.list({ limit: 100, ...(this.lastEvent === null ? {} : { ending_before: this.lastEvent }) });
      all.push(...data.reverse());
      this.lastEvent = all.at(-1)?.id ?? this.lastEvent;
      if (!more || this.lastEvent === null) return all;
    }
  }
}
