import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { collectSharedLibraries, readElfNeeds } from './elf.js';

const isElf = process.platform === 'linux';

describe.skipIf(!isElf)('what the node binary needs (Linux only)', () => {
  it('is found as the loader finds it, libraries of libraries too', () => {
    const { interpreter, libraries } = collectSharedLibraries(process.execPath);
    expect(interpreter === undefined || existsSync(interpreter)).toBe(true);
    for (const name of readElfNeeds(process.execPath).needed) expect(libraries.has(name) || interpreter?.endsWith(name)).toBe(true);
    for (const path of libraries.values()) expect(existsSync(path)).toBe(true);
  });

  it('is refused for a file of another kind', () => {
    expect(() => readElfNeeds(import.meta.filename)).toThrow('not a 64-bit');
  });
});
