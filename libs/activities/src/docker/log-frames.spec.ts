import { describe, expect, it } from 'vitest';
import { readJsonLines, readLogLines } from './log-frames.js';

function frame(type: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

async function* pieces(whole: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('readLogLines', () => {
  const whole = Buffer.concat([frame(1, 'one\ntwo\nthr'), frame(2, 'problem\n'), frame(1, 'ee\n'), frame(1, 'unfinished')]);

  it.each([1, 3, 8, 1000])('finds the lines in pieces of %d bytes', async (size) => {
    expect(await all(readLogLines(pieces(whole, size)))).toEqual([
      { stream: 'stdout', text: 'one' },
      { stream: 'stdout', text: 'two' },
      { stream: 'stderr', text: 'problem' },
      { stream: 'stdout', text: 'three' },
      { stream: 'stdout', text: 'unfinished' },
    ]);
  });

  it('refuses a stream that is not multiplexed', async () => {
    await expect(all(readLogLines(pieces(Buffer.from('plain text of a terminal'), 100)))).rejects.toThrow('multiplexed');
  });
});

describe('readJsonLines', () => {
  it.each([1, 4, 100])('reads objects cut into pieces of %d bytes, characters of many bytes too', async (size) => {
    expect(await all(readJsonLines(pieces(Buffer.from('{"a":"é€"}\n\n{"b":2}'), size)))).toEqual([{ a: 'é€' }, { b: 2 }]);
  });
});
