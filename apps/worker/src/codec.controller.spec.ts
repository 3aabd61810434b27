import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { expect, it } from 'vitest';
import type { Environment } from '#config/environment.js';
import { EncryptionCodec } from '#temporal/payload-codec.js';
import { CodecController } from './codec.controller.js';

const keys = [{ id: 'a', key: randomBytes(32) }];
const controller = new CodecController({ CLAWKEEP_SANDBOX: true, TEMPORAL_CODEC_KEYS: keys, TEMPORAL_UI_URL: 'http://127.0.0.1:8233' } as Environment);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

it('decodes what is encrypted, and gives back what Temporal keeps in the clear', async () => {
  const [secret] = await new EncryptionCodec(keys).encode([{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"a reason"') }]);
  const encrypted = { metadata: Object.fromEntries(Object.entries(secret?.metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])), data: Buffer.from(secret?.data ?? []).toString('base64') };
  const clear = { metadata: { encoding: base64('json/plain'), type: base64('Keyword') }, data: base64('"grace"') };
  const answer = await controller.decode({ payloads: [encrypted, clear] }, { headers: {} } as Request, {} as Response);
  expect(answer).toEqual({ payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64('"a reason"') }, clear] });
});

it('refuses a payload that was encrypted with a key it does not have', async () => {
  const [foreign] = await new EncryptionCodec([{ id: 'b', key: randomBytes(32) }]).encode([{ metadata: {}, data: Buffer.from('1') }]);
  const payload = { metadata: Object.fromEntries(Object.entries(foreign?.metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])), data: Buffer.from(foreign?.data ?? []).toString('base64') };
  await expect(controller.decode({ payloads: [payload] }, { headers: {} } as Request, {} as Response)).rejects.toThrow('No codec key');
});
