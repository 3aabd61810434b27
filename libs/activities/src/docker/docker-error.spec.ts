import { describe, expect, it } from 'vitest';
import { toDockerError } from './docker-error.js';

const answered = (statusCode: number, message: string): Error => Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), { statusCode, json: { message } });

describe('toDockerError', () => {
  it.each([
    ['not_found', answered(404, 'No such container: x')],
    ['conflict', answered(409, 'Conflict. The container name "/x" is already in use')],
    ['conflict', answered(403, 'error while removing network: network x id y has active endpoints')],
    ['other', answered(403, 'bridge is a pre-defined network and cannot be removed')],
    ['port_taken', answered(500, 'driver failed programming external connectivity on endpoint x (y): Bind for 127.0.0.1:1 failed: port is already allocated')],
    ['port_taken', answered(500, 'Error starting userland proxy: listen tcp4 127.0.0.1:1: bind: address already in use')],
    ['out_of_memory', answered(500, 'OCI runtime create failed: fork/exec: cannot allocate memory')],
    ['other', answered(500, 'something else')],
    ['unreachable', Object.assign(new Error('connect ENOENT /x'), { code: 'ENOENT' })],
    ['unreachable', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    ['unreachable', new Error('no answer within 30000 ms')],
  ])('reads %s', (kind, error) => expect(toDockerError(error, 'h1', 'start x').kind).toBe(kind));

  it("tells host, call and the engine's own words, and keeps the cause", () => {
    const cause = answered(409, 'in use');
    const error = toDockerError(cause, 'h1', 'remove volume x');
    expect(error.message).toBe('remove volume x on host h1: in use');
    expect([error.statusCode, error.cause]).toEqual([409, cause]);
  });

  it('leaves an error that is already one', () => {
    const error = toDockerError(answered(404, 'x'), 'h1', 'inspect x');
    expect(toDockerError(error, 'h2', 'other')).toBe(error);
  });
});
