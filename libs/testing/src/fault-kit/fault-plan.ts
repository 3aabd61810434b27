import { Context } from '@temporalio/activity';
import { ApplicationFailure, CompleteAsyncError } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/**
 * What happens at one activity. Names say whether its effect comes about:
 * - `failsBefore`, `failsAfter`: fails for good, without and with its effect (Temporal's own `ExecuteAndTimeout` is of the second kind)
 * - `transientBefore`, `transientAfter`: the same once, and another attempt follows
 * - `runsTwice`: two calls one after the other; `runsTwiceAtOnce`: a lost worker's call beside that of the next
 * - `lostAnswer`: done, but the server never hears of it and tries again after the time-out
 */
export const FAULT_MODES = ['failsBefore', 'failsAfter', 'transientBefore', 'transientAfter', 'runsTwice', 'runsTwiceAtOnce', 'lostAnswer'] as const;
export type FaultMode = (typeof FAULT_MODES)[number];

export interface Fault {
  readonly workflowId: string;
  readonly activityType: string;
  /** The how-manieth call of this activity in the workflow, from 1; null = each of them. */
  readonly occurrence: number | null;
  readonly mode: FaultMode;
  /** How many calls of one occurrence it hits; a failure for good hits each, all others one by default. */
  readonly attempts?: number;
}

/** One activity as a workflow ran it. */
export interface Step { readonly workflowType: string; readonly activityType: string; readonly occurrence: number }

const FOR_GOOD: ReadonlySet<FaultMode> = new Set<FaultMode>(['failsBefore', 'failsAfter']);
const MESSAGE = 'planted by the fault kit';

/**
 * Which activity goes wrong, and how: an interceptor for the workers, so that no test code stands in any activity. It also writes down
 * what ran, in order, which is how the steps are found.
 */
export class FaultPlan {
  private faults: Fault[] = [];
  private readonly fired = new Map<Fault, number>();
  private readonly ran = new Map<string, { steps: Step[]; ids: Map<string, string[]>; calls: Map<string, number> }>();

  /** Plants a fault; answers a handle to ask whether it came and to take it back. */
  plant(fault: Fault): { readonly fired: () => number; readonly lift: () => void } {
    this.faults.push(fault);
    return { fired: () => this.fired.get(fault) ?? 0, lift: () => { this.faults = this.faults.filter((one) => one !== fault); } };
  }

  /** What ran in this workflow, in order, without repeats of attempts. */
  steps(workflowId: string): readonly Step[] { return this.ran.get(workflowId)?.steps ?? []; }

  readonly interceptor: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      execute: async (input, next) => {
        const { workflowId, runId } = info.workflowExecution ?? { workflowId: '', runId: '' };
        const { occurrence, call } = this.note(workflowId, info.workflowType ?? '', info.activityType, `${runId}/${info.activityId}`);
        // Counted here and not by the server's attempts: on a busy machine one may time out before it has begun.
        const fault = this.faults.find((one) => one.workflowId === workflowId && one.activityType === info.activityType
          && (one.occurrence === null || one.occurrence === occurrence) && call <= (one.attempts ?? (FOR_GOOD.has(one.mode) ? Infinity : 1)));
        if (fault === undefined) return next(input);
        this.fired.set(fault, (this.fired.get(fault) ?? 0) + 1);
        return spoil(fault.mode, () => next(input));
      },
    },
  });

  private note(workflowId: string, workflowType: string, activityType: string, id: string): { occurrence: number; call: number } {
    const known = this.ran.get(workflowId) ?? { steps: [], ids: new Map<string, string[]>(), calls: new Map<string, number>() };
    this.ran.set(workflowId, known);
    const ids = known.ids.get(activityType) ?? [];
    known.ids.set(activityType, ids);
    const call = (known.calls.get(id) ?? 0) + 1;
    known.calls.set(id, call);
    const before = ids.indexOf(id);
    if (before >= 0) return { occurrence: before + 1, call };
    ids.push(id);
    known.steps.push({ workflowType, activityType, occurrence: ids.length });
    return { occurrence: ids.length, call };
  }
}

async function spoil(mode: FaultMode, act: () => Promise<unknown>): Promise<unknown> {
  switch (mode) {
    case 'failsBefore': throw ApplicationFailure.nonRetryable(MESSAGE, 'PLANTED');
    case 'failsAfter': await act(); throw ApplicationFailure.nonRetryable(MESSAGE, 'PLANTED');
    case 'transientBefore': throw ApplicationFailure.retryable(MESSAGE, 'PLANTED');
    case 'transientAfter': await act(); throw ApplicationFailure.retryable(MESSAGE, 'PLANTED');
    case 'runsTwice': await act(); return act();
    case 'runsTwiceAtOnce': return (await Promise.all([act(), act()]))[1];
    case 'lostAnswer': await act(); return neverAnswer();
  }
}

/**
 * The server hears nothing of what was done. A local activity has no server to be completed at later: it goes on without an end until the worker
 * gives it up at its start-to-close time-out, which looks the same to the workflow.
 */
async function neverAnswer(): Promise<never> {
  const context = Context.current();
  if (!context.info.isLocal) throw new CompleteAsyncError();
  return context.cancelled;
}
