import { ActivityFailure, CancellationScope, condition, isCancellation, log, sleep } from '@temporalio/workflow';
import type { StepState } from '#domain/provisioning/provisioning.types.js';

/** One step and its undo, in one declaration. The undo is registered before the step runs and must tolerate "not there". */
export interface SagaStep<Context> {
  readonly name: string;
  run(context: Context): Promise<void>;
  undo?(context: Context): Promise<void>;
}

export interface StepNews { readonly name: string; readonly state: StepState; readonly error: string | null }

/** What a saga tells while it goes: each call is awaited, and none stops it. The end of a step is told together with the beginning of the next. */
export interface SagaReport {
  steps(news: readonly StepNews[]): Promise<void>;
  /** A step or undo that does not succeed for good: resolves with what support decides. */
  attention(name: string, error: string): Promise<'retry' | 'abandon'>;
}

export type SagaResult = { outcome: 'succeeded' } | { outcome: 'failed' | 'canceled'; step: string; reason: string };

/**
 * Runs the steps in order. On failure or cancellation the registered undos run in reverse, out of reach of cancellation;
 * an undo that keeps failing waits for a person instead of being passed over in silence.
 */
export async function runSaga<Context>(steps: readonly SagaStep<Context>[], context: Context, report: SagaReport): Promise<SagaResult> {
  const begun: SagaStep<Context>[] = [];
  let done: StepNews[] = [];
  try {
    for (const step of steps) {
      begun.unshift(step);
      await tell(report, [...done, { name: step.name, state: 'running', error: null }]);
      done = [];
      await step.run(context);
      done = [{ name: step.name, state: 'done', error: null }];
    }
    await tell(report, done);
  } catch (error) {
    const canceled = isCancellation(error);
    const reason = canceled ? 'Canceled' : causeOf(error);
    const { name } = begun[0]!;
    await CancellationScope.nonCancellable(async () => {
      await tell(report, [...done.filter((other) => other.name !== name), { name, state: 'failed', error: reason }]);
      for (const each of begun) await undo(each, context, report);
    });
    return { outcome: canceled ? 'canceled' : 'failed', step: name, reason };
  }
  return { outcome: 'succeeded' };
}

async function undo<Context>(step: SagaStep<Context>, context: Context, report: SagaReport): Promise<void> {
  if (!step.undo) return;
  for (;;) {
    try {
      await step.undo(context);
      await tell(report, [{ name: step.name, state: 'undone', error: null }]);
      return;
    } catch (error) {
      if ((await report.attention(`undo of ${step.name}`, causeOf(error))) === 'abandon') return;
    }
  }
}

/** Runs steps that have no way back (teardown): one that does not succeed waits for a person, then tries again. */
export async function runForward<Context>(steps: readonly SagaStep<Context>[], context: Context, report: SagaReport): Promise<{ abandoned: string[] }> {
  const abandoned: string[] = [];
  let done: StepNews[] = [];
  for (const step of steps) {
    for (;;) {
      try {
        await tell(report, [...done, { name: step.name, state: 'running', error: null }]);
        done = [];
        await step.run(context);
        done = [{ name: step.name, state: 'done', error: null }];
        break;
      } catch (error) {
        if (isCancellation(error)) throw error;
        const reason = causeOf(error);
        await tell(report, [{ name: step.name, state: 'failed', error: reason }]);
        if ((await report.attention(step.name, reason)) === 'abandon') { abandoned.push(step.name); break; }
      }
    }
  }
  await tell(report, done);
  return { abandoned };
}

/** A projection that is refused for good hides what happens, but must not change it: a step is done or undone all the same. */
async function tell(report: SagaReport, news: readonly StepNews[]): Promise<void> {
  if (news.length > 0) await unlessRefused(news.map(({ name, state }) => `${name}: ${state}`).join(', '), () => report.steps(news));
}

/** Awaits something that only tells; its failure is logged. Cancellation goes on up. */
export async function unlessRefused(what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('It could not be put on record', { what, cause: causeOf(error) });
  }
}

const INSIST_FIRST_MS = 5_000;
const INSIST_MOST_MS = 10 * 60_000;

/** Does what must come about in the end, a refusal for good or not, with longer and longer pauses; only a row that does not exist ends it. */
export async function insist(what: string, act: () => Promise<void>): Promise<void> {
  for (let pauseMs = INSIST_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, INSIST_MOST_MS)) {
    try {
      return await act();
    } catch (error) {
      if (isCancellation(error) || failureType(error) === 'INSTANCE_NOT_FOUND') throw error;
      log.error('It is tried again until it succeeds', { what, cause: causeOf(error) });
      await sleep(pauseMs, { summary: `Try again: ${what}`.slice(0, 200) });
    }
  }
}

/** The words of the innermost cause: Temporal wraps an activity's failure. */
export function causeOf(error: unknown): string {
  let inner: unknown = error;
  while (inner instanceof ActivityFailure && inner.cause) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}

/** The `type` of the innermost ApplicationFailure, or null. */
export function failureType(error: unknown): string | null {
  let inner: unknown = error;
  while (inner instanceof ActivityFailure && inner.cause) inner = inner.cause;
  return inner instanceof Error && 'type' in inner && typeof inner.type === 'string' ? inner.type : null;
}

/** Support's two answers to a step that stands still; one object per workflow run. */
export class AttentionDesk {
  private answer: 'retry' | 'abandon' | null = null;
  what: string | null = null;

  decide(answer: 'retry' | 'abandon'): void { this.answer = answer; }

  /** Waits, however long, for `retryStep` or `abandon`. Counts from the call on: ask before others are told, or a quick answer is lost. */
  async ask(what: string): Promise<'retry' | 'abandon'> {
    this.what = what;
    this.answer = null;
    await condition(() => this.answer !== null);
    this.what = null;
    return this.answer!;
  }
}
