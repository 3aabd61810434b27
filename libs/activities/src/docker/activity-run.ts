import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { DockerError } from './docker-error.js';

/** Well below the shortest heartbeat timeout of the retry profiles (5 s): a dead worker is noticed, a slow call is not taken for one. */
const BEAT_MS = 2_000;
const NEVER = new AbortController().signal;

/**
 * Runs a call to a Docker host: heartbeats at once and every 2 s, hands the activity's cancellation on as a signal, and types what goes wrong.
 * Outside Temporal there is nobody to beat for and nothing cancels.
 */
export async function runOnHost<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = activityContext();
  context?.heartbeat();
  const beat = context === null ? null : setInterval(() => { context.heartbeat(); }, BEAT_MS);
  try {
    return await work(context?.cancellationSignal ?? NEVER);
  } catch (error) {
    throw toDockerFailure(error);
  } finally {
    if (beat !== null) clearInterval(beat);
  }
}

/** What a Docker host said, as a failure that says whether another try makes sense. No answer and 5xx say nothing about the effect: try again. */
export function toDockerFailure(error: unknown): unknown {
  if (!(error instanceof DockerError)) return error;
  const typed = (type: string, nonRetryable: boolean): ApplicationFailure =>
    ApplicationFailure.create({ message: error.message, type, nonRetryable, details: [{ hostId: error.hostId, operation: error.operation, statusCode: error.statusCode ?? null }] });
  switch (error.kind) {
    case 'unreachable': return typed('HOST_UNREACHABLE', false);
    // An older leftover may still be in use for a moment (a volume, a network).
    case 'conflict': return typed('DOCKER_CONFLICT', false);
    case 'port_taken': return typed('PORT_TAKEN', true);
    case 'out_of_memory': return typed('HOST_OUT_OF_MEMORY', true);
    case 'not_found': return typed('DOCKER_NOT_FOUND', false);
    case 'other': return typed('DOCKER_REFUSED', error.statusCode === 400);
  }
}

function activityContext(): Context | null {
  try {
    return Context.current();
  } catch {
    return null;
  }
}
