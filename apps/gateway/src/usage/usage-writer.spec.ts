import { describe, expect, it, vi } from 'vitest';
import { UsageWriter } from './usage-writer.js';

function failing(code: string, times: number): { statement: () => Promise<void>; calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    statement: () => {
      calls += 1;
      return calls <= times ? Promise.reject(Object.assign(new Error('canary'), { code })) : Promise.resolve();
    },
  };
}

describe('UsageWriter', () => {
  it.each(['57P03', '57P01', '53300', 'ECONNREFUSED'])('tries again after %s, which says that nothing was written', async (code) => {
    const error = vi.fn();
    const writer = new UsageWriter({ error }, [1, 1, 1]);
    const { statement, calls } = failing(code, 2);
    writer.write('i1', 'tokens', statement);
    await writer.drain();
    expect([calls(), error.mock.calls.length]).toEqual([3, 0]);
  });

  it.each(['ECONNRESET', '08006'])('does not repeat after %s, which leaves it open: nothing is counted twice', async (code) => {
    const error = vi.fn();
    const writer = new UsageWriter({ error }, [1, 1, 1]);
    const { statement, calls } = failing(code, 1);
    writer.write('i1', 'tokens', statement);
    await writer.drain();
    expect(calls()).toBe(1);
    expect(JSON.stringify(error.mock.calls)).toContain('"instanceId":"i1"');
    expect(JSON.stringify(error.mock.calls)).not.toContain('canary');
  });

  it('gives up in the end, and says so', async () => {
    const error = vi.fn();
    const writer = new UsageWriter({ error }, [1, 1]);
    const { statement, calls } = failing('57P03', 99);
    writer.write('i1', 'tokens', statement);
    await writer.drain();
    expect([calls(), error.mock.calls.length]).toEqual([3, 1]);
  });
});
