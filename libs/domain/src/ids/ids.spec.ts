import { describe, expect, it } from 'vitest';
import { dockerLabels, dockerNames, instanceOfDockerName } from './docker-names.js';
import { InvalidIdError, isHostId, isUuid, parseCustomerId } from './ids.js';

const id = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

describe('ids', () => {
  it('takes a UUID as it is written by us', () => expect(parseCustomerId(id)).toBe(id));
  it.each(['', 'x', id.toUpperCase(), `{${id}}`, `${id} `, `${id}\n`, id.replaceAll('-', ''), '../../etc/passwd', '00000000-0000-0000-0000-000000000000', null, 7, [id]])('refuses %j and does not repeat it', (text) => {
    expect(isUuid(text)).toBe(false);
    expect(() => parseCustomerId(text)).toThrow(InvalidIdError);
    expect(() => parseCustomerId(text)).toThrow('This is no customer id: a UUID in small letters is wanted');
  });
  it('host ids become part of a queue', () => expect(['host-1', 'Host', 'h', 'a b', 'docker:1', '-a', 'a-'].map(isHostId)).toEqual([true, false, false, false, false, false, false]));
});

describe('names on a Docker host', () => {
  it('come from the id alone, and lead back to it', () => {
    const names = dockerNames(id);
    expect(names).toEqual({
      container: `clawkeep-${id}`, hostname: `clawkeep-${id}`, network: `clawkeep-${id}`, stateVolume: `clawkeep-${id}-state`, configVolume: `clawkeep-${id}-config`,
    });
    expect(names.hostname.length).toBeLessThanOrEqual(63);
    for (const name of [...Object.values(names), `/${names.container}`]) expect(instanceOfDockerName(name)).toBe(id);
    expect(instanceOfDockerName('postgres')).toBeNull();
  });
  it('refuses what is no id', () => expect(() => dockerNames('a; rm -rf /')).toThrow(InvalidIdError));
  it('labels hold ids only', () => expect(dockerLabels({ customerId: 'c', instanceId: id, generation: 2, kind: 'volume' })).toEqual({
    'clawkeep.managed': 'true', 'clawkeep.customer': 'c', 'clawkeep.instance': id, 'clawkeep.generation': '2', 'clawkeep.kind': 'volume',
  }));
});
