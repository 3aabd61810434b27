import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { buildAgentBundle } from '#sandbox/emulators/openclaw/bundle.js';
import { ensureAgentImage } from '#sandbox/emulators/openclaw/image.js';
import { parseDockerHost } from '../docker-connection.js';
import { DockerHost } from '../docker-host.js';
import { dockerHostContract } from './docker-host.contract.js';

// The place of a test engine is a matter of the test run, not of the product's configuration.
const address = process.env.DOCKER_TEST_HOST ?? 'unix:///var/run/docker.sock';
const connection = parseDockerHost(address);
const host = new DockerHost({ hostId: 'engine', connection, callTimeoutMs: 3000 });
const answers = await host.ping().then(
  () => true,
  () => false,
);

if (answers) {
  describe(`on the real Docker Engine at ${address}`, { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'ck-docker-engine-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    dockerHostContract(async () => {
      const agentBundlePath = await buildAgentBundle({ outFile: join(folder, 'openclaw-agent.mjs') });
      const image = await ensureAgentImage(host.client, { agentBundlePath });
      return { connection, image: image.id };
    });
  });
} else {
  describe('on the real Docker Engine', () => {
    it.skip(`SKIPPED: no Docker Engine answers at ${address} (start one with .ci/docker-engine.sh, or set DOCKER_TEST_HOST)`, () => undefined);
  });
}
