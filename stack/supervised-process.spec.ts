import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startIdOf } from './process-identity.js';
import { SupervisedProcess, type ProcessSpec, type SupervisedEvents } from './supervised-process.js';

const PATIENCE_MS = 45_000;

let folder: string;
let events: { [K in keyof SupervisedEvents]: ReturnType<typeof vi.fn<SupervisedEvents[K]>> };
const started: SupervisedProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervised-'));
  events = { changed: vi.fn(), died: vi.fn(), recovered: vi.fn(), hopeless: vi.fn() };
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** A program that writes the file `up` and then does as told. */
function supervise(script: string, more: Partial<ProcessSpec> = {}): SupervisedProcess {
  const up = join(folder, 'up');
  const process_ = new SupervisedProcess({
    name: 'child', file: process.execPath, args: ['-e', `require('fs').writeFileSync(${JSON.stringify(up)}, String(process.pid)); ${script}`],
    cwd: folder, env: {}, tier: 0, logFile: join(folder, 'child.log'), readyMs: PATIENCE_MS,
    probe: async () => existsSync(up) && readFileSync(up, 'utf8') === String(process_.pid), ...more,
  }, events);
  started.push(process_);
  return process_;
}

describe('SupervisedProcess', () => {
  it('starts a killed process again at once, and tells neither death nor return, for it was asked for', async () => {
    const child = supervise('setInterval(() => {}, 1000)');
    await child.start();
    const first = child.pid;
    await child.kill();
    await child.whenReady();
    expect(child.pid).not.toBe(first);
    expect(startIdOf(first ?? 0)).toBeUndefined();
    expect(events.died).not.toHaveBeenCalled();
  });

  it('tells a death of its own accord and starts it again', async () => {
    const child = supervise(`const again = require('fs').existsSync('died'); if (!again) { require('fs').writeFileSync('died', ''); setTimeout(() => process.exit(3), 300) } setInterval(() => {}, 1000)`);
    await child.start();
    await vi.waitFor(() => expect(events.recovered).toHaveBeenCalledWith('child'), PATIENCE_MS);
    expect(events.died).toHaveBeenCalledWith('child', 'ended with code 3', 200);
  });

  it('gives up after five deaths, with the last lines of the log', async () => {
    const child = supervise(`console.error('the reason'); process.exit(1)`, { probe: async () => false });
    await expect(child.start()).rejects.toThrow('the reason');
    expect(events.died).toHaveBeenCalledTimes(4);
    expect(events.hopeless).toHaveBeenCalledWith('child', 'ended with code 1', expect.stringContaining('the reason'));
  }, 60_000);

  it('kills what does not stop in time, together with what it has started', async () => {
    const grandchild = join(folder, 'grandchild');
    const child = supervise(`
      process.on('SIGTERM', () => {});
      const sub = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('fs').writeFileSync(${JSON.stringify(grandchild)}, String(sub.pid));
      setInterval(() => {}, 1000)`, { stopMs: 200 });
    await child.start();
    await vi.waitFor(() => expect(existsSync(grandchild)).toBe(true), PATIENCE_MS);
    const { pid } = child;
    await child.stop();
    expect(startIdOf(pid ?? 0)).toBeUndefined();
    await vi.waitFor(() => expect(startIdOf(Number(readFileSync(grandchild, 'utf8')))).toBeUndefined(), PATIENCE_MS);
  });

  it('does not start again what was stopped', async () => {
    const child = supervise('setInterval(() => {}, 1000)');
    await child.start();
    await child.stop();
    expect(child.pid).toBeUndefined();
    writeFileSync(join(folder, 'up'), '');
    await child.start();
    expect(child.pid).toBeDefined();
  });
});
