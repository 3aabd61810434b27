import { toDockerError } from './docker-error.js';

export interface CallOptions {
  hostId: string;
  /** Method and object, for the error's text. */
  operation: string;
  /** The longest that an answer may take; docker-modem itself waits for ever when an answer breaks off in its middle. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * Runs one call with a time limit and the caller's abort.
 * @throws DockerError for what the engine says or fails to say; the abort's own reason when the caller gave up.
 */
export async function callDocker<T>(options: CallOptions, call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  const { hostId, operation, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([call(controller.signal), rejectOnAbort(controller.signal)]);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw toDockerError(error, hostId, operation);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}

/**
 * Opens a stream: the time limit holds until its head has come, the caller's abort as long as it lives.
 * The stream is destroyed when the caller aborts.
 */
export async function openDockerStream<S extends NodeJS.ReadableStream>(options: CallOptions, open: (abortSignal: AbortSignal) => Promise<S>): Promise<S> {
  const controller = new AbortController();
  const stream = await callDocker(options, (callSignal) => {
    callSignal.addEventListener('abort', () => controller.abort(callSignal.reason), { once: true });
    return open(controller.signal);
  });
  const { signal } = options;
  if (signal) {
    const onAbort = (): void => controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', onAbort));
  }
  return stream;
}
