/** The vendor was silent for too long. */
export class UpstreamSilentError extends Error {
  override readonly name = 'UpstreamSilentError';
}

/** Aborts a call when nothing was heard for a while, or when another signal (the caller has left) does. */
export class Watchdog {
  readonly #silence = new AbortController();
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(callerLeft: AbortSignal) {
    this.signal = AbortSignal.any([callerLeft, this.#silence.signal]);
  }

  /** Allows that many ms from now until the next sign of life. */
  expectWithin(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#silence.abort(new UpstreamSilentError(`nothing was heard for ${ms} ms`)), ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
