import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { runOnHost } from './activity-run.js';
import { answerOnce } from './answer-once.js';
import { causeOfEnd } from './await-healthy.js';
import { DockerError } from './docker-error.js';
import { hostAddress } from './host-address.js';

let server: Server | null = null;
afterEach(() => { server?.closeAllConnections(); server?.close(); server = null; });

async function agentThatSays(status: number, body: unknown): Promise<{ address: string; port: number }> {
  const started = createServer((_request, response) => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)); });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return { address: '127.0.0.1', port: (started.address() as AddressInfo).port };
}
const said = (content: string): unknown => ({ choices: [{ message: { role: 'assistant', content } }] });
const never = new AbortController().signal;

describe('the first answer', () => {
  it.each([[200, said('ready')], [429, { error: { message: 'Daily limit reached, resets tomorrow' } }]])('%i is one', async (status, body) => {
    await expect(answerOnce(await agentThatSays(status, body), 'token-canary', never)).resolves.toBeUndefined();
  });

  it.each([[200, said('  ')], [200, 'no chat'], [500, { error: { message: 'internal error' } }], [401, {}]])('%i with %j is none, to be tried again, and tells no token', async (status, body) => {
    const failure = await answerOnce(await agentThatSays(status, body), 'token-canary', never).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'NO_ANSWER', nonRetryable: false });
    expect(JSON.stringify(failure)).not.toContain('canary');
  });

  it('is none where nobody listens', async () => {
    const agent = await agentThatSays(200, {});
    server?.close();
    await expect(answerOnce(agent, 't', never)).rejects.toMatchObject({ type: 'NO_ANSWER' });
  });
});

describe('why a container ended', () => {
  const state = { status: 'exited' as const, exitCode: 1, oomKilled: false, error: '' };
  it.each([
    [state, 0, 'exit code 1'],
    [{ ...state, exitCode: 78 }, 0, 'configuration'],
    [{ ...state, exitCode: 137 }, 0, 'memory'],
    [{ ...state, oomKilled: true }, 0, 'memory'],
    [{ ...state, error: 'no such file' }, 0, 'could not be started: no such file'],
    [{ ...state, status: 'restarting' as const, exitCode: 78 }, 0, 'configuration'],
    [{ ...state, status: 'restarting' as const }, 3, 'exit code 1'],
    [{ ...state, status: 'running' as const }, 3, 'exit code 1'],
  ])('%j after %i exits: %s', (end, exits, words) => { expect(causeOfEnd(end, exits)).toContain(words); });

  it.each([['running', 2], ['restarting', 1], ['created', 0], ['paused', 0]] as const)('%s after %i exits may yet come up', (status, exits) => {
    expect(causeOfEnd({ ...state, status }, exits)).toBeNull();
  });
});

describe('a call to a host inside an activity', () => {
  it('heartbeats at once, hands cancellation on, and types what Docker says', async () => {
    const environment = new MockActivityEnvironment();
    let beats = 0;
    environment.on('heartbeat', () => { beats += 1; });
    expect(await environment.run(() => runOnHost((signal) => Promise.resolve(signal.aborted)))).toBe(false);
    expect(beats).toBe(1);
    const waiting = environment.run(() => runOnHost((signal) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error); }); })));
    environment.cancel('CANCELLED');
    await expect(waiting).rejects.toThrow();
  });

  it.each([['unreachable', 'HOST_UNREACHABLE', false], ['port_taken', 'PORT_TAKEN', true], ['out_of_memory', 'HOST_OUT_OF_MEMORY', true], ['conflict', 'DOCKER_CONFLICT', false], ['not_found', 'DOCKER_NOT_FOUND', false]] as const)(
    '%s is %s', async (kind, type, nonRetryable) => {
      await expect(runOnHost(() => Promise.reject(new DockerError(kind, 'h', 'op', 'm')))).rejects.toMatchObject({ type, nonRetryable });
    });
});

it('reaches a local engine by loopback and another one by its name', () => {
  expect(['unix:///var/run/docker.sock', 'http://127.0.0.1:4412', 'tcp://host-7.example:2376', 'tcp://[::1]:2375'].map(hostAddress)).toEqual(['127.0.0.1', '127.0.0.1', 'host-7.example', '::1']);
});
