import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as Postgres } from 'pg';
import type { Client } from '@temporalio/client';
import { loadEnvironment } from '#config/environment.js';
import { connectTemporal } from '#temporal/client.js';
import { CUSTOMER_LIFECYCLE, stripeChangedSignal } from '#workflows/contracts/customer-lifecycle.js';
import { LIFECYCLE_QUEUE } from '#workflows/contracts/queues.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { say, withStack } from './bench-stack.js';
import { DueBook, stripeCalls } from './due-book.js';
import { added, countActions, eventsOf, timeOf, totalOf, type Count } from './histories.js';
import { figuresOf } from './processes.js';
import { surroundings, table, writeSection } from './report.js';
import { fixed, quantile, seconds } from './statistics.js';

/** All customers of a book fall due in the same second: until all have moved, and what that asks of the database and of Temporal. */
const CUSTOMERS = 1_000;
/** Of the standard policy. */
const [GRACE_DAY, DOWNGRADED_DAY] = [5, 12];
/** How long the book may take to be made and brought to the eve of that second; a busy machine takes several times as long. */
const PREPARATION_MS = 120_000 + CUSTOMERS * (loadavg()[0]! < 4 ? 400 : 1_500);
const RING_AT_ONCE = 20;
const POLL_MS = 200;
const LIMIT_MS = 1_200_000;
/** Histories that are read for the count of actions. */
const SAMPLE = 50;

interface Load { commits: number; rowsWritten: number; cpu: Map<string, number> }

