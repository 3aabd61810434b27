import { NETWORK, ProblemError, problemFrom } from './errors.js';

/** Sign-in and its kin: the HTTP face of better-auth under /api/auth (its own routes, so not part of our OpenAPI document). */
async function auth<T>(path: string, body?: Record<string, unknown>): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/auth${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ProblemError(0, NETWORK, '');
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemFrom(response.status, answer, response.headers);
  return answer as T;
}

export interface Session {
  readonly user: { readonly id: string; readonly email: string; readonly emailVerified: boolean };
}

/** The session of this browser, or null. */
export const getSession = () => auth<Session | null>('/get-session');

/** Creates the account and has the verification mail sent; its link returns to /verified. */
export const signUp = (input: { email: string; password: string; name: string; locale: string; timeZone: string }) =>
  auth<unknown>('/sign-up/email', { email: input.email, password: input.password, name: input.name, locale: input.locale, timeZone: input.timeZone, callbackURL: '/verified' });

export const signIn = (input: { email: string; password: string }) => auth<unknown>('/sign-in/email', { ...input, callbackURL: '/verified' });

export const signOut = () => auth<unknown>('/sign-out', {});

/** Ends every session of the user, this one included. */
export const signOutEverywhere = () => auth<unknown>('/revoke-sessions', {});

export const sendVerificationMail = (email: string) => auth<unknown>('/send-verification-email', { email, callbackURL: '/verified' });

/** Mails a link that returns to /reset-password with a token. Answers alike whether or not the account exists. */
export const requestPasswordReset = (email: string) => auth<unknown>('/request-password-reset', { email, redirectTo: '/reset-password' });

export const resetPassword = (input: { token: string; newPassword: string }) => auth<unknown>('/reset-password', input);
