import { AsyncLocalStorage } from 'node:async_hooks';
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { InProcessRuntime } from './in-process-runtime.js';

/** How an activity or child is bound for: what the stand-in of `proxyActivities` was told. */
export interface ActivityCall { readonly taskQueue: string | null; readonly name: string; readonly input: unknown; readonly patient: boolean }

/** Thrown by `continueAsNew`: ends the run, and the next begins with these arguments. */
export class ContinuedAsNew extends Error {
  constructor(readonly args: unknown[]) { super('continued as new'); }
}

interface Waiting { readonly holds: () => boolean; readonly wakeAtMs: number | null; readonly shielded: boolean; resolve(held: boolean): void; reject(error: Error): void }
type Handler = (...args: never[]) => unknown;

/** Which execution runs this code, and whether it stands in a scope that cancellation does not reach. */
export const running = new AsyncLocalStorage<{ readonly execution: Execution; readonly shielded: boolean }>();

/** The execution whose code calls. @throws outside a workflow. */
export function current(): { readonly execution: Execution; readonly shielded: boolean } {
  const store = running.getStore();
  if (store === undefined) throw new Error('Only workflow code may call this');
  return store;
}

/** One workflow execution, over all its runs. Not replayed: it runs once, in this process. */
export class Execution {
  readonly handlers = new Map<string, Handler>();
  readonly firstExecutionRunId: string;
  details = '';
  runs = 0;
  /** How often the present run has waited for something. */
  waitsOfRun = 0;
  closed: 'completed' | 'canceled' | 'failed' | null = null;
  failure: unknown = null;
  continueAsNewSuggested = false;
  /** Updates that have not answered yet. */
  openUpdates = 0;
  private canceled = false;
  private waits: Waiting[] = [];
  /** Messages that came before the handler was set. */
  private early: { name: string; args: unknown[] }[] = [];

  constructor(readonly runtime: InProcessRuntime, readonly workflowId: string, private readonly main: (...args: never[]) => Promise<void>) {
    this.firstExecutionRunId = `run-of-${workflowId}`;
  }

  async run(args: unknown[]): Promise<void> {
    for (let next: unknown[] | null = args; next !== null;) {
      this.runs += 1;
      this.waitsOfRun = 0;
      this.continueAsNewSuggested = false;
      this.handlers.clear();
      const given = plain(next);
      next = null;
      try {
        await running.run({ execution: this, shielded: false }, () => this.main(...given as never[]));
        this.closed = 'completed';
      } catch (error) {
        if (error instanceof ContinuedAsNew) next = error.args;
        else {
          this.closed = error instanceof CancelledFailure ? 'canceled' : 'failed';
          this.failure = error;
        }
      }
      this.waits = [];
    }
  }

  setHandler(name: string, handler: Handler): void {
    this.handlers.set(name, handler);
    const mine = this.early.filter((message) => message.name === name);
    this.early = this.early.filter((message) => message.name !== name);
    for (const { args } of mine) this.call(name, args);
  }

  /** A signal: what its handler does happens now, what waits for it goes on in the next turn. */
  signal(name: string, args: unknown[]): void {
    if (this.closed !== null) throw ApplicationFailure.nonRetryable(`${this.workflowId} is over`, 'ExternalWorkflowExecutionNotFound');
    if (this.handlers.has(name)) this.call(name, args);
    else this.early.push({ name, args });
    this.runtime.poke();
  }

  async update(name: string, args: unknown[]): Promise<unknown> {
    this.openUpdates += 1;
    try {
      const answer = this.call(name, args) as Promise<unknown>;
      this.runtime.poke();
      return plain(await answer);
    } finally {
      this.openUpdates -= 1;
      this.runtime.poke();
    }
  }

  query(name: string): unknown { return plain(this.call(name, [])); }

  cancel(): void {
    if (this.canceled || this.closed !== null) return;
    this.canceled = true;
    const reached = this.waits.filter(({ shielded }) => !shielded);
    this.waits = this.waits.filter(({ shielded }) => shielded);
    for (const wait of reached) wait.reject(new CancelledFailure('Workflow canceled'));
    this.runtime.poke();
  }

  /** Waits until `holds`, or the virtual clock reaches `wakeAtMs`. */
  until(holds: () => boolean, wakeAtMs: number | null): Promise<boolean> {
    const { shielded } = current();
    if (this.canceled && !shielded) return Promise.reject(new CancelledFailure('Workflow canceled'));
    if (holds()) return Promise.resolve(true);
    return new Promise<boolean>((resolve, reject) => { this.waits.push({ holds, wakeAtMs, shielded, resolve, reject }); });
  }

  /** Does the work of one activity in this process; fails as Temporal tells a workflow that an activity failed. */
  activity(call: ActivityCall): Promise<unknown> {
    const { shielded } = current();
    if (this.canceled && !shielded) return Promise.reject(new CancelledFailure('Activity canceled before it was scheduled'));
    return new Promise<unknown>((resolve, reject) => {
      const stop: Waiting = { holds: () => false, wakeAtMs: null, shielded, resolve: () => undefined, reject: (error) => { reject(wrapped(call.name, error)); } };
      this.waits.push(stop);
      const leave = (): void => { this.waits = this.waits.filter((one) => one !== stop); };
      running.exit(() => this.runtime.perform(call)).then((value) => { leave(); resolve(value); }, (error: unknown) => { leave(); reject(wrapped(call.name, error)); });
    });
  }

  /** Lets go on what waits no longer. True where something did. */
  goOn(nowMs: number): boolean {
    for (const wait of this.waits) {
      const held = running.run({ execution: this, shielded: wait.shielded }, () => wait.holds());
      if (!held && (wait.wakeAtMs === null || wait.wakeAtMs > nowMs)) continue;
      this.waits = this.waits.filter((one) => one !== wait);
      wait.resolve(held);
      return true;
    }
    return false;
  }

  /** The earliest time for which something waits, or null. */
  get nextWakeMs(): number | null {
    const times = this.waits.flatMap(({ wakeAtMs }) => wakeAtMs ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  private call(name: string, args: unknown[]): unknown {
    const handler = this.handlers.get(name);
    if (handler === undefined) throw new Error(`${this.workflowId} has no handler "${name}"`);
    return running.run({ execution: this, shielded: false }, () => handler(...plain(args) as never[]));
  }
}

/** As it comes out of a payload: what is not plain JSON does not survive. */
export const plain = <T>(value: T): T => (value === undefined ? value : JSON.parse(JSON.stringify(value)) as T);

function wrapped(name: string, error: unknown): ActivityFailure {
  const cause = error instanceof ApplicationFailure || error instanceof CancelledFailure ? error
    : ApplicationFailure.create({ message: error instanceof Error ? error.message : String(error), type: error instanceof Error ? error.name : 'Error' });
  return new ActivityFailure('Activity task failed', name, undefined, 'MAXIMUM_ATTEMPTS_REACHED', undefined, cause);
}
