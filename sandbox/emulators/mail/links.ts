const HREF = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;
const BARE_URL = /\bhttps?:\/\/[^\s<>"'`]+/gi;
/** Punctuation that ends a sentence, not an address. */
const TRAILING_PUNCTUATION = /[.,;:!?)\]}]+$/;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Turns the entities that appear inside an HTML attribute back into characters. */
function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(amp|lt|gt|quot|apos));/gi, (_, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[(name ?? '').toLowerCase()] ?? '';
  });
}

/**
 * Lists the http(s) links a reader of the mail could follow: those of the HTML part in order, then those that only the text part has.
 * Each link appears once.
 */
export function extractLinks(text: string, html: string): string[] {
  const links = new Set<string>();
  for (const match of html.matchAll(HREF)) {
    const href = decodeEntities(match[1] ?? match[2] ?? '').trim();
    if (/^https?:\/\//i.test(href)) links.add(href);
  }
  for (const match of text.matchAll(BARE_URL)) links.add(match[0].replace(TRAILING_PUNCTUATION, ''));
  return [...links];
}
