import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { STANDARD_POLICY } from '#domain/lifecycle/lifecycle.policy.js';
import { SMART_RETRIES_POLICY } from '#domain/lifecycle/lifecycle.smart-retries.js';
import { loadModels } from './models.js';
import { loadCatalogue } from './plans.js';
import { loadPolicy } from './policies.js';
import { loadBusinessRules } from './rules.js';
import { ConfigFileError } from './yaml-file.js';

const config = fileURLToPath(new URL('../../../config/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'clawkeep-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A shipped file with one place changed; `wanted` is `line:column path: sentence`. */
function refused(load: (file: string) => unknown, shipped: string, from: string | RegExp, to: string, wanted: string | RegExp): void {
  const text = readFileSync(join(config, shipped), 'utf8');
  const changed = text.replace(from, to);
  expect(changed, 'the change must hit').not.toBe(text);
  const file = join(folder, 'changed.yaml');
  writeFileSync(file, changed);
  let message = '';
  try {
    load(file);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigFileError);
    message = (error as Error).message.replaceAll(`${file}:`, '');
  }
  if (typeof wanted === 'string') expect(message).toContain(`  - ${wanted}`);
  else expect(message).toMatch(wanted);
}

describe('catalogues', () => {
  it.each(readdirSync(join(config, 'plans')))('%s ships and loads, with both policies', (name) => {
    for (const policy of readdirSync(join(config, 'policies'))) {
      const rules = loadBusinessRules({ plansFile: join(config, 'plans', name), policyFile: join(config, 'policies', policy) });
      expect(rules.version).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('sells what was decided', () => {
    const sold = (name: string): string[] => loadCatalogue(join(config, 'plans', name)).plans.flatMap((plan) =>
      plan.prices.length === 0 ? [`${plan.name} $0`] : plan.prices.map((price) => `${plan.name} $${price.amountCents / 100}/${price.intervalCount} ${price.interval} trial ${plan.trialHours}`));
    expect(sold('default.yaml')).toEqual(['Free $0', 'Pro $29/1 month trial 48', 'Pro $75/3 month trial 48', 'Pro $299/1 year trial 48', 'Team $79/1 month trial 0']);
    expect(sold('flat.yaml')).toEqual(['Assistant $20/1 month trial 48']);
    expect(sold('daily.yaml')).toEqual(['Start $0', 'Plus $10/1 month trial 0', 'Max $50/1 month trial 0']);
    expect(loadCatalogue(join(config, 'plans/daily.yaml')).plans.map(({ limits }) => limits.messagesPerDay)).toEqual([100, 1000, 10_000]);
  });

  const plans: [string, string | RegExp, string, string | RegExp][] = [
    ['a missing field, at the entry that lacks it', '    trialHours: 48\n', '', '18:5: plans[1].trialHours is missing: add it'],
    ['a word for a number', 'trialHours: 48', 'trialHours: two days', '26:5: plans[1].trialHours must be of type number'],
    ['half an hour of trial', 'trialHours: 48', 'trialHours: 0.5', '26:5: plans[1].trialHours must be a whole number'],
    ['an unknown key, at the key', '    trialHours: 48', '    trailHours: 48', '26:5: plans[1].trailHours is not known here: check its spelling or remove it'],
    ['a text for a list', 'prices: []', 'prices: none', '9:5: plans[0].prices must be of type array'],
    ['an interval that Stripe does not have', 'interval: year', 'interval: decade', '25:60: plans[1].prices[2].interval must be one of: day, week, month, year'],
    ['an amount in dollars', 'amountCents: 2900,', 'amountCents: 29,', '23:26: plans[1].prices[0].amountCents must be at least 50'],
    ['a currency in capitals', 'currency: usd, interval: year', 'currency: USD, interval: year', /25:45: plans\[1\]\.prices\[2\]\.currency must be a currency in three small letters/],
    ['two currencies', 'currency: usd, interval: year', 'currency: eur, interval: year', /25:45: plans\[1\]\.prices\[2\]\.currency is eur, the first price is in usd/],
    ['the same plan twice', 'id: team\n', 'id: pro\n', /34:5: plans\[2\]\.id "pro" is also the id of plans\[1\]/],
    ['the same price twice', 'id: team_month', 'id: pro_year', /39:11: plans\[2\]\.prices\[0\]\.id "pro_year" is also a price of plan "pro"/],
    ['a plan that leads nowhere', 'downgradeTo: free', 'downgradeTo: fre', '30:5: plans[1].downgradeTo "fre" is no plan of this catalogue: write one of free, pro, team, or null'],
    ['a plan that leads to itself', 'downgradeTo: free', 'downgradeTo: pro', /30:5: plans\[1\]\.downgradeTo "pro" leads in a circle/],
    ['too little memory for a real OpenClaw', 'memoryMiB: 2048, cpus: 1', 'memoryMiB: 1024, cpus: 1', '12:13: plans[0].size.memoryMiB must be at least 2048'],
    ['a teardown sooner than its notice', 'afterCancelDays: 7', 'afterCancelDays: 3', '16:5: plans[0].afterCancelDays must be at least 7'],
    ['a trial of a free plan', 'trialHours: 0', 'trialHours: 24', /10:5: plans\[0\]\.trialHours must be 0 on a plan without prices/],
    ['a free plan that ends in free', 'onCancel: end', 'onCancel: free', /15:5: plans\[0\]\.onCancel must be end/],
    ['nothing for sale', /sold: true/g, 'sold: false', /4:1: plans has no plan that is sold/],
    ['no plan at all', /plans:\n[\s\S]*/, 'plans: []\n', '4:1: plans needs at least 1 entries'],
    ['a broken file', 'prices: []', 'prices: [', /\d+:\d+: is not valid YAML/],
    ['the same key twice', 'trialHours: 48', 'trialHours: 48\n    trialHours: 24', /27:5: is not valid YAML: Map keys must be unique/],
    ['an empty file', /[\s\S]*/, '', '1:1: the file must be of type object'],
  ];
  it.each(plans)('refuses %s', (_what, from, to, wanted) => refused(loadCatalogue, 'plans/default.yaml', from, to, wanted));
  it('refuses a way to free where nothing is free', () => refused(loadCatalogue, 'plans/flat.yaml', 'onCancel: end', 'onCancel: free', /15:5: plans\[0\]\.onCancel is free, but the catalogue has no plan without prices/));

  it('tells every fault at once', () => {
    refused(loadCatalogue, 'plans/default.yaml', /sold: true\n {4}prices:\n/g, 'sold: perhaps\n    prices:\n', /21:5: .*boolean\n.*37:5: .*boolean/);
  });
  it('names a file that is not there', () => expect(() => loadCatalogue('/nowhere/plans.yaml')).toThrow('/nowhere/plans.yaml: cannot be read (ENOENT)'));
});

describe('policies', () => {
  it('standard.yaml is the table of the domain', () => expect(loadPolicy(join(config, 'policies/standard.yaml'))).toEqual(STANDARD_POLICY));
  it("smart-retries.yaml leaves the retries to Stripe and has the design's days", () => {
    const loaded = loadPolicy(join(config, 'policies/smart-retries.yaml'));
    expect(loaded, 'the table of the domain').toEqual(SMART_RETRIES_POLICY);
    const { retryOwner, payAgainOnDays, stages } = loaded;
    expect([retryOwner, payAgainOnDays, ...Object.values(stages).map(({ fromDay }) => fromDay)]).toEqual(['stripe', [], 0, 14, 17, 21, 26, 56]);
  });

  const policies: [string, string | RegExp, string, string | RegExp][] = [
    ['an end after the next renewal', 'fromDay: 26', 'fromDay: 28', /34:5: stages\.ended\.fromDay is 28: it must lie before day 28/],
    ['stages out of order', 'fromDay: 12', 'fromDay: 4', /22:5: stages\.downgraded\.fromDay is 4, but grace begins on day 5/],
    ['a late anchor', 'fromDay: 0', 'fromDay: 1', /10:5: stages\.retrying\.fromDay must be 0/],
    ['a notice later than what it announces', 'day: 23', 'day: 27', /32:22: stages\.suspended\.notices\[1\]\.day puts the notice on day 27, not before what it announces \(ended, day 26\)/],
    ['a notice before its own stage', 'daysBefore: 3, announces: suspended', 'daysBefore: 9, announces: suspended', /26:25: stages\.downgraded\.notices\[1\]\.daysBefore puts the notice on day 10, before downgraded itself begins/],
    ['a notice of a stage that is over', '{ when: entry, announces: ended }', '{ when: entry, announces: grace }', /31:24: stages\.suspended\.notices\[0\]\.announces is grace, which is not after suspended/],
    ['a harmful stage that nobody announces', /notices:\n {6}- \{ when: entry, announces: suspended \}\n {6}- .*\n/, 'notices: []\n', /25:3: stages\.suspended is announced by no notice that is at least 24 hours old/],
    ['a service that gets better by not paying', 'serviceLevel: stopped', 'serviceLevel: full', /29:5: stages\.suspended\.serviceLevel is full, more than in downgraded/],
    ['a grace that takes something away', /(grace:\n    fromDay: 5\n    serviceLevel: )full/, '$1downgraded', /16:5: stages\.grace\.serviceLevel is downgraded: until grace is over nothing is taken away/],
    ['a service after the end', /(ended:\n    fromDay: 26\n    serviceLevel: )none/, '$1stopped', /35:5: stages\.ended\.serviceLevel is stopped: after the end nothing is served/],
    ['a move without a word', '      - { when: entry, announces: grace }\n', '      - { when: day, day: 1, announces: grace }\n', /9:3: stages\.retrying has no notice on its entry/],
    ['two owners of the retries', 'retryOwner: workflow', 'retryOwner: stripe', /7:1: payAgainOnDays must be \[\] when retryOwner is stripe/],
    ['retries out of order', '[1, 3, 5]', '[1, 5, 3]', /7:\d+: payAgainOnDays\[2\] is 3, not after/],
    ['a retry in grace', '[1, 3, 5]', '[1, 3, 6]', /payAgainOnDays\[2\] is day 6, but the attempts end when grace begins/],
    ['a stage that is missing', /  torn_down:\n.*\n.*\n.*\n.*\n/, '', /stages\.torn_down is missing/],
    ['shorter notice than was promised', 'tornDown: 168', 'tornDown: 24', /noticeAgeHours\.tornDown must be at least 168/],
  ];
  it.each(policies)('refuses %s', (_what, from, to, wanted) => refused(loadPolicy, 'policies/standard.yaml', from, to, wanted));

  it('refuses a price that renews before an unpaid subscription ends, and names both lines', () => {
    const load = (plansFile: string) => loadBusinessRules({ plansFile, policyFile: join(config, 'policies/standard.yaml') });
    refused(load, 'plans/default.yaml', 'interval: year, intervalCount: 1', 'interval: week, intervalCount: 1', /25:60: price "pro_year" is billed every 7 days, but the policy ends an unpaid subscription on day 26 only \(.*standard\.yaml:\d+:5\)/);
  });
});

describe('models', () => {
  it('ships models of every provider', () => expect(new Set(loadModels(join(config, 'models.yaml')).map(({ provider }) => provider)).size).toBe(3));
  it.each([
    ['a protocol that the gateway does not speak to this provider', 'provider: openai, api: openai-completions', 'provider: openai, api: anthropic-messages', /4:\d+: models\[0\]\.api must be openai-completions/],
    ['an unknown provider', 'provider: google', 'provider: gogle', /models\[6\]\.provider must be one of: openai, anthropic, google/],
    ['the same model twice', 'id: gpt-5.2,', 'id: gpt-5-mini,', /5:7: models\[1\]\.id "gpt-5-mini" is also the id of models\[0\]/],
    ['an answer longer than what fits', 'maxTokens: 128000', 'maxTokens: 500000', /models\[0\]\.maxTokens must be less than contextWindow \(400000\)/],
  ])('refuses %s', (_what, from, to, wanted) => refused(loadModels, 'models.yaml', from, to, wanted));
});
