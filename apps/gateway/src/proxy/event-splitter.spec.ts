import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventData, EventSplitter } from './event-splitter.js';

/** Cuts bytes at arbitrary places, in the middle of a character too. */
function cut(bytes: Buffer, sizes: number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const lineEnd = fc.constantFrom('\n', '\r\n');
const data = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => JSON.stringify({ text }));

describe('EventSplitter', () => {
  it('finds the same events wherever the network cuts, and loses no letter', () => {
    fc.assert(
      fc.property(fc.array(data, { maxLength: 8 }), lineEnd, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), (events, end, sizes) => {
        const text = events.map((event) => `data: ${event}${end}${end}`).join('');
        const splitter = new EventSplitter();
        const frames = cut(Buffer.from(text), sizes).flatMap((piece) => splitter.push(piece));
        expect(frames.join('') + splitter.end()).toBe(text);
        expect(frames.map(eventData)).toEqual(events.map((event) => JSON.parse(event) as unknown));
      }),
    );
  });

  it('keeps what has no end for the end', () => {
    const splitter = new EventSplitter();
    expect(splitter.push(Buffer.from('data: 1\n\ndata: 2'))).toEqual(['data: 1\n\n']);
    expect(splitter.end()).toBe('data: 2');
  });
});

describe('eventData', () => {
  it.each([
    ['data: {"a":1}\n\n', { a: 1 }],
    ['data:{"a":1}\n\n', { a: 1 }],
    ['event: x\ndata: {"a":\ndata: 1}\n\n', { a: 1 }],
    ['data: [DONE]\n\n', undefined],
    [': comment\n\n', undefined],
    ['data: {broken\n\n', undefined],
  ])('%j', (frame, value) => {
    expect(eventData(frame)).toEqual(value);
  });
});
