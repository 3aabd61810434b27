/** DNS label (RFC 1035) that begins with a letter, without a doubled hyphen, so that nobody passes for an internationalised name. */
const SUBDOMAIN = /^[a-z](?!.*--)[a-z0-9-]{1,30}[a-z0-9]$/;

/** Names that would pass for ours. */
const RESERVED = new Set([
  'www', 'api', 'app', 'admin', 'administrator', 'auth', 'account', 'accounts', 'billing', 'blog', 'cdn', 'clawkeep', 'dashboard', 'dev', 'docs', 'ftp', 'gateway', 'health',
  'help', 'host', 'hosts', 'imap', 'internal', 'invoice', 'localhost', 'login', 'mail', 'metrics', 'mx', 'ns1', 'ns2', 'oauth', 'openclaw', 'operator', 'pay', 'payment', 'pop', 'prod',
  'root', 'sandbox', 'secure', 'security', 'signin', 'signup', 'smtp', 'ssl', 'staging', 'static', 'status', 'stripe', 'support', 'system', 'temporal', 'test', 'webhook', 'webhooks', 'webmail',
]);

export const SUBDOMAIN_RULE = 'Use 3 to 32 small letters, digits and single hyphens, beginning with a letter and not ending with a hyphen.';

/** Why a subdomain cannot be had, or null where it is well formed and not reserved. */
export function subdomainFault(text: string): string | null {
  if (!SUBDOMAIN.test(text)) return SUBDOMAIN_RULE;
  return RESERVED.has(text) ? 'This address is reserved; choose another one.' : null;
}

/** A well-formed subdomain from a name, with a random tail so that it is free. */
export function subdomainFrom(name: string, tail: string): string {
  const slug = name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 20).replace(/-+$/, '');
  return `${slug === '' ? 'assistant' : slug}-${tail}`;
}
