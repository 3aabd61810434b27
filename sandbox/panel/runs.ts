import { Refusal } from './refusal.js';

/** What is being played for one customer, or was last. */
export interface Run {
  readonly name: string;
  readonly startedAtMs: number;
  /** One line for a person: where it is now. */
  line: string;
  step: number;
  /** 0 = not known before its end. */
  steps: number;
  state: 'running' | 'done' | 'stopped' | 'failed';
  endedAtMs: number | null;
  /** Asked to end after the step it is in. */
  stopping: boolean;
}

const KEPT = 500;

/** At most one thing moves the time of a customer. Lives in memory: a panel that is restarted forgets what it was playing, the world does not. */
export class Runs {
  readonly #byCustomer = new Map<string, Run>();

  of(customerId: string): Run | null { return this.#byCustomer.get(customerId) ?? null; }

  /** Plays one thing. Throws a 409 where another one is being played for this customer. */
  async play<T>(customerId: string, name: string, steps: number, work: (run: Run) => Promise<T>): Promise<T> {
    const present = this.of(customerId);
    if (present?.state === 'running') throw new Refusal(409, 'BUSY', `${present.name} is being played for this customer: wait for its end or stop it.`);
    const run: Run = { name, steps, startedAtMs: Date.now(), line: 'begins', step: 0, state: 'running', endedAtMs: null, stopping: false };
    this.#byCustomer.delete(customerId);
    this.#byCustomer.set(customerId, run);
    if (this.#byCustomer.size > KEPT) for (const [id, { state }] of this.#byCustomer) if (state !== 'running') { this.#byCustomer.delete(id); break; }
    try {
      const answer = await work(run);
      run.state = run.stopping ? 'stopped' : 'done';
      return answer;
    } catch (error) {
      run.state = 'failed';
      run.line = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      run.endedAtMs = Date.now();
    }
  }

  /** Ends what is being played after the step it is in; false where nothing is. */
  stop(customerId: string): boolean {
    const run = this.of(customerId);
    if (run?.state !== 'running') return false;
    run.stopping = true;
    return true;
  }
}
