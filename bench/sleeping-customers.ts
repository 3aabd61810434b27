import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as Postgres } from 'pg';
import type { Client } from '@temporalio/client';
import { loadEnvironment } from '#config/environment.js';
import { connectTemporal } from '#temporal/client.js';
import { CUSTOMER_LIFECYCLE, stripeChangedSignal, type StripeChanged } from '#workflows/contracts/customer-lifecycle.js';
import { LIFECYCLE_QUEUE } from '#workflows/contracts/queues.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import type { Stack } from '../stack/start-stack.js';
import { say, withStack } from './bench-stack.js';
import { timeOf } from './histories.js';
import { figuresOf, figuresOfProcess } from './processes.js';
import { surroundings, table, writeSection } from './report.js';
import { fixed, mib, quantile, seconds } from './statistics.js';

/** What customers cost who sleep: memory of the worker, and the time until one who was put out of its cache has judged a doorbell. */
const CUSTOMERS = 5_000;
const AT_ONCE = 20;
const SHOWN_EVERY = 1_000;
const RINGS = 100;
const SETTLE_MS = 30_000;
const LIMIT_MS = 900_000;

interface Look { customers: number; workerRss: number; workerPss: number; temporalRss: number }

const before = await surroundings();
const body = await withStack({}, async (stack) => {
  const database = new Postgres({ connectionString: stack.urls.database });
  await database.connect();
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_CODEC_KEYS } = loadEnvironment(stack.env);
  const temporal = await connectTemporal({ address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE, codecKeys: TEMPORAL_CODEC_KEYS });
  try {
    const ids = await customersOnFree(database, CUSTOMERS);
    await delay(10_000);
    const looks = [look(stack, 0)];
    const begin = Date.now();
    for (let from = 0; from < CUSTOMERS; from += SHOWN_EVERY) {
      await ringAll(temporal.client, ids.slice(from, from + SHOWN_EVERY));
      await untilActive(database, from + SHOWN_EVERY);
      looks.push(look(stack, Math.min(CUSTOMERS, from + SHOWN_EVERY)));
      say(`${looks.at(-1)?.customers ?? 0} were judged once and sleep: worker ${mib(looks.at(-1)?.workerRss ?? 0)}`);
    }
    const tookMs = Date.now() - begin;
    await delay(SETTLE_MS);
    const idle = look(stack, CUSTOMERS);
    const cpuBefore = workerCpu(stack);
    await delay(SETTLE_MS);
    const idleCpuMs = workerCpu(stack) - cpuBefore;

    say('ringing at some who are no longer in the cache');
    const evicted: Ring[] = [];
    const cached: Ring[] = [];
    // The oldest: the cache holds the latest few hundred.
    for (const id of ids.slice(0, RINGS)) {
      evicted.push(await ring(temporal.client, id));
      cached.push(await ring(temporal.client, id));
    }
    const first = looks[0]!;
    return `
${CUSTOMERS} \`customerLifecycle\` workflows, started by signal-with-start as the outbox does, each of a customer with one running assistant on Free; each has read its facts and been judged once, put that on record, and sleeps. All of them took ${seconds(tookMs, 0)} (${fixed((CUSTOMERS * 1_000) / tookMs)} a second).
The worker keeps the latest 300 in its cache (\`maxCachedWorkflows\`); the others are only in Temporal's database.

${table(['sleeping customers', 'RSS of the worker', 'PSS of the worker', 'RSS of the Temporal server'], [
      ...looks.map(({ customers, workerRss, workerPss, temporalRss }) => [customers, mib(workerRss), mib(workerPss), mib(temporalRss)]),
      [`${CUSTOMERS}, ${SETTLE_MS / 1_000} s later`, mib(idle.workerRss), mib(idle.workerPss), mib(idle.temporalRss)],
    ])}

- ${mib(idle.workerRss - first.workerRss)} more than with none: ${fixed((idle.workerRss - first.workerRss) / CUSTOMERS / 1_024, 1)} KiB a sleeping customer. From 1,000 to ${CUSTOMERS}: ${fixed((idle.workerRss - (looks[1]?.workerRss ?? 0)) / (CUSTOMERS - SHOWN_EVERY) / 1_024, 1)} KiB each.
- CPU of the worker while all sleep: ${fixed((100 * idleCpuMs) / SETTLE_MS, 1)} % of a core.

One doorbell, ${RINGS} times, one after the other, by the server's clock in the history; the same customer in and out of the cache:

${table(['', 'out of the cache p50', 'p95', 'in the cache p50', 'p95', 'ratio of p50'], [
      ['doorbell → first decision of the workflow', ...rows(evicted, cached, 'awakeMs')],
      ['doorbell → facts read, judged, asleep again', ...rows(evicted, cached, 'asleepMs')],
    ])}
`;
  } finally {
    await temporal.close();
    await database.end();
  }
});
writeSection({ name: 'sleeping-customers', title: 'Sleeping customers', before, body });

