import { z } from 'zod';
import { isFree, type Catalogue, type Plan, type PlanPrice } from '#domain/plan/plan.types.js';
import { readYamlFile, type Problem, type YamlFile } from './yaml-file.js';

const id = z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, 'must be an id: small letters, digits and _, beginning with a letter, at most 60 characters');
const count = z.int().min(0);
const limit = z.union([z.null(), z.int().min(1)], 'must be a whole number from 1, or null for no limit');

const size = (leastMemoryMiB: number) => z.strictObject({
  memoryMiB: z.int().min(leastMemoryMiB),
  cpus: z.number().min(0.1).max(64),
  pidsLimit: z.int().min(16).max(4096),
});

const price = z.strictObject({
  id,
  // Stripe takes no charge below 50 cents (docs.stripe.com/currencies, minimum charge amounts).
  amountCents: z.int().min(50),
  currency: z.string().regex(/^[a-z]{3}$/, 'must be a currency in three small letters, as Stripe writes it, such as usd'),
  interval: z.enum(['day', 'week', 'month', 'year']),
  intervalCount: z.int().min(1).max(12),
});

const plan = z.strictObject({
  id,
  name: z.string().min(1).max(40),
  description: z.string().max(300),
  sold: z.boolean(),
  prices: z.array(price),
  // Stripe's longest trial is two years.
  trialHours: count.max(730 * 24),
  limits: z.strictObject({
    instances: z.int().min(1), seats: z.int().min(1), messagesPerMonth: limit, messagesPerDay: limit,
    skills: z.union([z.null(), count], 'must be a whole number from 0, or null for no limit'), agents: z.int().min(1), subAgents: count,
  }),
  // A real OpenClaw with less is killed at its first answers.
  size: size(2048),
  sandboxSize: size(64),
  downgradeTo: z.union([z.null(), z.string()], 'must be the id of a plan, or null'),
  onCancel: z.enum(['end', 'free']),
  // The notice that announces the teardown must be seven days old.
  afterCancelDays: z.int().min(7).max(365),
});

const catalogue: z.ZodType<Catalogue> = z.strictObject({ id, plans: z.array(plan).min(1) });

/** Shortest length of a price's interval in days: a month has 28 at least. */
export const shortestDays = ({ interval, intervalCount }: Pick<PlanPrice, 'interval' | 'intervalCount'>): number =>
  ({ day: 1, week: 7, month: 28, year: 365 })[interval] * intervalCount;

/** Reads and checks a catalogue (`config/plans/*.yaml`). @throws ConfigFileError naming file, line, path and mend. */
export const loadCatalogue = (file: string): Catalogue => readCatalogue(file).value;

/** As `loadCatalogue`, and knows where each entry stands. */
export const readCatalogue = (file: string): YamlFile<Catalogue> => readYamlFile(file, catalogue, checkSense);

function checkSense({ plans }: Catalogue): Problem[] {
  const problems: Problem[] = [];
  const tell = (path: Problem['path'], message: string): void => { problems.push({ path, message }); };
  const firstPlan = new Map<string, number>();
  const firstPrice = new Map<string, string>();
  const currency = plans.flatMap(({ prices }) => prices)[0]?.currency;
  const hasFree = plans.some((each) => isFree(each));
  if (!plans.some(({ sold }) => sold)) tell(['plans'], 'has no plan that is sold: set sold: true on one');

  plans.forEach((each, index) => {
    const path = ['plans', index] as const;
    const twin = firstPlan.get(each.id);
    if (twin !== undefined) tell([...path, 'id'], `"${each.id}" is also the id of plans[${twin}]: give it another`);
    else firstPlan.set(each.id, index);
    each.prices.forEach((one, position) => {
      const at = [...path, 'prices', position] as const;
      const owner = firstPrice.get(one.id);
      if (owner !== undefined) tell([...at, 'id'], `"${one.id}" is also a price of plan "${owner}": price ids are Stripe's lookup keys and stand once`);
      else firstPrice.set(one.id, each.id);
      if (one.currency !== currency) tell([...at, 'currency'], `is ${one.currency}, the first price is in ${currency}: a catalogue has one currency, because Stripe binds a customer to one`);
      if (shortestDays(one) > 3 * 365) tell([...at, 'intervalCount'], 'makes an interval of more than three years, which Stripe refuses');
    });
    if (isFree(each) && each.trialHours > 0) tell([...path, 'trialHours'], 'must be 0 on a plan without prices: there is nothing to try before paying');
    if (isFree(each) && each.onCancel === 'free') tell([...path, 'onCancel'], 'must be end on a plan without prices: it is the free plan itself');
    if (!isFree(each) && each.onCancel === 'free' && !hasFree) tell([...path, 'onCancel'], 'is free, but the catalogue has no plan without prices: add one, or write end');
    if (each.downgradeTo !== null) checkDowngrade(plans, each, [...path, 'downgradeTo'], tell);
  });
  return problems;
}

function checkDowngrade(plans: readonly Plan[], from: Plan, path: Problem['path'], tell: (path: Problem['path'], message: string) => void): void {
  const ids = plans.map(({ id: each }) => each).join(', ');
  const seen = new Set([from.id]);
  for (let next = from.downgradeTo; next !== null;) {
    if (seen.has(next)) return tell(path, `"${from.downgradeTo}" leads in a circle back to "${next}": the last plan of the line has downgradeTo: null`);
    seen.add(next);
    const target = plans.find(({ id: each }) => each === next);
    if (target === undefined) return next === from.downgradeTo ? tell(path, `"${next}" is no plan of this catalogue: write one of ${ids}, or null`) : undefined;
    next = target.downgradeTo;
  }
}
