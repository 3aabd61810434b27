import { createHash, randomBytes } from 'node:crypto';

/** A gateway token says what it is, so that secret scanners and people recognise one. */
const GATEWAY_TOKEN_PREFIX = 'ckg_';
const GATEWAY_TOKEN_BYTES = 32;
const GATEWAY_TOKEN = /^ckg_[A-Za-z0-9_-]{43}$/;

/** Makes a new opaque token for an instance: `ckg_` and 256 random bits in base64url. Only its hash is ever stored. */
export function createGatewayToken(): string {
  return GATEWAY_TOKEN_PREFIX + randomBytes(GATEWAY_TOKEN_BYTES).toString('base64url');
}

/** True where a text has the form of a gateway token; a cheap check before the database is asked. */
export function isGatewayToken(text: string): boolean {
  return GATEWAY_TOKEN.test(text);
}

/**
 * SHA-256 of a token, as `gateway_token.token_hash` holds it. A plain hash is enough: the token has 256 random bits, so nothing can be guessed
 * and a slow password hash would only slow the gateway.
 */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
