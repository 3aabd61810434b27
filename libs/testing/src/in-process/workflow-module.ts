import { randomUUID } from 'node:crypto';
import { ContinuedAsNew, current, running } from './execution.js';

interface Named { readonly name: string }
interface ProxyOptions { readonly taskQueue?: string; readonly scheduleToCloseTimeout?: unknown; readonly retry?: { readonly maximumAttempts?: number } }

/** An outside failure that ends comes back soon; one without an end of its retries is patient. */
const isPatient = ({ scheduleToCloseTimeout, retry }: ProxyOptions): boolean => scheduleToCloseTimeout === undefined && retry?.maximumAttempts === undefined;

const proxy = (options: ProxyOptions, taskQueue: string | null): object => new Proxy({}, {
  get: (_, name) => (input: unknown) => current().execution.activity({ taskQueue, name: String(name), input, patient: isPatient(options) }),
});

/**
 * Stands in for what `@temporalio/workflow` gives workflow code, on an `InProcessRuntime`. Laid over the real module by `vi.mock`, so that
 * everything that is not here is the real thing, and throws outside a real workflow instead of doing nothing in silence.
 */
export const WORKFLOW_MODULE = {
  proxyActivities: (options: ProxyOptions) => proxy(options, options.taskQueue ?? null),
  proxyLocalActivities: (options: ProxyOptions) => proxy(options, null),

  condition(holds: () => boolean, timeoutMs?: number): Promise<boolean> {
    const { execution } = current();
    execution.waitsOfRun += 1;
    // A run that goes on from another looks at once: no timer is carried over.
    const isCarriedOver = execution.runs > 1 && execution.waitsOfRun === 1;
    if (timeoutMs !== undefined && !(timeoutMs > 1) && !isCarriedOver) execution.runtime.pastWaits.push(`${execution.workflowId} waits ${timeoutMs} ms`);
    return execution.until(holds, timeoutMs === undefined ? null : execution.runtime.nowMs() + timeoutMs);
  },
  sleep(ms: number): Promise<void> {
    const { execution } = current();
    return execution.until(() => false, execution.runtime.nowMs() + ms).then(() => undefined);
  },

  setHandler({ name }: Named, handler: (...args: never[]) => unknown): void { current().execution.setHandler(name, handler); },
  allHandlersFinished: (): boolean => current().execution.openUpdates === 0,
  continueAsNew(...args: unknown[]): Promise<never> { return Promise.reject(new ContinuedAsNew(args)); },
  workflowInfo() {
    const { workflowId, firstExecutionRunId, continueAsNewSuggested } = current().execution;
    return { workflowId, firstExecutionRunId, continueAsNewSuggested };
  },
  uuid4: (): string => randomUUID(),

  startChild(type: string, { workflowId, args }: { workflowId: string; args: unknown[] }): Promise<{ workflowId: string }> {
    const { runtime } = current().execution;
    return Promise.resolve().then(() => { running.exit(() => runtime.start(type, workflowId, args)); return { workflowId }; });
  },
  getExternalWorkflowHandle(workflowId: string) {
    const { runtime } = current().execution;
    return {
      signal: ({ name }: Named, ...args: unknown[]): Promise<void> => Promise.resolve().then(() => { running.exit(() => { runtime.get(workflowId).signal(name, args); }); }),
      cancel: (): Promise<void> => Promise.resolve().then(() => { running.exit(() => { runtime.get(workflowId).cancel(); }); }),
    };
  },
  CancellationScope: {
    nonCancellable: <T>(work: () => Promise<T>): Promise<T> => running.run({ execution: current().execution, shielded: true }, work),
  },

  setCurrentDetails(details: string): void { current().execution.details = details; },
  upsertSearchAttributes(): void { current(); },
  upsertMemo(): void { current(); },
  log: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
} as const;

function quiet(): void { /* what a workflow logs is looked at nowhere here */ }

/** The workflow's clock in this process; laid over `#workflows/clock.js`. */
export const CLOCK_MODULE = { workflowNowMs: (): number => current().execution.runtime.nowMs() };
