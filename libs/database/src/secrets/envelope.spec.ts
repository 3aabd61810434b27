import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvelopeError, fingerprint, generateKey, open, recordKeyId, seal, type RecordPlace } from './envelope.js';
import { createGatewayToken, hashToken, isGatewayToken } from './token-hash.js';

const k1 = { id: 'k1', key: generateKey() };
const k2 = { id: 'k2', key: generateKey() };

const part = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !text.includes('|'));
const place: fc.Arbitrary<RecordPlace> = fc.record({ customerId: part, table: part, column: part, rowId: part });
const plaintext = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));

describe('envelope', () => {
  it('opens what it sealed, at its place, and names its key', () => {
    fc.assert(
      fc.property(plaintext, place, (text, where) => {
        const record = seal(text, k1, where);
        expect(recordKeyId(record)).toBe('k1');
        expect(open(record, [k2, k1], where)).toEqual(text);
      }),
    );
  });

  it('refuses every other place', () => {
    fc.assert(
      fc.property(plaintext, place, place, (text, where, elsewhere) => {
        fc.pre(JSON.stringify(where) !== JSON.stringify(elsewhere));
        expect(() => open(seal(text, k1, where), [k1], elsewhere)).toThrow(EnvelopeError);
      }),
    );
  });

  it('refuses a record with any one bit changed', () => {
    fc.assert(
      fc.property(plaintext, place, fc.nat(), fc.integer({ min: 0, max: 7 }), (text, where, position, bit) => {
        const record = seal(text, k1, where);
        const at = position % record.length;
        record.writeUInt8(record.readUInt8(at) ^ (1 << bit), at);
        expect(() => open(record, [k1, k2], where)).toThrow(EnvelopeError);
      }),
    );
  });

  it('refuses each single bit of one record changed, the key id\'s included', () => {
    const where = { customerId: 'c', table: 't', column: 'x', rowId: '1' };
    const record = seal(Buffer.from('secret'), k1, where);
    for (let bit = 0; bit < record.length * 8; bit += 1) {
      const changed = Buffer.from(record);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => open(changed, [k1, k2], where)).toThrow(EnvelopeError);
    }
  });

  it('refuses a record that was cut short or made longer', () => {
    fc.assert(
      fc.property(plaintext, place, fc.nat(), (text, where, cut) => {
        const record = seal(text, k1, where);
        expect(() => open(record.subarray(0, cut % record.length), [k1], where)).toThrow(EnvelopeError);
        expect(() => open(Buffer.concat([record, Buffer.from([0])]), [k1], where)).toThrow(EnvelopeError);
      }),
    );
  });

  it('refuses another key, even under the right name, and never tells the text', () => {
    const where = { customerId: 'c', table: 't', column: 'x', rowId: '1' };
    const record = seal(Buffer.from('canary-secret'), k1, where);
    expect(() => open(record, [k2], where)).toThrow('made with key k1');
    expect(() => open(record, [{ id: 'k1', key: k2.key }], where)).toThrow('changed, or does not belong here');
    expect(record.includes('canary-secret')).toBe(false);
  });

  it('never makes the same record twice', () => {
    const where = { customerId: 'c', table: 't', column: 'x', rowId: '1' };
    expect(seal(Buffer.from('a'), k1, where)).not.toEqual(seal(Buffer.from('a'), k1, where));
  });

  it('refuses parts and keys that could be misread', () => {
    const where = { customerId: 'c', table: 't', column: 'x', rowId: '1' };
    expect(() => seal(Buffer.from('a'), k1, { ...where, rowId: 'a|b' })).toThrow(EnvelopeError);
    expect(() => seal(Buffer.from('a'), k1, { ...where, table: '' })).toThrow(EnvelopeError);
    expect(() => seal(Buffer.from('a'), { id: 'K 1', key: k1.key }, where)).toThrow(EnvelopeError);
    expect(() => seal(Buffer.from('a'), { id: 'k1', key: Buffer.alloc(16) }, where)).toThrow(EnvelopeError);
  });

  it('names a key by what does not reveal it', () => {
    expect(fingerprint(k1.key)).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprint(k1.key)).not.toBe(fingerprint(k2.key));
  });
});

describe('gateway token', () => {
  it('is recognised, and only its hash is needed', () => {
    const token = createGatewayToken();
    expect(isGatewayToken(token)).toBe(true);
    expect(hashToken(token)).toHaveLength(32);
    expect(hashToken(token)).toEqual(hashToken(token));
    expect(hashToken(createGatewayToken())).not.toEqual(hashToken(token));
    expect(['', 'ckg_short', `${token}x`, `Bearer ${token}`].some(isGatewayToken)).toBe(false);
  });
});
