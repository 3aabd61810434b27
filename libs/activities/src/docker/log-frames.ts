import type { LogLine } from './docker-types.js';

const HEADER_BYTES = 8;
const STREAMS: Record<number, LogLine['stream']> = { 1: 'stdout', 2: 'stderr' };
/** A frame is one write of the program; a longer one is a broken stream. */
const FRAME_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Lines of Docker's multiplexed log stream (Engine API, "Stream format": type, three zero bytes, big-endian length, payload).
 * A line may be spread over frames; what is left unfinished at the end is given as a last line.
 */
export async function* readLogLines(source: AsyncIterable<Buffer>): AsyncGenerator<LogLine> {
  let pending = Buffer.alloc(0);
  const unfinished: Record<LogLine['stream'], string> = { stdout: '', stderr: '' };
  for await (const piece of source) {
    pending = Buffer.concat([pending, piece]);
    while (pending.length >= HEADER_BYTES) {
      const length = pending.readUInt32BE(4);
      const stream = STREAMS[pending[0] ?? 0];
      if (stream === undefined || length > FRAME_LIMIT_BYTES) throw new Error('The log stream is not in the multiplexed format');
      if (pending.length < HEADER_BYTES + length) break;
      const lines = (unfinished[stream] + pending.toString('utf8', HEADER_BYTES, HEADER_BYTES + length)).split('\n');
      unfinished[stream] = lines.pop() ?? '';
      pending = pending.subarray(HEADER_BYTES + length);
      for (const text of lines) yield { stream, text };
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) if (unfinished[stream] !== '') yield { stream, text: unfinished[stream] };
}

/** JSON objects of a stream that has one per line (Docker's events and progress). */
export async function* readJsonLines(source: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const piece of source) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}
