import { randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

let pool = Buffer.alloc(0);
let used = 0;
/** One random byte, from a pool: asking the system for a few bytes at a time is slow. */
function randomByte(): number {
  if (used >= pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  return pool[used++] ?? 0;
}

/** Random letters and digits, as in Stripe's ids; each equally likely. */
export function randomText(length: number, letters = alphabet): string {
  const fair = letters.length * Math.floor(256 / letters.length);
  let text = '';
  while (text.length < length) {
    const byte = randomByte();
    if (byte < fair) text += letters[byte % letters.length];
  }
  return text;
}

/** A new id with Stripe's prefix and length for its kind. */
export function newId(prefix: string): string {
  if (prefix === 'cs') return `cs_test_a1${randomText(56)}`;
  if (prefix === 'cus' || prefix === 'prod' || prefix === 'si') return `${prefix}_${randomText(14)}`;
  return `${prefix}_1${randomText(23)}`;
}
