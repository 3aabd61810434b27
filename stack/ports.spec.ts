import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defaultPorts, freePorts, refuseTakenPorts } from './ports.js';

it('takes the ports of api.md unless a variable names another', () => {
  expect(defaultPorts({})).toMatchObject({ api: 4400, gateway: 4401, panel: 4410, stripe: 4411, docker: 4412, llm: 4415, mail: 4416, smtp: 4417, temporal: 7233, temporalUi: 8233, postgres: 5544 });
  expect(defaultPorts({ PORT: '5400', SANDBOX_PORT: '' })).toMatchObject({ api: 5400, panel: 4410 });
  expect(() => defaultPorts({ PORT: 'http' })).toThrow('PORT: wants a port');
});

it('names each taken port with its owner and the variable to change', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const refusal = refuseTakenPorts({ ...defaultPorts({}), api: port }, ['api']);
    await expect(refusal).rejects.toThrow(new RegExp(`port ${port} \\(api\\) is taken by .*${process.platform === 'linux' ? `process ${process.pid}` : ''}.*set PORT to another`));
  } finally {
    server.close();
  }
});

it('gives the same free ports to the same folder again, and others when one was taken meanwhile', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'ports-'));
  const first = await freePorts(stateDir);
  expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
  expect(await freePorts(stateDir)).toEqual(first);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(first.api, '127.0.0.1', resolve));
  try {
    expect((await freePorts(stateDir)).api).not.toBe(first.api);
  } finally {
    server.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
});
