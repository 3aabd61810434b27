import { look } from './quiet.js';
import type { World } from './world.js';

export interface Mail { id: string; to: string; subject: string; text: string; links: string[]; at: string }
export interface Subscriber { id: string; name: string; stage: string; serviceLevel: string; overlays: string[]; plan: string | null; nextStep: string | null; stripe: string | null; clock: string | null }
export interface OpenCheckout { id: string; customer: string; plan: string; url: string; expiresAt: string }
export interface ContainerRow { id: string; name: string; customer: string; status: string; reason: string | null; host: string | null }

export interface PageFacts {
  mails: Mail[]; subscribers: Subscriber[]; checkouts: OpenCheckout[]; instances: ContainerRow[];
  inFlight: string[]; emulators: { stripe: boolean; docker: boolean; llm: boolean; mail: boolean };
  publicUrl: string; temporalUiUrl: string;
}

const SHOWN = 50;

/** Everything the page shows, read now. A part that can't be read is shown empty; the reason stands among what is in flight. */
export async function readPageFacts(world: World): Promise<PageFacts> {
  const [mails, subscribers, checkouts, instances, inFlight] = await Promise.all([
    world.mail.isThere ? orEmpty(world.mail.get<Mail[]>('/mails')) : [],
    orEmpty(readSubscribers(world)), orEmpty(readCheckouts(world)), orEmpty(readInstances(world)), look(world),
  ]);
  return {
    mails: mails.slice(0, SHOWN), subscribers, checkouts, instances, inFlight,
    emulators: { stripe: world.stripe.isThere, docker: world.docker.isThere, llm: world.llm.isThere, mail: world.mail.isThere },
    publicUrl: world.settings.publicUrl, temporalUiUrl: world.settings.temporalUiUrl,
  };
}

async function orEmpty<T>(read: Promise<T[]>): Promise<T[]> {
  try {
    return await read;
  } catch {
    return [];
  }
}

async function readSubscribers(world: World): Promise<Subscriber[]> {
  const [{ rows }, clocks] = await Promise.all([
    world.database.query<{ id: string; name: string; stage: string; service_level: string; overlays: string[]; plan_id: string | null; next_step: { what?: string } | null; stripe_customer_id: string | null; test_clock_id: string | null }>(
      'SELECT id, name, stage, service_level, overlays, plan_id, next_step, stripe_customer_id, test_clock_id FROM customer ORDER BY created_at DESC LIMIT $1', [SHOWN]),
    readClocks(world),
  ]);
  return rows.map((row) => ({
    id: row.id, name: row.name, stage: row.stage, serviceLevel: row.service_level, overlays: row.overlays, plan: row.plan_id,
    nextStep: row.next_step?.what ?? null, stripe: row.stripe_customer_id,
    clock: row.test_clock_id === null ? null : (clocks.get(row.test_clock_id) ?? null),
  }));
}

/** Test clock → what it shows. */
async function readClocks(world: World): Promise<Map<string, string>> {
  if (!world.stripe.isThere) return new Map();
  const clocks = await orEmpty(world.stripe.get<{ data: { id: string; frozen_time: number }[] }>('/v1/test_helpers/test_clocks?limit=100').then(({ data }) => data));
  return new Map(clocks.map(({ id, frozen_time }) => [id, new Date(frozen_time * 1000).toISOString()]));
}

async function readCheckouts(world: World): Promise<OpenCheckout[]> {
  const { rows } = await world.database.query<{ id: string; name: string; plan_id: string; url: string; expires_at: Date }>(
    `SELECT checkout.id, customer.name, checkout.plan_id, checkout.url, checkout.expires_at FROM checkout JOIN customer ON customer.id = checkout.customer_id
     WHERE checkout.status = 'open' ORDER BY checkout.created_at DESC LIMIT $1`, [SHOWN]);
  return rows.map((row) => ({ id: row.id, customer: row.name, plan: row.plan_id, url: row.url, expiresAt: row.expires_at.toISOString() }));
}

async function readInstances(world: World): Promise<ContainerRow[]> {
  const { rows } = await world.database.query<{ id: string; name: string; customer: string; status: string; status_reason: string | null; host_id: string | null }>(
    `SELECT instance.id, instance.name, customer.name AS customer, instance.status, instance.status_reason, instance.host_id
     FROM instance JOIN customer ON customer.id = instance.customer_id WHERE instance.status <> 'gone' ORDER BY instance.created_at DESC LIMIT $1`, [SHOWN]);
  return rows.map((row) => ({ id: row.id, name: row.name, customer: row.customer, status: row.status, reason: row.status_reason, host: row.host_id }));
}
