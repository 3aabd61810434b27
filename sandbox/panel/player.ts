import { STAGES, type Stage } from '#domain/lifecycle/lifecycle.types.js';
import { advance, clockOf, DAY, iso, type ClockMove } from './clock.js';
import { eventsAhead } from './events.js';
import { waitUntilQuiet } from './quiet.js';
import { badField, notFound, Refusal } from './refusal.js';
import type { Run, Runs } from './runs.js';
import { STORIES, storyOf, type StoryStep } from './stories.js';
import type { World } from './world.js';

const QUIET_MS = 60_000;
const CARD_EXPIRY = '12/40';
/** A case, or the end of one: the story has taken its course. */
const CALM: readonly Stage[] = ['active', 'ended', 'torn_down'];

export interface Standing { stage: Stage; serviceLevel: string; overlays: string[]; nextStep: string | null }
export interface Played { name: string; steps: number; stopped: boolean; clock: string; standing: Standing; tookMs: number }
export type EventPlayed = ClockMove & { events: string[]; standing: Standing };
export type YearPlayed = ClockMove & { days: number; stopped: boolean; moves: { at: string; stage: Stage }[]; standing: Standing };

/** Plays time and stories for one customer, and answers when that customer's world is quiet again. */
export class Player {
  constructor(private readonly world: World, readonly runs: Runs) {}

  /** To the next thing that is due for the customer. Throws a 409 where nothing is. */
  nextEvent(customerId: string): Promise<EventPlayed> {
    return this.runs.play(customerId, 'Next event', 1, async (run) => {
      const clock = await clockOf(this.world, customerId);
      const [next] = (await eventsAhead(this.world, customerId, clock.stripeCustomer, clock.now)).events;
      if (next === undefined) throw new Refusal(409, 'NOTHING_DUE', 'Nothing is due for this customer: move the clock by days instead.');
      run.line = `to ${iso(next.at)}: ${next.what}`;
      const events: string[] = [];
      const move = await advance(this.world, customerId, clock, next.at, { pace: 'events', quiet: 'customer', after: (_at, told) => { events.push(...told); return true; } });
      const standing = await this.standing(customerId);
      run.step = 1;
      run.line = `${next.what}: ${standing.stage} at ${move.to}`;
      return { ...move, events: [...new Set(events)], standing };
    });
  }

  /** Event by event to so many days from now (365); ends earlier when it is stopped. Throws a 400 naming the field. */
  year(customerId: string, body: unknown): Promise<YearPlayed> {
    const { days: given = 365 } = (body ?? {}) as { days?: unknown };
    const days = Number(given);
    if (!Number.isFinite(days) || days <= 0 || days > 3_660) throw badField('days', 'must be a number above 0 and at most 3660');
    return this.runs.play(customerId, 'The year', 0, async (run) => {
      const clock = await clockOf(this.world, customerId);
      const moves: YearPlayed['moves'] = [];
      let stage = (await this.standing(customerId)).stage;
      const move = await this.go(customerId, run, clock.now + Math.round(days * DAY), (now, at) => {
        if (now !== stage) moves.push({ at: iso(at), stage: now });
        stage = now;
        return true;
      });
      return { ...move, days, stopped: run.stopping, moves, standing: await this.standing(customerId) };
    });
  }

  /**
   * Plays a ready-made story; `{until: stage}` ends it as soon as the customer is in that stage. Throws a 404 for an unknown name, a 409 where the customer
   * is in no state to begin it.
   */
  async story(customerId: string, name: string, body: unknown): Promise<Played> {
    const story = storyOf(name);
    if (story === undefined) throw notFound(`There is no story ${name}: try one of ${Object.keys(STORIES).join(', ')}.`);
    const { until } = (body ?? {}) as { until?: unknown };
    if (until !== undefined && !isStage(until)) throw badField('until', `must be a stage: ${STAGES.join(', ')}`);
    return this.runs.play(customerId, story.title, story.steps.length, async (run) => {
      const begin = Date.now();
      const clock = await clockOf(this.world, customerId);
      const { subscriptions, stage } = await eventsAhead(this.world, customerId, clock.stripeCustomer, clock.now);
      if (subscriptions.length === 0 || (stage !== 'active' && stage !== 'trialing')) {
        throw new Refusal(409, 'STORY_CANNOT_BEGIN', `A story begins with a paid plan in order (active or trialing); this customer is ${stage ?? 'unknown'}${subscriptions.length === 0 ? ' and has no subscription' : ''}.`);
      }
      const context: StoryContext = { customerId, stripeCustomer: clock.stripeCustomer, run, until: until ?? null, reached: false };
      for (const step of story.steps) {
        if (run.stopping || context.reached) break;
        run.step += 1;
        run.line = step.says;
        await this.act(step, context);
      }
      const standing = await this.standing(customerId);
      run.line = `ended as ${standing.stage}${standing.nextStep === null ? '' : `; next: ${standing.nextStep}`}`;
      return { name, steps: run.step, stopped: run.stopping, clock: iso((await clockOf(this.world, customerId)).now), standing, tookMs: Date.now() - begin };
    });
  }

