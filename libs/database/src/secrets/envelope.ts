import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * Records of AES-256-GCM (NIST SP 800-38D) that say by which key they were made:
 *
 *     version (1 byte) | length of key id (1 byte) | key id (ASCII) | IV (12 random bytes) | ciphertext | tag (16 bytes)
 *
 * The place where a record belongs is authenticated, not stored: moved to another row, column, table or customer it does not open.
 */
const VERSION = 1;
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[a-z0-9]{1,32}$/;

/** Where a record belongs. No part may contain `|`, so two places never read the same. */
export interface RecordPlace {
  customerId: string;
  table: string;
  column: string;
  rowId: string;
}

/** A 32-byte key and the name under which records refer to it. */
export interface NamedKey {
  readonly id: string;
  readonly key: Buffer;
}

/** A record that cannot be opened: made by another key, meant for another place, or changed since. Carries no secret and no key. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
}

/** The additional authenticated data of a record: `customerId|table|column|rowId|version`. */
function placeData(place: RecordPlace): Buffer {
  const parts = [place.customerId, place.table, place.column, place.rowId];
  if (parts.some((part) => part === '' || part.includes('|'))) throw new EnvelopeError('A place of a record needs four parts, none with a "|" in it.');
  return Buffer.from([...parts, VERSION].join('|'), 'utf8');
}

function checkKey(key: NamedKey): void {
  if (!KEY_ID.test(key.id) || key.key.length !== KEY_BYTES) throw new EnvelopeError(`An encryption key needs a short lower-case id and ${KEY_BYTES} bytes.`);
}

/** Makes a new random key. */
export function generateKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/** A public name for a random key: the first 64 bits of its SHA-256. */
export function fingerprint(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** Encrypts `plaintext` for one place. A fresh random IV each time, so two records of the same text differ. */
export function seal(plaintext: Buffer, key: NamedKey, place: RecordPlace): Buffer {
  checkKey(key);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeData(place));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION, key.id.length]), Buffer.from(key.id, 'ascii'), iv, ciphertext, cipher.getAuthTag()]);
}

/** Reads which key a record was made with. Throws {@link EnvelopeError} for what is no record. */
export function recordKeyId(record: Buffer): string {
  const version = record[0];
  const idLength = record[1];
  if (version === undefined || idLength === undefined) throw new EnvelopeError('The record is too short.');
  if (version !== VERSION) throw new EnvelopeError(`The record has format version ${version}; this program reads ${VERSION}.`);
  // Not 'ascii': it drops the eighth bit, and a changed byte would still read as the same id.
  const id = record.toString('latin1', 2, 2 + idLength);
  if (!KEY_ID.test(id) || record.length < 2 + idLength + IV_BYTES + TAG_BYTES) throw new EnvelopeError('The record is damaged.');
  return id;
}

/**
 * Decrypts a record at its place with the key it names.
 *
 * @param keys the keys that may have made it
 * @throws EnvelopeError when its key is not among them, or the record or its place is not the one that was sealed
 */
export function open(record: Buffer, keys: readonly NamedKey[], place: RecordPlace): Buffer {
  const id = recordKeyId(record);
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) throw new EnvelopeError(`The record was made with key ${id}, which is not at hand.`);
  checkKey(key);
  const ivStart = 2 + id.length;
  const decipher = createDecipheriv(ALGORITHM, key.key, record.subarray(ivStart, ivStart + IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(placeData(place));
  decipher.setAuthTag(record.subarray(record.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(record.subarray(ivStart + IV_BYTES, record.length - TAG_BYTES)), decipher.final()]);
  } catch {
    throw new EnvelopeError('The record was changed, or does not belong here.');
  }
}
