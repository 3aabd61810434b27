/** Shortest and longest password, in characters; the server holds the same rule and has the last word. */
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;

export type EmailFault = 'emailMissing' | 'emailShape';
export type PasswordFault = 'passwordMissing' | 'passwordShort' | 'passwordLong';

/** Catches slips only: whether an address exists is shown by the mail that arrives. */
export function emailFault(email: string): EmailFault | null {
  const text = email.trim();
  if (text === '') return 'emailMissing';
  return /^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(text) ? null : 'emailShape';
}

export function newPasswordFault(password: string): PasswordFault | null {
  const { length } = [...password];
  if (length === 0) return 'passwordMissing';
  if (length < PASSWORD_MIN) return 'passwordShort';
  return length > PASSWORD_MAX ? 'passwordLong' : null;
}

/** A path of this dashboard to go on to after sign-in; anything else (another site, an auth page) becomes `/app`. */
export function safeReturn(path: unknown): string {
  if (typeof path !== 'string' || !/^\/(app|finance|support)(\/|\?|$)/.test(path) || path.includes('\\') || path.includes('//')) return '/app';
  return path;
}
