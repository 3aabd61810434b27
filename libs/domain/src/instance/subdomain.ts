import type { NameCheck } from './instance-names.js';

export const SUBDOMAIN_MIN_LENGTH = 3;
export const SUBDOMAIN_MAX_LENGTH = 40;

/** Names that would pass for ours, for a mail host, or for something that browsers and certificate authorities treat specially. */
const RESERVED: ReadonlySet<string> = new Set((
  'abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover billing blog cdn chat checkout claw clawkeep console contact dashboard demo dev dns docs '
  + 'download email error events export exports ftp gateway git health help home host hosting hosts hostmaster imap info internal invoice invoices isatap legal local localdomain localhost login logout '
  + 'mail media metrics monitor mta-sts mx news noc noreply no-reply ns ns1 ns2 ns3 oauth openclaw operator ops panel pay payment payments pop pop3 postmaster preview pricing privacy prod '
  + 'production proxy register root sales sandbox search secure security server settings shop signin signup site smtp sso ssl stage staging static status stripe support sysadmin system team telegram '
  + 'temporal terms test twilio ui undefined null upload uploads usenet user users uucp vpn web webhook webhooks webmail webmaster whatsapp wpad www www1 www2'
).split(' '));

/** Begin or end of names that speak in our place: `clawkeep-billing`, `support-clawkeep`. */
const OUR_NAME = /(^|-)(clawkeep|openclaw)(-|$)/;

/**
 * An address that an assistant may have: a DNS label (RFC 1035 §2.3.1) of 3 to 40 characters. Only ASCII, so nothing that looks like another letter;
 * no `--`, so no internationalised name in disguise (RFC 5891 §4.2.3.1). Whether it is free is for the database to say.
 */
export function checkSubdomain(text: unknown): NameCheck {
  if (typeof text !== 'string') return { fault: 'Give an address, as text.' };
  if (text.length < SUBDOMAIN_MIN_LENGTH || text.length > SUBDOMAIN_MAX_LENGTH) {
    return { fault: `The address needs ${SUBDOMAIN_MIN_LENGTH} to ${SUBDOMAIN_MAX_LENGTH} characters.` };
  }
  if (/[A-Z]/.test(text)) return { fault: 'Use small letters in the address.' };
  if (!/^[a-z0-9-]*$/.test(text)) return { fault: 'Use only the letters a to z, digits and hyphens in the address.' };
  if (!/^[a-z]/.test(text)) return { fault: 'Begin the address with a letter.' };
  if (text.endsWith('-')) return { fault: 'End the address with a letter or a digit.' };
  if (text.includes('--')) return { fault: 'Use single hyphens only in the address.' };
  if (RESERVED.has(text) || OUR_NAME.test(text)) return { fault: 'This address is reserved; choose another one.' };
  return { ok: text };
}

/** A legal address made from a name, with a tail that makes it free; `tail` is small letters and digits. */
export function subdomainFrom(name: string, tail: string): string {
  const slug = name.normalize('NFKD').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '').slice(0, 24).replace(/-+$/, '');
  const wished = `${slug === '' ? 'assistant' : slug}-${tail}`;
  return 'ok' in checkSubdomain(wished) ? wished : `assistant-${tail}`;
}
