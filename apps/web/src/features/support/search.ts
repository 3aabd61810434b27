import { STAGES, type Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { CustomerSearch } from '../../api/support.js';

const LONGEST = 200;

/** What the address says of the list; what it says wrongly is passed over. */
export function customerSearch({ q, stage }: Record<string, unknown>): CustomerSearch {
  const known = STAGES.find((one: Stage) => one === stage);
  // The router reads "42" in an address as a number; it may be a piece of an id.
  const text = typeof q === 'number' ? String(q) : typeof q === 'string' ? q.trim().slice(0, LONGEST) : '';
  return { ...(text === '' ? {} : { q: text }), ...(known === undefined ? {} : { stage: known }) };
}
