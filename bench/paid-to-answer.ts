import { Client } from 'pg';
import type { Stack } from '../stack/start-stack.js';
import { say, withStack } from './bench-stack.js';
import { figuresOf, type ProcessFigures } from './processes.js';
import { surroundings, table, verdict, writeSection } from './report.js';
import { fixed, quantile, seconds, worst } from './statistics.js';
import { Subscriber, type Answered } from './subscriber.js';

/** From paying to the first answer of the assistant: one customer after the other, and many in the same moment. */
const ALONE = 24;
/** The first ones find cold code and no cached plan; they are shown, not counted. */
const WARM_UP = 4;
const AT_ONCE = 100;
const SLOTS = 130;
const TILLS_AT_ONCE = 4;
const AIM_ALONE_MS = 3_000;
const AIM_AT_ONCE_MS = 20_000;
const AFTER_STEPS = 'running shown → answer';

interface Measured { totalMs: number; parts: ReadonlyMap<string, number> }

const before = await surroundings();
say(`${ALONE} customers one after the other`);
const alone = await withStack({ CLAWKEEP_HOST_SLOTS: String(SLOTS) }, async (stack) => {
  const answered: { subscriber: Subscriber; times: Answered }[] = [];
  for (let number = 1; number <= WARM_UP + ALONE; number += 1) {
    const subscriber = new Subscriber(stack, `alone-${number}`);
    await subscriber.comeToTheTill();
    await subscriber.quiet(30);
    answered.push({ subscriber, times: await subscriber.payAndAsk() });
    await subscriber.quiet(30);
  }
  return measure(stack, answered);
});
say(`${AT_ONCE} customers in the same moment`);
const crowd = await withStack({ CLAWKEEP_HOST_SLOTS: String(SLOTS) }, async (stack) => {
  // A stack that has just started is no measure of one that serves: one customer goes ahead.
  const first = new Subscriber(stack, 'first');
  await first.comeToTheTill();
  await first.payAndAsk();
  const subscribers = Array.from({ length: AT_ONCE }, (_, index) => new Subscriber(stack, `crowd-${index + 1}`));
  const waiting = [...subscribers];
  await Promise.all(Array.from({ length: TILLS_AT_ONCE }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next.comeToTheTill();
  }));
  await first.quiet(60);
  say('all stand at the till: now they pay');
  const cpuBefore = figuresOf(stack);
  const outcomes = await Promise.allSettled(subscribers.map((subscriber) => subscriber.payAndAsk()));
  const cpu = cpuBetween(cpuBefore, figuresOf(stack));
  const answered = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [{ subscriber: subscribers[index]!, times: outcome.value }] : []));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
  return { measured: await measure(stack, answered), failures, cpu };
});

const counted = alone.slice(WARM_UP);
const [totals, crowdTotals] = [counted, crowd.measured].map((all) => all.map(({ totalMs }) => totalMs)) as [number[], number[]];
writeSection({
  name: 'paid-to-answer', title: 'Paid → first answer', before, body: `
Light agent on the Docker emulator, emulated Stripe, provider and mail, all on this machine. The clock starts when the pay page's button is pressed (the request to pay is sent) and stops when the body of \`POST /instances/:id/chat\` is there;
the customer follows by \`GET /events\`, as the dashboard does. Alone: ${ALONE} customers, each when the world is quiet, after ${WARM_UP} that are not counted (the very first took ${seconds(alone[0]?.totalMs ?? 0)}). At once: ${AT_ONCE} customers pay in the same moment on a host of ${SLOTS} slots.

${table(['', 'p50', 'p95', 'worst', 'aim (p95)', ''], [
    ['alone', seconds(quantile(totals, 0.5)), seconds(quantile(totals, 0.95)), seconds(worst(totals)), seconds(AIM_ALONE_MS, 0), verdict(quantile(totals, 0.95) <= AIM_ALONE_MS)],
    [`${AT_ONCE} at once`, seconds(quantile(crowdTotals, 0.5)), seconds(quantile(crowdTotals, 0.95)), seconds(worst(crowdTotals)), seconds(AIM_AT_ONCE_MS, 0), verdict(quantile(crowdTotals, 0.95) <= AIM_AT_ONCE_MS && crowd.failures.length === 0)],
  ])}

${crowd.measured.length} of ${AT_ONCE} got their answer${crowd.failures.length === 0 ? '' : `; the others: ${[...new Set(crowd.failures)].slice(0, 5).join('; ')}`}. Ratio ${AT_ONCE} at once : alone, p50: ${fixed(quantile(crowdTotals, 0.5) / quantile(totals, 0.5), 1)}.

Where the time goes (steps from the rows of \`instance_step\`, with the time to put each on record; a step begins when its row says so):

${partsTable(counted, crowd.measured)}

CPU time of the processes while the ${AT_ONCE} were served (${fixed(crowd.cpu.reduce((total, { cpuMs }) => total + cpuMs, 0) / 1_000 / AT_ONCE, 2)} s of CPU a customer; the bench itself is not in it):

${table(['process', 'CPU'], crowd.cpu.toSorted((a, b) => b.cpuMs - a.cpuMs).filter(({ cpuMs }) => cpuMs >= 100).map(({ name, cpuMs }) => [name, seconds(cpuMs, 1)]))}
`,
});