const before = await surroundings();
const body = await withStack({}, async (stack) => {
  const database = new Postgres({ connectionString: stack.urls.database });
  await database.connect();
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_CODEC_KEYS, STRIPE_API_URL, STRIPE_SECRET_KEY } = loadEnvironment(stack.env);
  const temporal = await connectTemporal({ address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE, codecKeys: TEMPORAL_CODEC_KEYS });
  const stripe = stripeCalls(STRIPE_API_URL ?? '', STRIPE_SECRET_KEY);
  try {
    // Only what falls due shall ring: Stripe tells nothing by itself.
    for (const { id } of (await stripe<{ data: { id: string }[] }>('GET', '/v1/webhook_endpoints')).data) await stripe('POST', `/v1/webhook_endpoints/${id}`, { disabled: 'true' });
    const dueAtMs = Math.ceil((Date.now() + PREPARATION_MS) / 1_000) * 1_000;
    const book = DueBook.of(stripe, database, dueAtMs / 1_000 - DOWNGRADED_DAY * 86_400);
    await book.subscribe(CUSTOMERS);
    say(`${CUSTOMERS} have subscribed`);
    const ids = book.all.map(({ id }) => id);

    const look = async (what: string, done: string): Promise<{ tookMs: number; load: Load }> => {
      const from = await loadOf();
      const began = Date.now();
      await ringAll(temporal.client, ids);
      await untilAll(done);
      await untilCalm();
      const took = { tookMs: Date.now() - began, load: since(from, await loadOf()) };
      say(`${what}: ${seconds(took.tookMs)}`);
      return took;
    };
    await book.toDay(0.01);
    await look('all have failed', `stage = 'retrying'`);
    await book.toDay(GRACE_DAY + 0.1);
    await look('all are in grace', `stage = 'grace'`);
    await book.leaveTheClock();
    await look('all live by the real clock and have had their reminders', `stage = 'grace' AND NOT on_test_clock`);
    const nothingDue = await look('looked at once, nothing due', `stage = 'grace'`);
    const leftMs = dueAtMs - Date.now();
    if (leftMs < 10_000) throw new Error(`The machine was too slow: the book was ready ${seconds(-leftMs)} after its second.`);
    say(`they fall due in ${seconds(leftMs)}`);
    await delay(leftMs - 5_000);

    const from = await loadOf();
    await delay(Math.max(0, dueAtMs - Date.now()));
    await untilAll(`stage = 'downgraded'`);
    const movedMs = Date.now() - dueAtMs;
    say(`all have moved after ${seconds(movedMs)}`);
    await untilAll(`EXISTS (SELECT 1 FROM notice n WHERE n.customer_id = customer.id AND n.kind = 'downgraded' AND n.state = 'sent')`);
    const toldMs = Date.now() - dueAtMs;
    await untilCalm();
    const calmMs = Date.now() - dueAtMs;
    const load = since(from, await loadOf());

    const { rows: moves } = await database.query<{ ms: number }>(`SELECT extract(epoch FROM recorded_at) * 1000 - $1 AS ms FROM lifecycle_ledger WHERE to_stage = 'downgraded' AND from_stage = 'grace'`, [dueAtMs]);
    const early = moves.filter(({ ms }) => Number(ms) < 0).length;
    const counts: Count[] = [];
    for (const id of ids.slice(0, SAMPLE)) {
      const all = await eventsOf(temporal.client, customerWorkflowId(id));
      counts.push(countActions(all, all.filter((event) => timeOf(event) >= dueAtMs - 1_000)));
    }
    const total = added(counts);
    const { rows: [held] } = await database.query<{ held: number }>(`SELECT count(*)::int AS held FROM customer WHERE overlays @> '{review_hold}' OR needs_attention IS NOT NULL`);
    const after = moves.map(({ ms }) => Number(ms));
    const names = [...load.cpu].filter(([, ms]) => ms > 0).sort(([, a], [, b]) => b - a);
    return `
${CUSTOMERS} customers on Pro whose renewals failed in one second. They were made at the Stripe emulator on test clocks in the past and brought to \`grace\` by the real workflow (open case, three attempts, its notices); then Stripe shows them without that clock, so that they live by the real one:
${CUSTOMERS} timers end at the instant ${DOWNGRADED_DAY} days after the anchor. Each reads Stripe anew, moves to \`downgraded\`, writes ledger, case and notice in one transaction, changes the instance's plan and sends its mail. The instances have no container: what Docker does is not in it. No webhook comes.
"Nothing due" is the yardstick: the same customers, rung at once a moment earlier, read Stripe and rest.

|  | until all | a second | CPU of all processes | ratio of time | ratio of CPU |
| --- | ---: | ---: | ---: | ---: | ---: |
| rung at once, nothing due | ${seconds(nothingDue.tookMs)} | ${fixed(CUSTOMERS * 1_000 / nothingDue.tookMs)} | ${seconds(cpuOf(nothingDue.load))} | 1 | 1 |
| due at once: moved | ${seconds(movedMs)} | ${fixed(CUSTOMERS * 1_000 / movedMs)} |  | ${fixed(movedMs / nothingDue.tookMs, 1)} |  |
| due at once: told by mail | ${seconds(toldMs)} | ${fixed(CUSTOMERS * 1_000 / toldMs)} |  | ${fixed(toldMs / nothingDue.tookMs, 1)} |  |
| due at once: all at rest again | ${seconds(calmMs)} | ${fixed(CUSTOMERS * 1_000 / calmMs)} | ${seconds(cpuOf(load))} | ${fixed(calmMs / nothingDue.tookMs, 1)} | ${fixed(cpuOf(load) / cpuOf(nothingDue.load), 1)} |

A customer moved ${seconds(quantile(after, 0.5))} after the instant (p50), ${seconds(quantile(after, 0.95))} (p95), the first ${seconds(Math.min(...after))}; ${early} before it. ${held?.held ?? '?'} need a person.

${table(['load, a customer', 'nothing due', 'due'], [
      ['Postgres: transactions', fixed(nothingDue.load.commits / CUSTOMERS, 1), fixed(load.commits / CUSTOMERS, 1)],
      ['Postgres: rows written', fixed(nothingDue.load.rowsWritten / CUSTOMERS, 1), fixed(load.rowsWritten / CUSTOMERS, 1)],
      [`Temporal: actions (of ${SAMPLE} histories)`, '', fixed(totalOf(total) / counts.length, 1)],
      [`Temporal: history events (of ${SAMPLE} histories)`, '', fixed(total.events / counts.length, 1)],
      ...names.map(([name]) => [`CPU: ${name}`, ms(nothingDue.load.cpu.get(name)), ms(load.cpu.get(name))]),
    ])}
`;

    async function loadOf(): Promise<Load> {
      // A session tells its figures at most once a second.
      await delay(1_200);
      const { rows: [row] } = await database.query<Record<'commits' | 'written', string>>(
        'SELECT xact_commit AS commits, tup_inserted + tup_updated + tup_deleted AS written FROM pg_stat_database WHERE datname = current_database()');
      return { commits: Number(row?.commits), rowsWritten: Number(row?.written), cpu: new Map(figuresOf(stack).map(({ name, cpuMs }) => [name, cpuMs])) };
    }

    async function untilAll(condition: string): Promise<void> {
      const deadline = Date.now() + LIMIT_MS;
      for (;;) {
        const { rows: [row] } = await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM customer WHERE id = ANY($1) AND ${condition}`, [ids]);
        if (row?.count === CUSTOMERS) return;
        if (Date.now() > deadline) throw new Error(`Only ${row?.count ?? 0} of ${CUSTOMERS}: ${condition}`);
        await delay(POLL_MS);
      }
    }

    /** Until the history of nobody grows any more. */
    async function untilCalm(): Promise<void> {
      const deadline = Date.now() + LIMIT_MS;
      const waiting = [...ids];
      await Promise.all(Array.from({ length: RING_AT_ONCE }, async () => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          for (;;) {
            const { raw } = await temporal.client.workflow.getHandle(customerWorkflowId(id)).describe();
            if (!raw.pendingWorkflowTask && (raw.pendingActivities ?? []).length === 0) break;
            if (Date.now() > deadline) throw new Error(`${customerWorkflowId(id)} does not come to rest.`);
            await delay(POLL_MS);
          }
        }
      }));
    }
  } finally {
    await temporal.close();
    await database.end();
  }
});
writeSection({ name: 'due-at-once', title: `${CUSTOMERS} customers due at the same instant`, before, body });

function since(from: Load, to: Load): Load {
  return {
    commits: to.commits - from.commits, rowsWritten: to.rowsWritten - from.rowsWritten,
    cpu: new Map([...to.cpu].map(([name, cpuMs]) => [name, cpuMs - (from.cpu.get(name) ?? 0)])),
  };
}

function cpuOf({ cpu }: Load): number { return [...cpu.values()].reduce((total, cpuMs) => total + cpuMs, 0); }
function ms(cpuMs: number | undefined): string { return `${fixed((cpuMs ?? 0) / CUSTOMERS, 1)} ms`; }

async function ringAll(client: Client, ids: readonly string[]): Promise<void> {
  const waiting = [...ids];
  await Promise.all(Array.from({ length: RING_AT_ONCE }, async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await client.workflow.signalWithStart(CUSTOMER_LIFECYCLE, {
        workflowId: customerWorkflowId(id), taskQueue: LIFECYCLE_QUEUE, args: [{ customerId: id }], signal: stripeChangedSignal,
        signalArgs: [{ eventId: `evt_${randomUUID()}`, type: 'invoice.payment_failed', objectId: null }],
      });
    }
  }));
}
