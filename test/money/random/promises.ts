import { DUNNING_STAGES, type DunningStage } from '#domain/lifecycle/lifecycle.policy.js';
import type { Decision, DunningCase, LifecycleState, NoticeKind, Stage } from '#domain/lifecycle/lifecycle.types.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Which notices say that a stage is coming (lifecycle.md, "notices"), by the stage. `downgraded` speaks of the end where `suspended` is passed over. */
const ANNOUNCE: Readonly<Partial<Record<Stage, readonly NoticeKind[]>>> = {
  downgraded: ['grace_began', 'downgrade_soon'], suspended: ['downgraded', 'suspension_soon'], ended: ['suspended', 'end_soon', 'downgraded'],
  torn_down: ['ended_unpaid', 'ended_export_offered', 'teardown_soon'],
};
const AGE_HOURS: Readonly<Partial<Record<Stage, number>>> = { downgraded: 24, suspended: 24, ended: 72, torn_down: 168 };
const rank = (stage: Stage): number => DUNNING_STAGES.indexOf(stage as DunningStage);

/** Days of a stage from the anchor, written down here once more by hand: the calendar of lifecycle.md, and the shorter one of a later policy. */
const CALENDAR: Readonly<Record<string, Readonly<Partial<Record<Stage, number>>>>> = {
  'standard-1': { grace: 5, downgraded: 12, suspended: 19, ended: 26, torn_down: 56 },
  'hasty-1': { grace: 3, downgraded: 8, suspended: 13, ended: 20, torn_down: 50 },
};

/**
 * The rules of lifecycle.md, held against every move and every harmful call of one life. Written from the text of the rules and not from the
 * reducer: it keeps its own book of what was told when.
 */
export class Promises {
  readonly broken: string[] = [];
  private readonly told: { kind: NoticeKind; atMs: number }[] = [];
  private readonly cases = new Map<string, { version: string; graceUntilMs: number; sets: number }>();
  private readonly mails = new Map<string, number>();
  private endedAtMs: number | null = null;
  private dunning: DunningCase | null = null;
  private stage: Stage = 'prospect';

  breaks(what: string): void { this.broken.push(what); }

  /** A mail was taken by the mail server. */
  mail(messageId: string, kind: NoticeKind, customerMs: number): void {
    const times = (this.mails.get(messageId) ?? 0) + 1;
    this.mails.set(messageId, times);
    if (times > 1) this.breaks(`the notice ${kind} was sent ${times} times`);
    this.told.push({ kind, atMs: customerMs });
  }

  /** A move is put on record. */
  moves(from: LifecycleState, decision: Decision, customerMs: number): void {
    const { stage: to, dunning } = decision;
    this.keepsItsCase(dunning);
    if (from.stage !== this.stage) this.breaks(`a move from ${from.stage}, and the life stood in ${this.stage}`);
    if (to !== from.stage) {
      const [before, after] = [rank(from.stage), rank(to)];
      const voluntary = to === 'ended' && decision.unpaidEnd === null;
      const paused = to === 'suspended' && dunning === null;
      if (after > before + 1 && before >= 0 && !voluntary) this.breaks(`skipped a stage: ${from.stage} → ${to}`);
      if (before < 0 && after > 0 && !voluntary && !paused) this.breaks(`skipped a stage: ${from.stage} → ${to}`);
      if (after > before && dunning !== null && to !== 'retrying' && to !== 'grace') this.isDue(to, dunning, customerMs);
      if (to === 'ended') {
        this.endedAtMs = customerMs;
        if (decision.unpaidEnd !== null) this.isDue('ended', decision.unpaidEnd, customerMs);
      }
      if (to === 'torn_down') this.mayTearDown(from, customerMs);
    }
    this.stage = to;
    this.dunning = dunning;
  }

  /** Support's act moved the deadlines of the case. */
  support(after: LifecycleState): void { this.keepsItsCase(after.dunning); this.dunning = after.dunning; }

  /** The subscription is given up as unpaid. */
  endsUnpaid(customerMs: number): void {
    if (this.dunning === null) this.breaks('an unpaid end without a case');
    else this.isDue('ended', this.dunning, customerMs);
  }

  /** The calendar's day, and the age of what announced it. */
  private isDue(stage: Stage, dunning: DunningCase, customerMs: number): void {
    const dueMs = deadline(dunning, stage);
    if (customerMs < dueMs) this.breaks(`${stage} came ${hours(dueMs - customerMs)} h early`);
    this.wasTold(stage, dunning.openedAtMs, customerMs);
  }

  private wasTold(stage: Stage, sinceMs: number, customerMs: number): void {
    const first = this.told.find(({ kind, atMs }) => atMs >= sinceMs && ANNOUNCE[stage]?.includes(kind));
    const ageMs = (AGE_HOURS[stage] ?? 0) * HOUR_MS;
    if (first === undefined) this.breaks(`${stage} came unannounced`);
    else if (customerMs - first.atMs < ageMs) this.breaks(`${stage} came ${hours(customerMs - first.atMs)} h after its notice`);
  }

  private mayTearDown({ unpaidEnd }: LifecycleState, customerMs: number): void {
    if (unpaidEnd !== null && customerMs < deadline(unpaidEnd, 'torn_down')) this.breaks('torn down before its day');
    // Without data nothing is announced; a life with a container was told (the player looks at the volumes).
    if (this.told.some(({ kind, atMs }) => ANNOUNCE.torn_down!.includes(kind) && atMs >= (this.endedAtMs ?? 0))) this.wasTold('torn_down', this.endedAtMs ?? 0, customerMs);
  }

  /** A case keeps the policy that it was opened with, and its grace is never shortened but by support. */
  private keepsItsCase(dunning: DunningCase | null): void {
    if (dunning === null) return;
    const graceUntilMs = deadline(dunning, 'downgraded');
    const sets = dunning.shifts.filter(({ kind }) => kind === 'set_stage').length;
    const known = this.cases.get(dunning.id);
    if (known !== undefined) {
      if (known.version !== dunning.policy.version) this.breaks(`case ${dunning.id} went from ${known.version} to ${dunning.policy.version}`);
      if (graceUntilMs < known.graceUntilMs && sets === known.sets) this.breaks(`grace became ${hours(known.graceUntilMs - graceUntilMs)} h shorter`);
    }
    this.cases.set(dunning.id, { version: dunning.policy.version, graceUntilMs, sets });
  }
}

function deadline(dunning: DunningCase, stage: Stage): number {
  const day = CALENDAR[dunning.policy.version]?.[stage];
  if (day === undefined) throw new Error(`No calendar of ${dunning.policy.version} for ${stage}`);
  const shifted = dunning.shifts.reduce((sum, shift) => (rank(shift.fromStage) <= rank(stage) ? sum + shift.ms : sum), 0);
  return dunning.anchorMs + day * DAY_MS + shifted;
}

const hours = (ms: number): number => Math.round((ms / HOUR_MS) * 10) / 10;
