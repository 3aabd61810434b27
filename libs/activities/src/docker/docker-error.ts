/**
 * What went wrong with a call to a Docker host, in the few kinds that a caller decides on.
 * `unreachable` says nothing about the effect: the call may or may not have been carried out.
 */
export type DockerErrorKind = 'unreachable' | 'not_found' | 'conflict' | 'port_taken' | 'out_of_memory' | 'other';

export class DockerError extends Error {
  constructor(
    readonly kind: DockerErrorKind,
    readonly hostId: string,
    /** The method of DockerHost and the object's name, for people. */
    readonly operation: string,
    message: string,
    /** HTTP status, absent when no answer came. */
    readonly statusCode?: number,
    options?: ErrorOptions,
  ) {
    super(`${operation} on host ${hostId}: ${message}`, options);
    this.name = 'DockerError';
  }
}

// Engine 20.10 … 29 word a taken port in these ways; the first is another container, the others a foreign process.
const PORT_TAKEN = /port is already allocated|address already in use|failed to bind host port/i;
const OUT_OF_MEMORY = /cannot allocate memory|out of memory|not enough memory/i;

/** The engine's own sentence, without the prefix that docker-modem puts before it. */
function engineMessage(error: { message?: string; json?: unknown }): string {
  const { json } = error;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') return json.message;
  return (error.message ?? 'unknown error').replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

function kindOf(statusCode: number, message: string): DockerErrorKind {
  if (PORT_TAKEN.test(message)) return 'port_taken';
  if (OUT_OF_MEMORY.test(message)) return 'out_of_memory';
  if (statusCode === 404) return 'not_found';
  // 403 is the engine's answer to removing a network that still has endpoints.
  if (statusCode === 409 || (statusCode === 403 && /active endpoints/i.test(message))) return 'conflict';
  return 'other';
}

/** Maps what dockerode throws. A caller's own abort is passed on as it is. */
export function toDockerError(error: unknown, hostId: string, operation: string): DockerError {
  if (error instanceof DockerError) return error;
  const raw = (typeof error === 'object' && error !== null ? error : {}) as { message?: string; json?: unknown; statusCode?: unknown; code?: unknown };
  if (typeof raw.statusCode === 'number') {
    const message = engineMessage(raw);
    return new DockerError(kindOf(raw.statusCode, message), hostId, operation, message, raw.statusCode, { cause: error });
  }
  const reason = typeof raw.code === 'string' ? raw.code : (raw.message ?? 'no answer');
  return new DockerError('unreachable', hostId, operation, `Docker does not answer (${reason})`, undefined, { cause: error });
}
