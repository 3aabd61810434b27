import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { openDockerStream, type CallOptions } from './docker-call.js';
import { DockerError } from './docker-error.js';
import { PLATFORM, PLATFORM_LABEL } from './docker-names.js';
import type { DockerEvent, LogLine } from './docker-types.js';
import { readJsonLines, readLogLines } from './log-frames.js';

export interface LogOptions {
  /** Lines from the end; all when absent. */
  tail?: number;
  follow?: boolean;
  signal?: AbortSignal;
}

export interface EventOptions {
  /** All of the platform's by default. */
  labels?: Record<string, string>;
  types?: string[];
  /** Events since this instant come first, as far as the engine still has them. */
  sinceSeconds?: number;
  signal?: AbortSignal;
}

/** Lines of a container's log. @throws DockerError `not_found`, or `unreachable` when the stream breaks off */
export async function* containerLogs(docker: Dockerode, call: CallOptions, name: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { tail, follow = false } = options;
  const source = await openDockerStream(
    call,
    (abortSignal) =>
      // `follow` outside `_query` makes dockerode hand over a stream in both cases, rather than the whole log in one Buffer.
      docker.getContainer(name).logs({ follow: true, _query: { follow, stdout: true, stderr: true, tail: tail ?? 'all' }, abortSignal } as never) as unknown as Promise<Readable>,
  );
  yield* whileOpen(readLogLines(source as AsyncIterable<Buffer>), call, source);
}

/** The engine's event stream. @throws DockerError `unreachable` when it breaks off */
export async function* engineEvents(docker: Dockerode, call: CallOptions, options: EventOptions): AsyncGenerator<DockerEvent> {
  const { labels = { [PLATFORM_LABEL]: PLATFORM }, types = ['container'], sinceSeconds } = options;
  const filters = JSON.stringify({ type: types, label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) });
  const source = (await openDockerStream(call, (abortSignal) => docker.getEvents({ filters, since: sinceSeconds, abortSignal } as Dockerode.GetEventsOptions))) as Readable;
  for await (const raw of whileOpen(readJsonLines(source as AsyncIterable<Buffer>), call, source)) {
    const event = raw as { Type: string; Action: string; Actor: { ID: string; Attributes?: Record<string, string> }; timeNano?: number };
    yield { type: event.Type, action: event.Action, id: event.Actor.ID, attributes: event.Actor.Attributes ?? {}, timeNano: BigInt(event.timeNano ?? 0) };
  }
}

async function* whileOpen<T>(items: AsyncGenerator<T>, call: CallOptions, source: Readable): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (call.signal?.aborted) return;
    throw new DockerError('unreachable', call.hostId, call.operation, 'the stream broke off', undefined, { cause: error });
  } finally {
    source.destroy();
  }
}
