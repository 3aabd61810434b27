import { randomBytes } from 'node:crypto';

/** An id as Docker makes them: 32 random bytes in hex. */
export const newId = (): string => randomBytes(32).toString('hex');
