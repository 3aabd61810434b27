import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, processesOfRun } from './process-identity.js';
import { answersHttp } from './probe.js';
import { readRunRecord, recordFile } from './records.js';
import { builtScript, ROOT } from './root.js';
import { startStack, type Stack } from './start-stack.js';

/** Wants the built tree: `npm test` builds it first. */
const PROGRAMS = ['stripe emulator', 'docker emulator', 'llm emulator', 'mail emulator', 'twilio emulator', 'panel', 'api', 'worker', 'gateway'] as const;
const KILLED = ['api', 'worker', 'gateway', 'temporal', 'postgres', 'stripe emulator'];

describe('the whole stack', () => {
  let stateDir: string;
  let stack: Stack;
  const said: string[] = [];

  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'stack-'));
    stack = await startStack({ stateDir, ports: 'free', say: (line) => said.push(line) });
  }, 180_000);
  afterAll(async () => {
    await stack?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it('is ready, with each part named by the API', async () => {
    const answer = await fetch(`${stack.urls.api}/api/v1/ready`);
    expect([answer.status, await answer.json()]).toEqual([200, expect.anything()]);
    expect(Object.keys(stack.processes)).toEqual(expect.arrayContaining(['postgres', 'temporal', ...PROGRAMS]));
  });

  it('keeps its secrets to their owner and does not use the known ones', () => {
    expect(statSync(join(stateDir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(stack.env['AUTH_SECRET']).not.toContain('sandbox');
    expect(stack.env['STRIPE_WEBHOOK_SECRETS']).toMatch(/^whsec_/);
  });

  it('refuses a second stack on the same folder', async () => {
    await expect(startStack({ stateDir, ports: 'free', quiet: true })).rejects.toThrow(/already runs on/);
  });

  it.each(KILLED)('is whole again after kill -9 of %s', async (name) => {
    const killed = stack.processes[name];
    const { pid } = killed ?? {};
    await killed?.kill();
    await killed?.whenReady();
    expect(killed?.pid).not.toBe(pid);
    await expect.poll(() => answersHttp(`${stack.urls.api}/api/v1/ready`), { timeout: 45_000, interval: 200 }).toBe(true);
  }, 90_000);

  it('becomes quiet', async () => {
    const answer = await fetch(`${stack.urls.panel}/quiet`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"timeoutSeconds":45}' });
    expect([answer.status, await answer.json()]).toEqual([200, { quiet: true, tookMs: expect.any(Number) as number }]);
  }, 60_000);

  it('stops in order and leaves no process', async () => {
    const record = readRunRecord(recordFile(stateDir));
    expect(record?.children.length).toBeGreaterThanOrEqual(PROGRAMS.length + 2);
    await stack.stop();
    expect(record?.children.filter(({ pid, startId }) => isAlive(pid, startId))).toEqual([]);
    expect(processesOfRun(record?.runId ?? '')).toEqual([]);
    expect(said.filter((line) => line.includes('keeps dying'))).toEqual([]);
  }, 30_000);
});

describe('a killed supervisor', () => {
  let stateDir: string;
  beforeAll(() => { stateDir = mkdtempSync(join(tmpdir(), 'stack-killed-')); });
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  it('leaves nothing behind: the reaper stops what it had started', async () => {
    const script = `const { startStack } = await import(${JSON.stringify(builtScript('start-stack.js'))});
      await startStack({ stateDir: ${JSON.stringify(stateDir)}, ports: 'free', quiet: true, without: ${JSON.stringify(PROGRAMS)} });
      console.log('up'); setInterval(() => {}, 1000);`;
    const supervisor = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise<void>((resolve, reject) => {
        supervisor.stdout.on('data', (chunk: Buffer) => { if (chunk.toString().includes('up')) resolve(); });
        supervisor.once('exit', () => reject(new Error('it ended before it was up')));
      });
      const record = readRunRecord(recordFile(stateDir));
      expect(record?.children.map(({ name }) => name).sort()).toEqual(['postgres', 'temporal']);
      supervisor.kill('SIGKILL');
      await expect.poll(() => existsSync(recordFile(stateDir)), { timeout: 45_000 }).toBe(false);
      expect(record?.children.filter(({ pid, startId }) => isAlive(pid, startId))).toEqual([]);
      // PostgreSQL was stopped in order: its next start recovers nothing.
      expect(readFileSync(join(stateDir, 'logs', 'postgres.log'), 'utf8')).toContain('database system is shut down');
    } finally {
      supervisor.kill('SIGKILL');
    }
  }, 60_000);
});
