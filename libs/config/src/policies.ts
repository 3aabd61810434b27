import { z } from 'zod';
import { DUNNING_STAGES, type DunningStage, type LifecyclePolicy, type NoticeRule } from '#domain/lifecycle/lifecycle.policy.js';
import { readYamlFile, type Problem, type YamlFile } from './yaml-file.js';

/** A month has 28 days at least: the shortest interval that the shipped catalogues bill by. */
export const SHORTEST_BILLING_INTERVAL_DAYS = 28;

const day = z.int().min(0).max(365);
const announces = z.enum(DUNNING_STAGES);
const notice: z.ZodType<NoticeRule> = z.discriminatedUnion('when', [
  z.strictObject({ when: z.literal('entry'), announces: z.union([z.null(), announces], `must be null or one of: ${DUNNING_STAGES.join(', ')}`) }),
  z.strictObject({ when: z.literal('day'), day, announces }),
  z.strictObject({ when: z.literal('before'), daysBefore: z.int().min(1).max(365), announces }),
]);
const row = z.strictObject({ fromDay: day, serviceLevel: z.enum(['full', 'downgraded', 'stopped', 'none']), notices: z.array(notice) });

const policy: z.ZodType<LifecyclePolicy> = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be an id: small letters, digits and -'),
  version: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,59}$/, 'must be a version such as standard-2: small letters, digits, . and -'),
  retryOwner: z.enum(['workflow', 'stripe']),
  payAgainOnDays: z.array(z.int().min(1)),
  stages: z.strictObject({ retrying: row, grace: row, downgraded: row, suspended: row, ended: row, torn_down: row }),
  noticeAgeHours: z.strictObject({ harmful: z.int().min(24), ended: z.int().min(72), tornDown: z.int().min(168) }),
  trialReminderHours: z.array(z.int().min(1)),
  factsMaxAgeSeconds: z.int().min(1).max(60),
  dunningPauseMaxDays: z.int().min(0).max(14),
  massBreaker: z.strictObject({ customers: z.int().min(1), share: z.number().gt(0).max(1) }),
});

/** Reads and checks a policy (`config/policies/*.yaml`). @throws ConfigFileError naming file, line, path and mend. */
export const loadPolicy = (file: string): LifecyclePolicy => readPolicy(file).value;

/** As `loadPolicy`, and knows where each entry stands. */
export const readPolicy = (file: string): YamlFile<LifecyclePolicy> => readYamlFile(file, policy, checkSense);

/** Checks a policy that comes from elsewhere than a file, as strictly: the policy, or path and mend of each fault. */
export function checkPolicy(value: unknown): { readonly policy: LifecyclePolicy; readonly problems: readonly [] } | { readonly policy: null; readonly problems: readonly Problem[] } {
  const parsed = policy.safeParse(value);
  const problems = parsed.success ? checkSense(parsed.data)
    : parsed.error.issues.map((issue) => ({ path: issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)), message: issue.message }));
  return parsed.success && problems.length === 0 ? { policy: parsed.data, problems: [] } : { policy: null, problems };
}

/** What a customer gets may only shrink from stage to stage. */
const SERVICE_RANK = { full: 3, downgraded: 2, stopped: 1, none: 0 } as const;

function checkSense(value: LifecyclePolicy): Problem[] {
  const problems: Problem[] = [];
  const tell = (path: Problem['path'], message: string): void => { problems.push({ path, message }); };
  const { stages } = value;
  DUNNING_STAGES.forEach((stage, index) => {
    const before = DUNNING_STAGES[index - 1];
    if (before === undefined) {
      if (stages[stage].fromDay !== 0) tell(['stages', stage, 'fromDay'], 'must be 0: the anchor is the day of the first failure');
      return;
    }
    if (stages[stage].fromDay <= stages[before].fromDay) {
      tell(['stages', stage, 'fromDay'], `is ${stages[stage].fromDay}, but ${before} begins on day ${stages[before].fromDay}: stages come in order, write a later day`);
    }
    if (SERVICE_RANK[stages[stage].serviceLevel] > SERVICE_RANK[stages[before].serviceLevel]) {
      tell(['stages', stage, 'serviceLevel'], `is ${stages[stage].serviceLevel}, more than in ${before}: service returns by payment only`);
    }
  });
  for (const stage of ['retrying', 'grace'] as const) {
    if (stages[stage].serviceLevel !== 'full') tell(['stages', stage, 'serviceLevel'], `is ${stages[stage].serviceLevel}: until ${stage} is over nothing is taken away, write full`);
  }
  for (const stage of ['ended', 'torn_down'] as const) {
    if (stages[stage].serviceLevel !== 'none') tell(['stages', stage, 'serviceLevel'], `is ${stages[stage].serviceLevel}: after the end nothing is served, write none`);
  }
  for (const stage of DUNNING_STAGES) {
    if (!stages[stage].notices.some(({ when }) => when === 'entry')) tell(['stages', stage], 'has no notice on its entry: nobody is moved without a word');
  }
  if (stages.ended.fromDay >= SHORTEST_BILLING_INTERVAL_DAYS) {
    tell(['stages', 'ended', 'fromDay'], `is ${stages.ended.fromDay}: it must lie before day ${SHORTEST_BILLING_INTERVAL_DAYS}, or a second renewal is invoiced to somebody who has not paid the first`);
  }
  for (const stage of DUNNING_STAGES) stages[stage].notices.forEach((rule, index) => checkNotice(value, stage, rule, ['stages', stage, 'notices', index], tell));
  for (const stage of ['downgraded', 'suspended', 'ended', 'torn_down'] as const) checkAnnounced(value, stage, tell);
  checkPassedOver(value, tell);
  checkRetries(value, tell);
  return problems;
}

