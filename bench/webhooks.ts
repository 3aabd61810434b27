import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { ROOT } from '../stack/root.js';
import type { Stack } from '../stack/start-stack.js';
import { say, withStack } from './bench-stack.js';
import { asFastAsPossible, atRate, type LoadFigures } from './load.js';
import { figuresOfProcess } from './processes.js';
import { surroundings, table, verdict, writeSection } from './report.js';
import { fixed, median, quantile, seconds, sum } from './statistics.js';
import { signedInvoiceEvents, type About, type Delivery } from './webhook-events.js';

/** Stripe's webhook: how many signed events a second are stored before the 2xx, how long one waits, and what that costs beside a bare Nest POST with one INSERT. */
const ROUNDS = 5;
const EVENTS_A_ROUND = 3_000;
const CONNECTIONS = 32;
const RATE = 600;
const RATE_SECONDS = 20;
const KNOWN_CUSTOMERS = 500;
const KNOWN_EVENTS = 3_000;
const DRAIN_LIMIT_MS = 300_000;
const AIM_P99_MS = 150;
const AIM_RATIO = 2;

const NOBODY: readonly About[] = [{ stripeCustomer: 'cus_nobody', customerId: null }];

interface Run extends LoadFigures { rows: number; cpuMs: number }

const before = await surroundings();
// A worker that rings through 600 doorbells a second would be measured too: unknown customers ring at none.
const body = await withStack({}, async (stack) => {
  const database = new Client({ connectionString: stack.urls.database });
  await database.connect();
  const bare = await startBareNest(stack);
  try {
    await database.query('CREATE TABLE bench_post (id text PRIMARY KEY, type text NOT NULL, payload jsonb NOT NULL, received_at timestamptz NOT NULL DEFAULT now())');
    return await measure(stack, database, bare);
  } finally {
    bare.process.kill();
    await database.end();
  }
});
writeSection({ name: 'webhooks', title: 'Webhooks accepted durably', before, body });

