import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDockerEmulator, type DockerEmulator } from '#sandbox/emulators/docker-engine/emulator.js';
import { buildAgentBundle } from '#sandbox/emulators/openclaw/bundle.js';
import { ensureAgentImage } from '#sandbox/emulators/openclaw/image.js';
import { DockerHost } from '../docker-host.js';
import { dockerHostContract } from './docker-host.contract.js';

describe('on the Docker Engine emulator', () => {
  let stateDir: string;
  let emulator: DockerEmulator;
  let agentBundlePath: string;

  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'ck-docker-emulator-'));
    agentBundlePath = await buildAgentBundle({ outFile: join(stateDir, 'openclaw-agent.mjs') });
    emulator = await startDockerEmulator({ port: 0, socketPath: join(stateDir, 'docker.sock'), stateDir, agentBundlePath });
  });

  afterAll(async () => {
    await emulator.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  dockerHostContract(async () => {
    const connection = { socketPath: join(stateDir, 'docker.sock') };
    const image = await ensureAgentImage(new DockerHost({ hostId: 'image', connection }).client, { agentBundlePath });
    return { connection, image: image.id };
  });

  describe('with faults', () => {
    const labels = { 'clawkeep.platform': 'clawkeep', 'clawkeep.instance': 'faulty' };
    const connect = (): DockerHost => new DockerHost({ hostId: 'faulty', connection: { host: '127.0.0.1', port: emulator.port }, callTimeoutMs: 2000 });

    async function fault(body: object): Promise<void> {
      const response = await fetch(`http://127.0.0.1:${emulator.port}/_emulator/faults`, { method: 'POST', body: JSON.stringify(body) });
      expect(response.status).toBe(201);
    }

    afterEach(async () => {
      await fetch(`http://127.0.0.1:${emulator.port}/_emulator/reset`, { method: 'POST' });
    });

    it.each(['lost-answer', 'error-500-after'])('finds after %s what was made, and makes it no second time', async (kind) => {
      const host = connect();
      await fault({ kind, method: 'POST', path: '/networks/create' });
      await expect(host.ensureNetwork({ name: 'ck-faulty', labels })).rejects.toMatchObject({ kind: kind === 'lost-answer' ? 'unreachable' : 'other' });
      expect((await host.ensureNetwork({ name: 'ck-faulty', labels })).outcome).toBe('already');
      await fault({ kind, method: 'POST', path: '/volumes/create' });
      await expect(host.ensureVolume({ name: 'ck-faulty', labels })).rejects.toThrow();
      expect((await host.ensureVolume({ name: 'ck-faulty', labels })).outcome).toBe('already');
      await fault({ kind, method: 'DELETE', path: '/volumes/' });
      await expect(host.removeVolume('ck-faulty')).rejects.toThrow();
      expect(await host.removeVolume('ck-faulty')).toBe('absent');
    });

    it('has done nothing after a failure before the effect', async () => {
      const host = connect();
      await fault({ kind: 'error-500-before', method: 'POST', path: '/volumes/create' });
      await expect(host.ensureVolume({ name: 'ck-faulty', labels })).rejects.toMatchObject({ kind: 'other', statusCode: 500 });
      expect((await host.ensureVolume({ name: 'ck-faulty', labels })).outcome).toBe('done');
    });

    it('reads an engine that is down, or too slow, as unknown', async () => {
      const host = connect();
      await fault({ kind: 'down', count: null });
      expect(await host.containerState('ck-faulty')).toMatchObject({ kind: 'unknown' });
      await fetch(`http://127.0.0.1:${emulator.port}/_emulator/faults`, { method: 'DELETE' });
      await fault({ kind: 'slow', delayMs: 5000, path: '/json' });
      expect(await host.containerState('ck-faulty')).toMatchObject({ kind: 'unknown', why: expect.stringContaining('within 2000 ms') as unknown });
      expect(await host.containerState('ck-faulty')).toEqual({ kind: 'absent' });
    });
  });
});
