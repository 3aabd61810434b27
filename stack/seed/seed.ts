import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { replaceFile } from '../records.js';
import type { Stack } from '../start-stack.js';
import { DEMO_PEOPLE, MONEY_PEOPLE, subdomainOf, type DemoPerson, type Play, type Wanted } from './people.js';
import { Visitor } from './visitor.js';

interface Me { id: string; role: string; customer: { id: string; stage: string; overlays: string[]; planId: string | null } | null }
interface Instance { id: string; name: string; status: string }
interface Mail { links: string[]; at: string }

const WAIT_MS = 90_000;
const POLL_MS = 250;
/** Says `good` to the emulated provider. */
const DEMO_KEY = 'sk-demo-good-clawkeep-seed-0001';
const TRIAL_DAYS = 2.2;
const PERIOD_DAYS = 33;
const MOST_EVENTS = 20;
const GOING_ON: ReadonlySet<string> = new Set(['retrying', 'grace', 'downgraded']);

/** `people` are there before the table of a start is printed; `money` move in after it. */
export type Part = 'people' | 'money';
const PARTS: Readonly<Record<Part, { readonly who: readonly DemoPerson[]; readonly mark: string }>> = { people: { who: DEMO_PEOPLE, mark: 'seeded' }, money: { who: MONEY_PEOPLE, mark: 'seeded-money' } };

const markOf = (stack: Stack, part: Part): string => join(stack.stateDir, PARTS[part].mark);
export const isSeeded = (stack: Stack, part: Part = 'people'): boolean => existsSync(markOf(stack, part));

/** Why this stack can't be seeded; null when it can. */
export function whyNoSeed(stack: Stack): string | null {
  if (stack.urls.mail === null) return 'a real mail server is in use: nobody could read the verification mails of demo people';
  if (!('api' in stack.processes) || !('panel' in stack.processes)) return 'API or panel does not run';
  return null;
}

/**
 * Brings one demo subscriber into each stage and the staff to life, as people would: through the public API, the mails and the pay page.
 * Each step looks first at what is there, so that an interrupted seed goes on where it was. Resolves when all are there; rejects with
 * the first thing that was refused.
 */
export async function seed(stack: Stack, say: (line: string) => void, signal?: AbortSignal, part: Part = 'people'): Promise<void> {
  const people = PARTS[part].who.filter(({ life }) => life.kind === 'staff' || canBe(life.wanted, stack));
  let done = 0;
  const begin = Date.now();
  const waiting = [...people];
  const next = async (): Promise<void> => {
    for (let person = waiting.shift(); person !== undefined; person = waiting.shift()) {
      signal?.throwIfAborted();
      await new DemoLife(stack, person, signal).play();
      done += 1;
      say(`Demo people: ${done} of ${people.length} (${person.shows})`);
    }
  };
  // Two at a time: a machine of two cores provisions no faster with more. Behind the back of somebody who works: one.
  await Promise.all(part === 'people' ? [next(), next()] : [next()]);
  replaceFile(markOf(stack, part), `${new Date().toISOString()}\n`);
  say(`Demo people are ready (${Math.round((Date.now() - begin) / 1000)} s).`);
}

/** Who pays needs the emulated Stripe, who has an assistant the emulated provider. */
function canBe(wanted: Wanted, stack: Stack): boolean {
  if (wanted === 'prospect') return true;
  return stack.urls.llm !== null && (wanted === 'free' || stack.urls.stripe !== null);
}

class DemoLife {
  private readonly visitor: Visitor;
  private readonly panel: Visitor;

  constructor(private readonly stack: Stack, private readonly person: DemoPerson, private readonly signal: AbortSignal | undefined) {
    this.visitor = new Visitor(stack.urls.dashboard, signal);
    this.panel = new Visitor(stack.urls.panel, signal);
  }

  async play(): Promise<void> {
    await this.signIn();
    const { life } = this.person;
    if (life.kind === 'staff') {
      await this.makeStaff(life.role);
      return;
    }
    if (life.assistant === undefined) return;
    const instance = await this.ensureAssistant(life.assistant, life.wanted === 'free' ? 'free' : 'pro');
    if (life.wanted === 'free') return;
    await this.pay(instance);
    if (life.play !== undefined) await this.playStory(life.play);
    if (life.wanted !== 'trialing') await this.passTrial();
    if (life.wanted === 'canceling' || life.wanted === 'ended') await this.cancel();
    if (life.wanted === 'ended') await this.reachEnd();
  }

  private async signIn(): Promise<void> {
    const { email, name } = this.person;
    const credentials = { email, password: this.stack.demoPassword };
    const [user] = await this.query<{ emailVerified: boolean }>('SELECT "emailVerified" FROM "user" WHERE email = $1', [email]);
    if (user?.emailVerified !== true) {
      // By the mail server's own clock, or a little earlier.
      const since = new Date(Date.now() - 2_000).toISOString();
      if (user === undefined) await this.visitor.post('/api/auth/sign-up/email', { ...credentials, name, locale: 'en' });
      // Who was interrupted after the sign-up is sent another mail.
      else await this.visitor.post('/api/auth/send-verification-email', { email });
      const link = await this.waitFor('the verification mail', async () => {
        const mails = await this.panel.get<Mail[]>(`/mails?to=${encodeURIComponent(email)}&since=${encodeURIComponent(since)}`);
        return mails.flatMap(({ links }) => links).find((address) => address.includes('verify'));
      });
      await this.visitor.follow(link);
    }
    await this.visitor.post('/api/auth/sign-in/email', credentials);
  }

