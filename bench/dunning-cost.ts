import { Client as Postgres } from 'pg';
import { loadEnvironment } from '#config/environment.js';
import { connectTemporal } from '#temporal/client.js';
import { customerWorkflowId, provisionWorkflowId } from '#workflows/contracts/workflow-ids.js';
import type { Stack } from '../stack/start-stack.js';
import { say, withStack } from './bench-stack.js';
import { activityTypes, added, countActions, eventsOf, onRealClock, timeOf, totalOf, type Count } from './histories.js';
import { surroundings, table, verdict, writeSection } from './report.js';
import { fixed } from './statistics.js';
import { Subscriber } from './subscriber.js';

/** Billable actions of a customer-month in dunning beside one out of it, from real histories. */
const AIM_IN = 40;
const AIM_OUT = 10;
/** The trial (48 h) and its first invoice. */
const TRIAL_DAYS = 2.2;
/** The renewal's invoice is final, and tried, about an hour after it was made. */
const FIRST_FAILURE_MS = 2 * 3_600_000;
/** From the renewal that fails: past `ended` (day 26), before the next one would have come. */
const CASE_DAYS = 27;
const AFTER_RENEWAL_MS = 24 * 3_600_000;
/** By the bank's words (docs.stripe.com/testing): attaches well, declines with `card_declined` at the charge. */
const CARD_THAT_DECLINES = '4000000000000341';
const GOOD_CARD = '4242424242424242';

interface Life { name: string; what: string; plan: 'case' | 'quiet'; act: (subscriber: Subscriber, panel: (path: string, body: object) => Promise<void>) => Promise<unknown> }
const LIVES: readonly Life[] = [
  { name: 'quiet', what: 'out of dunning: one renewal, paid', plan: 'quiet', act: () => Promise.resolve() },
  { name: 'never-pays', what: 'never pays: all attempts, all stages to `ended`', plan: 'case', act: (subscriber) => subscriber.moveClock({ advanceDays: CASE_DAYS }) },
  {
    name: 'card-on-day-9', what: 'changes the card on day 9: restored', plan: 'case', act: async (subscriber, panel) => {
      await subscriber.moveClock({ advanceDays: 9 });
      await panel(`/customers/${subscriber.customerId}/card`, { card: GOOD_CARD });
      await subscriber.quiet(120);
      await subscriber.moveClock({ advanceDays: CASE_DAYS - 9 });
    },
  },
];

const before = await surroundings();
const body = await withStack({}, async (stack) => {
  const database = new Postgres({ connectionString: stack.urls.database });
  await database.connect();
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_CODEC_KEYS } = loadEnvironment(stack.env);
  const temporal = await connectTemporal({ address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE, codecKeys: TEMPORAL_CODEC_KEYS });
  try {
    const rows: { what: string; count: Count; difference: number; clockBells: number; end: string; types: Record<string, number> }[] = [];
    for (const life of LIVES) {
      const subscriber = new Subscriber(stack, life.name);
      await subscriber.comeToTheTill();
      await subscriber.payAndAsk();
      await subscriber.moveClock({ advanceDays: TRIAL_DAYS });
      // One ordinary month first: the month that counts begins a day after its renewal.
      await subscriber.moveClock({ advanceTo: await renewal(database, subscriber.customerId, AFTER_RENEWAL_MS) });
      const panel = (path: string, given: object): Promise<void> => post(stack, path, given);
      if (life.plan === 'case') {
        await panel(`/customers/${subscriber.customerId}/card`, { card: CARD_THAT_DECLINES });
        await subscriber.quiet(120);
      }
      const fromMs = Date.now();
      await subscriber.moveClock({ advanceTo: await renewal(database, subscriber.customerId, life.plan === 'case' ? FIRST_FAILURE_MS : AFTER_RENEWAL_MS) });
      await life.act(subscriber, panel);
      await subscriber.quiet(120);
      const all = await eventsOf(temporal.client, customerWorkflowId(subscriber.customerId));
      const within = all.filter((event) => timeOf(event) >= fromMs);
      const provisions = (await eventsOf(temporal.client, provisionWorkflowId(subscriber.instanceId, 1))).filter((event) => timeOf(event) >= fromMs);
      const { rows: [customer] } = await database.query<{ stage: string; plan_id: string; notices: number }>(
        `SELECT stage, plan_id, (SELECT count(*)::int FROM notice n WHERE n.customer_id = c.id AND n.created_at >= to_timestamp($2 / 1000.0)) AS notices FROM customer c WHERE id = $1`, [subscriber.customerId, fromMs]);
      rows.push({
        what: life.what, count: added([countActions(all, within), countActions(provisions, provisions)]), ...await onRealClock(temporal.client, within),
        end: `${customer?.stage ?? '?'} on ${customer?.plan_id ?? '?'}, ${customer?.notices ?? 0} notices`, types: activityTypes(within),
      });
      say(`${life.name}: ${totalOf(rows.at(-1)!.count)} actions`);
    }
    const live = rows.map(({ count, difference }) => totalOf(count) + difference);
    const kinds = Object.keys(rows[0]!.count.actions) as (keyof Count['actions'])[];
    return `
One customer each on Pro, by the public API and on a test clock. A month in dunning is counted from the renewal that fails to ${CASE_DAYS} days after its first failure (the case ends on day 26 at the latest), a quiet one from a day after one renewal to a day after the next.
Counted from the histories by Temporal Cloud's rules, as in \`temporal-cost\`. "By the real clock": without what only the test clock asked for (in dunning the panel moves it day by day), and with a timer for each look that remains.

${table(['month', 'actions', 'by the real clock', 'aim', '', 'history events', 'doorbells of the clock', 'times a quiet month', 'ends as'], rows.map(({ what, count, clockBells, end }, index) => [
      what, totalOf(count), live[index]!, index === 0 ? AIM_OUT : AIM_IN, verdict(live[index]! <= (index === 0 ? AIM_OUT : AIM_IN)), count.events, clockBells, fixed(live[index]! / live[0]!, 1), end,
    ]))}

By kind (with the test clock):

${table(['', ...kinds], rows.map(({ what, count }) => [what, ...kinds.map((kind) => count.actions[kind])]))}

Calls: ${rows.map(({ what, types }) => `${what.split(':')[0]!}: ${Object.entries(types).sort(([, a], [, b]) => b - a).map(([name, times]) => `${name} ${times}`).join(', ')}`).join('; ')}.
`;
  } finally {
    await temporal.close();
    await database.end();
  }
});
writeSection({ name: 'dunning-cost', title: 'Temporal: a customer-month in dunning and out of it', before, body });

async function renewal(database: Postgres, customerId: string, afterMs: number): Promise<string> {
  const { rows } = await database.query<{ end: Date }>('SELECT current_period_end AS "end" FROM subscription WHERE customer_id = $1 ORDER BY created DESC LIMIT 1', [customerId]);
  if (rows[0] === undefined) throw new Error('The customer has no subscription.');
  return new Date(rows[0].end.getTime() + afterMs).toISOString();
}

async function post(stack: Stack, path: string, given: object): Promise<void> {
  const response = await fetch(`${stack.urls.panel}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(given) });
  if (!response.ok) throw new Error(`The panel answered ${response.status} to ${path}: ${await response.text()}`);
}
