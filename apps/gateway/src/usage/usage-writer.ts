import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

const RETRY_DELAYS_MS = [100, 500, 2_000, 5_000, 15_000];
/** SQLSTATEs with which Postgres says that it did not do the statement: start-up, shutdown, too many connections, deadlock, serialisation. */
const NOT_DONE = new Set(['57P03', '57P01', '53300', '40001', '40P01']);

/** True where the statement cannot have taken effect, so that doing it again cannot count twice. */
function certainlyNotDone(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return NOT_DONE.has(code) || code === 'ECONNREFUSED';
  return error instanceof Error && /timeout exceeded when trying to connect/i.test(error.message);
}

/**
 * Writes what must be written after the caller has its answer. A short outage of Postgres is waited out; a write whose answer was lost is not repeated,
 * so no call is ever counted twice.
 */
export class UsageWriter {
  readonly #pending = new Set<Promise<void>>();
  readonly #logger: Pick<Logger, 'error'>;
  readonly #retryDelaysMs: readonly number[];

  /** @param retryDelaysMs pauses before each further try; as many tries as pauses, and one */
  constructor(logger: Pick<Logger, 'error'>, retryDelaysMs: readonly number[] = RETRY_DELAYS_MS) {
    this.#logger = logger;
    this.#retryDelaysMs = retryDelaysMs;
  }

  /** Begins a write in the background; never rejects, a write that is given up is logged with the instance's id. */
  write(instanceId: string, what: string, statement: () => Promise<void>): void {
    const done = this.#attempt(instanceId, what, statement).finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  /** Waits until every write that was begun is done or given up. */
  async drain(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async #attempt(instanceId: string, what: string, statement: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await statement();
      } catch (error) {
        const waitMs = this.#retryDelaysMs[attempt];
        if (waitMs === undefined || !certainlyNotDone(error)) {
          this.#logger.error({ instanceId, what, code: (error as { code?: unknown }).code }, 'usage could not be written');
          return;
        }
        await delay(waitMs);
      }
    }
  }
}