  private async act(step: StoryStep, context: StoryContext): Promise<void> {
    const { stripe } = this.world;
    const { customerId, stripeCustomer } = context;
    switch (step.act) {
      case 'charge': return this.toCharge(context);
      case 'days': return this.toDays(context, step.days, () => false);
      case 'until': return this.toDays(context, step.withinDays, async (stage) => stage === step.stage || (CALM.includes(stage) && !(await this.hasSubscription(customerId, stripeCustomer))));
      case 'card': await stripe.post(`/_emulator/customers/${stripeCustomer}/card`, { card: step.card, slot: step.slot ?? 'both', ...(step.decline === undefined ? {} : { decline: step.decline }) }); break;
      case 'account': await stripe.post(`/_emulator/customers/${stripeCustomer}/card`, { account: step.account }); break;
      case 'payInvoice': await this.payInvoice(stripeCustomer, step.card); break;
      case 'dispute': await stripe.post('/_emulator/disputes', { charge: await this.lastCharge(stripeCustomer), reason: step.reason }); break;
      case 'closeDispute': await stripe.post(`/_emulator/disputes/${await this.lastDispute(stripeCustomer)}/close`, { status: step.status }); break;
      case 'pause': {
        const { subscriptions: [subscription] } = await eventsAhead(this.world, customerId, stripeCustomer, 0);
        if (subscription === undefined) throw new Refusal(409, 'NO_SUBSCRIPTION', 'There is no subscription to pause.');
        await stripe.postForm(`/v1/subscriptions/${subscription.id}/pause`, { type: 'subscription' });
        break;
      }
    }
    await this.rest(customerId);
    context.reached = context.until === (await this.standing(customerId)).stage;
  }

  private async toCharge(context: StoryContext): Promise<void> {
    const { customerId, stripeCustomer } = context;
    const { now } = await clockOf(this.world, customerId);
    const charge = (await eventsAhead(this.world, customerId, stripeCustomer, now)).events.find(({ kind }) => kind === 'charge');
    if (charge === undefined) throw new Refusal(409, 'NO_CHARGE_AHEAD', 'No charge lies ahead of this customer.');
    await this.go(customerId, context.run, charge.at, (stage) => !(context.reached = stage === context.until));
  }

  private async toDays(context: StoryContext, days: number, isOver: (stage: Stage) => Promise<boolean> | boolean): Promise<void> {
    const { now } = await clockOf(this.world, context.customerId);
    await this.go(context.customerId, context.run, now + days * DAY, async (stage) => {
      context.reached = stage === context.until;
      return !context.reached && !(await isOver(stage));
    });
  }

  /** Event by event to a target; `goOn` is asked after each. */
  private async go(customerId: string, run: Run, target: number, goOn: (stage: Stage, atSeconds: number) => Promise<boolean> | boolean): Promise<ClockMove> {
    const clock = await clockOf(this.world, customerId);
    return advance(this.world, customerId, clock, target, {
      pace: 'events', quiet: 'customer', before: () => !run.stopping,
      after: async (at, events) => {
        const { stage } = await this.standing(customerId);
        run.line = `${iso(at).slice(0, 16).replace('T', ' ')}: ${stage}${events.length === 0 ? '' : ` (${[...new Set(events)].join('; ')})`}`;
        return goOn(stage, at);
      },
    });
  }

  private async rest(customerId: string): Promise<void> {
    const { inFlight } = await waitUntilQuiet(this.world, QUIET_MS, customerId);
    if (inFlight.length > 0) throw new Refusal(504, 'NOT_QUIET', `This customer's world did not become quiet within ${QUIET_MS / 1000} s.`, { inFlight });
  }

  private async standing(customerId: string): Promise<Standing> {
    const { rows: [row] } = await this.world.database.query<{ stage: Stage; service_level: string; overlays: string[]; next_step: { what: string } | null }>(
      'SELECT stage, service_level, overlays, next_step FROM customer WHERE id = $1', [customerId]);
    if (row === undefined) throw notFound(`There is no customer ${customerId}.`);
    return { stage: row.stage, serviceLevel: row.service_level, overlays: row.overlays, nextStep: row.next_step?.what ?? null };
  }

  private async hasSubscription(customerId: string, stripeCustomer: string): Promise<boolean> {
    return (await eventsAhead(this.world, customerId, stripeCustomer, 0)).subscriptions.length > 0;
  }

  /** As a person does on Stripe's hosted page of the oldest open invoice. */
  private async payInvoice(stripeCustomer: string, card: string): Promise<void> {
    const { data } = await this.world.stripe.get<{ data: { hosted_invoice_url: string | null }[] }>(`/v1/invoices?customer=${stripeCustomer}&status=open&limit=10`);
    const page = data.at(-1)?.hosted_invoice_url;
    if (page == null) throw new Refusal(409, 'NOTHING_TO_PAY', 'No invoice of this customer is open.');
    await this.world.stripe.postForm(new URL(page).pathname, { card, expiry: CARD_EXPIRY });
  }

  private async lastCharge(stripeCustomer: string): Promise<string> {
    const { data } = await this.world.stripe.get<{ data: { id: string; paid: boolean; disputed: boolean; refunded: boolean }[] }>(`/v1/charges?customer=${stripeCustomer}&limit=20`);
    const charge = data.find(({ paid, disputed, refunded }) => paid && !disputed && !refunded);
    if (charge === undefined) throw new Refusal(409, 'NO_CHARGE', 'This customer has no charge that could be disputed.');
    return charge.id;
  }

  private async lastDispute(stripeCustomer: string): Promise<string> {
    const { data: charges } = await this.world.stripe.get<{ data: { id: string; disputed: boolean }[] }>(`/v1/charges?customer=${stripeCustomer}&limit=20`);
    const disputed = charges.find((charge) => charge.disputed);
    const { data: [dispute] } = disputed === undefined ? { data: [] } : await this.world.stripe.get<{ data: { id: string }[] }>(`/v1/disputes?charge=${disputed.id}&limit=1`);
    if (dispute === undefined) throw new Refusal(409, 'NO_DISPUTE', 'No charge of this customer is disputed.');
    return dispute.id;
  }
}

interface StoryContext { readonly customerId: string; readonly stripeCustomer: string; readonly run: Run; readonly until: Stage | null; reached: boolean }

const isStage = (value: unknown): value is Stage => (STAGES as readonly unknown[]).includes(value);
