import type { IncomingHttpHeaders } from 'node:http';

const QUERY_NAMES = ['key', 'api_key', 'apikey', 'token', 'access_token'];

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined;
}

/** Takes the instance's token from the header that the vendor's own SDK uses; any of the three is good for every vendor. */
export function readToken(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return bearer ?? single(headers['x-api-key']) ?? single(headers['x-goog-api-key']);
}

/** The query parameter that carries a credential, if there is one: addresses end up in logs, so it is refused. */
export function credentialInQuery(query: URLSearchParams): string | undefined {
  return QUERY_NAMES.find((name) => query.has(name));
}