interface Ring { awakeMs: number; asleepMs: number }

function rows(evicted: readonly Ring[], cached: readonly Ring[], what: keyof Ring): string[] {
  const [out, inside] = [evicted, cached].map((rings) => rings.map((one) => one[what])) as [number[], number[]];
  return [quantile(out, 0.5), quantile(out, 0.95), quantile(inside, 0.5), quantile(inside, 0.95)].map((ms) => `${fixed(ms)} ms`).concat(fixed(quantile(out, 0.5) / quantile(inside, 0.5), 1));
}

/** Rows as a finished provisioning leaves them, as far as an evaluation reads them. */
async function customersOnFree(database: Postgres, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await database.query(`INSERT INTO customer (id, name) SELECT id, 'Bench' FROM unnest($1::uuid[]) AS new (id)`, [ids]);
  await database.query(
    `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state)
     SELECT gen_random_uuid(), id, 'Bench', 'bench-' || id, 'free', 'openai', 'gpt-bench', 'running', 'running' FROM unnest($1::uuid[]) AS new (id)`, [ids]);
  return ids;
}

async function ringAll(client: Client, ids: readonly string[]): Promise<void> {
  const waiting = [...ids];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await client.workflow.signalWithStart(CUSTOMER_LIFECYCLE, {
        workflowId: customerWorkflowId(id), taskQueue: LIFECYCLE_QUEUE, args: [{ customerId: id }], signal: stripeChangedSignal, signalArgs: [doorbell()],
      });
    }
  }));
}

function doorbell(): StripeChanged { return { eventId: `evt_${randomUUID()}`, type: 'invoice.paid', objectId: null }; }

/** The first evaluation moves a customer with a free assistant to `active`. */
async function untilActive(database: Postgres, count: number): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const { rows } = await database.query<{ active: number }>(`SELECT count(*)::int AS active FROM customer WHERE stage = 'active'`);
    if ((rows[0]?.active ?? 0) >= count) return;
    if (Date.now() > deadline) throw new Error(`Only ${rows[0]?.active ?? 0} of ${count} customers were judged within ${LIMIT_MS / 1_000} s.`);
    await delay(250);
  }
}

/** Rings once and waits until the workflow sleeps again: its last task is complete and nothing is pending. */
async function ring(client: Client, id: string): Promise<Ring> {
  const handle = client.workflow.getHandle(customerWorkflowId(id));
  const length = Number((await handle.describe()).historyLength);
  await handle.signal(stripeChangedSignal, doorbell());
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { raw } = await handle.describe();
    const now = Number(raw.workflowExecutionInfo?.historyLength ?? 0);
    if (now > length + 4 && (raw.pendingActivities ?? []).length === 0 && !raw.pendingWorkflowTask) break;
    if (Date.now() > deadline) throw new Error(`${customerWorkflowId(id)} did not fall asleep again.`);
    await delay(20);
  }
  const events = ((await handle.fetchHistory()).events ?? []).slice(length);
  const rung = events.find((event) => event.workflowExecutionSignaledEventAttributes);
  const decided = events.find((event) => event.workflowTaskCompletedEventAttributes);
  if (!rung || !decided) throw new Error(`The history of ${customerWorkflowId(id)} does not show the doorbell.`);
  const at = (event: (typeof events)[number]): number => timeOf(event);
  return { awakeMs: at(decided) - at(rung), asleepMs: at(events.at(-1)!) - at(rung) };
}

function look(stack: Stack, customers: number): Look {
  const figures = new Map(figuresOf(stack).map((one) => [one.name, one]));
  return { customers, workerRss: figures.get('worker')?.rssBytes ?? 0, workerPss: figures.get('worker')?.pssBytes ?? 0, temporalRss: figures.get('temporal')?.rssBytes ?? 0 };
}

function workerCpu(stack: Stack): number { return figuresOfProcess('worker', stack.processes['worker']?.pid ?? 0).cpuMs; }
