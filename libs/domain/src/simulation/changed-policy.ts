import { DUNNING_STAGES, type DunningRow, type DunningStage, type LifecyclePolicy, type NoticeRule } from '../lifecycle/lifecycle.policy.js';
import type { ServiceLevel } from '../lifecycle/lifecycle.types.js';

/** What is changed of a policy; what is left out stays. */
export interface PolicyChange {
  readonly payAgainOnDays?: readonly number[] | undefined;
  readonly stages?: Partial<Readonly<Record<DunningStage, { readonly fromDay?: number | undefined; readonly serviceLevel?: ServiceLevel | undefined } | undefined>>> | undefined;
}

/**
 * Today's policy with a change. Notices move along with their stage; one that no longer has room between its stage and what it announces is left out. What was
 * moved or left out is said in words. The answer is not checked: it may still be no policy that can run.
 */
export function changedPolicy(policy: LifecyclePolicy, change: PolicyChange): { readonly policy: LifecyclePolicy; readonly adjusted: readonly string[] } {
  const adjusted: string[] = [];
  const fromDay = (stage: DunningStage): number => change.stages?.[stage]?.fromDay ?? policy.stages[stage].fromDay;
  const rowOf = (stage: DunningStage): DunningRow => {
    const before = policy.stages[stage];
    const notices = before.notices.flatMap((rule): NoticeRule[] => {
      const moved: NoticeRule = rule.when === 'day' ? { ...rule, day: rule.day + fromDay(stage) - before.fromDay } : rule;
      if (moved.announces === null || moved.when === 'entry') return [moved];
      const due = moved.when === 'day' ? moved.day : fromDay(moved.announces) - moved.daysBefore;
      if (due < fromDay(stage) || due >= fromDay(moved.announces)) {
        adjusted.push(`The notice of day ${due} that announces ${moved.announces} is left out: ${stage} runs from day ${fromDay(stage)} to day ${fromDay(moved.announces)}.`);
        return [];
      }
      if (moved.when === 'day' && rule.when === 'day' && moved.day !== rule.day) adjusted.push(`The notice of day ${rule.day} in ${stage} moves to day ${moved.day}.`);
      return [moved];
    });
    return { fromDay: fromDay(stage), serviceLevel: change.stages?.[stage]?.serviceLevel ?? before.serviceLevel, notices };
  };
  const stages = Object.fromEntries(DUNNING_STAGES.map((stage) => [stage, rowOf(stage)])) as Record<DunningStage, DunningRow>;
  return { policy: { ...policy, version: `${policy.version}-changed`.slice(0, 60), payAgainOnDays: change.payAgainOnDays ?? policy.payAgainOnDays, stages }, adjusted };
}