  /** A role is given by hand on purpose: no route grants one. Staff have no customer; the one of the sign-up goes while it is empty. */
  private async makeStaff(role: string): Promise<void> {
    await this.query(
      `WITH staff AS (UPDATE "user" SET role = $1 WHERE email = $2 RETURNING id),
            membership AS (DELETE FROM member WHERE user_id IN (SELECT id FROM staff) RETURNING customer_id)
       DELETE FROM customer WHERE id IN (SELECT customer_id FROM membership) AND stage = 'prospect' AND NOT EXISTS (SELECT 1 FROM instance WHERE customer_id = customer.id)`,
      [role, this.person.email],
    );
  }

  private async query<T extends object>(text: string, values: unknown[]): Promise<T[]> {
    const client = new Client({ connectionString: this.stack.urls.database });
    await client.connect();
    try {
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  private async ensureAssistant(name: string, planId: string): Promise<Instance> {
    const me = await this.visitor.get<Me>('/api/v1/users/me');
    const [present] = (await this.visitor.get<{ data: Instance[] }>('/api/v1/instances')).data;
    if (present !== undefined) return planId === 'free' ? this.untilRunning(present.id) : present;
    // Whose life is over has no assistant any more.
    if (me.customer?.stage === 'ended' || me.customer?.stage === 'torn_down') return { id: '', name, status: 'gone' };
    await this.visitor.post('/api/v1/provider-keys', { provider: 'openai', key: DEMO_KEY });
    const wished = await this.visitor.post<Instance>('/api/v1/instances', { name, subdomain: subdomainOf(this.person), planId, provider: 'openai' });
    return planId === 'free' ? this.untilRunning(wished.id) : wished;
  }

  private async pay(instance: Instance): Promise<void> {
    if (instance.status !== 'awaiting_payment') {
      if (instance.status === 'provisioning') await this.untilRunning(instance.id);
      return;
    }
    const { checkoutSessionId } = await this.visitor.post<{ checkoutSessionId: string }>('/api/v1/checkout', { planId: 'pro', priceId: 'pro_month', instanceId: instance.id });
    await this.panel.post(`/checkout/${checkoutSessionId}/pay`, { card: '4242424242424242' });
    await this.untilRunning(instance.id);
  }

  private async untilRunning(instanceId: string): Promise<Instance> {
    return this.waitFor(`the assistant of ${this.person.name}`, async () => {
      const instance = await this.visitor.get<Instance>(`/api/v1/instances/${instanceId}`);
      if (instance.status === 'failed' || instance.status === 'needs_attention') throw new Error(`the assistant of ${this.person.name} is ${instance.status}`);
      return instance.status === 'running' || instance.status === 'stopped' || instance.status === 'suspended' ? instance : undefined;
    });
  }

  private async passTrial(): Promise<void> {
    const customer = await this.customer();
    if (customer.stage !== 'trialing') return;
    await this.panel.post(`/customers/${customer.id}/clock`, { advanceDays: TRIAL_DAYS });
    await this.untilStage((now) => now.stage === 'active');
  }

  /** A story is played from its beginning; one that was interrupted goes on, event by event. */
  private async playStory({ story, until, overlay }: Play): Promise<void> {
    let customer = await this.customer();
    if (overlay !== undefined && customer.overlays.includes(overlay)) return;
    if (customer.stage === 'trialing' || (customer.stage === 'active' && until !== undefined)) await this.panel.post(`/customers/${customer.id}/stories/${story}`, until === undefined ? {} : { until });
    for (let event = 0; until !== undefined && event < MOST_EVENTS; event += 1) {
      customer = await this.customer();
      if (customer.stage === until || !GOING_ON.has(customer.stage)) return;
      await this.panel.post(`/customers/${customer.id}/next-event`);
    }
  }

  private async cancel(): Promise<void> {
    const customer = await this.customer();
    if (customer.stage !== 'active' || customer.overlays.includes('canceling')) return;
    await this.visitor.post('/api/v1/subscription/cancel', {});
    await this.untilStage((now) => now.overlays.includes('canceling'));
  }

  private async reachEnd(): Promise<void> {
    const customer = await this.customer();
    if (customer.stage !== 'active') return;
    await this.panel.post(`/customers/${customer.id}/clock`, { advanceDays: PERIOD_DAYS });
    await this.untilStage((now) => now.stage === 'ended');
  }

  private async customer(): Promise<NonNullable<Me['customer']>> {
    const { customer } = await this.visitor.get<Me>('/api/v1/users/me');
    if (customer === null) throw new Error(`${this.person.email} has no customer`);
    return customer;
  }

  private untilStage(is: (customer: NonNullable<Me['customer']>) => boolean): Promise<true> {
    return this.waitFor(`the stage of ${this.person.name}`, async () => (is(await this.customer()) ? true : undefined));
  }

  private async waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`waited ${WAIT_MS / 1000} s for ${what}`);
      await delay(POLL_MS, undefined, this.signal === undefined ? {} : { signal: this.signal });
    }
  }
}
