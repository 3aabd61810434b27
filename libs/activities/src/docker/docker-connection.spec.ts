import { describe, expect, it } from 'vitest';
import { dockerodeOptions, parseDockerHost } from './docker-connection.js';

describe('parseDockerHost', () => {
  it.each([
    ['unix:///var/run/docker.sock', { socketPath: '/var/run/docker.sock' }],
    ['tcp://127.0.0.1:4412', { host: '127.0.0.1', port: 4412 }],
    ['http://localhost:4412', { host: 'localhost', port: 4412 }],
    ['tcp://docker-1', { host: 'docker-1', port: 2375 }],
    ['tcp://[::1]:4412', { host: '::1', port: 4412 }],
  ])('reads %s', (url, connection) => expect(parseDockerHost(url)).toEqual(connection));

  it.each(['', 'docker', 'unix://relative', 'ssh://host', 'ftp://host:1'])('refuses %j', (url) => expect(() => parseDockerHost(url)).toThrow('DOCKER_HOST'));
});

describe('dockerodeOptions', () => {
  it('names every field that docker-modem would else take from the environment', () => {
    const options = dockerodeOptions({ socketPath: '/run/docker.sock' });
    for (const field of ['host', 'port', 'ca', 'cert', 'key', 'timeout', 'username']) expect(field in options && options[field] === undefined).toBe(true);
    expect(options).toMatchObject({ socketPath: '/run/docker.sock', protocol: 'http' });
  });

  it('speaks TLS where keys are given', () => {
    const tls = { ca: 'a', cert: 'b', key: 'c' };
    expect(dockerodeOptions({ host: 'h', port: 2376, tls })).toMatchObject({ protocol: 'https', host: 'h', port: 2376, socketPath: undefined, ...tls });
  });
});
