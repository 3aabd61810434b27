import { deadlineOf } from '#domain/lifecycle/lifecycle.case.js';
import { DUNNING_STAGES } from '#domain/lifecycle/lifecycle.policy.js';
import type { DunningCase, NextStep, Stage } from '#domain/lifecycle/lifecycle.types.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { eventsAhead } from './events.js';
import type { Mail } from './page-facts.js';
import { notFound } from './refusal.js';
import type { Run } from './runs.js';
import { readHistoryTail, type HistoryLine } from './temporal-tail.js';
import { isUuid, type World } from './world.js';

export interface Invoice { id: string; number: string | null; status: string | null; total: number; amount_remaining: number; currency: string; created: number; attempt_count: number; hosted_invoice_url: string | null }
export interface Charge { id: string; amount: number; amount_refunded: number; currency: string; status: string; created: number; failure_code: string | null; disputed: boolean; outcome: { reason?: string | null } | null; payment_method_details: { type?: string; card?: { last4?: string } } | null }
export interface ContainerFacts {
  id: string; name: string; status: string; reason: string | null;
  /** As Docker has it; null = no container, or an engine this page can't ask. */
  container: { state: string; memoryMiB: number | null; cpus: number | null } | null;
}
export interface CaseFacts { deadlines: { stage: string; at: string; isPast: boolean }[]; attempts: { at: string; trigger: string; outcome: string }[]; amountRemainingCents: number; currency: string; hardDecline: string | null; policyVersion: string }
export interface PhoneMessage { to: string; body?: string; status?: string }

/** Everything of one customer, side by side. A part that can't be read is empty, and stands in `missing`. */
export interface CustomerFacts {
  id: string; name: string; email: string | null; stage: Stage; serviceLevel: string; overlays: string[]; planId: string | null;
  nextStep: { what: string; at: string | null; why: string } | null;
  clock: string | null;
  ahead: { at: string; what: string }[];
  dunning: CaseFacts | null;
  containers: ContainerFacts[];
  mails: Mail[]; messages: PhoneMessage[]; invoices: Invoice[]; charges: Charge[];
  timeline: { at: string; from: string; to: string; reason: string; actor: string }[];
  history: HistoryLine[];
  temporalUrl: string;
  run: Run | null;
  missing: string[];
}

interface Row {
  id: string; name: string; email: string | null; phone: string | null; stage: Stage; service_level: string; overlays: string[]; plan_id: string | null;
  next_step: NextStep | null; dunning: DunningCase | null; stripe_customer_id: string | null; test_clock_id: string | null;
}
const SHOWN = 12;

