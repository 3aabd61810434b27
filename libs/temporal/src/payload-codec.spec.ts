import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { EncryptionCodec } from './payload-codec.js';

const k1 = { id: 'k1', key: randomBytes(32) };
const k2 = { id: 'k2', key: randomBytes(32) };
const canary = 'canary-7f3a';
const payload = () => defaultPayloadConverter.toPayload({ canary })!;

describe('EncryptionCodec', () => {
  it('gives back what it was given, metadata included', async () => {
    const codec = new EncryptionCodec([k1]);
    const [decoded] = await codec.decode(await codec.encode([payload()]));
    expect(defaultPayloadConverter.fromPayload(decoded!)).toEqual({ canary });
  });

  it('leaves nothing of the plain text in what is sent', async () => {
    const [encoded] = await new EncryptionCodec([k1]).encode([payload()]);
    expect(Buffer.from(encoded!.data!).includes(canary)).toBe(false);
    expect(Buffer.from(encoded!.metadata!['encoding']!).toString()).toBe('binary/encrypted-aes-256-gcm');
  });

  it('reads old keys after rotation and names a key it does not have', async () => {
    const old = await new EncryptionCodec([k1]).encode([payload()]);
    await expect(new EncryptionCodec([k2, k1]).decode(old)).resolves.toHaveLength(1);
    await expect(new EncryptionCodec([k2]).decode(old)).rejects.toThrow('No codec key "k1"');
  });

  it('refuses plain and tampered payloads', async () => {
    const codec = new EncryptionCodec([k1]);
    await expect(codec.decode([payload()])).rejects.toThrow('not encrypted');
    const [encoded] = await codec.encode([payload()]);
    encoded!.data![20]! ^= 1;
    await expect(codec.decode([encoded!])).rejects.toThrow();
  });
});
