import type { InstanceStep } from '../../api/types.js';

/** Typical time of a whole set-up, told beside the steps; twice as long is told as slow. */
export const TYPICAL_SET_UP_MS = 10_000;

/** How long a step has been running or took, in milliseconds; null before it began. */
export function spanOf(step: Pick<InstanceStep, 'startedAt' | 'endedAt'>, nowMs: number): number | null {
  if (step.startedAt === null) return null;
  const end = step.endedAt === null ? nowMs : Date.parse(step.endedAt);
  return Math.max(0, end - Date.parse(step.startedAt));
}

/** From the first step's begin to the last step's end (or now), in milliseconds; null before anything began. */
export function totalSpan(steps: readonly InstanceStep[], nowMs: number): number | null {
  const begins = steps.flatMap((step) => (step.startedAt === null ? [] : [Date.parse(step.startedAt)]));
  if (begins.length === 0) return null;
  const working = steps.some((step) => step.state === 'running' || step.state === 'waiting');
  const ends = steps.flatMap((step) => (step.endedAt === null ? [] : [Date.parse(step.endedAt)]));
  return Math.max(0, (working || ends.length === 0 ? nowMs : Math.max(...ends)) - Math.min(...begins));
}

/** The step whose change is worth a word to those who listen: what runs, or else what came last. */
export function currentStep(steps: readonly InstanceStep[]): InstanceStep | null {
  return steps.find((step) => step.state === 'running') ?? steps.findLast((step) => step.state !== 'waiting') ?? null;
}
