import { randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Random letters and digits, as in Stripe's ids. */
export function randomText(length: number, letters = alphabet): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) if (byte < letters.length * Math.floor(256 / letters.length) && text.length < length) text += letters[byte % letters.length];
  }
  return text;
}

/** A new id with Stripe's prefix and length for its kind. */
export function newId(prefix: string): string {
  if (prefix === 'cs') return `cs_test_a1${randomText(56)}`;
  if (prefix === 'cus' || prefix === 'prod' || prefix === 'si') return `${prefix}_${randomText(14)}`;
  return `${prefix}_1${randomText(23)}`;
}
