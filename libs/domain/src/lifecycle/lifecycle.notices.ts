import { dayOfCase, deadlineOf, numberOf, stageAfter } from './lifecycle.case.js';
import { DAY_MS, DUNNING_STAGES, noticeAgeMs, type DunningStage, type NoticeRule } from './lifecycle.policy.js';
import { freeAfterUnpaid, noticeKey, type Situation } from './lifecycle.situation.js';
import type { DunningCase, LifecycleEffect, NoticeKind } from './lifecycle.types.js';

type Announcing = Exclude<NoticeRule, { readonly when: 'entry' }>;

/** Notice on the entry of a stage. */
const ON_ENTRY: Readonly<Record<DunningStage, readonly NoticeKind[]>> = {
  retrying: ['payment_failed', 'payment_action_needed'], grace: ['grace_began'], downgraded: ['downgraded'], suspended: ['suspended'],
  ended: ['ended_unpaid'], torn_down: ['torn_down'],
};
/** Notice that reminds of a stage which is still to come. */
const BEFORE: Readonly<Record<DunningStage, NoticeKind>> = {
  retrying: 'payment_failed', grace: 'payment_failed', downgraded: 'downgrade_soon', suspended: 'suspension_soon', ended: 'end_soon', torn_down: 'teardown_soon',
};

/** True where the plan leads to a free one: `suspended` is passed over. */
export const passesOver = ({ catalogue, state }: Situation): boolean => freeAfterUnpaid(catalogue, state.planId) !== null;

/** The notices of a stage as they hold for this plan: where `suspended` is passed over, `downgraded` announces the end and says what `suspended` would have said. */
export function rulesOf({ policy: { stages } }: DunningCase, stage: DunningStage, over: boolean): readonly NoticeRule[] {
  const own = stages[stage].notices;
  if (!over || stage !== 'downgraded') return own;
  const announced = own.filter(({ announces }) => announces !== 'suspended');
  const entry: NoticeRule[] = own.some(({ when, announces }) => when === 'entry' && announces === 'suspended') ? [{ when: 'entry', announces: 'ended' }] : [];
  return [...entry, ...announced, ...stages.suspended.notices.filter(({ when, announces }) => when !== 'entry' && announces === 'ended')];
}

/** Told anew after the stage moved back (entries), or the deadlines moved (reminders). */
const roundOf = ({ shifts, moved }: DunningCase, rule: NoticeRule): number => (rule.when === 'entry' ? moved.back : shifts.length + moved.anchor + moved.back);

const suffixOf = (rule: NoticeRule): string => (rule.when === 'entry' ? '' : rule.when === 'day' ? `:d${rule.day}` : `:${rule.daysBefore}d`);
const kindsOf = (stage: DunningStage, rule: NoticeRule): readonly NoticeKind[] => (rule.when === 'entry' ? ON_ENTRY[stage] : [BEFORE[rule.announces]]);

/** Key of a notice of a case: `<subscription>:<cycle>:c<case>:<kind>…`. */
const caseKey = ({ state }: Situation, dunning: DunningCase, what: string): string => noticeKey(state.subscriptionId, state.cycle, `c${numberOf(dunning)}:${what}`);

const keyAt = (situation: Situation, dunning: DunningCase, kind: NoticeKind, rule: NoticeRule, round: number): string =>
  caseKey(situation, dunning, `${kind}${suffixOf(rule)}${round === 0 ? '' : `:r${round}`}`);

/** Customer time at which a rule's notice was sent first; null = not yet. Ages are kept whatever support moves. */
function sentAt(situation: Situation, dunning: DunningCase, stage: DunningStage, rule: NoticeRule): number | null {
  for (let round = 0; round <= roundOf(dunning, rule); round++) {
    for (const kind of kindsOf(stage, rule)) {
      const atMs = situation.state.notices[keyAt(situation, dunning, kind, rule, round)];
      if (atMs !== undefined) return atMs;
    }
  }
  return null;
}

/** Customer time of the first notice that announced a stage; null = nobody was told. */
export function announcedAtMs(situation: Situation, dunning: DunningCase, announced: DunningStage): number | null {
  const over = passesOver(situation);
  let earliest: number | null = null;
  for (const stage of DUNNING_STAGES) {
    if (stage === announced) break;
    for (const rule of rulesOf(dunning, stage, over)) {
      if (rule.announces !== announced) continue;
      const atMs = sentAt(situation, dunning, stage, rule);
      if (atMs !== null && (earliest === null || atMs < earliest)) earliest = atMs;
    }
  }
  return earliest;
}

export interface NextDeadline {
  readonly stage: DunningStage;
  /** The day of the table. */
  readonly calendarMs: number;
  /** From when on the stage may be entered: the day of the table, and the age of its announcement. */
  readonly entryMs: number;
  /** The same as it is told: while the announcement is on its way it does not move with the clock. */
  readonly shownMs: number;
  readonly announcedAtMs: number | null;
}

