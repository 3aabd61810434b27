import type { IncomingHttpHeaders } from 'node:http';

export type VendorName = 'openai' | 'anthropic' | 'google';

/** What a vendor's server says when it refuses. */
export interface VendorRefusal {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** The vendor's own words for each refusal the emulator can give. */
export interface VendorRefusals {
  missingKey(): VendorRefusal;
  invalidKey(key: string): VendorRefusal;
  /** The key is right, but its account has no credit left. */
  exhausted(): VendorRefusal;
  rateLimited(): VendorRefusal;
  serverError(): VendorRefusal;
}

/** How an emulated account behaves; the key says which one it is. */
export type KeyBehaviour = 'good' | 'slow' | 'exhausted' | 'bad';

/** Reads the behaviour from the key's own text; a key that names none is unknown to the vendor and so `bad`. */
export function keyBehaviour(key: string): KeyBehaviour {
  for (const behaviour of ['bad', 'exhausted', 'slow', 'good'] as const) if (key.includes(behaviour)) return behaviour;
  return 'bad';
}

/** Shows enough of a key to tell two apart: its first 8 and last 4 characters. */
export function maskKey(key: string): string {
  return key.length <= 14 ? `${key.slice(0, 3)}…` : `${key.slice(0, 8)}…${key.slice(-4)}`;
}

const AUTH_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key'] as const;

/** Names of the headers that carried a credential, so that a test can see that a proxy did not pass its caller's on. */
export function authHeaderNames(headers: IncomingHttpHeaders): string[] {
  return AUTH_HEADERS.filter((name) => headers[name] !== undefined);
}