async function measure(stack: Stack, database: Client, bare: { process: ChildProcess; url: string }): Promise<string> {
  const secret = (stack.env['STRIPE_WEBHOOK_SECRETS'] ?? '').split(',')[0] ?? '';
  const url = `${stack.urls.api}/api/v1/webhooks/stripe`;
  const events = (count: number, about: readonly About[]): { deliveries: Delivery[]; prefix: string } => {
    const prefix = `bench${randomBytes(5).toString('hex')}`;
    return { prefix, deliveries: signedInvoiceEvents(count, prefix, secret, about) };
  };
  const stored = async (name: 'stripe_event' | 'bench_post', prefix: string): Promise<number> =>
    (await database.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${name} WHERE id LIKE $1`, [`evt\\_${prefix}%`])).rows[0]?.rows ?? 0;
  const product = async (count: number, about: readonly About[], send: (url: string, deliveries: Delivery[]) => Promise<LoadFigures>): Promise<Run> => {
    const { deliveries, prefix } = events(count, about);
    const pid = stack.processes['api']?.pid ?? 0;
    const cpuBefore = figuresOfProcess('api', pid).cpuMs;
    const figures = await send(url, deliveries);
    return { ...figures, cpuMs: figuresOfProcess('api', pid).cpuMs - cpuBefore, rows: await stored('stripe_event', prefix) };
  };
  const yardstick = async (count: number, send: (url: string, deliveries: Delivery[]) => Promise<LoadFigures>): Promise<Run> => {
    const { deliveries, prefix } = events(count, NOBODY);
    const pid = bare.process.pid ?? 0;
    const cpuBefore = figuresOfProcess('bare', pid).cpuMs;
    const figures = await send(bare.url, deliveries);
    return { ...figures, cpuMs: figuresOfProcess('bare', pid).cpuMs - cpuBefore, rows: await stored('bench_post', prefix) };
  };
  const fast = (to: string, deliveries: Delivery[]): Promise<LoadFigures> => asFastAsPossible(to, deliveries, CONNECTIONS);
  const steady = (to: string, deliveries: Delivery[]): Promise<LoadFigures> => atRate(to, deliveries, RATE, CONNECTIONS);

  say('warming up');
  await product(EVENTS_A_ROUND, NOBODY, fast);
  await yardstick(EVENTS_A_ROUND, fast);
  const ours: Run[] = [];
  const bares: Run[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    ours.push(await product(EVENTS_A_ROUND, NOBODY, fast));
    bares.push(await yardstick(EVENTS_A_ROUND, fast));
    say(`round ${round} of ${ROUNDS}: ${fixed(perSecond(ours.at(-1)))} events/s, bare ${fixed(perSecond(bares.at(-1)))}/s`);
  }
  say(`${RATE} a second for ${RATE_SECONDS} s`);
  const steadyOurs = await product(RATE * RATE_SECONDS, NOBODY, steady);
  const steadyBare = await yardstick(RATE * RATE_SECONDS, steady);

  const known = await knownCustomers(database, KNOWN_CUSTOMERS);
  say(`${KNOWN_EVENTS} events of ${KNOWN_CUSTOMERS} known customers, each with a doorbell`);
  const knownFast = await product(KNOWN_EVENTS, known, fast);
  const knownDrainMs = await drained(database);
  const knownSteady = await product(KNOWN_EVENTS, known, steady);
  const steadyDrainMs = await drained(database);

  const all = [...ours, steadyOurs, knownFast, knownSteady];
  const ratios = ours.map((run, index) => perSecond(bares[index]) / perSecond(run));
  const cpuRatios = ours.map((run, index) => run.cpuMs / (bares[index]?.cpuMs ?? Number.NaN));
  const lost = sum(all.map(({ acknowledged, rows }) => Math.max(0, acknowledged - rows)));
  return `
\`POST /api/v1/webhooks/stripe\` with signed \`invoice.paid\` events of about ${fixed((events(1, NOBODY).deliveries[0]?.body.length ?? 0) / 1_000, 1)} kB, each with an id of its own, by loopback over ${CONNECTIONS} kept connections; API, Postgres, sender and the rest of the stack share the cores.
The yardstick \`bench/bare-nest.ts\` (Nest with Express, JSON body, one INSERT of the same body, same Postgres, same size of pool) takes turns with it, ${ROUNDS} rounds of ${EVENTS_A_ROUND} after a warm-up.

${table(['unknown customers', 'events/s, median', 'worst round', 'p50', 'p99', 'CPU of the process per event'], [
    ['as fast as it goes', fixed(median(ours.map(perSecond))), fixed(Math.min(...ours.map(perSecond))), ...latencies(ours), `${fixed(median(ours.map(cpuPerEvent)), 2)} ms`],
    ['bare Nest, as fast as it goes', fixed(median(bares.map(perSecond))), fixed(Math.min(...bares.map(perSecond))), ...latencies(bares), `${fixed(median(bares.map(cpuPerEvent)), 2)} ms`],
    [`${RATE}/s for ${RATE_SECONDS} s (open loop)`, fixed(perSecond(steadyOurs)), '', ...latencies([steadyOurs]), `${fixed(cpuPerEvent(steadyOurs), 2)} ms`],
    [`bare Nest, ${RATE}/s for ${RATE_SECONDS} s`, fixed(perSecond(steadyBare)), '', ...latencies([steadyBare]), `${fixed(cpuPerEvent(steadyBare), 2)} ms`],
  ])}

${table([`known customers (${KNOWN_CUSTOMERS}), a doorbell each`, 'events/s', 'p50', 'p99', 'CPU per event, doorbells sent meanwhile in it', 'outbox empty after'], [
    [`${KNOWN_EVENTS} as fast as it goes`, fixed(perSecond(knownFast)), ...latencies([knownFast]), `${fixed(cpuPerEvent(knownFast), 2)} ms`, seconds(knownDrainMs, 1)],
    [`${KNOWN_EVENTS} at ${RATE}/s (open loop)`, fixed(perSecond(knownSteady)), ...latencies([knownSteady]), `${fixed(cpuPerEvent(knownSteady), 2)} ms`, seconds(steadyDrainMs, 1)],
  ])}

${table(['', 'figure', 'aim', ''], [
    ['events/s, unknown, median', fixed(median(ours.map(perSecond))), `≥ ${RATE}`, verdict(median(ours.map(perSecond)) >= RATE)],
    [`p99 at ${RATE}/s, unknown`, `${fixed(quantile(steadyOurs.latenciesMs, 0.99))} ms`, `≤ ${AIM_P99_MS} ms`, verdict(quantile(steadyOurs.latenciesMs, 0.99) <= AIM_P99_MS)],
    ['cost against bare Nest in the same run: time per event, median (worst round)', `${fixed(median(ratios), 2)} × (${fixed(Math.max(...ratios), 2)} ×)`, `≤ ${AIM_RATIO} ×`, verdict(median(ratios) <= AIM_RATIO)],
    ['cost against bare Nest in the same run: CPU per event, median (worst round)', `${fixed(median(cpuRatios), 2)} × (${fixed(Math.max(...cpuRatios), 2)} ×)`, `≤ ${AIM_RATIO} ×`, verdict(median(cpuRatios) <= AIM_RATIO)],
    ['acknowledged but not stored, all runs', `${lost} of ${sum(all.map(({ acknowledged }) => acknowledged))}`, '0', verdict(lost === 0)],
    ['not acknowledged', notAcknowledged(all), '0', verdict(sum(all.map(({ sent, acknowledged }) => sent - acknowledged)) === 0)],
  ])}
`;
}

function perSecond(run: LoadFigures | undefined): number { return run === undefined ? Number.NaN : (run.acknowledged * 1_000) / run.tookMs; }
function cpuPerEvent(run: Run): number { return run.cpuMs / Math.max(1, run.acknowledged); }
function latencies(runs: readonly LoadFigures[]): string[] {
  const all = runs.flatMap(({ latenciesMs }) => latenciesMs);
  return [0.5, 0.99].map((share) => `${fixed(quantile(all, share), 1)} ms`);
}
function notAcknowledged(runs: readonly LoadFigures[]): string {
  const reasons = runs.flatMap(({ refused }) => Object.entries(refused)).map(([why, count]) => `${count} × ${why}`);
  return reasons.length === 0 ? '0' : reasons.join(', ');
}

/** Customers who have nothing at Stripe yet: the doorbell comes by the metadata, and the evaluation behind it is short. */
async function knownCustomers(database: Client, count: number): Promise<About[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await database.query(`INSERT INTO customer (id, name) SELECT id, 'Bench' FROM unnest($1::uuid[]) AS new (id)`, [ids]);
  return ids.map((customerId) => ({ stripeCustomer: 'cus_nobody', customerId }));
}

async function drained(database: Client): Promise<number> {
  const begin = Date.now();
  for (;;) {
    const { rows } = await database.query<{ waiting: number }>('SELECT count(*)::int AS waiting FROM outbox');
    if (rows[0]?.waiting === 0) return Date.now() - begin;
    if (Date.now() - begin > DRAIN_LIMIT_MS) throw new Error(`The outbox still holds ${rows[0]?.waiting ?? '?'} messages after ${DRAIN_LIMIT_MS / 1_000} s.`);
    await delay(100);
  }
}

async function startBareNest(stack: Stack): Promise<{ process: ChildProcess; url: string }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const child = spawn(process.execPath, ['--enable-source-maps', join(ROOT, 'dist/bench/bare-nest.js'), stack.urls.database, String(port)], { stdio: ['ignore', 'pipe', 'inherit'], env: { NODE_ENV: 'production' } });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => { throw new Error('The bare Nest application did not start.'); })]);
  return { process: child, url: `http://127.0.0.1:${port}/posts` };
}
