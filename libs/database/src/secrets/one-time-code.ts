import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

const DIGITS = 6;

/** Six digits that nobody can foresee. */
export const createOneTimeCode = (): string => String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');

/** What is stored of a code. Six digits are guessed from a plain hash in a moment, so it is keyed, and bound to the person and the number. */
export const hashOneTimeCode = (secret: string, userId: string, phone: string, code: string): Buffer =>
  createHmac('sha256', secret).update(JSON.stringify(['phone-code', userId, phone, code])).digest();

/** Compares in constant time. */
export const isOneTimeCode = (hash: Buffer, secret: string, userId: string, phone: string, code: string): boolean => {
  const wanted = hashOneTimeCode(secret, userId, phone, code);
  return hash.length === wanted.length && timingSafeEqual(hash, wanted);
};
