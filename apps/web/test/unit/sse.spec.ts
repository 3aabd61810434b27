import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { LiveReducer } from '../../src/api/live.js';
import { parseLogLine } from '../../src/api/logs.js';
import { SseParser, type SseFrame } from '../../src/api/sse.js';

const TEXT = ': beat\n\nid: 7\nevent: instance.step\ndata: {"a":1}\ndata: two\n\r\nevent: message\r\ndata: x\r\n\r\n';
const FRAMES: SseFrame[] = [
  { id: null, event: 'comment', data: '' },
  { id: '7', event: 'instance.step', data: '{"a":1}\ntwo' },
  { id: null, event: 'message', data: 'x' },
];

describe('SseParser', () => {
  it('reads frames, comments and both kinds of line ends', () => {
    expect(new SseParser().push(TEXT)).toEqual(FRAMES);
  });
  it('gives the same frames however the text is cut', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: TEXT.length }), { maxLength: 12 }), (cuts) => {
      const parser = new SseParser();
      const edges = [0, ...cuts.sort((a, b) => a - b), TEXT.length];
      const frames = edges.slice(1).flatMap((end, index) => parser.push(TEXT.slice(edges[index], end)));
      expect(frames).toEqual(FRAMES);
    }));
  });
});

describe('LiveReducer', () => {
  const event = (version: number, type = 'instance.status') => ({ id: String(version), event: type, data: JSON.stringify({ type, entityId: 'i1', version }) });
  const reducer = () => {
    const invalidateQueries = vi.fn<(filter?: { queryKey: readonly string[] }) => Promise<void>>(() => Promise.resolve());
    return { live: new LiveReducer({ invalidateQueries } as never), invalidateQueries };
  };
  it('drops what is doubled or late', () => {
    const { live } = reducer();
    expect([live.apply(event(2)), live.apply(event(2)), live.apply(event(1)), live.apply(event(3))]).toEqual([true, false, false, true]);
  });
  it('keeps the versions of different events apart', () => {
    const { live } = reducer();
    expect([live.apply(event(5)), live.apply(event(5, 'instance.step'))]).toEqual([true, true]);
  });
  it('makes the answers stale that the event is about', () => {
    const { live, invalidateQueries } = reducer();
    live.apply(event(1));
    expect(invalidateQueries.mock.calls.map(([filter]) => filter?.queryKey)).toEqual([['instances'], ['instance', 'i1'], ['me']]);
  });
  it('reads everything anew after resync, and forgets the versions', () => {
    const { live, invalidateQueries } = reducer();
    live.apply(event(9));
    invalidateQueries.mockClear();
    live.apply({ id: null, event: 'resync', data: '{}' });
    expect(invalidateQueries).toHaveBeenCalledExactlyOnceWith();
    expect(live.apply(event(1))).toBe(true);
  });
  it('passes over what it cannot read', () => {
    const { live, invalidateQueries } = reducer();
    expect(live.apply({ id: null, event: 'usage', data: 'not json' })).toBe(false);
    expect(live.apply({ id: null, event: 'comment', data: '' })).toBe(false);
    expect(live.apply({ id: '1', event: 'something.new', data: '{"entityId":"x","version":1}' })).toBe(true);
    expect(invalidateQueries).not.toHaveBeenCalled();
  });
});

it('shows a log line that is not ours as it is', () => {
  expect(parseLogLine('{"at":"2026-11-21T10:00:00Z","stream":"stdout","text":"ready"}')).toEqual({ at: '2026-11-21T10:00:00Z', text: 'ready' });
  expect(parseLogLine(JSON.stringify({ at: null, text: '{"at":"2026-11-21T10:30:08.672Z","event":"listening","port":21000,"host":"a"}' }))).toEqual({ at: '2026-11-21T10:30:08.672Z', text: 'listening port=21000 host=a' });
  expect(parseLogLine('{"level":30}')).toEqual({ at: null, text: '{"level":30}' });
  expect(parseLogLine('plain')).toEqual({ at: null, text: 'plain' });
});
