import { WorkflowExecutionAlreadyStartedError, ApplicationFailure } from '@temporalio/common';
import { setImmediate as turn } from 'node:timers/promises';
import { Execution, plain, type ActivityCall } from './execution.js';

export interface RuntimeOptions {
  readonly workflows: Readonly<Record<string, (...args: never[]) => Promise<void>>>;
  /** The activities of a queue; null = those of the workflow's own worker. */
  readonly activities: (taskQueue: string | null) => Readonly<Record<string, ((input: never) => Promise<unknown>) | undefined>>;
}

/** A failing activity is tried at once so often, where its retry profile ends some day; the others until they succeed. */
const ATTEMPTS = { impatient: 4, patient: 60 } as const;
/** More timers than this without a step of the clock: something waits for the past, over and over. */
const MOST_TIMERS = 200;

/**
 * Runs workflow code in this process, against the real activities, on a clock of its own: what Temporal does for one customer and its
 * children, without a server, histories and replay. Timers go off only when `advance` says so; activities are retried at once.
 */
export class InProcessRuntime {
  readonly executions = new Map<string, Execution>();
  /** Waits that did not lie in the future when they began. */
  readonly pastWaits: string[] = [];
  /** Steps that workflow code asked for, to know what a step of a history costs. */
  activitiesDone = 0;
  private offsetMs = 0;
  private inFlight = 0;
  private awaited: (() => void)[] = [];

  constructor(private readonly options: RuntimeOptions) {}

  /** The clock of this world: real time, and what it was moved by. */
  nowMs(): number { return Date.now() + this.offsetMs; }

  /** Moves the clock, forward or (a clock that is put right) back; what is due goes off at the next `settle`. */
  moveClock(ms: number): void { this.offsetMs += ms; }

  start(type: string, workflowId: string, args: unknown[]): Execution {
    if (this.executions.has(workflowId)) throw new WorkflowExecutionAlreadyStartedError('Workflow execution already started', workflowId, type);
    const main = this.options.workflows[type];
    if (main === undefined) throw new Error(`There is no workflow "${type}"`);
    const execution = new Execution(this, workflowId, main);
    this.executions.set(workflowId, execution);
    void execution.run(args).finally(() => { this.poke(); });
    return execution;
  }

  get(workflowId: string): Execution {
    const execution = this.executions.get(workflowId);
    if (execution === undefined) throw ApplicationFailure.nonRetryable(`There is no ${workflowId}`, 'ExternalWorkflowExecutionNotFound');
    return execution;
  }

  /** One activity with its retries. Arguments and results go through JSON, as through a payload. */
  async perform({ taskQueue, name, input, patient }: ActivityCall): Promise<unknown> {
    const act = this.options.activities(taskQueue)[name];
    if (act === undefined) throw new Error(`No activity "${name}" is served on ${taskQueue ?? 'the worker'}`);
    this.inFlight += 1;
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          this.activitiesDone += 1;
          return plain(await act(plain(input) as never));
        } catch (error) {
          const forGood = error instanceof ApplicationFailure && error.nonRetryable === true;
          if (forGood || attempt >= (patient ? ATTEMPTS.patient : ATTEMPTS.impatient)) throw error;
        }
      }
    } finally {
      this.inFlight -= 1;
      this.poke();
    }
  }

  /** Something changed: `settle` looks again. */
  poke(): void { for (const wake of this.awaited.splice(0)) wake(); }

  /** Until nothing is in work and nothing waits for what is there: all due timers have gone off. */
  async settle(): Promise<void> {
    let timers = 0;
    for (;;) {
      await turn();
      const nowMs = this.nowMs();
      let went = false;
      for (const execution of this.executions.values()) {
        if (execution.closed !== null) continue;
        const due = execution.nextWakeMs;
        if (due !== null && due <= nowMs && (timers += 1) > MOST_TIMERS) throw new Error(`${execution.workflowId} waits for the past, over and over`);
        if (execution.goOn(nowMs)) went = true;
      }
      if (went) continue;
      if (this.inFlight === 0) return;
      await new Promise<void>((resolve) => { this.awaited.push(resolve); });
    }
  }

  /** Workflow code that ended otherwise than it should. */
  failures(): string[] {
    return [...this.executions.values()].flatMap(({ workflowId, closed, failure }) => (closed === 'failed' ? [`${workflowId}: ${failure instanceof Error ? failure.stack ?? failure.message : String(failure)}`] : []));
  }
}
