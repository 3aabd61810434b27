import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec, type CodecKey } from './payload-codec.js';

/**
 * Path of the failure converter module, for clients, workers and the workflow bundle alike.
 * Temporal loads it by path with Node itself: where this file runs from its source (Vitest), the compiled one is named.
 */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/libs/temporal/src/failure-converter.js' : './failure-converter.js', import.meta.url));

/** The one data converter of Clawkeep: JSON, encrypted. Clients, workers and replay must all use it. */
export function createDataConverter(keys: readonly CodecKey[]): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(keys)], failureConverterPath: FAILURE_CONVERTER_PATH };
}
