import { createHmac, timingSafeEqual } from 'node:crypto';

/** Header in which Clawkeep's own processes name themselves to one another on loopback. */
export const INTERNAL_TOKEN_HEADER = 'x-clawkeep-internal';

/** The token for `audience` ("worker"), derived from AUTH_SECRET so that nothing more has to be configured. */
export const internalToken = (authSecret: string, audience: string): string => createHmac('sha256', authSecret).update(`internal:${audience}`).digest('base64url');

/** Compares in constant time. */
export function isInternalToken(given: unknown, authSecret: string, audience: string): boolean {
  const wanted = Buffer.from(internalToken(authSecret, audience));
  const got = Buffer.from(typeof given === 'string' ? given : '');
  return got.length === wanted.length && timingSafeEqual(got, wanted);
}
