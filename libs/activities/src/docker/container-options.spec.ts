import { describe, expect, it } from 'vitest';
import { containerCreateOptions, specHash, type ContainerSpec } from './container-options.js';

const spec: ContainerSpec = {
  name: 'ck-i1', hostname: 'ck-i1', image: 'sha256:abc', labels: { 'clawkeep.platform': 'clawkeep', 'clawkeep.instance': 'i1' }, env: { OPENCLAW_CONFIG_PATH: '/cfg/openclaw.json' },
  memoryMiB: 2048, cpus: 1.5, pidsLimit: 256, networkName: 'ck-i1', stateVolume: 'ck-i1', configVolume: 'ck-i1-config', hostPort: 24001, containerPort: 18789, tmpfsMiB: 64, user: '1000:1000',
};
const options = containerCreateOptions(spec);
const hostConfig = options.HostConfig ?? {};

// One row per line of the hardening profile, so that a change of any of them is seen by its name.
const PROFILE: [string, unknown, unknown][] = [
  ['every capability is dropped', hostConfig.CapDrop, ['ALL']],
  ['none is added', hostConfig.CapAdd, []],
  ['no new privileges, and the default seccomp profile stays', hostConfig.SecurityOpt, ['no-new-privileges:true']],
  ['not privileged', hostConfig.Privileged, false],
  ['the user is not root', options.User, '1000:1000'],
  ['the root file system is read-only', hostConfig.ReadonlyRootfs, true],
  ['/tmp is a small tmpfs that nothing runs from', hostConfig.Tmpfs, { '/tmp': 'rw,noexec,nosuid,nodev,size=64m,mode=1777' }],
  ['processes are limited', hostConfig.PidsLimit, 256],
  ['memory is limited', hostConfig.Memory, 2048 * 1024 * 1024],
  ['and so is memory with swap, by the same figure', hostConfig.MemorySwap, hostConfig.Memory],
  ['the kernel may kill at the limit', hostConfig.OomKillDisable, false],
  ['processor time is limited', hostConfig.NanoCpus, 1_500_000_000],
  ['open files are limited, core dumps off', hostConfig.Ulimits, [{ Name: 'nofile', Soft: 4096, Hard: 8192 }, { Name: 'core', Soft: 0, Hard: 0 }]],
  ['the log rotates', hostConfig.LogConfig, { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }],
  ['its own network, never the default bridge or the host’s', hostConfig.NetworkMode, 'ck-i1'],
  ['the port is on loopback only', hostConfig.PortBindings, { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: '24001' }] }],
  ['no other port is published', hostConfig.PublishAllPorts, false],
  ['no host pid namespace', hostConfig.PidMode, ''],
  ['no shared memory with anyone', hostConfig.IpcMode, 'private'],
  ['no host uts namespace', hostConfig.UTSMode, ''],
  ['no way round user namespaces', hostConfig.UsernsMode, ''],
  ['no devices', hostConfig.Devices, []],
  ['no bind mounts, so no engine socket', hostConfig.Binds, []],
  ['two volumes, the configuration read-only', hostConfig.Mounts, [
    { Type: 'volume', Source: 'ck-i1', Target: '/home/node/.openclaw', ReadOnly: false },
    { Type: 'volume', Source: 'ck-i1-config', Target: '/cfg', ReadOnly: true },
  ]],
  ['an init reaps and forwards signals', hostConfig.Init, true],
  ['it comes back after a host restart without us', hostConfig.RestartPolicy, { Name: 'unless-stopped', MaximumRetryCount: 0 }],
  ['the gateway is found on the host', hostConfig.ExtraHosts, ['host.docker.internal:host-gateway']],
  ['the host name is fixed', options.Hostname, 'ck-i1'],
  ['the image is by id', options.Image, 'sha256:abc'],
  ['the environment is what the specification says', options.Env, ['OPENCLAW_CONFIG_PATH=/cfg/openclaw.json']],
  ['the engine’s default runtime, unless told', 'Runtime' in hostConfig, false],
];

describe('containerCreateOptions', () => {
  it.each(PROFILE)('%s', (_line, actual, expected) => expect(actual).toEqual(expected));

  it('takes a stronger runtime from the plan', () => expect(containerCreateOptions({ ...spec, runtime: 'runsc' }).HostConfig?.Runtime).toBe('runsc'));

  it.each(['root', '0:0', '0:1000', '1000:0', ''])('refuses the user %j', (user) => expect(() => containerCreateOptions({ ...spec, user })).toThrow('non-root'));

  it('labels the container with what it is, and with the specification it was made from', () => {
    expect(options.Labels).toEqual({ ...spec.labels, 'clawkeep.spec': specHash(spec) });
  });

  it('gives the same hash whatever the order, another for another port, the same for other resources', () => {
    const turned = Object.fromEntries(Object.entries(spec).reverse()) as unknown as ContainerSpec;
    expect(specHash(turned)).toBe(specHash(spec));
    expect(specHash({ ...spec, hostPort: 24002 })).not.toBe(specHash(spec));
    expect(specHash({ ...spec, memoryMiB: 4096, cpus: 2, pidsLimit: 512 })).toBe(specHash(spec));
  });
});