/** Splits each customer's time by what the database says of the steps. */
async function measure(stack: Stack, answered: readonly { subscriber: Subscriber; times: Answered }[]): Promise<Measured[]> {
  const database = new Client({ connectionString: stack.urls.database });
  await database.connect();
  try {
    const measured: Measured[] = [];
    for (const { subscriber, times } of answered) {
      const { rows } = await database.query<{ step: string; started: string; ended: string | null }>(
        `SELECT step, extract(epoch FROM started_at) * 1000 AS started, extract(epoch FROM ended_at) * 1000 AS ended
           FROM instance_step WHERE instance_id = $1 AND kind = 'provision' ORDER BY position`, [subscriber.instanceId]);
      const event = await database.query<{ at: string | null }>(
        `SELECT extract(epoch FROM min(e.received_at)) * 1000 AS at FROM stripe_event e JOIN customer c ON c.stripe_customer_id = e.stripe_customer_id
          WHERE c.id = $1 AND e.type = 'checkout.session.completed'`, [subscriber.customerId]);
      measured.push({ totalMs: times.answeredAtMs - times.paySentAtMs, parts: partsOf(times, Number(event.rows[0]?.at ?? Number.NaN), rows.map(({ step, started }) => ({ step, startedMs: Number(started) }))) });
    }
    return measured;
  } finally {
    await database.end();
  }
}

function partsOf(times: Answered, webhookAtMs: number, steps: readonly { step: string; startedMs: number }[]): Map<string, number> {
  const parts = new Map<string, number>([
    ['pay → its webhook is stored', webhookAtMs - times.paySentAtMs],
    ['webhook stored → provisioning begins', (steps[0]?.startedMs ?? Number.NaN) - webhookAtMs],
  ]);
  for (const [index, { step, startedMs }] of steps.entries()) {
    const next = steps[index + 1];
    // The last step says "running" first and mails afterwards: nobody waits for the mail.
    if (next !== undefined) parts.set(step, next.startedMs - startedMs);
    else parts.set(`${step} (until "running" is shown)`, times.runningSeenAtMs - startedMs);
  }
  return parts.set(AFTER_STEPS, times.answeredAtMs - times.runningSeenAtMs);
}

function partsTable(one: readonly Measured[], many: readonly Measured[]): string {
  const names = [...(one[0]?.parts.keys() ?? [])];
  const of = (all: readonly Measured[], name: string): number[] => all.map(({ parts }) => parts.get(name) ?? Number.NaN).filter((figure) => !Number.isNaN(figure));
  return table(['part', 'alone p50', 'alone p95', `${AT_ONCE} at once p50`, `${AT_ONCE} at once p95`], names.map((name) => [
    name, ...[quantile(of(one, name), 0.5), quantile(of(one, name), 0.95), quantile(of(many, name), 0.5), quantile(of(many, name), 0.95)].map((ms) => `${fixed(ms)} ms`),
  ]));
}

function cpuBetween(from: readonly ProcessFigures[], to: readonly ProcessFigures[]): { name: string; cpuMs: number }[] {
  return to.map(({ name, cpuMs }) => ({ name, cpuMs: cpuMs - (from.find((one) => one.name === name)?.cpuMs ?? 0) }));
}
