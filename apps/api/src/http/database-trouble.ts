/** Postgres and socket errors that say that the database is away or overloaded, not that the request is bad. */
const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', '57P01', '57P02', '57P03', '57014', '53300', '53200', '53100', '40001', '40P01', '55P03']);
const AWAY_WORDS = /connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|driver not connected|connection is not established|connection ended unexpectedly|pool after calling end/i;
/** Class 22, data exceptions: text that Postgres cannot hold, a date or number out of range. A fence behind our own checks. */
const UNSTORABLE = /^22[0-9A-Z]{3}$/;

export type DatabaseTrouble = 'away' | 'unstorable' | null;

/** What an error of the driver (or one that wraps it) means for the caller; null = something else. */
export function databaseTrouble(error: unknown, depth = 0): DatabaseTrouble {
  if (!(error instanceof Error) || depth > 4) return null;
  const { code, errors, driverError, cause } = error as Error & { code?: unknown; errors?: unknown; driverError?: unknown };
  if (typeof code === 'string') {
    if (AWAY.has(code) || /^08/.test(code)) return 'away';
    if (UNSTORABLE.test(code)) return 'unstorable';
  }
  if (AWAY_WORDS.test(error.message)) return 'away';
  for (const inner of [driverError, cause, ...(Array.isArray(errors) ? errors : [])]) {
    const trouble = databaseTrouble(inner, depth + 1);
    if (trouble !== null) return trouble;
  }
  return null;
}

/** True where a unique index of this name refused the row. */
export function violates(error: unknown, index: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code, constraint, driverError } = error as Error & { code?: string; constraint?: string; driverError?: unknown };
  return (code === '23505' && constraint === index) || violates(driverError, index);
}
