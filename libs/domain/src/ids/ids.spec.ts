import { describe, expect, it } from 'vitest';
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