/** The day, counted from the anchor, on which a notice of a stage is due. */
function dayOf({ stages }: LifecyclePolicy, stage: DunningStage, rule: NoticeRule): number {
  if (rule.when === 'entry') return stages[stage].fromDay;
  return rule.when === 'day' ? rule.day : stages[rule.announces].fromDay - rule.daysBefore;
}

function checkNotice(value: LifecyclePolicy, stage: DunningStage, rule: NoticeRule, path: Problem['path'], tell: (path: Problem['path'], message: string) => void): void {
  if (rule.announces === null) return;
  const due = dayOf(value, stage, rule);
  const announced = value.stages[rule.announces].fromDay;
  const [field, told] = rule.when === 'day' ? ['day', `day ${due}`] : rule.when === 'before' ? ['daysBefore', `day ${due}`] : ['announces', `day ${due}, on entry of ${stage}`];
  if (DUNNING_STAGES.indexOf(rule.announces) <= DUNNING_STAGES.indexOf(stage)) {
    tell([...path, 'announces'], `is ${rule.announces}, which is not after ${stage}: name a later stage`);
  } else if (due >= announced) {
    tell([...path, field], `puts the notice on ${told}, not before what it announces (${rule.announces}, day ${announced}): write an earlier day`);
  } else if (due < value.stages[stage].fromDay) {
    tell([...path, field], `puts the notice on ${told}, before ${stage} itself begins (day ${value.stages[stage].fromDay}): move it to an earlier stage, or nearer to ${rule.announces}`);
  }
}

/** Each stage that hurts needs one announcement that can be old enough on its day. */
function checkAnnounced(value: LifecyclePolicy, stage: DunningStage, tell: (path: Problem['path'], message: string) => void): void {
  const { noticeAgeHours, stages } = value;
  const hours = stage === 'torn_down' ? noticeAgeHours.tornDown : stage === 'ended' ? noticeAgeHours.ended : noticeAgeHours.harmful;
  const dues = DUNNING_STAGES.flatMap((from) => stages[from].notices.filter((rule) => rule.announces === stage).map((rule) => dayOf(value, from, rule)));
  if (!dues.some((due) => (stages[stage].fromDay - due) * 24 >= hours)) {
    tell(['stages', stage], `is announced by no notice that is at least ${hours} hours old on day ${stages[stage].fromDay}: add one to the stage before`);
  }
}

/** Where a plan leads to a free one, `suspended` is passed over: then the entry of `downgraded` announces the end, and must be old enough for it. */
function checkPassedOver({ noticeAgeHours, stages }: LifecyclePolicy, tell: (path: Problem['path'], message: string) => void): void {
  const gapHours = (stages.ended.fromDay - stages.downgraded.fromDay) * 24;
  if (gapHours < noticeAgeHours.ended) tell(['stages', 'ended', 'fromDay'], `is ${gapHours} hours after downgraded: where suspended is passed over, the end must be told ${noticeAgeHours.ended} hours before`);
}

function checkRetries({ retryOwner, payAgainOnDays, stages }: LifecyclePolicy, tell: (path: Problem['path'], message: string) => void): void {
  if (retryOwner === 'stripe' && payAgainOnDays.length > 0) {
    tell(['payAgainOnDays'], 'must be [] when retryOwner is stripe: a failed payment has one owner, never two');
  }
  payAgainOnDays.forEach((each, index) => {
    if (index > 0 && each <= payAgainOnDays[index - 1]!) tell(['payAgainOnDays', index], `is ${each}, not after the day before it in the list: write the days in order`);
    if (each > stages.grace.fromDay) tell(['payAgainOnDays', index], `is day ${each}, but the attempts end when grace begins (day ${stages.grace.fromDay})`);
  });
}
