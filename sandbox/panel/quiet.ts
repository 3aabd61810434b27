import { setTimeout as delay } from 'node:timers/promises';
import { PROVISION_INSTANCE, TEARDOWN_INSTANCE } from '#workflows/contracts/instance-workflows.js';
import { customerWorkflowId, provisionWorkflowId, teardownWorkflowId } from '#workflows/contracts/workflow-ids.js';
import type { World } from './world.js';

const BETWEEN_LOOKS_MS = 120;
const LOOKS = 2;
const AT_ONCE = 16;
/** Workflows that watch have an activity running for as long as they live: it is not work in flight. */
const WATCHES = new Set(['hostWatch']);
const NOT_FOUND = 5;

/**
 * Waits until nothing is in flight in two looks one after the other: no outbox row, no running activity, no pending workflow task, no
 * instance workflow between its steps, no undelivered webhook, no notice on its way to a phone.
 * @param customerId looks at this customer's own outbox, workflows and notices only (what is on its way at Stripe and Twilio counts for all)
 * @returns what was still in flight at the end; empty when the world is quiet
 */
export async function waitUntilQuiet(world: World, timeoutMs: number, customerId?: string): Promise<{ inFlight: string[]; tookMs: number }> {
  const begin = Date.now();
  let calm = 0;
  for (;;) {
    const inFlight = await look(world, customerId);
    calm = inFlight.length === 0 ? calm + 1 : 0;
    if (calm >= LOOKS || Date.now() - begin > timeoutMs) return { inFlight: calm >= LOOKS ? [] : inFlight.length === 0 ? ['it has only just become quiet'] : inFlight, tookMs: Date.now() - begin };
    await delay(BETWEEN_LOOKS_MS);
  }
}

/** Everything in flight now, in plain words. What can't be asked counts as in flight: unknown is not quiet. */
export async function look(world: World, customerId: string | null = null): Promise<string[]> {
  const parts = await Promise.all([
    told('PostgreSQL', () => outbox(world, customerId)),
    told('Temporal', () => workflows(world, customerId)),
    told('the Stripe emulator', () => webhooks(world)),
    told('the Twilio emulator', () => phones(world, customerId)),
  ]);
  return parts.flat();
}

async function told(what: string, ask: () => Promise<string[]>): Promise<string[]> {
  try {
    return await ask();
  } catch (error) {
    return [`${what} does not answer: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function outbox(world: World, customerId: string | null): Promise<string[]> {
  const { rows } = await world.database.query<{ topic: string; customer_id: string; attempts: number; last_error: string | null }>(
    'SELECT topic, customer_id, attempts, last_error FROM outbox WHERE $1::uuid IS NULL OR customer_id = $1::uuid ORDER BY id LIMIT 20', [customerId]);
  return rows.map((row) => `outbox: ${row.topic} for customer ${row.customer_id}${row.attempts > 0 ? `, tried ${row.attempts} times (${row.last_error ?? 'no reason kept'})` : ''}`);
}

async function webhooks(world: World): Promise<string[]> {
  if (!world.stripe.isThere) return [];
  const pending = await world.stripe.get<Record<string, unknown>>('/_emulator/pending');
  return Object.entries(pending).flatMap(([name, value]) => {
    const count = Array.isArray(value) ? value.length : Number(value);
    return count > 0 ? [`Stripe: ${count} ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`] : [];
  });
}

/** What waits for a later attempt is not in flight. */
async function phones(world: World, customerId: string | null): Promise<string[]> {
  if (!world.twilio.isThere) return [];
  const [{ pending }, { rows }] = await Promise.all([
    world.twilio.get<{ pending: number }>('/_emulator/state'),
    world.database.query<{ count: number }>(`SELECT count(*)::int AS count FROM notice_delivery WHERE channel <> 'mail' AND ((state = 'owed' AND next_attempt_at <= now()) OR state = 'sending')
        AND ($1::uuid IS NULL OR customer_id = $1::uuid)`, [customerId]),
  ]);
  const owed = rows[0]?.count ?? 0;
  return [...(pending > 0 ? [`Twilio: ${pending} messages and callbacks`] : []), ...(owed > 0 ? [`notices to phones: ${owed}`] : [])];
}

async function workflows(world: World, customerId: string | null): Promise<string[]> {
  const { client } = await world.temporal();
  const ids = new Set<string>();
  // Our own rows name the workflows surely; Temporal's list runs up to a second behind, and knows those that have no row.
  const customers = await world.database.query<{ id: string }>(`SELECT id FROM customer WHERE $1::uuid IS NULL OR id = $1::uuid ORDER BY created_at DESC LIMIT 2000`, [customerId]);
  for (const { id } of customers.rows) ids.add(customerWorkflowId(id));
  const moving = await world.database.query<{ id: string; generation: number }>(`SELECT id, generation FROM instance WHERE status IN ('provisioning','tearing_down','needs_attention') AND ($1::uuid IS NULL OR customer_id = $1::uuid)`, [customerId]);
  for (const { id, generation } of moving.rows) { ids.add(provisionWorkflowId(id, generation)); ids.add(teardownWorkflowId(id, generation)); }
  if (customerId === null) for await (const { workflowId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' })) ids.add(workflowId);
  const found: string[] = [];
  const waiting = [...ids];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) found.push(...(await describe(world, id)));
  }));
  return found;
}

async function describe(world: World, workflowId: string): Promise<string[]> {
  const { connection } = await world.temporal();
  let answer: Awaited<ReturnType<typeof connection.workflowService.describeWorkflowExecution>>;
  try {
    answer = await connection.workflowService.describeWorkflowExecution({ namespace: world.settings.temporal.namespace, execution: { workflowId } });
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return [];
    throw error;
  }
  const info = answer.workflowExecutionInfo;
  const type = info?.type?.name ?? '';
  if (info?.status !== 1 /* running */ || WATCHES.has(type)) return [];
  const found = (answer.pendingActivities ?? []).map((activity) => {
    const failure = activity.lastFailure?.message;
    return `${workflowId}: activity ${activity.activityType?.name ?? ''}, attempt ${activity.attempt ?? 1}${failure ? ` (${failure})` : ''}`;
  });
  if (answer.pendingWorkflowTask != null) found.push(`${workflowId}: a workflow task${Number(answer.pendingWorkflowTask.attempt ?? 1) > 1 ? `, attempt ${answer.pendingWorkflowTask.attempt}` : ''}`);
  // Between two activities a saga has neither for an instant; one that waits for a person stands still.
  if (found.length === 0 && (type === PROVISION_INSTANCE || type === TEARDOWN_INSTANCE) && !(await needsAttention(world, workflowId))) found.push(`${workflowId}: between its steps`);
  return found;
}

async function needsAttention(world: World, workflowId: string): Promise<boolean> {
  const instanceId = workflowId.split('/')[1];
  const { rows } = await world.database.query<{ status: string }>('SELECT status FROM instance WHERE id::text = $1', [instanceId]);
  return rows[0]?.status === 'needs_attention';
}
