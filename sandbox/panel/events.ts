import { attemptAtMs } from '#domain/lifecycle/lifecycle.attempts.js';
import { dayOfCase } from '#domain/lifecycle/lifecycle.case.js';
import { rulesOf } from '#domain/lifecycle/lifecycle.notices.js';
import { DAY_MS, DUNNING_STAGES, HOUR_MS, STANDARD_POLICY, type DunningStage } from '#domain/lifecycle/lifecycle.policy.js';
import type { DunningCase, NextStep, Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { World } from './world.js';

/** Something that is due in a customer's own time, in epoch seconds. */
export interface DueEvent {
  kind: 'stage' | 'attempt' | 'notice' | 'charge' | 'invoice' | 'bank';
  what: string;
  at: number;
  /** Where it has a part before its end: Stripe renews, and charges about an hour later. */
  beginsAt?: number;
}
export interface LivingSubscription {
  id: string; status: string; trial_end: number | null; cancel_at: number | null; cancel_at_period_end: boolean;
  items: { data: { current_period_end: number; price: { recurring: { interval: 'day' | 'week' | 'month' | 'year'; interval_count: number } | null } }[] };
}
export interface Ahead { events: DueEvent[]; subscriptions: LivingSubscription[]; stage: Stage | null }
interface Standing { stage: Stage; next_step: NextStep | null; dunning: DunningCase | null }
interface Invoice { id: string; status: string; created: number; next_payment_attempt: number | null }

const DAY = 86_400;
/** A renewal's invoice stays a draft for about an hour (docs.stripe.com/billing/invoices/subscription). */
export const FINALIZED_AFTER = 65 * 60;
const OVER = new Set(['canceled', 'incomplete_expired']);

/**
 * All that is due after `now` (epoch seconds of the customer's clock), soonest first: stages, attempts and notices by the case that runs and by
 * the next step on record, charges and drafts by Stripe.
 */
export async function eventsAhead(world: World, customerId: string, stripeCustomer: string, now: number): Promise<Ahead> {
  const [{ rows: [standing] }, { data: subscriptions }, { data: invoices }, { data: intents }] = await Promise.all([
    world.database.query<Standing>('SELECT stage, next_step, dunning FROM customer WHERE id = $1', [customerId]),
    world.stripe.get<{ data: LivingSubscription[] }>(`/v1/subscriptions?customer=${stripeCustomer}&status=all&limit=100`),
    world.stripe.get<{ data: Invoice[] }>(`/v1/invoices?customer=${stripeCustomer}&limit=10`),
    world.stripe.get<{ data: { status: string }[] }>(`/v1/payment_intents?customer=${stripeCustomer}&limit=10`),
  ]);
  const living = subscriptions.filter(({ status }) => !OVER.has(status));
  const events = [
    ...(standing === undefined ? [] : ofLifecycle(standing)), ...living.flatMap(ofSubscription), ...invoices.flatMap((invoice) => ofInvoice(invoice, now)),
    // Which day the bank answers is the bank's secret: a day at a time.
    ...(intents.some(({ status }) => status === 'processing') ? [{ kind: 'bank', what: 'a bank debit is on its way: one more day', at: now + DAY } as const] : []),
  ];
  return { events: events.filter(({ at }) => at > now).sort((a, b) => a.at - b.at), subscriptions: living, stage: standing?.stage ?? null };
}

/** The stage to come, the attempts left, and the notices of this stage. */
export function ofLifecycle({ stage, next_step: next, dunning }: Standing): DueEvent[] {
  const nextMs = next?.atMs ?? null;
  const events: DueEvent[] = next === null || nextMs === null ? [] : [due('stage', next.what, nextMs)];
  if (dunning !== null && stage === 'retrying' && dunning.hardDecline === null) {
    for (const day of dunning.policy.payAgainOnDays) events.push(due('attempt', `the payment is tried again (day ${day})`, attemptAtMs(dunning, day)));
  }
  if (nextMs === null || next === null) return events;
  if (dunning !== null && isDunningStage(stage)) {
    // Where the next step is no suspension, the plan passes `suspended` over and its notices are told here.
    for (const rule of rulesOf(dunning, stage, stage === 'downgraded' && next.code !== 'suspension')) {
      if (rule.when === 'before') events.push(due('notice', `notice: ${rule.daysBefore} days before`, nextMs - rule.daysBefore * DAY_MS));
      if (rule.when === 'day') events.push(due('notice', `notice of day ${rule.day}`, dayOfCase(dunning, rule.day, rule.announces)));
    }
  } else if (stage === 'ended') {
    for (const rule of STANDARD_POLICY.stages.ended.notices) if (rule.when === 'before') events.push(due('notice', `notice: ${rule.daysBefore} days before`, nextMs - rule.daysBefore * DAY_MS));
  } else if (stage === 'trialing') {
    for (const hours of STANDARD_POLICY.trialReminderHours) events.push(due('notice', 'notice: the trial ends soon', nextMs - hours * HOUR_MS));
  }
  return events;
}

const isDunningStage = (stage: Stage): stage is DunningStage => (DUNNING_STAGES as readonly Stage[]).includes(stage);

const due = (kind: DueEvent['kind'], what: string, atMs: number): DueEvent => ({ kind, what, at: Math.ceil(atMs / 1000) });

function ofSubscription({ trial_end, cancel_at, items }: LivingSubscription): DueEvent[] {
  const charge = (beginsAt: number, what: string): DueEvent => ({ kind: 'charge', what, at: beginsAt + FINALIZED_AFTER, beginsAt });
  return [
    ...(trial_end === null ? [] : [charge(trial_end, 'the trial is over: first charge')]),
    ...items.data.filter(({ current_period_end }) => current_period_end !== trial_end).map(({ current_period_end }) => charge(current_period_end, 'the paid period is over: renewal')),
    ...(cancel_at === null ? [] : [{ kind: 'stage', what: 'the subscription ends', at: cancel_at } as const]),
  ];
}

function ofInvoice({ status, created, next_payment_attempt: next }: Invoice, now: number): DueEvent[] {
  if (status === 'draft') return [{ kind: 'invoice', what: 'the invoice is finalized and charged', at: Math.max(created + FINALIZED_AFTER, next ?? 0) }];
  return status === 'open' && next !== null && next > now ? [{ kind: 'attempt', what: 'Stripe tries the payment again', at: next }] : [];
}
