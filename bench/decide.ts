import { join } from 'node:path';
import { loadCatalogue } from '#config/plans.js';
import { loadPolicy } from '#config/policies.js';
import { ROOT } from '../stack/root.js';
import { BookedCustomer, type Fate } from './decide-book.js';
import { surroundings, table, verdict, writeSection } from './report.js';
import { fixed, median, worst } from './statistics.js';

/** Customer-years a minute and core through `decide` and `evolve`: a mixed book, every wake-up and every message of the year, one thread. */
const AIM_A_MINUTE = 100_000;
const CUSTOMERS = 2_000;
const ROUNDS = 7;
/** Of 100 customers: how many have which year. A failing share of one in five is far more than a healthy business has. */
const MIX: readonly (readonly [Fate, number])[] = [['pays', 60], ['pays late', 8], ['changes the card', 6], ['never pays', 6], ['cancels', 5], ['on Free', 15]];
const START_MS = Date.parse('2027-01-01T00:00Z');

const before = await surroundings();
const catalogue = loadCatalogue(join(ROOT, 'config/plans/default.yaml'));
const policies = ['standard', 'smart-retries'].map((name) => loadPolicy(join(ROOT, `config/policies/${name}.yaml`)));
const fates = MIX.flatMap(([fate, share]) => Array.from({ length: share }, () => fate));

interface Round { perMinute: number; decisions: number; moves: number; microsEach: number; end: Record<string, number> }

function round(policy: (typeof policies)[number]): Round {
  let [decisions, moves] = [0, 0];
  const end: Record<string, number> = {};
  const began = process.cpuUsage();
  for (let index = 0; index < CUSTOMERS; index += 1) {
    const customer = new BookedCustomer(fates[index % fates.length]!, catalogue, policy, START_MS + (index % 28) * 86_400_000, 'pro', 'free');
    customer.live();
    decisions += customer.decisions;
    moves += customer.moves;
    end[customer.state.stage] = (end[customer.state.stage] ?? 0) + 1;
  }
  // CPU time of this process: on a machine that does other things too, the clock on the wall measures those.
  const { user, system } = process.cpuUsage(began);
  const tookMs = (user + system) / 1_000;
  return { perMinute: CUSTOMERS / tookMs * 60_000, decisions, moves, microsEach: tookMs * 1_000 / decisions, end };
}

const rows = policies.map((policy) => {
  round(policy);
  const rounds = Array.from({ length: ROUNDS }, () => round(policy));
  return { policy, rounds, perMinute: rounds.map(({ perMinute }) => perMinute), last: rounds.at(-1)! };
});
writeSection({
  name: 'decide', title: 'Customer-years through the policy', before, body: `
${CUSTOMERS} customers live a year each (${MIX.map(([fate, share]) => `${share} % ${fate}`).join(', ')}), ${ROUNDS} rounds after one to warm up, one thread, CPU time: facts in, decision, evolve, effects, again until it rests, at every message and every wake-up.

${table(['policy', 'customer-years a minute of one core, median', 'slowest round', 'aim', '', 'decisions a customer-year', 'of them put on record', 'µs a decision'], rows.map(({ policy, perMinute, last }) => [
    policy.id, fixed(median(perMinute)), fixed(-worst(perMinute.map((each) => -each))), AIM_A_MINUTE, verdict(median(perMinute) >= AIM_A_MINUTE), fixed(last.decisions / CUSTOMERS, 1), fixed(last.moves / CUSTOMERS, 1), fixed(last.microsEach, 1),
  ]))}

Where they stand after the year: ${rows.map(({ policy, last }) => `${policy.id}: ${Object.entries(last.end).map(([stage, count]) => `${count} ${stage}`).join(', ')}`).join('; ')}.`,
});