/** Reads all of one customer now. Throws a 404 where there is none. */
export async function readCustomerFacts(world: World, customerId: string, run: Run | null): Promise<CustomerFacts> {
  const { rows: [row] } = isUuid(customerId) ? await world.database.query<Row>(
    `SELECT customer.*, owner.email, phone_consent.phone FROM customer
       LEFT JOIN LATERAL (SELECT "user".id, "user".email FROM member JOIN "user" ON "user".id = member.user_id WHERE member.customer_id = customer.id ORDER BY (member.role = 'owner') DESC LIMIT 1) owner ON true
       LEFT JOIN phone_consent ON phone_consent.user_id = owner.id WHERE customer.id = $1`, [customerId]) : { rows: [] };
  if (row === undefined) throw notFound(`There is no customer ${customerId}.`);
  const missing: string[] = [];
  const part = async <T>(what: string, empty: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      missing.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return empty;
    }
  };
  const { stripe } = world;
  const stripeCustomer = row.stripe_customer_id;
  const ofStripe = <T>(path: string): Promise<T[]> => (stripeCustomer === null || !stripe.isThere ? Promise.resolve([]) : stripe.get<{ data: T[] }>(`${path}?customer=${stripeCustomer}&limit=${SHOWN}`).then(({ data }) => data));
  const [clock, invoices, charges, mails, messages, containers, timeline, history] = await Promise.all([
    part('clock', null, () => readClock(world, row)),
    part('invoices', [], () => ofStripe<Invoice>('/v1/invoices')), part('charges', [], () => ofStripe<Charge>('/v1/charges')),
    part('mails', [], async () => (world.mail.isThere && row.email !== null ? (await world.mail.get<Mail[]>(`/mails?to=${encodeURIComponent(row.email)}`)).slice(0, SHOWN) : [])),
    part('phone', [], async () => (world.twilio.isThere && row.phone !== null ? (await world.twilio.get<PhoneMessage[]>(`/_emulator/messages?to=${encodeURIComponent(row.phone)}`)).slice(0, SHOWN) : [])),
    part('containers', [], () => readContainers(world, customerId)),
    part('timeline', [], () => readTimeline(world, customerId)),
    part('Temporal', [], () => readHistoryTail(world, customerId)),
  ]);
  const nowSeconds = clock ?? Math.floor(Date.now() / 1000);
  const ahead = clock === null || stripeCustomer === null ? [] : await part('what lies ahead', [], async () => (await eventsAhead(world, customerId, stripeCustomer, clock)).events);
  const next = row.next_step;
  return {
    id: row.id, name: row.name, email: row.email, stage: row.stage, serviceLevel: row.service_level, overlays: row.overlays, planId: row.plan_id,
    nextStep: next === null ? null : { what: next.what, at: next.atMs === null ? null : iso(next.atMs), why: next.why },
    clock: clock === null ? null : iso(clock * 1000), ahead: ahead.slice(0, 5).map(({ at, what }) => ({ at: iso(at * 1000), what })),
    dunning: row.dunning === null ? null : caseOf(row.dunning, nowSeconds * 1000), containers, mails, messages, invoices, charges, timeline, history,
    temporalUrl: `${world.settings.temporalUiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(world.settings.temporal.namespace)}/workflows/${encodeURIComponent(customerWorkflowId(row.id))}`,
    run, missing,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

const caseOf = (dunning: DunningCase, nowMs: number): CaseFacts => ({
  deadlines: DUNNING_STAGES.map((stage) => ({ stage, at: iso(deadlineOf(dunning, stage)), isPast: deadlineOf(dunning, stage) <= nowMs })),
  attempts: Object.values(dunning.attempts).sort((a, b) => a.atMs - b.atMs).map(({ atMs, trigger, outcome }) => ({ at: iso(atMs), trigger, outcome })),
  amountRemainingCents: dunning.amountRemainingCents, currency: dunning.currency, hardDecline: dunning.hardDecline, policyVersion: dunning.policy.version,
});

async function readClock(world: World, { test_clock_id: clockId }: Row): Promise<number | null> {
  if (clockId === null || !world.stripe.isThere) return null;
  return (await world.stripe.get<{ frozen_time: number }>(`/v1/test_helpers/test_clocks/${clockId}`)).frozen_time;
}

async function readContainers(world: World, customerId: string): Promise<ContainerFacts[]> {
  const { rows } = await world.database.query<{ id: string; name: string; status: string; status_reason: string | null }>(
    'SELECT id, name, status, status_reason FROM instance WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 5', [customerId]);
  return Promise.all(rows.map(async ({ id, name, status, status_reason }) => ({ id, name, status, reason: status_reason, container: status === 'gone' || !world.docker.isThere ? null : await inspect(world, id) })));
}

interface Inspected { State?: { Status?: string; Health?: { Status?: string } }; HostConfig?: { Memory?: number; NanoCpus?: number } }

async function inspect(world: World, instanceId: string): Promise<ContainerFacts['container']> {
  try {
    const { State: state, HostConfig: limits } = await world.docker.get<Inspected>(`/containers/ck-${instanceId}/json`);
    const memory = limits?.Memory ?? 0;
    const nano = limits?.NanoCpus ?? 0;
    return { state: [state?.Status, state?.Health?.Status].filter((word) => word !== undefined).join(', '), memoryMiB: memory === 0 ? null : memory / 1024 ** 2, cpus: nano === 0 ? null : nano / 1e9 };
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null;
    throw error;
  }
}

async function readTimeline(world: World, customerId: string): Promise<CustomerFacts['timeline']> {
  const { rows } = await world.database.query<{ from_stage: string; to_stage: string; reason: string; actor: string; customer_time: Date | null; recorded_at: Date }>(
    'SELECT from_stage, to_stage, reason, actor, customer_time, recorded_at FROM lifecycle_ledger WHERE customer_id = $1 ORDER BY seq DESC LIMIT $2', [customerId, SHOWN]);
  return rows.map((row) => ({ at: (row.customer_time ?? row.recorded_at).toISOString(), from: row.from_stage, to: row.to_stage, reason: row.reason, actor: row.actor }));
}
