import { Client as Postgres } from 'pg';
import { connectTemporal } from '#temporal/client.js';
import { customerWorkflowId, provisionWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { loadEnvironment } from '#config/environment.js';
import { say, withStack } from './bench-stack.js';
import { activityTypes, added, countActions, eventsOf, onRealClock, timeOf, totalOf, type Count } from './histories.js';
import { surroundings, table, writeSection } from './report.js';
import { fixed, median, sum, worst } from './statistics.js';
import { Subscriber } from './subscriber.js';

/** Billable actions and history events of a customer, by month, from its real histories: sign-up with trial, then quiet months with one renewal each. */
const RENEWALS = 6;
/** The trial (48 h) and its first invoice. */
const TRIAL_DAYS = 2.2;
/** A month ends a day after its renewal: the invoice is final about an hour after it was made. */
const AFTER_RENEWAL_MS = 24 * 3_600_000;

interface Month { name: string; fromMs: number; toMs: number }

const before = await surroundings();
const body = await withStack({}, async (stack) => {
  const subscriber = new Subscriber(stack, 'months');
  const database = new Postgres({ connectionString: stack.urls.database });
  await database.connect();
  const months: Month[] = [];
  const month = async (name: string, live: () => Promise<unknown>): Promise<void> => {
    const fromMs = Date.now();
    await live();
    await subscriber.quiet(120);
    months.push({ name, fromMs, toMs: Date.now() });
    say(`${name} is over`);
  };
  await month('sign-up, payment, provisioning', async () => { await subscriber.comeToTheTill(); await subscriber.payAndAsk(); });
  await month('the trial ends, first invoice', () => subscriber.moveClock({ advanceDays: TRIAL_DAYS }));
  for (let renewal = 1; renewal <= RENEWALS; renewal += 1) await month(`quiet month ${renewal}`, async () => subscriber.moveClock({ advanceTo: await afterRenewal(database, subscriber.customerId) }));

  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_CODEC_KEYS } = loadEnvironment(stack.env);
  const temporal = await connectTemporal({ address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE, codecKeys: TEMPORAL_CODEC_KEYS });
  try {
    const histories = await Promise.all([customerWorkflowId(subscriber.customerId), provisionWorkflowId(subscriber.instanceId, 1)].map((id) => eventsOf(temporal.client, id)));
    const [customer = [], provision = []] = histories;
    const counts: { name: string; count: Count; clockEvents: number; stripeEvents: number; clockDifference: number; types: Record<string, number> }[] = [];
    for (const { name, fromMs, toMs } of months) {
      const within = histories.map((all) => all.filter((event) => timeOf(event) >= fromMs && timeOf(event) < toMs));
      const { rows } = await database.query<{ clock: number; rest: number }>(
        `SELECT count(*) FILTER (WHERE type LIKE 'test_helpers.%')::int AS clock, count(*) FILTER (WHERE type NOT LIKE 'test_helpers.%')::int AS rest
           FROM stripe_event WHERE received_at >= to_timestamp($1 / 1000.0) AND received_at < to_timestamp($2 / 1000.0)`, [fromMs, toMs]);
      counts.push({
        name, count: added(within.map((events, index) => countActions(histories[index] ?? [], events))), clockEvents: rows[0]?.clock ?? 0, stripeEvents: rows[0]?.rest ?? 0,
        clockDifference: (await onRealClock(temporal.client, within[0] ?? [])).difference, types: activityTypes(within.flat()),
      });
    }
    const renewals = await database.query<{ paid: number }>(`SELECT count(*)::int AS paid FROM invoice WHERE customer_id = $1 AND status = 'paid' AND amount_paid_cents > 0`, [subscriber.customerId]);
    const quiet = counts.slice(2);
    const signUp = added(counts.slice(0, 2).map(({ count }) => count));
    const quietActions = quiet.map(({ count }) => totalOf(count));
    const liveActions = quiet.map(({ count, clockDifference }) => totalOf(count) + clockDifference);
    const quietEvents = quiet.map(({ count }) => count.events);
    const kinds = Object.keys(signUp.actions) as (keyof Count['actions'])[];
    return `
One customer on a test clock by the public API: sign-up, Pro with its trial, the first invoice, then ${RENEWALS} months, each to a day after its renewal (${renewals.rows[0]?.paid ?? '?'} paid invoices in the end). Counted from the histories of \`customer/<id>\` (${customer.length} events) and \`provision/<id>/1\` (${provision.length} events),
by Temporal Cloud's rules: start, continue-as-new, signal, update, timer, upsert of search attributes, each attempt of an activity and all local activities of one workflow task together 1, child start 2, signal-with-start 1. Not in a history, so not counted: heartbeats (Docker steps send them only when they take longer than some seconds) and queries (nothing in this life asks any).
A test clock sends events of its own, which ring too, and a month here is several steps of the clock; but no timers run. "By the real clock" leaves those doorbells out, with the looks that only they asked for and of which nothing came, and adds one timer for each look that remains: that is what a customer in live mode costs.

${table(['', 'actions', 'by the real clock', 'history events', 'Stripe events', 'of test clocks'], [
      ...counts.map(({ name, count, stripeEvents, clockEvents, clockDifference }) => [name, totalOf(count), totalOf(count) + clockDifference, count.events, stripeEvents, clockEvents]),
      ['**sign-up month** (first two rows)', totalOf(signUp), totalOf(signUp) + sum(counts.slice(0, 2).map(({ clockDifference }) => clockDifference)), signUp.events, '', ''],
      [`**quiet month**, median (worst) of ${RENEWALS}`, `${median(quietActions)} (${worst(quietActions)})`, `${median(liveActions)} (${worst(liveActions)})`, `${median(quietEvents)} (${worst(quietEvents)})`, '', ''],
    ])}

By kind:

${table(['', ...kinds], counts.map(({ name, count }) => [name, ...kinds.map((kind) => count.actions[kind])]))}

Activities: sign-up ${typesInWords(counts[0]?.types)}; first quiet month ${typesInWords(quiet[0]?.types)}.

At Temporal Cloud's first price ($50 a million actions): sign-up month $${fixed((totalOf(signUp) * 50) / 1e6, 4)}, quiet month by the real clock $${fixed((median(liveActions) * 50) / 1e6, 4)} a customer.
`;
  } finally {
    await temporal.close();
    await database.end();
  }
});
writeSection({ name: 'temporal-cost', title: 'Temporal: actions and events per customer-month', before, body });

/** A day after the end of the period that is paid for. */
async function afterRenewal(database: Postgres, customerId: string): Promise<string> {
  const { rows } = await database.query<{ end: Date }>('SELECT current_period_end AS "end" FROM subscription WHERE customer_id = $1 ORDER BY created DESC LIMIT 1', [customerId]);
  if (rows[0] === undefined) throw new Error('The customer has no subscription.');
  return new Date(rows[0].end.getTime() + AFTER_RENEWAL_MS).toISOString();
}

function typesInWords(types: Record<string, number> = {}): string {
  return Object.entries(types).sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`).join(', ');
}