/** The next stage of an open case and when it may begin. `situation.state.stage` is the stage it is in. */
export function nextDeadline(situation: Situation, dunning: DunningCase): NextDeadline | null {
  const { state, facts: { billing } } = situation;
  const stage = stageAfter(state.stage, passesOver(situation));
  if (stage === null) return null;
  const calendarMs = deadlineOf(dunning, stage);
  const ageMs = noticeAgeMs(dunning.policy, stage);
  if (ageMs === 0) return { stage, calendarMs, entryMs: calendarMs, shownMs: calendarMs, announcedAtMs: null };
  const toldMs = announcedAtMs(situation, dunning, stage);
  return {
    stage, calendarMs, announcedAtMs: toldMs,
    entryMs: Math.max(calendarMs, (toldMs ?? billing.customerNowMs) + ageMs),
    shownMs: Math.max(calendarMs, (toldMs ?? state.stageSinceMs) + ageMs),
  };
}

/** Customer time at which a reminder is due: so long before what it announces, or on its day of the case. */
const reminderAtMs = (dunning: DunningCase, rule: Announcing, deadlineMs: number): number =>
  rule.when === 'day' ? dayOfCase(dunning, rule.day, rule.announces) : deadlineMs - rule.daysBefore * DAY_MS;

const isReminderOf = (rule: NoticeRule, stage: DunningStage): rule is Announcing => rule.when !== 'entry' && rule.announces === stage;

/** Reminders of the stage the customer is in that are still to come, in customer time. */
export function remindersAheadMs(situation: Situation, dunning: DunningCase, next: NextDeadline): readonly number[] {
  const stage = situation.state.stage as DunningStage;
  return rulesOf(dunning, stage, passesOver(situation)).filter((rule) => isReminderOf(rule, next.stage)).map((rule) => reminderAtMs(dunning, rule, next.entryMs));
}

/**
 * Notices of the case that are owed in its stage: the entry's, however late, and the nearest reminder that is due.
 * Nothing is told that has happened already, and no reminder that the entry's own notice, sent late, has said.
 */
export function dunningNotices(situation: Situation, dunning: DunningCase): LifecycleEffect[] {
  const { state, facts: { billing } } = situation;
  const now = billing.customerNowMs;
  const stage = state.stage as DunningStage;
  const effects: LifecycleEffect[] = [];
  const owe = (notice: NoticeKind, key: string): void => { if (!(key in state.notices)) effects.push({ kind: 'notify', notice, key }); };

  const rules = rulesOf(dunning, stage, passesOver(situation));
  const entry = rules.find(({ when }) => when === 'entry');
  if (entry !== undefined) {
    const [soft, hard] = kindsOf(stage, entry);
    const told = kindsOf(stage, entry).some((kind) => keyAt(situation, dunning, kind, entry, roundOf(dunning, entry)) in state.notices);
    const kind = hard !== undefined && (dunning.hardDecline !== null || billing.paymentMethodId === null) ? hard : soft!;
    if (!told) owe(kind, keyAt(situation, dunning, kind, entry, roundOf(dunning, entry)));
  }
  const next = nextDeadline(situation, dunning);
  if (next !== null && next.announcedAtMs !== null && now < next.entryMs) {
    const entryToldMs = entry === undefined ? Number.NEGATIVE_INFINITY : sentAt(situation, dunning, stage, entry) ?? Number.POSITIVE_INFINITY;
    const due = rules.filter((rule) => isReminderOf(rule, next.stage)).map((rule) => ({ rule, atMs: reminderAtMs(dunning, rule, next.entryMs) })).filter(({ atMs }) => atMs <= now);
    const nearest = due.reduce<(typeof due)[number] | null>((best, each) => (best === null || each.atMs > best.atMs ? each : best), null);
    if (nearest !== null && nearest.atMs > entryToldMs) owe(BEFORE[next.stage], keyAt(situation, dunning, BEFORE[next.stage], nearest.rule, roundOf(dunning, nearest.rule)));
  }
  const shift = dunning.shifts.at(-1);
  if (shift !== undefined && shift.kind !== 'set_stage') {
    const kind = shift.kind === 'pause' ? 'dunning_paused' : 'grace_extended';
    owe(kind, caseKey(situation, dunning, `${kind}:${dunning.shifts.length}`));
  }
  return effects;
}

/** A case that was told of is told when it is over: paid or forgiven. */
export function closingNotices({ state }: Situation): LifecycleEffect[] {
  const closed = state.lastCase;
  if (closed === null || closed.outcome !== 'recovered' && closed.outcome !== 'waived') return [];
  const prefix = noticeKey(state.subscriptionId, state.cycle, `c${numberOf(closed)}:`);
  const notice: NoticeKind = closed.outcome === 'recovered' ? 'payment_recovered' : 'payment_waived';
  const key = `${prefix}${notice}`;
  if (key in state.notices || !Object.keys(state.notices).some((sent) => sent.startsWith(prefix))) return [];
  return [{ kind: 'notify', notice, key }];
}

/** Notices without those of the cases before this one: what is carried stays bounded. */
export function withoutOlderCases(notices: Readonly<Record<string, number>>, current: DunningCase, subscriptionId: string | null, cycle: number): Readonly<Record<string, number>> {
  const base = noticeKey(subscriptionId, cycle, 'c');
  const own = `${base}${numberOf(current)}:`;
  const isOlder = (key: string): boolean => key.startsWith(base) && !key.startsWith(own) && /^\d+:/.test(key.slice(base.length));
  return Object.fromEntries(Object.entries(notices).filter(([key]) => !isOlder(key)));
}

