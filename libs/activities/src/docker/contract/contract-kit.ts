import { createServer } from 'node:net';
import { extract } from 'tar-stream';

/** Longest wait for anything that the suite waits for. */
export const WAIT_MS = 15_000;

/** Waits until the check gives something, looking every 50 ms. @throws Error naming what was waited for */
export async function until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const value = await check().catch(() => undefined);
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Files and folders of a tar by name, with their text. */
export async function entriesOf(tar: NodeJS.ReadableStream): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  const reader = extract();
  tar.pipe(reader as unknown as NodeJS.WritableStream);
  tar.once('error', (error: Error) => reader.destroy(error));
  for await (const entry of reader) {
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(Buffer.from(piece as Uint8Array));
    entries.set(entry.header.name.replace(/(.)\/$/, '$1'), Buffer.concat(pieces).toString('utf8'));
  }
  return entries;
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
